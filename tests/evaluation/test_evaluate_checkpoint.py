"""Evaluating a checkpoint on a test set, and third-party predictions: scores and result files."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from xlingual.errors import DataError, ModelError, RecordError
from xlingual.evaluation.checkpoint_evaluation import evaluate_checkpoint
from xlingual.evaluation.evaluation_request import EvaluationRequest
from xlingual.evaluation.given_answers import evaluate_predictions
from xlingual.evaluation.input_lengths import checkpoint_lengths
from xlingual.evaluation.prediction_store import usual_folder
from xlingual.families import EXTRACTIVE, Family
from xlingual.families.pair_classification.pair_family import PairClassification
from xlingual.records import journal
from xlingual.records.files import read_json, write_json, write_lines
from xlingual.records.layout import StudyDirectory, TrialDirectory
from xlingual.study import Lengths, PairSettings, WindowSettings
from xlingual.study.benchmarks import BENCHMARKS
from xlingual.tasks.pawsx import PAWSX
from xlingual.tasks.question_answering import file_scores


def refuse(*_: Any) -> Any:
    raise AssertionError("the model is not needed")


def test_scores_are_those_of_the_answers_that_are_kept(headed: Path, xquad: Path, asked: EvaluationRequest) -> None:
    heard: list[tuple[int, int]] = []
    evaluation = evaluate_checkpoint(str(headed), asked, lambda done, total: heard.append((done, total)))
    assert heard[-1] == (40, 40)
    kept = asked.keep
    assert kept is not None
    assert sorted(path.name for path in kept.iterdir()) == [
        "de.json", "de.jsonl", "en.json", "en.jsonl", "evaluation.json",
    ]  # fmt: skip
    for language, scores in evaluation.scores.items():
        answers = read_json(kept / f"{language}.json")
        official = file_scores(xquad / f"xquad.{language}.json", answers)
        assert {name: scores[name] for name in official} == pytest.approx(official, abs=1e-9)
        assert 0 < scores["f1"] < 100
        rows = journal.read(kept / f"{language}.jsonl")
        assert {row["id"]: row["prediction"] for row in rows} == answers
        names = {"id", "paragraph", "article", "prediction", "exact_match", "f1", "n_best"}
        assert set(rows[0]) == names | {"start", "window", "windows"}
    summary = read_json(kept / "evaluation.json")
    assert summary == json.loads(json.dumps(evaluation.as_json()))
    assert summary["lengths"] == {"windows": {"max_length": 16, "stride": 4, "max_answer_tokens": 3}}
    assert (summary["family"], summary["workers"], summary["tokens_per_batch"]) == ("extractive", 1, 1024)
    assert len(summary["fingerprint"]) == 16
    assert {"torch", "transformers", "xlingual"} <= set(summary["versions"])


def test_languages_that_are_kept_are_not_asked_again(headed: Path, asked: EvaluationRequest) -> None:
    first = evaluate_checkpoint(str(headed), replace(asked, languages="de"))
    both = evaluate_checkpoint(str(headed), asked)
    assert both.scores["de"] == first.scores["de"]
    assert both.notes == (f"answered before and taken from {asked.keep}: de",)
    again = evaluate_checkpoint(str(headed), asked, crew=refuse)
    assert again.scores == both.scores
    assert asked.keep is not None
    summary = read_json(asked.keep / "evaluation.json")
    assert set(summary["languages"]) == {"de", "en"}
    assert summary["means"] == []
    evaluate_checkpoint(str(headed), replace(asked, languages="es"))
    summary = read_json(asked.keep / "evaluation.json")
    assert [mean["languages"] for mean in summary["means"]] == [["de", "es"]]
    assert summary["means"][0]["f1"] == (both.scores["de"]["f1"] + summary["languages"]["es"]["f1"]) / 2
    lines = (asked.keep / "de.jsonl").read_text().splitlines(keepends=True)
    (asked.keep / "de.jsonl").write_text("".join(lines[:-1]))  # no longer complete
    assert evaluate_checkpoint(str(headed), replace(asked, languages="de")).scores == first.scores
    assert (asked.keep / "de.jsonl").read_text() == "".join(lines)


def test_what_is_kept_of_something_else_is_left_alone(headed: Path, asked: EvaluationRequest, tmp_path: Path) -> None:
    evaluate_checkpoint(str(headed), replace(asked, languages="de"))
    other = shutil.copytree(headed, tmp_path / "other")
    lengths = {"windows": {"max_length": 24, "stride": 4, "max_answer_tokens": 3}}
    (other / "xlingual.json").write_text(json.dumps(lengths))
    with pytest.raises(RecordError, match=r"whose lengths is .* write --keep with another directory"):
        evaluate_checkpoint(str(other), asked, crew=refuse)
    config = read_json(other / "config.json")
    (other / "config.json").write_text(json.dumps(config | {"layer_norm_eps": 1e-6}))
    with pytest.raises(RecordError, match="whose fingerprint is"):
        evaluate_checkpoint(str(other), asked, crew=refuse)
    with pytest.raises(RecordError, match="other questions of de"):
        evaluate_checkpoint(str(headed), replace(asked, limit=5), crew=refuse)
    with pytest.raises(RecordError, match=r"cannot be written \(.*xlingual.json is no directory"):
        evaluate_checkpoint(str(headed), replace(asked, keep=headed / "xlingual.json" / "kept"), crew=refuse)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("precious")
    with pytest.raises(RecordError, match=r"is there and is no evaluation \(found: thesis.txt\)"):
        evaluate_checkpoint(str(headed), replace(asked, keep=tmp_path / "mine"), crew=refuse)


def test_a_failure_leaves_no_folder(tiny_checkpoint: Path, headed: Path, asked: EvaluationRequest) -> None:
    with pytest.raises(ModelError, match="span head is not in the checkpoint"):
        evaluate_checkpoint(str(tiny_checkpoint), asked)

    def killed(*_: object) -> Any:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        evaluate_checkpoint(str(headed), asked, crew=killed)
    assert asked.keep is not None
    assert list(asked.keep.parent.iterdir()) == []


def test_lengths_are_the_recorded_ones_else_the_usual(headed: Path, tiny_checkpoint: Path, tmp_path: Path) -> None:
    assert checkpoint_lengths(headed, EXTRACTIVE) == WindowSettings(max_length=16, stride=4, max_answer_tokens=3)
    assert checkpoint_lengths(tiny_checkpoint, EXTRACTIVE) == WindowSettings(max_length=64, stride=21)
    for content in ("{", "{}", '{"windows": {"max_length": 1}}', "[]"):
        (tmp_path / "xlingual.json").write_text(content)
        with pytest.raises(ModelError, match="does not say the lengths") as refused:
            checkpoint_lengths(tmp_path, EXTRACTIVE)
        assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("family", "other", "said"),
    [
        (EXTRACTIVE, PairSettings(), "pairs, not of windows.; name a checkpoint that points at a span"),
        (
            PairClassification(PAWSX),
            WindowSettings(),
            "windows, not of pairs.; name a checkpoint that tells the labels",
        ),
    ],
)
def test_a_model_of_another_task_is_refused_as_one(family: Family, other: Lengths, said: str, tmp_path: Path) -> None:
    (tmp_path / "xlingual.json").write_text(json.dumps(other.tree))
    with pytest.raises(ModelError, match=f"it was trained for another task .*{said}") as refused:
        checkpoint_lengths(tmp_path, family)
    assert "delete" not in str(refused.value)


def test_answers_of_a_checkpoint_given_as_those_of_others_score_the_same(
    headed: Path, asked: EvaluationRequest, tmp_path: Path
) -> None:
    own = evaluate_checkpoint(str(headed), asked)
    assert own.kept is not None
    given = evaluate_predictions(None, own.kept, replace(asked, languages="all", keep=tmp_path / "given"))
    for language, scores in own.scores.items():
        for name, value in scores.items():
            assert given.scores[language][name] == value
        assert (given.scores[language]["missing"], given.scores[language]["unknown"]) == (0, 0)
    assert (given.model, given.notes) == ("kept", ())
    assert "n_best" not in journal.read(given.kept / "de.jsonl")[0]


def test_missing_answers_score_nothing_and_are_said(xquad: Path, asked: EvaluationRequest, tmp_path: Path) -> None:
    answers = {str(517 + n): "red" for n in range(17)} | {"stranger": "red"}
    path = tmp_path / "answers.json"
    path.write_text(json.dumps(answers))
    evaluation = evaluate_predictions("theirs", path, replace(asked, languages="de"))
    scores = evaluation.scores["de"]
    official = file_scores(xquad / "xquad.de.json", answers)
    assert {name: scores[name] for name in official} == pytest.approx(official, abs=1e-9)
    assert official["f1"] > 0
    assert (scores["questions"], scores["missing"], scores["unknown"]) == (20, 3, 1)
    assert evaluation.notes == (
        "de: 3 of 20 questions have no answer and score 0: 534, 535, 536",
        "de: 1 answer belongs to none of the questions and is ignored: stranger",
    )
    rows = journal.read(evaluation.kept / "de.jsonl")
    assert [row.get("missing", False) for row in rows] == 17 * [False] + 3 * [True]
    kept = file_scores(xquad / "xquad.de.json", read_json(evaluation.kept / "de.json"))
    assert kept == official
    limited = evaluate_predictions("theirs", path, replace(asked, languages="de", limit=5, keep=tmp_path / "five"))
    assert (limited.scores["de"]["missing"], limited.notes) == (0, ())


def test_a_missing_answer_is_wrong_also_where_the_empty_text_is_right(tmp_path: Path, asked: EvaluationRequest) -> None:
    qas = [{"id": str(n), "question": "?", "answers": [{"text": "the", "answer_start": 0}]} for n in range(2)]
    gold = {"data": [{"title": "", "paragraphs": [{"context": "the cat", "qas": qas}]}]}
    (tmp_path / "xquad.de.json").write_text(json.dumps(gold))
    path = tmp_path / "answers.json"
    path.write_text(json.dumps({"de": {"0": ""}}))
    scores = evaluate_predictions(None, path, replace(asked, data=str(tmp_path), languages="all")).scores["de"]
    assert scores["exact_match"] == 50.0 == file_scores(tmp_path / "xquad.de.json", {"0": ""})["exact_match"]


def test_answers_to_other_questions_are_refused(asked: EvaluationRequest, tmp_path: Path) -> None:
    path = tmp_path / "answers.json"
    path.write_text(json.dumps({"de": {"a1": "x", "a2": "y"}}))
    with pytest.raises(
        DataError, match=r"none of its 2 ids is that of one of the questions in de; found a1, a2, looked for 517"
    ):
        evaluate_predictions(None, path, replace(asked, languages="all"))


def test_the_usual_folder_is_named_after_model_benchmark_and_limit(tmp_path: Path) -> None:
    model = tmp_path / "trials" / "0123" / "model"
    model.mkdir(parents=True)
    assert usual_folder("a/b-c", "xquad") == Path("xlingual_evaluations/a--b-c-xquad")
    assert usual_folder("a/b@refs/pr/9", "xquad", 7) == Path("xlingual_evaluations/a--b_refs--pr--9-xquad-first7")
    assert usual_folder(str(model), "xquad", None, 24) == Path("xlingual_evaluations/0123-model-xquad-24paragraphs")
    assert usual_folder(str(model.parent), "xquad", None) == Path("xlingual_evaluations/0123-xquad")
    (tmp_path / "answers.v2.json").write_text("{}")
    assert usual_folder(str(tmp_path / "answers.v2.json"), "xquad", None).name == "answers.v2-xquad"


def test_scores_on_the_toy_world_say_so(headed: Path, xquad: Path, asked: EvaluationRequest, tmp_path: Path) -> None:
    world = tmp_path / "world"
    shutil.copytree(xquad, world / "xquad")
    (world / "world.json").write_text("{}")
    toy = evaluate_checkpoint(str(headed), replace(asked, data=str(world / "xquad")))
    assert [note for note in toy.notes if note.startswith("TOY: ")] == list(toy.notes) != []


@pytest.fixture
def replicate(headed: Path, asked: EvaluationRequest, tmp_path: Path) -> TrialDirectory:
    """A checkpoint in the directory of a study on seven paragraphs per language."""
    study = StudyDirectory(tmp_path / "studies" / "mine")
    trial = study.trial("0123")
    shutil.copytree(headed, trial.model)
    write_json(study.study_json, {"name": "mine", "data": {"test": {"paragraphs": 7}}})
    by_study = evaluate_checkpoint(str(headed), replace(asked, paragraphs=7, keep=tmp_path / "by_study"))
    for language in ("en", "de"):
        write_lines(trial.predictions("xquad", language), journal.read(by_study.kept / f"{language}.jsonl"))
    return trial


def test_a_checkpoint_in_its_studys_directory_is_asked_what_the_study_asks(
    replicate: TrialDirectory, asked: EvaluationRequest
) -> None:
    evaluation = evaluate_checkpoint(str(replicate.model), asked)
    assert {scores["questions"] for scores in evaluation.scores.values()} == {7}
    assert evaluation.part == "7 paragraphs of each language only"
    assert evaluation.notes == (
        "7 paragraphs, as study mine asks them; all of them: --paragraphs all",
        "these are the test scores that study mine recorded, to the last digit, in en, de",
    )
    assert evaluation.as_json()["recorded"]["languages"] == evaluation.scores
    for language in ("en", "de"):
        assert (evaluation.kept / f"{language}.jsonl").read_bytes() == replicate.predictions(
            "xquad", language
        ).read_bytes()


def test_all_paragraphs_are_asked_when_all_are_wanted(replicate: TrialDirectory, asked: EvaluationRequest) -> None:
    evaluation = evaluate_checkpoint(str(replicate.model), replace(asked, paragraphs="all"))
    assert {scores["questions"] for scores in evaluation.scores.values()} == {20}
    assert (evaluation.part, evaluation.notes, evaluation.made_with["recorded"]["languages"]) == ("", (), {})


def test_scores_that_are_not_the_recorded_ones_are_said(replicate: TrialDirectory, asked: EvaluationRequest) -> None:
    rows = journal.read(replicate.predictions("xquad", "de"))
    write_lines(replicate.predictions("xquad", "de"), [{**row, "f1": 100.0} for row in rows])
    notes = evaluate_checkpoint(str(replicate.model), asked).notes
    assert any(
        note.startswith("these are other test scores than study mine recorded: de F1 100.00 then, ") for note in notes
    )
    assert "these are the test scores that study mine recorded, to the last digit, in en" in notes


SMALL = {"seed": 3, "train_articles": 2, "dev_articles": 1, "test_articles": 2, "faq_pages": 2}


@pytest.mark.parametrize("data", [None, "toy"])
def test_a_checkpoint_of_a_toy_study_is_asked_its_toy_world(
    replicate: TrialDirectory, tmp_path: Path, data: str | None
) -> None:
    study = StudyDirectory(tmp_path / "studies" / "mine")
    test = {"set": "xquad", "source": "toy"}
    write_json(study.study_json, {"name": "mine", "toy": SMALL, "data": {"test": test}})
    asked = EvaluationRequest(BENCHMARKS["xquad"], data, "en,de", limit=2, keep=tmp_path / "kept_of_toy")
    evaluation = evaluate_checkpoint(str(replicate.model), asked)
    assert Path(evaluation.data).relative_to(tmp_path / "studies" / "toy_worlds").name == "xquad"
    assert evaluation.scores["de"]["questions"] == 2 and evaluation.notes[0].startswith("TOY: ")
    with pytest.raises(DataError, match="the toy world has no MLQA"):
        evaluate_checkpoint(str(replicate.model), replace(asked, benchmark=BENCHMARKS["mlqa"], data="toy"))


def test_toy_data_of_no_study_is_refused(headed: Path, asked: EvaluationRequest) -> None:
    with pytest.raises(DataError, match="--data: toy is the data of a toy study"):
        evaluate_checkpoint(str(headed), replace(asked, data="toy"))
