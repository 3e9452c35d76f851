"""One arm's numbers in a study's report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from xlingual.report.cost import ArmCost
from xlingual.report.scores import METRICS
from xlingual.tasks.question_answering import CHARACTER_F1, SHARES


@dataclass(frozen=True, slots=True)
class Scores:
    """One language: means over its questions in percent, one a seed.

    character_f1: empty where the language is written with spaces.
    """

    f1: tuple[float, ...]
    exact_match: tuple[float, ...]
    questions: int
    character_f1: tuple[float, ...] = ()

    def of(self, metric: str) -> tuple[float, ...]:
        """The scores of one metric, one a seed."""
        return self.f1 if metric == "f1" else self.exact_match

    def as_json(self) -> dict[str, Any]:
        """Plain values; what was not scored is absent."""
        characters = {CHARACTER_F1: list(self.character_f1)} if self.character_f1 else {}
        return {
            "f1": list(self.f1),
            "exact_match": list(self.exact_match),
            **characters,
            "questions": self.questions,
        }


@dataclass(frozen=True, slots=True)
class ArmSummary:
    """One arm: its chosen configuration, what it cost, and what its scored replicates reached.

    seeds: those of the scored replicates, the order of all scores; failures: seed -> reason of the replicates that
    failed; languages that were not scored are absent from `scores`. against: the arm that its differences are to, None
    for the baseline; published: the name of the published rows of its model, None where there are none. searched: names
    of the parameters that the search chose, none where the configuration was fixed. failed: why no
    trial of the search finished, None while that is not so; set_aside: number -> reason of the trials that could not be
    drawn from what the arm searches now. late: whether its configuration was chosen after the test set had been read
    for another arm; trials: how many ended that it could choose from. shares:
    language -> name of scores.SHARES -> percent of the questions, one a seed; empty where no answer is written freely.
    """

    name: str
    baseline: bool
    configuration: dict[str, Any] | None
    fingerprint: str | None
    values: dict[str, Any]
    seeds: tuple[int, ...]
    failures: dict[int, str]
    scores: dict[str, Scores]
    cost: ArmCost | None
    against: str | None = None
    published: str | None = None
    searched: tuple[str, ...] = ()
    failed: str | None = None
    set_aside: Mapping[int, str] = field(default_factory=dict)
    late: bool = False
    trials: int = 0
    shares: Mapping[str, Mapping[str, tuple[float, ...]]] = field(default_factory=dict)

    def mean(self, metric: str) -> tuple[float, ...]:
        """Mean over the non-English languages, one a seed; empty where there is none."""
        return _mean_of(scores.of(metric) for language, scores in self.scores.items() if language != "en")

    def mean_over(self, languages: Iterable[str], metric: str) -> tuple[float, ...]:
        """Mean over given languages, one a seed; empty where one of them was not scored."""
        wanted = tuple(languages)
        if any(language not in self.scores for language in wanted):
            return ()
        return _mean_of(self.scores[language].of(metric) for language in wanted)

    def mean_share(self, name: str) -> tuple[float, ...]:
        """A share's mean over the non-English languages, one a seed; empty where there is none."""
        return _mean_of(shares[name] for language, shares in self.shares.items() if language != "en")

    def as_json(self) -> dict[str, Any]:
        """Plain values; what was not scored is absent."""
        return {
            "baseline": self.baseline,
            "against": self.against,
            "published": self.published,
            "failed": self.failed,
            "chosen_after_a_reading": self.late,
            "trials": self.trials,
            "set_aside": {str(number): reason for number, reason in self.set_aside.items()},
            "configuration": self.configuration,
            "fingerprint": self.fingerprint,
            "values": self.values,
            "searched": list(self.searched),
            "seeds": list(self.seeds),
            "failures": {str(seed): reason for seed, reason in self.failures.items()},
            "scores": {language: scores.as_json() for language, scores in self.scores.items()},
            "cost": self.cost.as_json() if self.cost else None,
            "mean": {metric: list(self.mean(metric)) for metric in METRICS if self.mean(metric)},
            **(self._shares_json() if self.shares else {}),
        }

    def _shares_json(self) -> dict[str, Any]:
        by_language = {
            language: {name: list(seeds) for name, seeds in one.items()} for language, one in self.shares.items()
        }
        means = {name: list(self.mean_share(name)) for name in SHARES if self.mean_share(name)}
        return {"shares": by_language, "mean_shares": means}


def _mean_of(languages: Iterable[tuple[float, ...]]) -> tuple[float, ...]:
    return tuple(sum(seeds) / len(seeds) for seeds in zip(*languages, strict=True))
