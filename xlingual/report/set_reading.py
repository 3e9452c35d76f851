"""Reads what the records of a study say of one of its test sets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from xlingual.records.layout import StudyDirectory
from xlingual.records.state import ReplicateState, StudyState
from xlingual.report.arm_summary import ArmSummary, Scores
from xlingual.report.published import published_name_of
from xlingual.report.scores import (
    Floats,
    LanguageScores,
    TestScores,
    keys_of,
    pair_of,
    read_languages,
    read_scores,
)
from xlingual.report.status import ended_by_request, set_aside
from xlingual.report.training_cost import read_cost
from xlingual.report.winners import read_winners
from xlingual.study.changes import drawn
from xlingual.study.dimension import coordinates
from xlingual.study.space import from_written, parameters
from xlingual.study.test_sets import RecordedTestSet
from xlingual.task_metrics import TaskMetrics


@dataclass(frozen=True)
class SetReading:
    """Reads what a study's records say of one test set.

    Attributes:
        place: of the study.
        state: the study's.
        test: the set.
        metrics: of its rows.
    """

    place: StudyDirectory
    state: StudyState
    test: RecordedTestSet
    metrics: TaskMetrics

    @property
    def scored(self) -> list[ReplicateState]:
        """Replicates with scores on the test set."""
        return [one for one in self.state.replicates if self.test.name in one.scores]

    @property
    def source(self) -> str:
        """Language of the training data."""
        return str(self.state.study["data"].get("source_language", "en"))

    def languages(self) -> TestScores:
        """Scores of the languages that every replicate was scored on: one that was added may wait for its reading."""
        return self._read(self._common)

    def answers(self, *, pairs: bool = False) -> Iterator[LanguageScores]:
        """Scores of every replicate in the same languages, one after the other.

        Args:
            pairs: those of pairs of languages instead.
        """
        keys = self._pairs()[0] if pairs else self._common
        if not pairs or keys:
            yield from read_languages(
                self.place, self.scored, keys, self.metrics, self.source, test_set=self.test.name, order=self._order
            )

    @property
    def _common(self) -> tuple[str, ...] | None:
        """Languages that every replicate was scored on; None for those of the files."""
        lacking = {code for one in self.scored for code in one.unscored(self.test.name, self.test.languages)}
        return tuple(code for code in self.test.languages if code not in lacking) or None

    def pairs(self) -> tuple[TestScores | None, int]:
        """Scores of the pairs of languages that every replicate was scored on, and the number of other pairs."""
        common, absent = self._pairs()
        return (self._read(common) if common else None), absent

    def _pairs(self) -> tuple[tuple[str, ...], int]:
        """Pairs of languages that every replicate was scored on, and the number of others."""
        scored = self.scored if self.test.generalised else []
        files = [keys_of(self.place, one, self.test.name) for one in scored]
        found = [{key for key in keys if "-" in key and {*pair_of(key)} <= {*self.test.languages}} for keys in files]
        common = set.intersection(*found) if found else set()
        absent = len(set().union(*found) - common)
        return tuple(common), absent

    @property
    def _order(self) -> tuple[str, ...]:
        """Languages in the order of tables."""
        return tuple(self.test.benchmark.languages if self.test.benchmark else self.test.languages)

    def _read(self, keys: tuple[str, ...] | None) -> TestScores:
        several = [arm for arm, searches in self.state.searches.items() if searches.count > 1]
        return read_scores(
            self.place,
            self.state.replicates,
            keys,
            several,
            self.metrics,
            self.source,
            test_set=self.test.name,
            order=self._order,
        )

    @property
    def complete(self) -> bool:
        """Whether all replicates of every winner are scored on the test set."""
        scored = Counter(one.of for one in self.scored if not one.unscored(self.test.name, self.test.keys))
        searches = self.state.searches
        return self.state.searched and all(scored[one] >= searches[one.arm].seeds for one in self.state.all_searches)

    def arm(self, name: str, scores: TestScores) -> ArmSummary:
        """One arm's numbers."""
        winners = read_winners(self.place, self.state, name, self.test.name)
        mine = [replicate for replicate in self.state.replicates if replicate.arm == name]
        says = self.state.study["arms"][name]
        failed = {one.number: reason for one, reason in self.state.failed.items() if one.arm == name}
        tree = from_written(drawn(says))
        return ArmSummary(
            name=name,
            baseline=name == self.state.baseline,
            searches=self.state.searches[name].count,
            winners=winners,
            units=scores.searches.get(name) or scores.seeds.get(name, ()),
            seeds=tuple(replicate.seed for replicate in mine if self.test.name in replicate.scores),
            failures={
                r.seed: (r.reason or "").strip() or "no reason recorded"
                for r in mine
                if r.state == "failed" and self.test.name not in r.scores
            },
            scores={language: _scores(cell) for language, cell in scores.scores.get(name, {}).items()},
            cost=read_cost(self.place, self.state, name, winners),
            searched=tuple(one.name for one in parameters(tree)),
            dimension=len(
                {*coordinates(tree), *(key for trial in self.state.arm_trials(name) for key in trial.values)}
            ),
            failed_searches=failed,
            late=tuple(sorted(one.number for one in self.state.late if one.arm == name)),
            set_aside=set_aside(self.state, name),
            stopped=self.state.stops.get(name),
            by_request=ended_by_request(self.state, name),
            against=None if name == self.state.baseline else says.get("against") or self.state.baseline,
            published=published_name_of(
                str(says.get("model") or self.state.study.get("model", "")), says.get("published")
            ),
            shares={
                language: {share: _means(values) for share, values in cell.items()}
                for language, cell in scores.shares.get(name, {}).items()
            },
            one_label=scores.one_label.get(name, ()),
            metrics=scores.metrics,
            source=scores.source,
        )


def title_of(state: StudyState, test: RecordedTestSet) -> str:
    """A test set of a study in words."""
    if test.source == "toy":
        return "the toy test set" if len(state.test_sets) == 1 else f"the toy test set {test.name}"
    return test.benchmark.title if test.benchmark else test.name


def _scores(cell: Mapping[str, Floats]) -> Scores:
    """Means over the questions of arrays (units, questions)."""
    questions = {values.shape[1] for values in cell.values()}
    return Scores({metric: _means(values) for metric, values in cell.items()}, questions.pop())


def _means(values: Floats) -> tuple[float, ...]:
    """(units, questions) -> one mean per unit."""
    return tuple(float(mean) for mean in values.mean(axis=1))
