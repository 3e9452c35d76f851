"""A text-to-text model, evaluated by the same command."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import tiny_text_to_text
import torch

from xlingual.evaluation.answerer import Answerer, WatchedBatcher
from xlingual.evaluation.answering import LocalWorker, answer_all
from xlingual.evaluation.checkpoint_evaluation import evaluate_checkpoint
from xlingual.evaluation.evaluation_request import EvaluationRequest
from xlingual.evaluation.given_answers import evaluate_predictions
from xlingual.evaluation.input_lengths import checkpoint_lengths
from xlingual.families import ScoringSet, family_of
from xlingual.records import journal
from xlingual.records.files import read_json
from xlingual.tasks.question_answering import file_scores


@pytest.fixture(scope="module")
def writer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An untrained tiny mT5, whose answers are rarely in the context."""
    return written(tmp_path_factory.mktemp("writer") / "tiny")


def written(directory: Path, sentinels: int = 0) -> Path:
    tiny_text_to_text.write_text_to_text(directory, sentinels=sentinels)
    lengths = {"max_input_tokens": 128, "max_target_tokens": 8, "max_answer_tokens": 6}
    (directory / "xlingual.json").write_text(json.dumps({"fingerprint": "abc", "text_to_text": lengths}))
    return directory


def test_sentinels_are_in_no_answer_and_their_share_is_said(asked: EvaluationRequest, tmp_path: Path) -> None:
    """Many, so that a model with random weights generates some."""
    pretrained = written(tmp_path / "pretrained", sentinels=150)
    evaluation = evaluate_checkpoint(str(pretrained), replace(asked, languages="de,es"))
    rows = journal.read(evaluation.kept / "de.jsonl")
    assert not any("extra_id" in row["prediction"] or "extra_id" in row["n_best"][0]["text"] for row in rows)
    share = 100 * sum(row.get("sentinels", False) for row in rows) / 20
    assert evaluation.scores["de"]["sentinels"] == share > 0
    (note,) = [note for note in evaluation.notes if "sentinels" in note]
    assert f"left out: de {share:.1f}%, es " in note and "looks pretrained only" in note
    again = evaluate_checkpoint(str(pretrained), replace(asked, languages="de,es"))  # from the kept rows
    assert note in again.notes


def test_nothing_is_said_of_sentinels_where_there_are_none(writer: Path, asked: EvaluationRequest) -> None:
    evaluation = evaluate_checkpoint(str(writer), replace(asked, languages="de"))
    assert "sentinels" not in evaluation.scores["de"] and not any("sentinels" in note for note in evaluation.notes)


def test_texts_that_a_model_wrote_are_scored_and_kept(
    writer: Path, xquad: Path, asked: EvaluationRequest, tmp_path: Path
) -> None:
    evaluation = evaluate_checkpoint(str(writer), replace(asked, languages="de,es"))
    assert (evaluation.made_with["family"], set(evaluation.identity["lengths"])) == ("text_to_text", {"text_to_text"})
    rows = journal.read(evaluation.kept / "de.jsonl")
    scores = evaluation.scores["de"]
    assert scores["illegal"] == 100 * sum(row["illegal"] for row in rows) / 20 > 0
    assert scores["accidental_translation"] == 100 * sum(row["accidental_translation"] for row in rows) / 20
    assert "illegal" in evaluation.means[0].scores
    official = file_scores(xquad / "xquad.de.json", read_json(evaluation.kept / "de.json"))
    assert {name: scores[name] for name in official} == pytest.approx(official, abs=1e-9)
    given = evaluate_predictions("same", evaluation.kept, replace(asked, languages="all", keep=tmp_path / "given"))
    assert {name: given.scores["de"][name] for name in scores} == scores


def test_a_smaller_batch_writes_the_same(writer: Path, asked: EvaluationRequest) -> None:
    family = family_of(writer)
    lengths = checkpoint_lengths(writer, family)
    model, tokenizer = family.load(writer, seed=0, trained_head=True), family.tokenizer(writer)
    examples = asked.examples(["de"])["de"].examples
    questions = {"de": ScoringSet(examples, family.inputs(tokenizer, examples, lengths, targets=False))}
    found = []
    for tokens in (1024, 64):
        batcher = WatchedBatcher(family.batcher(model, int(tokenizer.pad_token_id), torch.device("cpu")), tokens)
        crew = LocalWorker(Answerer(family, model, batcher, lengths))
        found.append(answer_all(crew, questions, lambda done, total: None)["de"])
    assert [best[0].text for best in found[0].values()] == [best[0].text for best in found[1].values()]
    assert len(found[1]) == len(examples)
