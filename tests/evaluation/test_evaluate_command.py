"""Output and exit status of `xlingual evaluate`."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from xlingual.cli import main
from xlingual.records.files import read_json


class Ended(NamedTuple):
    """Result of a command."""

    status: int
    output: str
    errors: str


Call = Callable[..., Ended]


@pytest.fixture
def evaluate(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, xquad: Path) -> Call:
    """Call the command on the tiny test set, in an empty folder."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")

    def run(*arguments: object) -> Ended:
        monkeypatch.setattr(sys, "argv", ["xlingual", "evaluate", *map(str, arguments), "--data", str(xquad)])
        with pytest.raises(SystemExit) as ended:
            main()
        captured = capsys.readouterr()
        return Ended(int(ended.value.code or 0), captured.out, captured.err)

    return run


@pytest.fixture
def answers(tmp_path: Path) -> Path:
    path = tmp_path / "answers.json"
    path.write_text(json.dumps({"de": {"517": "red", "518": "blue"}}))
    return path


def test_each_file_of_answers_has_a_usual_folder_of_its_own(evaluate: Call, answers: Path) -> None:
    first = json.loads(evaluate("--predictions", answers, "--json").output)
    answers.write_text(json.dumps({"de": {"517": "red", "518": "green"}}))
    mended = json.loads(evaluate("--predictions", answers, "--json").output)
    (answers.parent / "other").mkdir()
    namesake = answers.parent / "other" / answers.name
    namesake.write_text(json.dumps({"de": {"517": "green"}}))
    other = json.loads(evaluate("--predictions", namesake, "--json").output)
    assert first["kept"] == f"xlingual_evaluations/answers-xquad-{first['fingerprint'][:8]}"
    assert len({one["kept"] for one in (first, mended, other)}) == 3
    assert read_json(Path(first["kept"]) / "de.json") == {"517": "red", "518": "blue"}
    again = evaluate("--predictions", namesake, "--json")
    assert (again.status, json.loads(again.output)["kept"]) == (0, other["kept"])


@pytest.mark.parametrize("as_json", [True, False])
def test_scores_are_printed_where_they_cannot_be_kept(evaluate: Call, answers: Path, as_json: bool) -> None:
    long = "k" * 240  # a valid folder name, but too long with ".partial-..."
    ended = evaluate("--predictions", answers, "--keep", long, *(["--json"] if as_json else []))
    assert ended.status == 1
    assert f"error: --keep {long}: cannot be written (File name too long)" in ended.errors
    if as_json:
        content = json.loads(ended.output)
        assert content["kept"] is None and content["languages"]["de"]["questions"] == 20
    else:
        assert "predictions are not kept" in ended.output and "exact match" in ended.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--workers", "2"), "--workers: answers of --predictions are scored by this process"),
        (("--address", "auto"), "--address: answers of --predictions are scored by this process"),
    ],
)
def test_options_that_say_nothing_of_others_answers_are_refused(
    evaluate: Call, answers: Path, arguments: tuple[str, ...], said: str
) -> None:
    ended = evaluate("--predictions", answers, *arguments)
    assert (ended.status, ended.output) == (1, "")
    assert said in ended.errors


def test_published_scores_that_were_asked_for_do_not_vanish_in_silence(evaluate: Call, answers: Path) -> None:
    said = "published scores of XLM-R-base are of all of XQuAD and are not shown beside a part"
    ended = evaluate("--predictions", answers, "--published", "XLM-R-base", "--json")
    content = json.loads(ended.output)
    assert (content["published"], said in content["notes"]) == ([], True)
    unasked = json.loads(evaluate("FacebookAI/xlm-roberta-base", "--predictions", answers, "--json").output)
    assert (unasked["published"], said in unasked["notes"]) == ([], False)


def test_a_command_that_is_interrupted_says_that_it_goes_on(
    evaluate: Call, headed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from xlingual.activity import Activity

    whole = Activity.reach

    def interrupted(self: Any, done: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Activity, "reach", interrupted)
    ended = evaluate(headed, "--languages", "de,en")
    assert (ended.status, ended.output) == (130, "")
    assert "interrupted; answers are kept, and the same command resumes" in ended.errors
    monkeypatch.setattr(Activity, "reach", whole)
    ended = evaluate(headed, "--languages", "de,en")
    assert ended.status == 0
    assert "answers resumed from the same command, which was interrupted" in " ".join(ended.output.split())
