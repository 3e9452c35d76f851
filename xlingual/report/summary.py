"""The numbers of a study's report, from its records alone; nothing is rounded or drawn here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from xlingual.errors import RecordError
from xlingual.languages import non
from xlingual.records.files import read_json
from xlingual.records.layout import StudyDirectory
from xlingual.records.state import StudyState, read_state
from xlingual.report.arm_summary import ArmSummary
from xlingual.report.differences import Cells, alike, difference_json, differences
from xlingual.report.distances import Distance, distances, rows_of
from xlingual.report.grid import Grid, grid_of
from xlingual.report.interval_notes import signature
from xlingual.report.published import PublishedRow
from xlingual.report.set_reading import SetReading, title_of
from xlingual.report.training_cost import ArmCost
from xlingual.study.benchmarks import Benchmark
from xlingual.study.objectives import recorded_objective
from xlingual.task_metrics import SQUAD, TaskMetrics, Words


@dataclass(frozen=True, slots=True)
class Summary:
    """All numbers in the report of a study.

    Attributes:
        test_set: name of the test set that this is about.
        title: of the test set, in words.
        headline_title: title of the study's headline set where this is another one; empty of the headline set.
        benchmark: facts of the test set; None for a set of one's own.
        source_language: of the training data; need not be among `languages`.
        equal: what whole trials of all arms are equal in: updates or passes.
        languages: the scored ones, in the order of columns.
        complete: whether every replicate of every winner is scored on this test set.
        contamination: by part, the pieces of training data that were dropped for overlapping a test set; None when
            nothing was compared yet.
        clusters: number of articles, or where not all are known (`by_article`) of paragraphs, that intervals cover.
        ledger: readings of all test sets.
        published: scores of others of the arms' models, none in a toy study.
        distances: those of the arms to published scores, none where the search saw the test set.
        changed: predictions that score otherwise than when they were written.
        grid: scores of pairs of languages; None unless they were scored.
        others: the same of the study's other test sets, in the summary of the headline set.
    """

    study: str
    test_set: str
    title: str
    headline_title: str
    benchmark: Benchmark | None
    source_language: str
    question: str
    stage: str
    complete: bool
    oracle: bool
    objective: str
    equal: str
    toy: bool
    languages: tuple[str, ...]
    paragraph_cap: int | None
    paragraphs: int
    clusters: int
    by_article: bool
    parallel: bool
    replicates_per_arm: int
    trials_ended: int
    trials_planned: int
    confidence: float
    baseline: str
    arms: dict[str, ArmSummary]
    differences: Cells
    ledger: tuple[dict[str, Any], ...]
    contamination: dict[str, int] | None
    metrics: TaskMetrics
    published: tuple[PublishedRow, ...] = ()
    distances: tuple[Distance, ...] = ()
    changed: tuple[str, ...] = ()
    grid: Grid | None = None
    others: tuple[Summary, ...] = ()

    @property
    def targets(self) -> tuple[str, ...]:
        """The scored languages but the source: those that the mean is over."""
        return tuple(language for language in self.languages if language != self.source_language)

    @property
    def non_source(self) -> str:
        """The targets in words: "non-English"."""
        return non(self.source_language)

    @property
    def words(self) -> Words:
        """What the examples and their groups are called."""
        return self.metrics.words

    @property
    def clustered_by(self) -> str:
        """What intervals are over, in the plural."""
        return self.words.kept_together(named=self.by_article)

    @property
    def headline(self) -> str:
        """Name of the metric that verdicts rest on."""
        return self.metrics.headline.name

    @property
    def costs(self) -> dict[str, ArmCost]:
        """Training cost of every arm with a chosen configuration."""
        return {name: arm.cost for name, arm in self.arms.items() if arm.cost is not None}

    @property
    def questions(self) -> dict[str, int]:
        """Number of questions in each scored language, the same in all arms."""
        return {language: s.questions for arm in self.arms.values() for language, s in arm.scores.items()}

    @property
    def unscored(self) -> tuple[str, ...]:
        """Arms without any score on the test set."""
        return tuple(name for name, arm in self.arms.items() if not arm.seeds)

    @property
    def late(self) -> tuple[str, ...]:
        """Arms that were chosen after the test set had been read for another one: tables and figures mark them."""
        return tuple(name for name, arm in self.arms.items() if arm.late)

    def number(self, row: PublishedRow) -> int:
        """Number of a published row's note, counted from 1; the rows of the JSON are in this order."""
        return self.published.index(row) + 1

    @property
    def roles(self) -> tuple[str, str]:
        """What the first and the second code of a pair of languages say the language of."""
        return self.benchmark.roles if self.benchmark and any(self.benchmark.roles) else ("first text", "second text")

    @property
    def readings(self) -> tuple[dict[str, Any], ...]:
        """The ledger's readings of this test set; a row without a set is of the headline."""
        headline = "" if self.headline_title else self.test_set
        return tuple(row for row in self.ledger if row.get("set", headline) == self.test_set)

    @property
    def added_languages(self) -> tuple[str, ...]:
        """Languages that were added to the test set after its first reading."""
        first = next(
            (row["languages"] for row in self.readings if row["purpose"] == "test" and row.get("languages")), None
        )
        return () if first is None else tuple(code for code in self.languages if code not in first)

    def as_json(self) -> dict[str, Any]:
        """Plain values for `xlingual report --json`; what was not scored is absent, never 0."""
        sets = (self, *self.others)
        return {
            "study": self.study,
            "question": self.question,
            "stage": self.stage,
            "complete": all(one.complete for one in sets),
            "oracle": self.oracle,
            "objective": self.objective,
            "equal": self.equal,
            "toy": self.toy,
            "source_language": self.source_language,
            "languages": list(self.languages),
            "test_set": self._test_set_json(),
            "replicates_per_arm": self.replicates_per_arm,
            "trials": {"ended": self.trials_ended, "planned": self.trials_planned},
            "confidence": self.confidence,
            "arms": {name: arm.as_json() for name, arm in self.arms.items()},
            **self._compared_json(),
            "ledger": list(self.ledger),
            "contamination": self.contamination,
            "test_sets": {one.test_set: one._set_json() for one in sets},
        }

    def _test_set_json(self) -> dict[str, Any]:
        return {
            "name": self.test_set,
            "headline": not self.headline_title,
            "paragraph_cap": self.paragraph_cap,
            "paragraphs": self.paragraphs,
            "clusters": {self.clustered_by: self.clusters},
            "questions": self.questions,
            "parallel": self.parallel,
            "languages_after_a_reading": list(self.added_languages),
        }

    def _compared_json(self) -> dict[str, Any]:
        """What differs between the test sets of a study, but for the scores."""
        return {
            "differences": {
                arm: {language: difference_json(gaps) for language, gaps in of_arm.items()}
                for arm, of_arm in self.differences.items()
            },
            "generalised": self.grid.as_json(self.roles) if self.grid else None,
            "published": [row.as_json() for row in self.published],
            "distances": [one.as_json(self.number(one.row)) for one in self.distances],
            "changed_predictions": list(self.changed),
            "signature": signature(self),
        }

    def _set_json(self) -> dict[str, Any]:
        return {
            **self._test_set_json(),
            "title": self.title,
            "complete": self.complete,
            "readings": len(self.readings),
            "languages": list(self.languages),
            "arms": {name: arm.scores_json() for name, arm in self.arms.items()},
            **self._compared_json(),
        }


def summarize(
    directory: StudyDirectory | Path | str,
    set: str | None = None,
    *,
    confidence: float = 0.95,
    metrics: TaskMetrics | None = None,
) -> Summary:
    """Compute the report of the study in `directory`.

    Only reads, except that it rebuilds missing or outdated Parquet files of predictions if it may write.

    Args:
        directory: the study's.
        set: name of one of its test sets; None for the headline, with those of all others in `others`.
        confidence: of the intervals (`xlingual.statistics.crossed`).
        metrics: of the rows; None for those of the test set.

    Raises:
        RecordError: when the directory is not a study's, has no such test set, or a record is broken or missing.
    """
    place = directory if isinstance(directory, StudyDirectory) else StudyDirectory(Path(directory))
    state = read_state(place)
    if set is not None and set not in state.test_sets:
        raise RecordError(f"{place.path}: this study has no test set {set!r}; name one of {', '.join(state.test_sets)}")
    names = list(state.test_sets) if set is None else [set]
    first, *others = (_summarize(place, state, name, confidence, metrics) for name in names)
    return replace(first, others=tuple(others))


def _summarize(
    place: StudyDirectory, state: StudyState, name: str, confidence: float, metrics: TaskMetrics | None
) -> Summary:
    """The summary of one test set."""
    headline, test = next(iter(state.test_sets.values())), state.test_sets[name]
    read = SetReading(place, state, test, metrics or (test.benchmark.metrics if test.benchmark else SQUAD))
    scores = read.languages()
    arms = {arm: read.arm(arm, scores) for arm in state.arms}
    toy = test.source == "toy"
    known = test.benchmark if test.benchmark and test.benchmark.metrics == read.metrics and not toy else None
    published = rows_of(tuple(arms.values()), known)
    compared: dict[str, Any] = {
        "against": {arm: one.against for arm, one in arms.items() if one.against is not None},
        "searched": [arm for arm, one in arms.items() if one.searched and one.searches == 1],
        "confidence": confidence,
    }
    pairs, absent = read.pairs()
    return Summary(
        study=state.name,
        test_set=name,
        title=title_of(state, test),
        headline_title="" if name == headline.name else title_of(state, headline),
        benchmark=test.benchmark,
        source_language=read.source,
        question=str(state.study.get("question", "")),
        stage=state.stage,
        complete=read.complete,
        oracle=state.oracle,
        objective=recorded_objective(state.study),
        equal=state.study["search"].get("equal", "updates"),
        toy=toy,
        languages=scores.languages,
        paragraph_cap=test.paragraphs,
        paragraphs=max((len(set(asked.paragraphs)) for asked in scores.questions.values()), default=0),
        clusters=len({label for labels in scores.clusters.values() for label in labels}),
        by_article=scores.by_article,
        parallel=len(alike(scores.questions)) <= 1,
        replicates_per_arm=state.replicates_per_arm,
        trials_ended=sum(not trial.unfinished for trial in state.trials),
        trials_planned=state.trials_planned,
        confidence=confidence,
        baseline=state.baseline,
        arms=arms,
        differences=differences(scores, state.baseline, **compared),
        ledger=state.ledger,
        contamination=_contamination(place),
        metrics=read.metrics,
        published=published,
        distances=() if state.oracle else distances(tuple(arms.values()), published, known),
        changed=(*scores.changed, *(pairs.changed if pairs else ())),
        grid=grid_of(scores.joined(pairs), state.baseline, absent=absent, **compared) if pairs else None,
    )


def _contamination(directory: StudyDirectory) -> dict[str, int] | None:
    sources = read_json(directory.sources) if directory.sources.exists() else {}
    check = sources.get("contamination check")
    return None if check is None else dict(check["counts"])
