"""Every test question's scores, read from the predictions of a study's replicates."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from xlingual.errors import RecordError
from xlingual.records.layout import StudyDirectory
from xlingual.records.state import ReplicateState
from xlingual.report.prediction_arrays import Answers, Floats, Order, read_answers
from xlingual.task_metrics import SQUAD, TaskMetrics

__all__ = ["Floats", "LanguageScores", "Questions", "TestScores", "Unit", "read_languages", "read_scores"]


@dataclass(frozen=True, slots=True)
class Questions:
    """The questions of one language that were scored, sorted by id, the order of every array.

    articles: titles of the articles; empty if any question has none.
    """

    ids: tuple[str, ...]
    paragraphs: tuple[str, ...]
    articles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unit:
    """Statistical unit of an arm: a search, whose scores are the mean over its seeds, or a single seed.

    search: its number; None if units are seeds. seeds: those that were scored.
    """

    search: int | None
    seeds: tuple[int, ...]


class OneLabel(NamedTuple):
    """A replicate that answered everything with the same label."""

    search: int
    seed: int
    label: str


@dataclass(frozen=True)
class TestScores:
    """Percent scores of all units on the same questions.

    Attributes:
        questions: by language.
        scores: arm -> language -> metric -> array (units, questions); metrics of some languages where all rows hold
            them.
        units: of each arm, in the order of the arrays.
        shares: like `scores`, in percent of the questions, of arms whose models write their answers.
        changed: replicates and languages whose predictions no longer give the recorded scores, in words.
        one_label: by arm, the replicates that answered everything with one label.
        metrics: those of the task.
        source: language of the training data.
    """

    __test__ = False  # keeps pytest from collecting the class

    questions: Mapping[str, Questions]
    scores: Mapping[str, Mapping[str, Mapping[str, Floats]]]
    units: Mapping[str, tuple[Unit, ...]] = field(default_factory=dict)
    shares: Mapping[str, Mapping[str, Mapping[str, Floats]]] = field(default_factory=dict)
    changed: tuple[str, ...] = ()
    one_label: Mapping[str, tuple[OneLabel, ...]] = field(default_factory=dict)
    metrics: TaskMetrics = SQUAD
    source: str = "en"

    @property
    def seeds(self) -> dict[str, tuple[int, ...]]:
        """By arm, the seeds of its units; empty if its units are searches, which are never paired."""
        return {
            arm: tuple(seed for unit in units if unit.search is None for seed in unit.seeds)
            for arm, units in self.units.items()
        }

    @property
    def searches(self) -> dict[str, tuple[int, ...]]:
        """By arm, the numbers of the searches that are its units; empty if its units are seeds."""
        return {
            arm: tuple(unit.search for unit in units if unit.search is not None) for arm, units in self.units.items()
        }

    @property
    def uneven(self) -> dict[str, dict[int, int]]:
        """Arms whose searches have unequal numbers of scored seeds: search -> its number; each search counts once."""
        counts = {
            arm: {unit.search: len(unit.seeds) for unit in units if unit.search is not None}
            for arm, units in self.units.items()
        }
        return {arm: by_search for arm, by_search in counts.items() if len(set(by_search.values())) > 1}

    @property
    def by_article(self) -> bool:
        """Whether the article of every question is known; if not, paragraphs are the clusters of all languages."""
        return all(asked.articles for asked in self.questions.values())

    @property
    def clusters(self) -> dict[str, tuple[str, ...]]:
        """By language, the label of each question's article, or of its paragraph."""
        return {
            language: asked.articles if self.by_article else asked.paragraphs
            for language, asked in self.questions.items()
        }

    @property
    def languages(self) -> tuple[str, ...]:
        """Those with questions, in the order of tables; pairs of two (`A-B`) are no languages."""
        return tuple(key for key in self.questions if "-" not in key)

    def joined(self, pairs: TestScores) -> TestScores:
        """These scores with those of pairs of languages."""
        return replace(
            self,
            questions={**self.questions, **pairs.questions},
            scores={arm: {**cells, **pairs.scores.get(arm, {})} for arm, cells in self.scores.items()},
        )


def pair_of(key: str) -> tuple[str, str]:
    """The two languages of a key of scores: of `A-B` both, of `A` the same twice."""
    first, _, second = key.partition("-")
    return first, second or first


ROUNDING = 1e-6
"""In percentage points: means over reordered questions differ by less."""

Cell: TypeAlias = dict[str, Floats]
"""Name of a score -> (questions,) of one replicate, or (units, questions) of an arm."""


def read_scores(
    directory: StudyDirectory,
    replicates: Sequence[ReplicateState],
    languages: Sequence[str] | None,
    several: Collection[str] = (),
    metrics: TaskMetrics = SQUAD,
    source: str = "en",
    *,
    test_set: str,
    order: Sequence[str] = (),
) -> TestScores:
    """Read the answers of scored replicates in `languages`, or in every language that any of them answered in.

    Args:
        directory: the study's.
        replicates: of all arms.
        languages: to read, or pairs of two; None for all languages that exist.
        several: arms with several searches, which are their units even if only one of them was scored.
        metrics: those of the task.
        source: language of the training data.
        test_set: name of the set that was answered.
        order: languages in the order of tables; others follow, the source language first, then by code.

    Raises:
        RecordError: when a scored replicate lacks a language or a question that another one has, or a row is broken.
    """
    scored = [replicate for replicate in replicates if test_set in replicate.scores]
    mine: dict[str, list[ReplicateState]] = {}
    for replicate in scored:
        mine.setdefault(replicate.arm, []).append(replicate)
    arms = {arm: _units(found, arm in several) for arm, found in mine.items()}
    members = [replicate for units in arms.values() for found in units.values() for replicate in found]
    questions: dict[str, Questions] = {}
    scores: dict[str, dict[str, Cell]] = {}
    shares: dict[str, dict[str, Cell]] = {}
    changed: list[str] = []
    labels: dict[str, set[str | None]] = {}
    for read in read_languages(directory, members, languages, metrics, source, test_set=test_set, order=order):
        for arm, units in arms.items():
            found = [[read.cells[one.fingerprint] for one in unit] for unit in units.values()]
            scores.setdefault(arm, {})[read.key] = _by_unit([[score for score, _ in unit] for unit in found])
            told = _by_unit([[share for _, share in unit] for unit in found])
            if told:
                shares.setdefault(arm, {})[read.key] = told
        questions[read.key] = next((same for same in questions.values() if same == read.questions), read.questions)
        changed += read.changed
        for fingerprint, label in read.labels.items():
            labels.setdefault(fingerprint, set()).add(label)
    of_arms = {arm: tuple(units) for arm, units in arms.items()}
    return TestScores(questions, scores, of_arms, shares, tuple(changed), _one_label(scored, labels), metrics, source)


@dataclass(frozen=True)
class LanguageScores:
    """Percent scores of every replicate on the questions of one language, or of a pair of two.

    Attributes:
        key: the language, or `A-B`.
        questions: what all replicates were asked, in the order of the arrays.
        cells: by fingerprint of a replicate, its scores and its shares: name -> (questions,).
        changed: replicates whose predictions no longer give the recorded scores, in words.
        labels: by fingerprint, the one label that the replicate answered everything with; None where there are several.
    """

    key: str
    questions: Questions
    cells: Mapping[str, tuple[Cell, Cell]]
    changed: Sequence[str]
    labels: Mapping[str, str | None]


def read_languages(
    directory: StudyDirectory,
    scored: Sequence[ReplicateState],
    languages: Sequence[str] | None,
    metrics: TaskMetrics = SQUAD,
    source: str = "en",
    *,
    test_set: str,
    order: Sequence[str] = (),
) -> Iterator[LanguageScores]:
    """Read the answers of replicates that were scored on a test set, one language after the other.

    The arguments are those of `read_scores`.

    Raises:
        RecordError: see `read_scores`.
    """
    files = {key for one in scored for key in keys_of(directory, one, test_set) if "-" not in key}
    wanted = set(files if languages is None else languages) if scored else set()
    for language in sorted(wanted, key=lambda key: [_rank(code, order, source) for code in pair_of(key)]):
        reader = _Reader(directory, test_set, language, metrics)
        cells = {replicate.fingerprint: reader.read(replicate) for replicate in scored}
        yield LanguageScores(language, reader.questions(), cells, reader.changed, reader.labels)


def _one_label(
    scored: Sequence[ReplicateState], labels: Mapping[str, set[str | None]]
) -> dict[str, tuple[OneLabel, ...]]:
    """By arm, the replicates with a single label in all languages; `labels` is by their fingerprints."""
    found: dict[str, tuple[OneLabel, ...]] = {}
    for one in scored:
        label, *others = labels.get(one.fingerprint, {None})
        if label is not None and not others:
            found[one.arm] = (*found.get(one.arm, ()), OneLabel(one.search, one.seed, label))
    return found


def _units(scored: Sequence[ReplicateState], several: bool) -> dict[Unit, list[ReplicateState]]:
    """Units of an arm with their replicates: its searches if it has several, else single replicates."""
    searches: dict[int, list[ReplicateState]] = {}
    for replicate in scored:
        searches.setdefault(replicate.search, []).append(replicate)
    if len(searches) < 2 and not several:
        return {Unit(None, (replicate.seed,)): [replicate] for replicate in scored}
    return {Unit(number, tuple(one.seed for one in found)): found for number, found in sorted(searches.items())}


def _by_unit(units: Sequence[Sequence[Cell]]) -> Cell:
    """Means over each unit's replicates, of the names that all replicates of all units have."""
    held = [replicate for unit in units for replicate in unit]
    names = [name for name in held[0] if all(name in replicate for replicate in held)]
    return {name: np.stack([np.mean([one[name] for one in unit], axis=0) for unit in units]) for name in names}


class _Reader:
    """Reads the answers of all replicates in one language, sorted by question id.

    All must have answered the same questions of the same paragraphs, in any order.
    """

    def __init__(self, directory: StudyDirectory, test_set: str, language: str, metrics: TaskMetrics) -> None:
        self._directory = directory
        self._set = test_set
        self._language = language
        self._metrics = metrics
        self._first: tuple[Answers, Order] | None = None
        self.changed: list[str] = []
        self.labels: dict[str, str | None] = {}

    def read(self, replicate: ReplicateState) -> tuple[Cell, Cell]:
        """Scores and shares of one replicate.

        Raises:
            RecordError: see `read_answers`; and when the first replicate was asked other questions.
        """
        path = self._directory.trial(replicate.fingerprint).predictions(self._set, self._language)
        answers = read_answers(path, self._metrics, self._first and self._first[0])
        if self._first is None:
            self._first = answers, answers.order()
        if _differ(answers.scores, replicate.scores.get(self._set, {}).get(self._language, {}), self._metrics.names):
            self.changed.append(f"{replicate.arm}, seed {replicate.seed}, {self._language}")
        self.labels[replicate.fingerprint] = answers.label
        order = _order(*self._first, answers, path)
        return _taken(answers.scores, order), _taken(answers.shares, order)

    def questions(self) -> Questions:
        """The questions that all replicates were asked; none before the first was read."""
        if self._first is None:
            return Questions((), ())
        first, order = self._first
        named = first.articles is not None and not first.articles.null_count
        articles = _texts(first.articles, order) if named else ()
        return Questions(_texts(first.ids, order), _texts(first.paragraphs, order), articles if all(articles) else ())


def _differ(scores: Cell, recorded: Mapping[str, float], metrics: Sequence[str]) -> bool:
    """Whether means over the questions differ from those recorded when they were scored."""
    return any(abs(float(scores[name].mean()) - recorded[name]) > ROUNDING for name in metrics if name in recorded)


def _taken(cell: Cell, order: Order) -> Cell:
    return {name: values[order] for name, values in cell.items()}


def _texts(texts: Any, order: Order) -> tuple[str, ...]:
    """Texts of an Arrow array without nulls, in the given order; equal ones are one object."""
    encoded = texts.dictionary_encode()
    distinct = np.array(encoded.dictionary.to_pylist(), dtype=object)
    return tuple(distinct[np.from_dlpack(encoded.indices)[order]].tolist())


def _order(first: Answers, order: Order, answers: Answers, path: Path) -> Order:
    """Order by id of answers to the same questions of the same paragraphs and articles as the first replicate's.

    Raises:
        RecordError: when these are others.
    """
    if answers.ids.equals(first.ids) and answers.paragraphs.equals(first.paragraphs) and _same_articles(answers, first):
        return order
    mine = answers.order()
    if not answers.ids.take(mine).equals(first.ids.take(order)):
        unlike = sorted(set(first.ids.to_pylist()).symmetric_difference(answers.ids.to_pylist()))
        raise RecordError(
            f"{path}: {len(answers.ids)} questions, but another replicate of this study was scored on {len(first.ids)} "
            f"({unlike[0]!r} is in only one of them); scores can only be compared on the same questions"
        )
    texts = _texts(first.ids, order), _places(answers, mine), _places(first, order)
    for identifier, its, elsewhere in zip(*texts, strict=True):
        for what, here, there in zip(("paragraph", "article"), its, elsewhere, strict=True):
            if here != there:
                raise RecordError(f"{path}: question {identifier!r} belongs to {what} {here!r}, elsewhere to {there!r}")
    return mine


def _same_articles(one: Answers, other: Answers) -> bool:
    if one.articles is None or other.articles is None:
        return one.articles is other.articles
    return bool(one.articles.equals(other.articles))


def _places(answers: Answers, order: Order) -> list[tuple[str, str | None]]:
    """Paragraph and article of each question; None where it has no article."""
    paragraphs = _texts(answers.paragraphs, order)
    articles = [None] * len(order) if answers.articles is None else answers.articles.take(order).to_pylist()
    return [(paragraph, article or None) for paragraph, article in zip(paragraphs, articles, strict=True)]


def keys_of(directory: StudyDirectory, replicate: ReplicateState, test_set: str) -> set[str]:
    """Languages, and pairs of two, that a replicate has predictions in."""
    folder = directory.trial(replicate.fingerprint).predictions(test_set, "any").parent
    return {path.stem for path in folder.glob("*.jsonl") if not path.name.startswith(".")}


def _rank(language: str, order: Sequence[str], source: str) -> tuple[int, bool, str]:
    return (order.index(language) if language in order else len(order), language != source, language)
