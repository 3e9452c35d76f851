"""Interrupted evaluations: running the same command again reuses the answers."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from xlingual.errors import ModelError, RecordError
from xlingual.evaluation.answer_journal import AnswerJournal, Bound
from xlingual.evaluation.answerer import Answerer, Part, TooLarge
from xlingual.evaluation.answering import LocalWorker, WorkerPool
from xlingual.evaluation.checkpoint_evaluation import CrewOf, evaluate_checkpoint
from xlingual.evaluation.evaluation_request import EvaluationRequest
from xlingual.evaluation.given_answers import evaluate_predictions
from xlingual.evaluation.prediction_store import PredictionsMissing
from xlingual.families import Checkpoint, Lengths, ScoringSet
from xlingual.records import journal
from xlingual.records.files import read_json
from xlingual.records.lock import hold


class Killed(BaseException):
    """The end of a process."""


class Mortal(LocalWorker):
    """Answers a number of shares and dies; holds batches of a number of tokens; records the requested batches."""

    def __init__(self, answerer: Answerer, lives: int, tokens: int, memory: int) -> None:
        super().__init__(answerer)
        self._lives, self._tokens, self._memory = lives, tokens, memory
        self.asked: list[tuple[int, int, int]] = []

    @property
    def tokens_per_pass(self) -> int:
        return self._tokens

    def answers(
        self, questions: Mapping[str, ScoringSet], tokens: int, shares: int, numbers: Sequence[int]
    ) -> Iterator[Part]:
        if tokens > self._memory:
            for part in super().answers(questions, tokens, shares, numbers[:-1]):
                yield self._one(part, tokens, shares)
            yield Part(numbers[-1], {}, {}, TooLarge(4, 16))
            return
        for part in super().answers(questions, tokens, shares, numbers):
            yield self._one(part, tokens, shares)

    def _one(self, part: Part, tokens: int, shares: int) -> Part:
        if not self._lives:
            raise Killed
        self._lives -= 1
        self.asked.append((tokens, shares, part.share))
        return part


class Mortals:
    """Makes crews, and remembers them."""

    def __init__(self) -> None:
        self.made: list[Mortal] = []

    def __call__(self, lives: int = 10**6, tokens: int = 64, memory: int = 10**6) -> CrewOf:
        @contextmanager
        def crew(checkpoint: Checkpoint, lengths: Lengths) -> Iterator[WorkerPool]:
            self.made.append(Mortal(Answerer.load(checkpoint, lengths, torch.device("cpu")), lives, tokens, memory))
            yield self.made[-1]

        return crew

    @property
    def asked(self) -> list[list[tuple[int, int, int]]]:
        return [one.asked for one in self.made]


@pytest.fixture
def mortals() -> Mortals:
    return Mortals()


def content(folder: Path) -> dict[str, Any]:
    """All result files; of the summary, only what does not depend on the run."""
    files: dict[str, Any] = {path.name: path.read_bytes() for path in folder.iterdir()}
    summary = read_json(folder / "evaluation.json")
    files["evaluation.json"] = {key: value for key, value in summary.items() if key not in ("notes", "kept")}
    return files


def partial(asked: EvaluationRequest) -> Path:
    assert asked.keep is not None
    return asked.keep.with_name("kept.partial")


def test_a_command_that_was_killed_goes_on_and_gives_the_numbers_of_one_go(
    headed: Path, asked: EvaluationRequest, mortals: Mortals, tmp_path: Path
) -> None:
    at_once = evaluate_checkpoint(str(headed), replace(asked, keep=tmp_path / "at_once"), crew=mortals())
    for lives in (1, 2):
        with pytest.raises(Killed):
            evaluate_checkpoint(str(headed), asked, crew=mortals(lives))
        assert asked.keep is not None and not asked.keep.exists()
    heard: list[tuple[int, int]] = []
    evaluation = evaluate_checkpoint(str(headed), asked, lambda *done: heard.append(done), crew=mortals())
    whole, *pieces = mortals.asked
    assert [one for piece in pieces for one in piece] == whole and len(whole) > 3
    assert [len(piece) for piece in pieces] == [1, 2, len(whole) - 3]
    assert evaluation.scores == at_once.scores
    assert content(evaluation.kept) == content(at_once.kept)
    assert any("answers resumed from the same command, which was interrupted" in note for note in evaluation.notes)
    assert 0 < heard[0][0] < heard[-1][0] == 40
    assert len(heard) == 1 + len(pieces[-1])  # existing results are reported first
    assert not partial(asked).exists()


def test_memory_that_runs_short_between_ends_changes_nothing(
    headed: Path, asked: EvaluationRequest, mortals: Mortals, tmp_path: Path
) -> None:
    at_once = evaluate_checkpoint(str(headed), replace(asked, keep=tmp_path / "at_once"), crew=mortals(memory=32))
    (whole,) = mortals.asked
    tries = 0
    while asked.keep is not None and not asked.keep.exists():
        tries += 1
        try:
            evaluate_checkpoint(str(headed), asked, crew=mortals(lives=2, memory=32))
        except Killed:
            continue
    kept = content(asked.keep or Path())
    assert {bound for bound, *_ in whole} == {64, 32} and tries > 3
    assert [one for piece in mortals.asked[1:] for one in piece] == whole
    assert kept == content(at_once.kept)
    assert kept["evaluation.json"]["tokens_per_batch"] == 32


def test_another_device_takes_up_what_is_answered_and_asks_the_rest_in_its_own_batches(
    headed: Path, asked: EvaluationRequest, mortals: Mortals, tmp_path: Path
) -> None:
    at_once = evaluate_checkpoint(str(headed), replace(asked, keep=tmp_path / "at_once"), crew=mortals())
    with pytest.raises(Killed):
        evaluate_checkpoint(str(headed), asked, crew=mortals(lives=3))
    evaluation = evaluate_checkpoint(str(headed), asked, crew=mortals(tokens=32))
    assert {bound for bound, *_ in mortals.asked[-1]} == {32}
    for language in ("en", "de"):
        name = f"{language}.json"
        assert read_json(evaluation.kept / name) == read_json(at_once.kept / name)
    assert evaluation.made_with["tokens_per_batch"] == 32


def test_another_command_leaves_a_journal_alone(
    headed: Path, asked: EvaluationRequest, mortals: Mortals, tmp_path: Path
) -> None:
    with pytest.raises(Killed):
        evaluate_checkpoint(str(headed), asked, crew=mortals(lives=2))
    (written,) = partial(asked).glob("*.jsonl")
    before = written.read_bytes()
    german = replace(asked, languages="de")
    assert evaluate_checkpoint(str(headed), german, crew=mortals()).notes == ()
    assert written.read_bytes() == before and [path.name for path in partial(asked).iterdir()] == [written.name]
    # German is finished; batches are still those of both languages
    with pytest.raises(Killed):
        evaluate_checkpoint(str(headed), asked, crew=mortals(lives=1))
    evaluation = evaluate_checkpoint(str(headed), asked, crew=mortals())
    first, _, second, third = mortals.asked
    assert [share for *_, share in first + second + third] == list(range(first[0][1]))
    at_once = evaluate_checkpoint(str(headed), replace(asked, keep=tmp_path / "at_once"), crew=mortals())
    assert (evaluation.kept / "en.jsonl").read_bytes() == (at_once.kept / "en.jsonl").read_bytes()
    assert not partial(asked).exists()
    other = shutil.copytree(headed, tmp_path / "other")
    config = read_json(other / "config.json")
    (other / "config.json").write_text(json.dumps(config | {"layer_norm_eps": 1e-6}))
    elsewhere = replace(asked, keep=tmp_path / "elsewhere")
    with pytest.raises(Killed):
        evaluate_checkpoint(str(headed), elsewhere, crew=mortals(lives=2))
    evaluate_checkpoint(str(other), elsewhere, crew=mortals())
    assert [share for *_, share in mortals.asked[-1]] == list(range(mortals.asked[-1][0][1]))


def test_a_torn_line_is_answered_again(headed: Path, asked: EvaluationRequest, mortals: Mortals) -> None:
    with pytest.raises(Killed):
        evaluate_checkpoint(str(headed), asked, crew=mortals(lives=2))
    (written,) = partial(asked).glob("*.jsonl")
    written.write_bytes(written.read_bytes()[:-9])
    evaluate_checkpoint(str(headed), asked, crew=mortals())
    assert [share for *_, share in mortals.asked[1]] == list(range(1, mortals.asked[1][0][1]))


def test_two_processes_do_not_write_one_journal(headed: Path, asked: EvaluationRequest, mortals: Mortals) -> None:
    with pytest.raises(Killed):
        evaluate_checkpoint(str(headed), asked, crew=mortals(lives=2))
    (written,) = partial(asked).glob("*.jsonl")
    before = written.read_bytes()
    with hold(written.with_suffix(".lock")), pytest.raises(RecordError, match="another process writes here"):
        evaluate_checkpoint(str(headed), asked, crew=mortals())
    assert written.read_bytes() == before


def test_where_answers_cannot_be_kept_is_said_before_a_model_is_loaded(headed: Path, asked: EvaluationRequest) -> None:
    def refuse(*_: object) -> Any:
        raise AssertionError("the model is not needed")

    partial(asked).write_text("in the way")
    with pytest.raises(RecordError, match=r"kept\.partial/.*answers cannot be kept there .*write --keep with another"):
        evaluate_checkpoint(str(headed), asked, crew=refuse)


def test_scores_are_there_when_predictions_cannot_be_written_at_the_end(
    headed: Path, asked: EvaluationRequest, mortals: Mortals, tmp_path: Path
) -> None:
    assert asked.keep is not None
    keep = asked.keep

    def in_the_way(done: int, total: int) -> None:
        keep.write_text("precious") if done == total else None

    with pytest.raises(PredictionsMissing, match="is there and is no evaluation") as failed:
        evaluate_checkpoint(str(headed), asked, in_the_way, crew=mortals())
    scores = failed.value.evaluation.scores
    assert failed.value.evaluation.as_json()["kept"] is None
    keep.unlink()
    assert evaluate_checkpoint(str(headed), asked, crew=mortals()).scores == scores
    assert mortals.asked[-1] == []
    assert not partial(asked).exists()


def test_scores_of_others_answers_are_there_when_they_cannot_be_written(
    asked: EvaluationRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = tmp_path / "answers.json"
    answers.write_text(json.dumps({"de": {"517": "red"}}))
    assert asked.keep is not None
    long = asked.keep.with_name("k" * 240)  # a valid folder name, but too long with ".partial-..."
    with pytest.raises(PredictionsMissing, match=r"cannot be written \(File name too long\)") as failed:
        evaluate_predictions(None, answers, replace(asked, languages="all", keep=long))
    assert failed.value.evaluation.scores["de"]["questions"] == 20


def test_a_language_that_another_process_kept_meanwhile_stays(
    headed: Path, asked: EvaluationRequest, mortals: Mortals
) -> None:
    def meanwhile(done: int, total: int) -> None:
        if done == total:
            evaluate_checkpoint(str(headed), replace(asked, languages="de"), crew=mortals())

    evaluate_checkpoint(str(headed), replace(asked, languages="en"), meanwhile, crew=mortals())
    assert asked.keep is not None
    assert set(read_json(asked.keep / "evaluation.json")["languages"]) == {"de", "en"}


def test_a_share_is_read_as_it_was_written(
    headed: Path, asked: EvaluationRequest, mortals: Mortals, tmp_path: Path
) -> None:
    with AnswerJournal.beside(tmp_path / "kept", {"a": 1}, ["en"]) as answered:
        answered.begin(Bound(64, 32, 3))
        with pytest.raises(Killed):
            evaluate_checkpoint(str(headed), asked, crew=mortals(lives=1))
    (written,) = partial(asked).glob("*.jsonl")
    head, bound, share = journal.read(written)
    assert head["languages"] == ["en", "de"] and "torch" in head["asked"]["versions"]
    assert bound["bound"] == {"device_tokens": 64, "tokens": 64, "shares": mortals.asked[0][0][1]}
    with pytest.raises(Killed), AnswerJournal.beside(tmp_path / "one", {}, ["en"]) as answered:
        answered.begin(Bound(1, 1, 1))
        part = Part(0, {"en": {3: []}}, {})
        answered.add(part)
        raise Killed
    with AnswerJournal.beside(tmp_path / "one", {}, ["en"]) as answered:
        assert [(one.bound, one.parts) for one in answered.tried] == [(Bound(1, 1, 1), [part])]
    assert share["share"] == 0


def test_weights_that_are_no_numbers_are_refused_before_a_question_is_asked(
    headed: Path, asked: EvaluationRequest, tmp_path: Path
) -> None:
    from safetensors.torch import load_file, save_file

    broken = shutil.copytree(headed, tmp_path / "diverged")
    weights = load_file(broken / "model.safetensors")
    weights["qa_outputs.bias"][0] = torch.nan
    weights["qa_outputs.weight"][0, 0] = -torch.inf
    save_file(weights, broken / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(
        ModelError, match=r"hold NaN or infinity \(model\.safetensors: qa_outputs\.bias, qa_outputs\.weight\)"
    ):
        evaluate_checkpoint(str(broken), asked)
    assert not partial(asked).exists()


def test_a_journal_that_cannot_be_written_any_more_ends_the_command_in_one_line(
    headed: Path, asked: EvaluationRequest, mortals: Mortals
) -> None:
    def in_the_way(done: int, total: int) -> None:
        (written,) = partial(asked).glob("*.jsonl")
        written.unlink()
        written.mkdir()

    with pytest.raises(RecordError, match=r"answers cannot be kept there .*the same command goes on"):
        evaluate_checkpoint(str(headed), asked, in_the_way, crew=mortals())
