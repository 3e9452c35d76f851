"""A second task, defined in this file alone: its metrics have other names, and everything above follows them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar

import pytest
from rich.console import Console, RenderableType

from xlingual.data.examples import Example, ExampleSet
from xlingual.evaluation.evaluation_request import EvaluationRequest
from xlingual.evaluation.given_answers import evaluate_predictions
from xlingual.evaluation.recorded import compared
from xlingual.evaluation.result import Evaluation
from xlingual.progress import ScoreNames
from xlingual.report.evaluation_table import evaluation_table, published_beside
from xlingual.report.summary import Summary, summarize
from xlingual.report.table import report_tables
from xlingual.study.benchmarks import BENCHMARKS
from xlingual.study.objectives import development_objectives, oracle_objectives
from xlingual.task_metrics import Metric, TaskMetrics
from xlingual.tasks import Candidate, Extras, Task
from xlingual.training.dev_scores import development_report

PAIRS = TaskMetrics(
    "sentence_pairs",
    "pairs0",
    "over pairs of sentences",
    (Metric("confidence", "confidence", "CONF"), Metric("accuracy", "accuracy", "ACC")),
)
SCORES = {
    "dev": {"en": {"accuracy": 80.0, "confidence": 70.0}},
    "webfaq_dev": {"de": {"accuracy": 50.0, "confidence": 20.0}, "th": {"accuracy": 30.0, "confidence": 10.0}},
}


class SentencePairs:
    """An answer is the label of a pair."""

    name: ClassVar[str] = PAIRS.task
    metrics: ClassVar[TaskMetrics] = PAIRS

    def rows(
        self, examples: Sequence[Example], found: Mapping[int, Sequence[Candidate]], extras: Extras | None = None
    ) -> list[dict[str, Any]]:
        answers = [found[i][0].text if i in found else "" for i in range(len(examples))]
        return [
            {
                "id": example.id,
                "paragraph": example.paragraph,
                "prediction": answer,
                "confidence": 50.0,
                "accuracy": 100.0 * (answer in example.answers),
                "n_best": [],
            }
            for example, answer in zip(examples, answers, strict=True)
        ]

    def scores(self, rows: Sequence[Mapping[str, Any]]) -> dict[str, float]:
        means = {name: sum(row[name] for row in rows) / len(rows) for name in PAIRS.names}
        return {**means, "questions": len(rows)}


TASK: Task = SentencePairs()


def drawn(*parts: RenderableType) -> str:
    console = Console(width=250, no_color=True)
    with console.capture() as captured:
        console.print(*parts)
    return captured.get()


def no_word_of_question_answering(text: str) -> bool:
    return not any(word in text for word in ("F1", "exact match", "f1", "exact_match", "SQuAD", "squad1.1", " EM"))


@pytest.fixture(scope="module")
def summary(studies: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Summary:
    storage = tmp_path_factory.mktemp("pairs")
    builder = studies.StudyBuilder(
        storage, search={"trials_per_arm": 2, "objective": "dev.accuracy"}, test={"languages": ["en", "de", "th"]}
    )
    builder.search()
    rows = {
        arm: {seed: {code: _pairs(start + seed, min(labels, seed)) for code in ("en", "de", "th")} for seed in (1, 2)}
        for arm, start, labels in (("baseline", 0, 1), ("webfaq", 3, 2))
    }
    builder.replicated(rows)
    return summarize(builder.directory, metrics=PAIRS)


def _pairs(right: int, labels: int) -> list[dict[str, Any]]:
    return [
        {
            "id": f"p{n:02d}",
            "paragraph": f"p{n // 3}",
            "prediction": str(n % labels),
            "accuracy": 100.0 * (n < right),
            "confidence": 60.0 + right + n % 3,
        }
        for n in range(12)
    ]


def test_a_report_has_the_metrics_of_the_task_and_no_others(summary: Summary) -> None:
    assert summary.arms["webfaq"].mean("accuracy") == pytest.approx((400 / 12, 500 / 12))
    text = drawn(report_tables(summary))
    assert "zero-shot accuracy on XQuAD" in text and "zero-shot confidence on XQuAD" in text
    assert text.index("zero-shot accuracy") < text.index("zero-shot confidence"), "the headline comes first"
    assert "difference of accuracy to baseline" in text and "Metrics: confidence and accuracy over pairs" in text
    assert "pairs0|langs:2|pairs:12" in text
    assert no_word_of_question_answering(text)


def test_replicates_that_learnt_one_label_are_named_above_every_table(summary: Summary) -> None:
    text = " ".join(drawn(report_tables(summary)).split())
    warning = (
        "ONE LABEL: 2 of 2 replicates of baseline, 1 of 2 replicates of webfaq give all pairs the same label; their "
        "score is that label's share of the test set."
    )
    assert text.count(warning) == text.count("|holm:1|")
    arms = summary.as_json()["arms"]
    assert arms["webfaq"]["one_label"] == [{"search": 1, "seed": 1, "label": "0"}]
    assert [one["seed"] for one in arms["baseline"]["one_label"]] == [1, 2]


def test_the_json_of_a_report_has_the_metrics_of_the_task_as_keys(summary: Summary) -> None:
    content = summary.as_json()
    webfaq = content["arms"]["webfaq"]
    assert list(webfaq["scores"]["de"]) == ["accuracy", "confidence", "questions"]
    assert list(webfaq["mean"]) == ["accuracy", "confidence"]
    gap = content["differences"]["webfaq"]["mean"]
    assert gap["accuracy"] == pytest.approx(300 / 12) and gap["confidence"]["difference"] == pytest.approx(3.0)
    assert content["published"] == []
    assert no_word_of_question_answering(json.dumps(content))


def test_objectives_and_reports_of_training_have_the_metrics_of_the_task() -> None:
    assert development_objectives(PAIRS) == ("dev.accuracy", "dev.confidence"), "FAQ pages have no labels"
    assert oracle_objectives(PAIRS) == ("test.accuracy", "test.confidence")
    assert development_report(SCORES, {"dev.accuracy": 1.0, "webfaq_dev.mean_confidence": 2.0}, PAIRS) == {
        "objective": 110.0,
        "accuracy": 80.0,
        "confidence": 70.0,
        "webfaq_dev": {"mean_accuracy": 40.0, "mean_confidence": 15.0, "accuracy": {"de": 50.0, "th": 30.0}},
    }


def test_progress_names_the_scores_of_the_task() -> None:
    names = ScoreNames("webfaq_dev.mean_accuracy", PAIRS)
    assert (names.header, names.name, names.headline) == ("FAQ ACC", "accuracy on held-out FAQ hosts", "accuracy")
    assert names.zero_shot({"en": {"accuracy": 90.0}, **SCORES["webfaq_dev"]}) == 40.0


def load_pairs(source: str, codes: Sequence[str], paragraphs: int | None) -> dict[str, ExampleSet]:
    pairs = tuple(Example(f"p{n}", "A.", "B.", ("yes",), (0,), "de", paragraph=f"t{n // 2}") for n in range(4))
    return {code: ExampleSet(pairs, {"read": 4, "kept": 4}) for code in codes}


@pytest.fixture
def evaluated(tmp_path: Path) -> Evaluation:
    pairs = replace(
        BENCHMARKS["xquad"],
        name="pairs",
        title="Pairs",
        published="",
        metrics=PAIRS,
        task=f"{__name__}:TASK",
        reader=f"{__name__}:load_pairs",
    )
    given = tmp_path / "de.json"
    given.write_text(json.dumps({"p0": "yes", "p1": "no", "p2": "yes"}), encoding="utf-8")
    return evaluate_predictions(None, given, EvaluationRequest(pairs, languages="de", keep=tmp_path / "kept"))


def test_an_evaluation_has_the_metrics_of_the_benchmarks_task(evaluated: Evaluation) -> None:
    assert evaluated.scores["de"] == {"confidence": 37.5, "accuracy": 50.0, "questions": 4, "missing": 1, "unknown": 0}
    text = drawn(evaluation_table(evaluated))
    assert "confidence" in text and "accuracy" in text and no_word_of_question_answering(text)
    assert evaluated.as_json()["languages"]["de"]["intervals"].keys() == {"confidence", "accuracy"}
    assert published_beside(evaluated, "bert-base-multilingual-cased", "mBERT") == ((), [])


def test_scores_that_differ_from_the_recorded_ones_are_told_by_the_headline() -> None:
    (note,) = compared("s", {"de": {"accuracy": 50.0}}, {"de": {"accuracy": 40.0}}, PAIRS.headline)
    assert "de accuracy 50.00 then, 40.00 now" in note
