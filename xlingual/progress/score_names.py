"""Names of a study's scores in the display of its progress."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from xlingual.languages import name_or_code
from xlingual.progress.outline import Outline
from xlingual.study import Study
from xlingual.study.objectives import DEFAULT_OBJECTIVE, WEBFAQ_DEV, recorded_objective
from xlingual.study.test_sets import recorded_test_sets
from xlingual.task_metrics import SQUAD, TaskMetrics


@dataclass(frozen=True)
class ScoreNames:
    """Names of a study's scores.

    Attributes:
        objective: the study's, in words.
        metrics: those of its task.
        source: language of the training data.
        sets: metrics of each test set; of one that is not there, `metrics`.
        outline: what the study has to do in all.
    """

    objective: str = DEFAULT_OBJECTIVE
    metrics: TaskMetrics = SQUAD
    source: str = "en"
    sets: Mapping[str, TaskMetrics] = field(default_factory=dict)
    outline: Outline = field(default_factory=Outline)

    @classmethod
    def of_study(cls, study: Study, until: str = "report") -> ScoreNames:
        """Those of a study that is run up to a stage."""
        sets = {name: test.benchmark.metrics for name, test in study.data.test.sets.items()}
        return cls(
            study.search.objective_text,
            study.task_benchmark.metrics,
            study.data.source_language,
            sets,
            replace(Outline.of_study(study), until=until),
        )

    @classmethod
    def of_record(cls, study: Mapping[str, Any]) -> ScoreNames:
        """Those of a recorded study (study.json)."""
        recorded = recorded_test_sets(study)
        sets = {name: test.benchmark.metrics if test.benchmark else SQUAD for name, test in recorded.items()}
        source = study.get("data", {}).get("source_language", "en")
        return cls(recorded_objective(study), next(iter(sets.values()), SQUAD), source, sets, Outline.of_record(study))

    def on(self, test_set: str) -> ScoreNames:
        """The same with the metrics of a test set."""
        return replace(self, metrics=self.sets.get(test_set, self.metrics))

    @property
    def header(self) -> str:
        """The objective as a column's header: "F1"; "sum" for a weighted sum; ORACLE where the test set is seen."""
        return self._known.get(self.objective, ("sum", ""))[0]

    @property
    def name(self) -> str:
        """The objective in words: "development F1"; ORACLE where the test set is seen."""
        return self._known.get(self.objective, ("", self.objective))[1]

    @property
    def headline(self) -> str:
        """Title of the metric shown for test scores."""
        return self.metrics.headline.title

    def of(self, score: Mapping[str, float]) -> float | None:
        """The headline among one language's scores, in percent; None where it is missing."""
        return score.get(self.metrics.headline.name)

    @property
    def beyond(self) -> str:
        """The mean's languages in words: "beyond English"."""
        return f"beyond {name_or_code(self.source)}"

    def zero_shot(self, language_scores: Mapping[str, Mapping[str, float]]) -> float | None:
        """Mean of the headline over the languages but the source, in percent; None where a score is missing.

        Pairs of two languages (`A-B`) are in no mean.
        """
        return self._mean(score for key, score in language_scores.items() if "-" not in key and key != self.source)

    def of_pairs(self, language_scores: Mapping[str, Mapping[str, float]]) -> float | None:
        """Mean of the headline over pairs of two languages (`A-B`); None without any."""
        return self._mean(score for key, score in language_scores.items() if "-" in key)

    def _mean(self, found: Iterable[Mapping[str, float]]) -> float | None:
        scores = [self.of(score) for score in found]
        present = [score for score in scores if score is not None]
        return sum(present) / len(present) if present and len(present) == len(scores) else None

    @property
    def _known(self) -> dict[str, tuple[str, str]]:
        """Header and name of every objective that is one score."""
        known: dict[str, tuple[str, str]] = {}
        for metric in self.metrics.metrics:
            known[f"dev.{metric.name}"] = metric.short, f"development {metric.title}"
            known[f"{WEBFAQ_DEV}.mean_{metric.name}"] = f"FAQ {metric.short}", f"{metric.title} on held-out FAQ hosts"
            known[f"test.{metric.name}"] = f"ORACLE {metric.short}", f"ORACLE test {metric.title}"
        return known


DEFAULT_NAMES = ScoreNames()
