"""Every test question's scores, read from the predictions of a study's replicates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from xlingual.errors import RecordError
from xlingual.languages import XQUAD_LANGUAGES
from xlingual.records import journal
from xlingual.records.layout import StudyDirectory
from xlingual.records.state import ReplicateState
from xlingual.tasks.question_answering import CHARACTER_F1, SHARES

Floats = npt.NDArray[np.float64]
METRICS = ("f1", "exact_match")


@dataclass(frozen=True, slots=True)
class Questions:
    """The questions of one language that were scored, by id, which is the order of every array.

    articles: titles of the articles; empty where some question has none.
    """

    ids: tuple[str, ...]
    paragraphs: tuple[str, ...]
    articles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unit:
    """What the statistics count of an arm: a search, whose scores are the mean over its seeds, or a single seed.

    search: its number; None where units are seeds. seeds: those that were scored.
    """

    search: int | None
    seeds: tuple[int, ...]


@dataclass(frozen=True)
class TestScores:
    """Percent scores of all units on the same questions.

    questions: language -> its questions; scores: arm -> language -> metric -> array (units, questions), where metrics
    are METRICS and, where all rows hold it, `character_f1`. units: arm -> its units, in the order of the arrays.
    shares: the same as scores of SHARES, in percent of the questions, of arms whose models write their answers.
    """

    __test__ = False  # no test class, whatever pytest thinks of the name

    questions: Mapping[str, Questions]
    scores: Mapping[str, Mapping[str, Mapping[str, Floats]]]
    units: Mapping[str, tuple[Unit, ...]] = field(default_factory=dict)
    shares: Mapping[str, Mapping[str, Mapping[str, Floats]]] = field(default_factory=dict)

    @property
    def seeds(self) -> dict[str, tuple[int, ...]]:
        """By arm, the seeds of its units; empty where its units are searches, which nothing pairs."""
        return {
            arm: tuple(seed for unit in units if unit.search is None for seed in unit.seeds)
            for arm, units in self.units.items()
        }

    @property
    def searches(self) -> dict[str, tuple[int, ...]]:
        """By arm, the numbers of the searches that are its units; empty where its units are seeds."""
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
        """Whether the article of every question is known; else paragraphs are the clusters of all languages."""
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
        """English first, then XQuAD's order, then any other by its code."""
        return tuple(self.questions)


def read_scores(
    directory: StudyDirectory, replicates: Sequence[ReplicateState], languages: Sequence[str] | None
) -> TestScores:
    """Read what the scored replicates answered in `languages`, or in every language that any of them answered in.

    Raises:
        RecordError: when a scored replicate lacks a language or a question that another one has, or a row is broken.
    """
    scored = [replicate for replicate in replicates if replicate.scored]
    files = {replicate.fingerprint: _files(directory, replicate) for replicate in scored}
    wanted = set(languages or ()).union(*files.values())
    questions: dict[str, Questions] = {}
    scores: Cells = {}
    shares: Cells = {}
    for language in sorted(wanted, key=_rank) if scored else ():
        for replicate in scored:
            path = directory.trial(replicate.fingerprint).predictions(language)
            rows = _rows(path)
            asked = questions.setdefault(language, _questions(rows))
            _check_same(asked, rows, path)
            cell = scores.setdefault(replicate.arm, {}).setdefault(language, {metric: [] for metric in METRICS})
            for metric in (*METRICS, *_characters(rows, path)):
                cell.setdefault(metric, []).append([rows[identifier][metric] for identifier in asked.ids])
            for share in _shares(rows, path):
                cell = shares.setdefault(replicate.arm, {}).setdefault(language, {name: [] for name in SHARES})
                cell[share].append([100.0 * rows[identifier][share] for identifier in asked.ids])
    units = {one.arm: _units([other for other in scored if other.arm == one.arm]) for one in scored}
    members = {arm: [places for _, places in found] for arm, found in units.items()}
    return TestScores(
        questions,
        _arrays(_of_all_seeds(scores), members),
        {arm: tuple(unit for unit, _ in found) for arm, found in units.items()},
        _arrays(shares, members),
    )


def _units(scored: Sequence[ReplicateState]) -> list[tuple[Unit, list[int]]]:
    """Units of an arm, each with the places of its replicates among the arm's scored ones.

    With two searches or more they are the units; else every replicate is one.
    """
    searches: dict[int, list[int]] = {}
    for place, replicate in enumerate(scored):
        searches.setdefault(getattr(replicate, "search", 1), []).append(place)
    if len(searches) < 2:
        return [(Unit(None, (replicate.seed,)), [place]) for place, replicate in enumerate(scored)]
    return [
        (Unit(number, tuple(scored[place].seed for place in places)), places)
        for number, places in sorted(searches.items())
    ]


def _arrays(cells: Cells, units: Mapping[str, list[list[int]]]) -> dict[str, dict[str, dict[str, Floats]]]:
    """Lists of numbers as arrays (units, questions): means over each unit's replicates."""
    return {
        arm: {
            language: {
                name: np.array([np.mean([seeds[place] for place in places], axis=0) for places in units[arm]])
                for name, seeds in cell.items()
            }
            for language, cell in of_arm.items()
        }
        for arm, of_arm in cells.items()
    }


def _of_all_seeds(cells: Cells) -> Cells:
    """Leave out metrics that the rows of some replicates of an arm do not hold."""
    return {
        arm: {
            language: {name: seeds for name, seeds in cell.items() if len(seeds) == len(cell[METRICS[0]])}
            for language, cell in of_arm.items()
        }
        for arm, of_arm in cells.items()
    }


Cells: TypeAlias = dict[str, dict[str, dict[str, list[list[float]]]]]
"""Arm -> language -> name -> seeds -> questions."""


def _characters(rows: Mapping[str, Mapping[str, Any]], path: Path) -> tuple[str, ...]:
    """CHARACTER_F1 where all rows say it, nothing where no row does."""
    said = [row for row in rows.values() if CHARACTER_F1 in row]
    for row in rows.values() if said else ():
        if not _is_percent(row.get(CHARACTER_F1)):
            raise RecordError(
                f"{path}: question {row['id']!r} has {CHARACTER_F1} {row.get(CHARACTER_F1)!r}; rows of a language "
                "written without spaces all hold it, between 0 and 100"
            )
    return (CHARACTER_F1,) if said else ()


def _shares(rows: Mapping[str, Mapping[str, Any]], path: Path) -> tuple[str, ...]:
    """SHARES where all rows say them, none where no row does."""
    said = sum(name in row for row in rows.values() for name in SHARES)
    if not said:
        return ()
    for row in rows.values():
        for name in SHARES:
            if not isinstance(row.get(name), bool):
                raise RecordError(
                    f"{path}: question {row['id']!r} has {name} {row.get(name)!r}; rows of a model that writes its "
                    f"answers all hold {', '.join(SHARES)}, true or false"
                )
    return SHARES


def _files(directory: StudyDirectory, replicate: ReplicateState) -> set[str]:
    folder = directory.trial(replicate.fingerprint).predictions("any").parent
    return {path.stem for path in folder.glob("*.jsonl") if not path.name.startswith(".")}


def _rank(language: str) -> tuple[int, str]:
    return (XQUAD_LANGUAGES.index(language) if language in XQUAD_LANGUAGES else len(XQUAD_LANGUAGES), language)


def _rows(path: Path) -> dict[str, dict[str, Any]]:
    """Every row by its question's id."""
    if not path.exists():
        raise RecordError(
            f"{path}: not there, though the journal says that this replicate was scored; "
            "restore the file from a backup, or score the replicate again by the command that ran the study"
        )
    rows: dict[str, dict[str, Any]] = {}
    for line, row in enumerate(journal.read(path), start=1):
        wrong = [key for key in ("id", "paragraph") if not isinstance(row.get(key), str)]
        wrong += [metric for metric in METRICS if not _is_percent(row.get(metric))]
        if wrong:
            raise RecordError(f"{path}:{line}: {wrong[0]!r} is {row.get(wrong[0])!r}; {_EXPECTED}")
        if row["id"] in rows:
            raise RecordError(f"{path}:{line}: question {row['id']!r} stands here twice; each is answered once")
        rows[row["id"]] = row
    if not rows:
        raise RecordError(f"{path}: no prediction in it; {_EXPECTED}")
    return rows


_EXPECTED = "a row holds the texts id and paragraph, and exact_match and f1 between 0 and 100"


def _is_percent(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 100


def _questions(rows: Mapping[str, Mapping[str, Any]]) -> Questions:
    ids = tuple(sorted(rows))
    articles = tuple(str(rows[identifier].get("article") or "") for identifier in ids)
    return Questions(ids, tuple(rows[identifier]["paragraph"] for identifier in ids), articles if all(articles) else ())


def _check_same(asked: Questions, rows: Mapping[str, Mapping[str, Any]], path: Path) -> None:
    """Every replicate must have answered the same questions of the same paragraphs; their order may differ."""
    if len(rows) != len(asked.ids) or not all(identifier in rows for identifier in asked.ids):
        unlike = sorted(set(asked.ids).symmetric_difference(rows))
        raise RecordError(
            f"{path}: {len(rows)} questions, but another replicate of this study was scored on {len(asked.ids)} "
            f"(one that only one of them has: {unlike[0]!r}); scores can be compared on the same questions only"
        )
    paragraphs = (rows[identifier]["paragraph"] for identifier in asked.ids)
    for identifier, mine, theirs in zip(asked.ids, paragraphs, asked.paragraphs, strict=True):
        if mine != theirs:
            raise RecordError(f"{path}: question {identifier!r} is of paragraph {mine!r}, elsewhere of {theirs!r}")
