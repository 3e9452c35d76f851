"""What a report says of the development data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

Scores: TypeAlias = Mapping[str, float]
"""`f1` and `exact_match` in percent."""

METRICS = ("f1", "exact_match")


def with_objective(report: Mapping[str, Any], objective: Mapping[str, float]) -> dict[str, Any]:
    """A report of before studies had several development sets, with its objective, which was one of its scores."""
    if "objective" in report or "failed" in report:
        return dict(report)
    return {**report, "objective": sum(weight * report[name.split(".")[1]] for name, weight in objective.items())}


def development_report(scores: Mapping[str, Mapping[str, Scores]], objective: Mapping[str, float]) -> dict[str, Any]:
    """Put the scores of one report together.

    Args:
        scores: by set (`dev`, an oracle's `test`, `webfaq_dev`) and language.
        objective: names of scores and their weights: `dev.f1`, `test.f1`, `webfaq_dev.mean_f1` and so on.

    Returns:
        `objective`, `f1` and `exact_match` (means over the languages of the first set, English alone unless the study
        is an oracle), and where FAQ hosts were held out `webfaq_dev` with `mean_f1`, `mean_exact_match` and each
        language's `f1`, all in percent.
    """
    known: dict[str, float] = {}
    for name, languages in scores.items():
        for metric in METRICS:
            mean = sum(one[metric] for one in languages.values()) / len(languages)
            known[f"{name}.{metric}"] = known[f"{name}.mean_{metric}"] = mean
    first = next(iter(scores))
    report: dict[str, Any] = {"objective": sum(weight * known[name] for name, weight in objective.items())}
    report |= {metric: known[f"{first}.{metric}"] for metric in METRICS}
    if "webfaq_dev" in scores:
        report["webfaq_dev"] = {
            "mean_f1": known["webfaq_dev.mean_f1"],
            "mean_exact_match": known["webfaq_dev.mean_exact_match"],
            "f1": {language: one["f1"] for language, one in scores["webfaq_dev"].items()},
        }
    return report
