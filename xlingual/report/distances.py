"""Distances of measured scores from published ones of the same pretrained model: plain numbers, no statistic."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from xlingual.languages import name_or_code
from xlingual.report.arm_summary import ArmSummary
from xlingual.report.published import PublishedRow, PublishedScore, is_part, published_rows
from xlingual.study import Robust
from xlingual.study.benchmarks import Benchmark
from xlingual.study.methods import Method
from xlingual.study.robust import methods_of

Numbers = Mapping[str, float]


@dataclass(frozen=True)
class Distance:
    """An arm minus a published row in percentage points, computed from the arm's mean over seeds.

    Attributes:
        arm: its name.
        row: what was published.
        scores: language -> metric -> distance, if both exist.
        means: key of a published mean -> metric -> distance of the means over the very languages of the key.
    """

    arm: str
    row: PublishedRow
    scores: Mapping[str, Numbers]
    means: Mapping[str, Numbers]

    def as_json(self, number: int) -> dict[str, Any]:
        """Plain values; `published` is the row's number."""
        means = {key: {"languages": list(self.row.averages[key]), **one} for key, one in self.means.items()}
        return {"arm": self.arm, "published": number, "scores": dict(self.scores), "means": means}


def rows_of(arms: Sequence[ArmSummary], benchmark: Benchmark | None) -> tuple[PublishedRow, ...]:
    """The published rows of the arms' models on a benchmark, in the arms' order, each once."""
    names = dict.fromkeys(arm.published for arm in arms if arm.published is not None)
    return tuple(row for name in names for row in published_rows(benchmark, name))


def distances(
    arms: Sequence[ArmSummary], rows: Sequence[PublishedRow], benchmark: Benchmark | None
) -> tuple[Distance, ...]:
    """The distances of all arms to the rows of their models; see `obstacle` for arms that have none."""
    return tuple(
        found
        for arm in arms
        if obstacle(arm, benchmark) is None
        for row in rows
        if (found := _distance(arm, row)) is not None
    )


def obstacle(arm: ArmSummary, benchmark: Benchmark | None) -> str | None:
    """Why an arm's scores cannot be compared with published zero-shot scores; None if they can."""
    if not arm.seeds:
        return "not scored on the test set"
    if arm.source != "en":
        return f"trained on {name_or_code(arm.source)}, and published scores are of models trained on English"
    configuration = arm.configuration or {}
    if configuration.get("mixture"):
        return f"trained on other languages than {name_or_code(arm.source)}, too"
    if _languages_of_words(configuration.get("robust")):
        return "trained with words of other languages"
    if benchmark and any(is_part(benchmark, language, one.questions) for language, one in arm.scores.items()):
        return "scored on a part of the test set"
    return None


def _languages_of_words(robust: Mapping[str, Any] | None) -> set[str]:
    """Languages whose words a recorded robust training mixes into the training texts."""
    used = methods_of(Robust.model_validate(robust) if robust else None, Method)
    return {language for method, settings in used for language in method.languages(settings)}


def _distance(arm: ArmSummary, row: PublishedRow) -> Distance | None:
    if row.model != arm.published:
        return None
    scores = {language: _minus(_measured(arm, (language,)), cell) for language, cell in row.scores.items()}
    means = {key: _minus(_measured(arm, row.averages[key]), cell) for key, cell in row.means.items()}
    return Distance(
        arm.name, row, {key: one for key, one in scores.items() if one}, {key: one for key, one in means.items() if one}
    )


def _measured(arm: ArmSummary, languages: Sequence[str]) -> Numbers:
    """Metric -> mean over languages and seeds, where all of the languages were scored."""
    return {metric: fmean(seeds) for metric in arm.metrics.ranked if (seeds := arm.mean_over(languages, metric))}


def _minus(measured: Numbers, published: PublishedScore) -> Numbers:
    return dict(_differences(measured, published))


def _differences(measured: Numbers, published: PublishedScore) -> Iterator[tuple[str, float]]:
    for metric, value in measured.items():
        other = published.get(metric)
        if other is not None:
            yield metric, value - other
