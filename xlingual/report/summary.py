"""The numbers of a study's report, from its records alone; nothing is rounded or drawn here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xlingual.languages import non
from xlingual.records.files import read_json
from xlingual.records.layout import StudyDirectory
from xlingual.records.state import StudyState, read_state
from xlingual.report.arm_summary import ArmSummary, Scores
from xlingual.report.differences import Difference, alike, differences
from xlingual.report.distances import Distance, distances, rows_of
from xlingual.report.interval_notes import signature
from xlingual.report.published import PublishedRow, published_name_of
from xlingual.report.scores import Floats, TestScores, read_scores
from xlingual.report.status import set_aside
from xlingual.report.training_cost import ArmCost, read_cost
from xlingual.report.winners import read_winners
from xlingual.report.words import Words, words_of
from xlingual.study.benchmarks import BENCHMARKS, Benchmark
from xlingual.study.changes import drawn
from xlingual.study.dimension import coordinates
from xlingual.study.objectives import recorded_objective
from xlingual.study.space import from_written, parameters
from xlingual.task_metrics import SQUAD, TaskMetrics


@dataclass(frozen=True, slots=True)
class Summary:
    """All numbers in the report of a study.

    Attributes:
        equal: what whole trials of all arms are equal in: updates or passes.
        languages: the scored ones, in the order of columns.
        source_language: of the training data; need not be among `languages`.
        title: of the test set, in words.
        benchmark: whose published scores are comparable; None in a toy study, and for a test set of one's own.
        contamination: by part, the pieces of training data that were dropped for overlapping the test set; None when
            nothing was compared yet.
        clusters: number of articles, or where not all are known (`by_article`) of paragraphs, that intervals cover.
        published: scores of others of the arms' models, none in a toy study.
        distances: those of the arms to published scores, none where the search saw the test set.
        changed: predictions that score otherwise than when they were written.
    """

    study: str
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
    differences: dict[str, dict[str, dict[str, Difference]]]
    ledger: tuple[dict[str, Any], ...]
    contamination: dict[str, int] | None
    published: tuple[PublishedRow, ...] = ()
    distances: tuple[Distance, ...] = ()
    changed: tuple[str, ...] = ()
    metrics: TaskMetrics = SQUAD
    source_language: str = "en"
    title: str = "XQuAD"
    benchmark: Benchmark | None = None

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
        return words_of(self.metrics)

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

    def number(self, row: PublishedRow) -> int:
        """Number of a published row's note, counted from 1; the rows of the JSON are in this order."""
        return self.published.index(row) + 1

    def as_json(self) -> dict[str, Any]:
        """Plain values for `xlingual report --json`; what was not scored is absent, never 0."""
        return {
            "study": self.study,
            "question": self.question,
            "stage": self.stage,
            "complete": self.complete,
            "oracle": self.oracle,
            "objective": self.objective,
            "equal": self.equal,
            "toy": self.toy,
            "source_language": self.source_language,
            "languages": list(self.languages),
            "test_set": {
                "paragraph_cap": self.paragraph_cap,
                "paragraphs": self.paragraphs,
                "clusters": {self.clustered_by: self.clusters},
                "questions": self.questions,
                "parallel": self.parallel,
            },
            "replicates_per_arm": self.replicates_per_arm,
            "trials": {"ended": self.trials_ended, "planned": self.trials_planned},
            "confidence": self.confidence,
            "arms": {name: arm.as_json() for name, arm in self.arms.items()},
            "differences": {
                arm: {language: _difference_json(gaps) for language, gaps in of_arm.items()}
                for arm, of_arm in self.differences.items()
            },
            "published": [row.as_json() for row in self.published],
            "distances": [one.as_json(self.number(one.row)) for one in self.distances],
            "ledger": list(self.ledger),
            "contamination": self.contamination,
            "changed_predictions": list(self.changed),
            "signature": signature(self),
        }


def summarize(
    directory: StudyDirectory | Path | str, *, confidence: float = 0.95, metrics: TaskMetrics = SQUAD
) -> Summary:
    """Compute the report of the study in `directory`.

    Only reads, except that it rebuilds missing or outdated Parquet files of predictions if it may write.

    Args:
        directory: the study's.
        confidence: of the intervals (`xlingual.statistics.crossed`).
        metrics: those of the study's task.

    Raises:
        RecordError: when the directory is not a study's, or a record is broken or missing.
    """
    place = directory if isinstance(directory, StudyDirectory) else StudyDirectory(Path(directory))
    state = read_state(place)
    test = next(iter(state.test_sets.values()))
    source = state.study["data"].get("source_language", "en")
    several = [name for name, searches in state.searches.items() if searches.count > 1]
    scores = read_scores(place, state.replicates, test.languages, several, metrics, source, test_set=test.name)
    toy = test.source == "toy"
    arms = {name: _arm(place, state, name, scores) for name in state.arms}
    benchmark = BENCHMARKS["xquad"] if metrics == SQUAD and not toy else None
    published = rows_of(tuple(arms.values()), benchmark)
    return Summary(
        study=state.name,
        question=str(state.study.get("question", "")),
        stage=state.stage,
        complete=state.complete,
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
        differences=differences(
            scores,
            state.baseline,
            against={name: arm.against for name, arm in arms.items() if arm.against is not None},
            searched=[name for name, arm in arms.items() if arm.searched and arm.searches == 1],
            confidence=confidence,
        ),
        ledger=state.ledger,
        contamination=_contamination(place),
        published=published,
        distances=() if state.oracle else distances(tuple(arms.values()), published, benchmark),
        changed=scores.changed,
        metrics=metrics,
        source_language=source,
        title="the toy test set" if toy else "XQuAD",
        benchmark=benchmark,
    )


def _contamination(directory: StudyDirectory) -> dict[str, int] | None:
    sources = read_json(directory.sources) if directory.sources.exists() else {}
    check = sources.get("contamination check")
    return None if check is None else dict(check["counts"])


def _arm(directory: StudyDirectory, state: StudyState, name: str, scores: TestScores) -> ArmSummary:
    winners = read_winners(directory, state, name)
    mine = [replicate for replicate in state.replicates if replicate.arm == name]
    says = state.study["arms"][name]
    failed = {one.number: reason for one, reason in state.failed.items() if one.arm == name}
    tree = from_written(drawn(says))
    return ArmSummary(
        name=name,
        baseline=name == state.baseline,
        searches=state.searches[name].count,
        winners=winners,
        units=scores.searches.get(name) or scores.seeds.get(name, ()),
        seeds=tuple(replicate.seed for replicate in mine if replicate.scored),
        failures={
            r.seed: (r.reason or "").strip() or "no reason recorded"
            for r in mine
            if r.state == "failed" and not r.scored
        },
        scores={language: _scores(cell) for language, cell in scores.scores.get(name, {}).items()},
        cost=read_cost(directory, state, name, winners),
        searched=tuple(one.name for one in parameters(tree)),
        dimension=len({*coordinates(tree), *(key for trial in state.arm_trials(name) for key in trial.values)}),
        failed_searches=failed,
        late=tuple(sorted(one.number for one in state.late if one.arm == name)),
        set_aside=set_aside(state, name),
        against=None if name == state.baseline else says.get("against") or state.baseline,
        published=published_name_of(str(says.get("model") or state.study.get("model", "")), says.get("published")),
        shares={
            language: {share: _means(values) for share, values in cell.items()}
            for language, cell in scores.shares.get(name, {}).items()
        },
        metrics=scores.metrics,
        source=scores.source,
    )


def _scores(cell: Mapping[str, Floats]) -> Scores:
    """Means over the questions of arrays (units, questions)."""
    questions = {values.shape[1] for values in cell.values()}
    return Scores({metric: _means(values) for metric, values in cell.items()}, questions.pop())


def _means(values: Floats) -> tuple[float, ...]:
    """(units, questions) -> one mean per unit."""
    return tuple(float(mean) for mean in values.mean(axis=1))


def _difference_json(gaps: Mapping[str, Difference]) -> dict[str, Any]:
    """The headline, which comes first, in keys of its own; every other metric as an object."""
    (headline, gap), *others = gaps.items()
    return {
        headline: gap.estimate,
        **gap.as_json(),
        **{metric: {"difference": other.estimate, **other.as_json()} for metric, other in others},
    }
