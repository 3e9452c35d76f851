"""A model's test scores for the metadata of its card, as the hub shows and compares them (`model-index`)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from xlingual.export.origin import Origin, ScoredSet
from xlingual.languages import name_or_code
from xlingual.task_metrics import counted

if TYPE_CHECKING:
    from huggingface_hub import EvalResult


def eval_results(origin: Origin, pipeline: str) -> list[EvalResult]:
    """Every score of a language on a test set, in percent and unrounded, as the report has it; none before the test.

    Means and pairs of two languages are left out: they are no part of a data set that others could load.

    Args:
        origin: what the study knows of the model.
        pipeline: the hub's name of what the model does.
    """
    return [result for tested in origin.tests for result in _results(origin, tested, pipeline)]


def _results(origin: Origin, tested: ScoredSet, pipeline: str) -> Iterator[EvalResult]:
    from huggingface_hub import EvalResult

    benchmark, metrics = tested.benchmark, tested.benchmark.metrics
    words = metrics.words
    is_published = bool(tested.hub) and tested.hub == benchmark.source
    part = benchmark.hub_part if is_published else "{language}"
    notes = [
        *(["toy world of made-up languages"] if origin.toy else []),
        *([f"{counted(tested.paragraphs, words.groups)} per language"] if tested.paragraphs is not None else []),
        *(["ORACLE: the search saw this test set"] if origin.oracle else []),
    ]
    for code, one in tested.scores.items():
        if "-" in code:
            continue
        language = name_or_code(code)
        of_language = [language] if "{language}" in part else []
        for metric in (*metrics.metrics, *metrics.partial):
            if metric.name in one:
                yield EvalResult(
                    task_type=pipeline,
                    task_name=benchmark.metrics.task.replace("_", " "),
                    dataset_type="toy" if origin.toy else tested.hub or benchmark.source or benchmark.name,
                    dataset_name=", ".join([benchmark.title, *of_language, *notes]),
                    dataset_config=part.format(language=code),
                    dataset_split=benchmark.hub_split if is_published else None,
                    dataset_revision=tested.revision,
                    metric_type=metric.name,
                    metric_name=f"{metric.title} ({language})",
                    metric_value=float(one[metric.name]),
                )
