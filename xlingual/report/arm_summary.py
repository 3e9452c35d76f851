"""One arm's numbers in a study's report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from xlingual.records.state import reasons_of
from xlingual.report.scores import OneLabel
from xlingual.report.training_cost import ArmCost
from xlingual.report.winners import Winner, best_of_all
from xlingual.task_metrics import SQUAD, TaskMetrics


@dataclass(frozen=True, slots=True)
class Scores:
    """One language: means over its questions in percent, one a unit (search or seed).

    Attributes:
        by_metric: name of a metric -> its means; a metric that the language lacks is absent.
        questions: how many there are.
    """

    by_metric: Mapping[str, tuple[float, ...]]
    questions: int

    def of(self, metric: str) -> tuple[float, ...]:
        """The scores of one metric, one a unit; empty if the language lacks it."""
        return self.by_metric.get(metric, ())

    def as_json(self) -> dict[str, Any]:
        """Plain values; what was not scored is absent."""
        return {**{metric: list(means) for metric, means in self.by_metric.items()}, "questions": self.questions}


@dataclass(frozen=True, slots=True)
class ArmSummary:
    """One arm: what its searches chose, what that cost, and the scores of its replicates.

    Attributes:
        name: of the arm.
        baseline: whether it is the baseline.
        searches: number of its searches.
        winners: choice of each search that has chosen.
        seeds: of all scored replicates.
        units: search or seed of each score, in the order of all scores.
        failures: seed -> reason of each failed replicate.
        scores: language -> scores; languages that were not scored are absent.
        cost: of training; None before a choice.
        against: the arm that its differences are to; None for the baseline.
        published: name of the published rows of its model; None if there are none.
        searched: names of the parameters that a search chooses; empty if the configuration is fixed.
        dimension: number of searched values; n - 1 for the weights of n languages.
        failed_searches: search -> why none of its trials finished.
        set_aside: trial -> why it could not be drawn from the arm's present space.
        stopped: when the arm was stopped by hand, and after how many trials; None where it was not.
        by_request: number of its trials that were ended by hand.
        late: searches that chose after the test set had been read for another one; tables mark the arm.
        shares: language -> share -> percent of the questions, one a unit; empty unless answers are generated.
        one_label: replicates that answered everything with the same label.
        metrics: those of the task.
        source: language of the training data; means are over the others.
    """

    name: str
    baseline: bool
    searches: int
    winners: tuple[Winner, ...]
    seeds: tuple[int, ...]
    units: tuple[int, ...]
    failures: dict[int, str]
    scores: dict[str, Scores]
    cost: ArmCost | None
    against: str | None = None
    published: str | None = None
    searched: tuple[str, ...] = ()
    dimension: int = 0
    failed_searches: Mapping[int, str] = field(default_factory=dict)
    set_aside: Mapping[str, str] = field(default_factory=dict)
    stopped: str | None = None
    by_request: int = 0
    late: tuple[int, ...] = ()
    shares: Mapping[str, Mapping[str, tuple[float, ...]]] = field(default_factory=dict)
    one_label: tuple[OneLabel, ...] = ()
    metrics: TaskMetrics = SQUAD
    source: str = "en"

    @property
    def best(self) -> Winner | None:
        """The winner with the highest development objective; None before any search has chosen."""
        return best_of_all(self.winners)

    @property
    def configuration(self) -> dict[str, Any] | None:
        """The best winner's."""
        return self.best.configuration if self.best else None

    @property
    def fingerprint(self) -> str | None:
        """The best winner's."""
        return self.best.fingerprint if self.best else None

    @property
    def failed(self) -> str | None:
        """Why no trial of any search finished; None if one did."""
        if len(self.failed_searches) < self.searches:
            return None
        return reasons_of(self.failed_searches)

    @property
    def uneven(self) -> bool:
        """Whether winners with scored seeds have different numbers of them."""
        return len({len(winner.seeds) for winner in self.winners if winner.seeds}) > 1

    @property
    def unit(self) -> str:
        """What each score is of: "search", or "seed" where the arm has one search."""
        return "search" if self.searches > 1 else "seed"

    def mean(self, metric: str) -> tuple[float, ...]:
        """Mean over all languages but the source, one a unit; empty if there are none."""
        return _mean_of(scores.of(metric) for language, scores in self.scores.items() if language != self.source)

    def mean_over(self, languages: Iterable[str], metric: str) -> tuple[float, ...]:
        """Mean over given languages, one a unit; empty if one of them was not scored."""
        wanted = tuple(languages)
        if any(language not in self.scores for language in wanted):
            return ()
        return _mean_of(self.scores[language].of(metric) for language in wanted)

    def mean_share(self, name: str) -> tuple[float, ...]:
        """A share's mean over all languages but the source, one a unit; empty if there is none."""
        return _mean_of(shares[name] for language, shares in self.shares.items() if language != self.source)

    def as_json(self) -> dict[str, Any]:
        """Plain values; what was not scored is absent. Configuration, fingerprint and values are the best winner's."""
        return {
            "baseline": self.baseline,
            "against": self.against,
            "published": self.published,
            "failed": self.failed,
            "failed_searches": {str(number): reason for number, reason in self.failed_searches.items()},
            "chosen_after_a_reading": list(self.late),
            "stopped_by_hand": self.stopped,
            "trials_ended_by_hand": self.by_request,
            "set_aside": dict(self.set_aside),
            "searches": self.searches,
            "winners": [winner.as_json() for winner in self.winners],
            "best": self.best.search if self.best else None,
            "configuration": self.configuration,
            "fingerprint": self.fingerprint,
            "values": self.best.values if self.best else {},
            "searched": list(self.searched),
            "dimension": self.dimension,
            "unit": self.unit,
            **self.scores_json(),
            "cost": self.cost.as_json() if self.cost else None,
        }

    def scores_json(self) -> dict[str, Any]:
        """What depends on the test set."""
        return {
            "units": list(self.units),
            "seeds": list(self.seeds),
            "failures": {str(seed): reason for seed, reason in self.failures.items()},
            "scores": {language: scores.as_json() for language, scores in self.scores.items()},
            "mean": {metric: list(self.mean(metric)) for metric in self.metrics.ranked if self.mean(metric)},
            **(self._shares_json() if self.shares else {}),
            **({"one_label": [one._asdict() for one in self.one_label]} if self.one_label else {}),
        }

    def _shares_json(self) -> dict[str, Any]:
        by_language = {
            language: {name: list(seeds) for name, seeds in one.items()} for language, one in self.shares.items()
        }
        means = {name: list(self.mean_share(name)) for name in self.metrics.share_names if self.mean_share(name)}
        return {"shares": by_language, "mean_shares": means}


def unit_names(arms: Iterable[ArmSummary]) -> str:
    """Units of the scores of these arms: seeds, searches, or both if some arms search nothing."""
    found = {arm.unit for arm in arms if arm.units}
    return "searches or seeds" if len(found) > 1 else "searches" if "search" in found else "seeds"


def _mean_of(languages: Iterable[tuple[float, ...]]) -> tuple[float, ...]:
    return tuple(sum(seeds) / len(seeds) for seeds in zip(*languages, strict=True))
