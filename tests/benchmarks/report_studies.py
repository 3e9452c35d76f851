"""Records of large studies, like a driver's, written in minutes without training."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow

from xlingual.languages import UNSPACED, XQUAD_LANGUAGES
from xlingual.records.files import write_bytes, write_json, write_lines
from xlingual.records.layout import StudyDirectory
from xlingual.records.predictions import table_of, write_columns
from xlingual.study.searches import search_seed
from xlingual.tasks.question_answering import CHARACTER_F1

QUESTIONS_OF_A_PARAGRAPH, QUESTIONS_OF_AN_ARTICLE = 5, 25
REPORTS = 10
SPACE = {name: {"uniform": [0.0, 1.0]} for name in ("learning_rate", "weight_decay", "warmup_share", "dropout")}
F1 = np.array([0.0, *(200.0 * k / (k + n) for n in range(1, 8) for k in range(1, n)), 100.0])
"""Scores of k out of n words, like those of short answers."""


@dataclass(frozen=True)
class Size:
    """How large a study is: `trials` of all arms together, `units` (searches) of each arm, `questions` a language."""

    arms: int
    trials: int
    units: int
    questions: int
    languages: int = len(XQUAD_LANGUAGES)

    def scaled(self, factor: float) -> Size:
        """The same study with a share of its trials and questions."""
        return replace(
            self,
            trials=max(self.arms * self.units, round(self.trials * factor)),
            questions=max(QUESTIONS_OF_AN_ARTICLE * 2, round(self.questions * factor)),
        )

    @property
    def rows(self) -> int:
        """Number of scored answers."""
        return self.arms * self.units * self.languages * self.questions


@dataclass(frozen=True)
class Unit:
    """A search of an arm; its winner is retrained with one seed."""

    arm: str
    search: int

    @property
    def seed(self) -> int:
        """That of the winner."""
        return search_seed(0, self.search) + 1

    @property
    def fingerprint(self) -> str:
        """That of the winner under its seed."""
        return f"{self.arm}-{self.seed}"

    @property
    def replicate(self) -> dict[str, Any]:
        """What events say of it."""
        return {"arm": self.arm, "seed": self.seed, "fingerprint": self.fingerprint}


def write_study(storage: Path, name: str, size: Size) -> StudyDirectory:
    """Write the records of a finished study: its search, its chosen configurations, and the answers of all units."""
    directory = StudyDirectory(storage / name)
    arms = [f"arm{number}" for number in range(size.arms)]
    units = [Unit(arm, number) for arm in arms for number in range(1, size.units + 1)]
    random = np.random.default_rng(0)
    write_json(directory.study_json, _study(name, arms, size))
    write_json(directory.sources, {"model": {"fingerprint": "made up"}})
    events = [_event("stage_started", stage="search")]
    for unit in units:
        events += _searched(directory, unit, size.trials // len(units), random)
    chosen = [event["fingerprint"] for event in events if event["event"] == "chosen"]
    events.append(_event("stage_started", stage="replicate"))
    for unit, fingerprint in zip(units, chosen, strict=True):
        events.append(_event("replicate_started", **unit.replicate, search=unit.search, chosen=fingerprint))
        events.append(
            _event("replicate_ended", **unit.replicate, search=unit.search, state="finished", reason=None, retry=False)
        )
        write_lines(directory.trial(unit.fingerprint).reports, _reports(random))
    events.append(_event("stage_started", stage="test"))
    reading = {"time": 0.0, "events": len(events), "purpose": "test", "set": "xquad"}
    events += [_event("test_scored", **unit.replicate, set="xquad", scores={}) for unit in units]
    write_lines(directory.journal, events)
    write_lines(directory.ledger, [{**reading, **unit.replicate} for unit in units])
    for language in XQUAD_LANGUAGES[: size.languages]:
        _answer(directory, language, units, size.questions, random)
    return directory


def _study(name: str, arms: Sequence[str], size: Size) -> dict[str, Any]:
    test = {
        "set": "xquad",
        "source": "google/xquad",
        "languages": XQUAD_LANGUAGES[: size.languages],
        "paragraphs": None,
    }
    return {
        "name": name,
        "question": "How long does its report take?",
        "data": {"train": "squad", "test": test},
        "arms": {arm: {"baseline": arm == arms[0], "training": SPACE} for arm in arms},
        "search": {"trials_per_arm": size.trials // size.arms, "objective": "dev.f1"},
        "oracle": False,
        "replicates": {"searches": size.units, "seeds": 1},
    }


def _event(kind: str, **content: Any) -> dict[str, Any]:
    return {"event": kind, "time": 0.0, **content}


def _reports(random: np.random.Generator) -> list[dict[str, Any]]:
    scores = 70.0 - 20.0 / np.arange(1, REPORTS + 1) + random.normal(0.0, 1.0, REPORTS)
    return [
        {"updates": 50 * place, "objective": score, "f1": score, "exact_match": score - 10.0}
        for place, score in enumerate(scores.tolist(), start=1)
    ]


def _searched(directory: StudyDirectory, unit: Unit, trials: int, random: np.random.Generator) -> list[dict[str, Any]]:
    """Events of a search; the configuration and the reports of each of its trials."""
    events: list[dict[str, Any]] = []
    best: dict[str, Any] = {}
    for number in range(trials):
        fingerprint = f"{unit.arm}-{unit.search}-{number}"
        named = {"arm": unit.arm, "search": unit.search, "number": number, "fingerprint": fingerprint}
        training = {name: float(random.uniform()) for name in SPACE}
        reports = _reports(random)
        objective = reports[-1]["objective"]
        steps = [[report["updates"], report["objective"]] for report in reports]
        told = {"state": "finished", "objective": objective, "updates": 50 * REPORTS, "reason": None, "retry": False}
        values = {f"training.{name}": value for name, value in training.items()}
        events.append(_event("trial_started", **named, values=values, running=[]))
        events.append(_event("trial_ended", **named, **told, reports=steps))
        trial = directory.trial(fingerprint)
        write_lines(trial.reports, reports)
        write_json(trial.configuration, {"training": {"updates": 50 * REPORTS, **training}, "seed": 0})
        if not best or objective > best["objective"]:
            best = {**named, "objective": objective, "trials": trials}
    return [*events, _event("chosen", **best)]


def _answer(
    directory: StudyDirectory, language: str, units: Sequence[Unit], questions: int, random: np.random.Generator
) -> None:
    """Predictions of all units in one language, which differ in their scores alone.

    Rows are assembled from texts, because writing 24 million of them one by one would take an hour.
    """
    metrics = ("exact_match", "f1", *([CHARACTER_F1] if language in UNSPACED else []))
    rows = [_row(language, number, metrics) for number in range(questions)]
    table = table_of(rows)
    parts = [json.dumps(row, ensure_ascii=False).partition('"exact_match"') for row in rows]
    fronts, backs = [front for front, _, _ in parts], [back[back.index('"n_best"') :] for _, _, back in parts]
    ease = random.uniform(size=questions)
    for unit in units:
        partial = random.choice(F1, questions)
        f1 = np.where(random.uniform(size=questions) < 0.3 + 0.4 * ease, 100.0, partial)
        scores = dict.fromkeys(metrics, f1) | {"exact_match": 100.0 * (f1 == 100.0)}
        texts = [[f'"{name}": {value!r}, ' for value in values.tolist()] for name, values in scores.items()]
        content = "".join(
            f"{front}{''.join(told)}{back}\n" for front, back, *told in zip(fronts, backs, *texts, strict=True)
        ).encode()
        path = directory.trial(unit.fingerprint).predictions("xquad", language)
        write_bytes(path, content)
        for name, values in scores.items():
            table = table.set_column(table.column_names.index(name), name, pyarrow.array(values))
        write_columns(path, table, content, path.stat())


def _row(language: str, number: int, metrics: Sequence[str]) -> dict[str, Any]:
    """A row as `xlingual.tasks.question_answering.answer_rows` makes it, without any score."""
    return {
        "id": f"{number:024x}",
        "paragraph": f"{number // QUESTIONS_OF_A_PARAGRAPH:016x}",
        "article": f"Article {number // QUESTIONS_OF_AN_ARTICLE}",
        "prediction": f"{language} answer to question {number}",
        **dict.fromkeys(metrics, 0.0),
        "n_best": [{"text": f"answer {place} in {language}", "score": 9.5 - place} for place in range(5)],
    }
