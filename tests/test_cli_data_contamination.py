"""`xlingual data contamination`: exact JSON, exit status, one line for a mistake."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from xlingual.cli import main
from xlingual.data.toy import ToyPaths


class Ended(NamedTuple):
    """Result of the command."""

    status: int
    output: str
    errors: str


Check = Callable[..., Ended]


@pytest.fixture
def check(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Check:
    """Call the command in this process."""

    def call(*arguments: object) -> Ended:
        monkeypatch.setattr(sys, "argv", ["xlingual", "data", "contamination", *map(str, arguments)])
        monkeypatch.setenv("COLUMNS", "200")
        with pytest.raises(SystemExit) as ended:
            main()
        captured = capsys.readouterr()
        return Ended(int(ended.value.code or 0), captured.out, captured.err)

    return call


def planted(path: Path, toy: ToyPaths) -> Path:
    """A training file: two FAQ rows, with a test paragraph in another case between them."""
    document: Any = json.loads((toy.xquad / "xquad.tr.json").read_text(encoding="utf-8"))
    context = document["data"][0]["paragraphs"][0]["context"].upper()
    rows = [{"text": "Nothing."}, {"id": "planted", "text": context}, {"text": "Nothing at all."}]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_json_is_exactly_the_counts_and_names(check: Check, toy: ToyPaths, tmp_path: Path) -> None:
    file = planted(tmp_path / "rows.jsonl", toy)
    ended = check(file, toy.train, "--data", toy.xquad, "--json")
    found = json.loads(ended.output)
    assert ended.status == 1 and "error" not in ended.errors
    assert list(found) == ["checked", "overlapping", "by_file", "notes"]
    assert found["checked"] == 3 + 1000
    assert found["overlapping"] == 1
    assert found["notes"] == []
    assert found["by_file"] == {str(file): ["planted"], str(toy.train): []}


def test_clean_files_end_with_status_0(check: Check, toy: ToyPaths) -> None:
    ended = check(toy.train, toy.dev, toy.faq / "deu.jsonl", "--data", toy.xquad, "--json")
    assert ended.status == 0
    assert json.loads(ended.output)["overlapping"] == 0
    drawn = check(toy.dev, "--data", toy.xquad)
    assert drawn.status == 0 and "error" not in drawn.errors
    assert "pieces in" in drawn.output


def test_the_table_shows_why_and_how_long_a_stretch(check: Check, toy: ToyPaths, tmp_path: Path) -> None:
    ended = check(planted(tmp_path / "rows.jsonl", toy), toy.xquad / "xquad.vi.json", "--data", toy.xquad)
    assert ended.status == 1
    words = [line.split() for line in ended.output.splitlines()]
    assert any(line[:2] == ["planted", "text"] and int(line[2]) > 50 for line in words if line)
    assert "text, id, title" in ended.output
    assert "more" in ended.output
    assert "SQuAD v1.1's development set" not in ended.output


def test_files_of_questions_with_wrong_offsets_are_spoken_of(check: Check, toy: ToyPaths, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    row = {
        "id": 7,
        "context": "\U0001f600 A red house",
        "question": "Which?",
        "answers": {"text": ["red"], "answer_start": [5]},
    }
    path.write_text(json.dumps(row), encoding="utf-8")
    (note,) = json.loads(check(path, planted(tmp_path / "rows.jsonl", toy), "--data", toy.xquad, "--json").output)[
        "notes"
    ]
    assert note.startswith(f"{path}: the answers of 1 of 1 questions") and "UTF-16" in note
    assert "look like UTF-16 units" in " ".join(check(path, "--data", toy.xquad).output.split())


def test_a_folder_that_save_to_disk_wrote_is_checked(check: Check, toy: ToyPaths, tmp_path: Path) -> None:
    from datasets import Dataset, DatasetDict, disable_progress_bars, enable_progress_bars

    disable_progress_bars()
    parts = {split: Dataset.from_list([{"text": split}]) for split in ("train", "validation")}
    DatasetDict(parts).save_to_disk(tmp_path / "saved")
    enable_progress_bars()
    assert json.loads(check(tmp_path / "saved", "--data", toy.xquad, "--json").output)["checked"] == 2


def test_squads_development_set_is_called_by_its_name(check: Check, shared: Path) -> None:
    xquad = shared / "data" / "xquad"
    ended = check(xquad / "xquad.hi.json", "--data", xquad)
    assert ended.status == 1
    assert "SQuAD v1.1's development set, or a translation of it" in ended.output


def test_a_mistake_is_one_line_on_standard_error_and_nothing_else(check: Check, toy: ToyPaths, tmp_path: Path) -> None:
    (tmp_path / "broken.json").write_text("{")
    for arguments, words in (
        ([tmp_path / "gone.json", "--data", toy.xquad], "gone.json: no such file"),
        ([tmp_path / "broken.json", "--data", toy.xquad, "--json"], "broken.json:1: not JSON"),
        ([toy.train, "--data", tmp_path / "nowhere.json"], "--data: "),
        ([toy.train, "--data", tmp_path, "--json"], "--data: "),
    ):
        ended = check(*arguments)
        assert (ended.status, ended.output) == (1, "")
        assert ended.errors.startswith("error: ")
        assert words in ended.errors
        assert ended.errors.count("\n") == 1


def test_sentence_pairs_are_compared_with_a_test_set_of_pairs(check: Check, toy: ToyPaths, tmp_path: Path) -> None:
    clean = check(toy.pawsx / "en" / "train.tsv", "--on", "pawsx", "--data", toy.pawsx, "--json")
    assert (clean.status, json.loads(clean.output)["checked"]) == (0, 10_000)
    _, first, second, _ = (toy.pawsx / "de" / "test_2k.tsv").read_text(encoding="utf-8").splitlines()[7].split("\t")
    path = tmp_path / "pairs.tsv"
    path.write_text(f"one\ttwo\t1\n{second}\t{first}\t0\n", encoding="utf-8")
    ended = check(path, "--on", "pawsx", "--data", toy.pawsx)
    assert ended.status == 1
    header = next(line for line in ended.output.splitlines() if line.split()[:1] == ["file"])
    assert header.split()[-2:] == ["pair", "sentence"]
    assert any(line.split()[:2] == ["line", "2"] for line in ended.output.splitlines())
    wrong = check(path, "--on", "paws")
    assert wrong.status == 1 and "--on: no test set 'paws'; write one of xquad, mlqa" in wrong.errors


def test_sentence_pairs_are_searched_for_contexts_of_questions(check: Check, toy: ToyPaths, tmp_path: Path) -> None:
    document: Any = json.loads((toy.xquad / "xquad.tr.json").read_text(encoding="utf-8"))
    path = tmp_path / "pairs.tsv"
    path.write_text(f"one\ttwo\t1\n{document['data'][0]['paragraphs'][0]['context']}\tthree\t0\n", encoding="utf-8")
    assert json.loads(check(path, "--data", toy.xquad, "--json").output)["by_file"] == {str(path): ["line 2"]}
