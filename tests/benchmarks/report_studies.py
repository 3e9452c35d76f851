"""Records of large studies, as a driver leaves them, written in minutes: nothing is trained."""

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
from xlingual.tasks.question_answering import CHARACTER_F1

QUESTIONS_OF_A_PARAGRAPH, QUESTIONS_OF_AN_ARTICLE = 5, 25
REPORTS = 10
F1 = np.array([0.0, *(200.0 * k / (k + n) for n in range(1, 8) for k in range(1, n)), 100.0])
"""Scores of k words of n, as those of short answers are."""


@dataclass(frozen=True)
class Size:
    """How large a study is: `trials` of all arms together, `units` of each arm, `questions` in each language."""

    arms: int
    trials: int
    units: int
    questions: int
    languages: int = len(XQUAD_LANGUAGES)

    def scaled(self, factor: float) -> Size:
        """The same study with a part of its trials and questions."""
        return replace(
            self,
            trials=max(self.arms, round(self.trials * factor)),
            questions=max(QUESTIONS_OF_AN_ARTICLE * 2, round(self.questions * factor)),
        )

    @property
    def rows(self) -> int:
        """How many answers were scored."""
        return self.arms * self.units * self.languages * self.questions


def write_study(storage: Path, name: str, size: Size) -> StudyDirectory:
    """Write the records of a finished study: its search, its chosen configurations, and the answers of all units."""
    directory = StudyDirectory(storage / name)
    arms = [f"arm{number}" for number in range(size.arms)]
    units = [(arm, seed, f"{arm}-unit-{seed}") for arm in arms for seed in range(1, size.units + 1)]
    random = np.random.default_rng(0)
    write_json(directory.study_json, _study(name, arms, size))
    write_json(directory.sources, {"model": {"fingerprint": "made up"}})
    events = [_event("stage_started", stage="search")]
    for arm in arms:
        events += _searched(directory, arm, size.trials // size.arms, random)
    chosen = {event["arm"]: event["fingerprint"] for event in events if event["event"] == "chosen"}
    events.append(_event("stage_started", stage="replicate"))
    for arm, seed, fingerprint in units:
        named = {"arm": arm, "seed": seed, "fingerprint": fingerprint}
        events.append(_event("replicate_started", **named, chosen=chosen[arm]))
        events.append(_event("replicate_ended", **named, state="finished", reason=None, retry=False))
        write_lines(directory.trial(fingerprint).reports, _reports(random))
    events.append(_event("stage_started", stage="test"))
    events += [_event("test_scored", arm=arm, seed=seed, fingerprint=each, scores={}) for arm, seed, each in units]
    write_lines(directory.journal, events)
    write_lines(directory.ledger, [{"time": 0.0, "arm": a, "fingerprint": f, "purpose": "test"} for a, _, f in units])
    for language in XQUAD_LANGUAGES[: size.languages]:
        _answer(directory, language, [fingerprint for _, _, fingerprint in units], size.questions, random)
    return directory


def _study(name: str, arms: Sequence[str], size: Size) -> dict[str, Any]:
    test = {"source": "google/xquad", "languages": XQUAD_LANGUAGES[: size.languages], "paragraphs": None}
    return {
        "name": name,
        "question": "How long does its report take?",
        "data": {"train": "squad", "test": test},
        "arms": {arm: {"baseline": arm == arms[0]} for arm in arms},
        "search": {"trials_per_arm": size.trials // size.arms, "objective": "dev.f1"},
        "oracle": False,
        "replicates": {"seeds": size.units},
    }


def _event(kind: str, **content: Any) -> dict[str, Any]:
    return {"event": kind, "time": 0.0, **content}


def _reports(random: np.random.Generator) -> list[dict[str, Any]]:
    scores = 70.0 - 20.0 / np.arange(1, REPORTS + 1) + random.normal(0.0, 1.0, REPORTS)
    return [
        {"updates": 50 * place, "objective": score, "f1": score, "exact_match": score - 10.0}
        for place, score in enumerate(scores.tolist(), start=1)
    ]


def _searched(directory: StudyDirectory, arm: str, trials: int, random: np.random.Generator) -> list[dict[str, Any]]:
    """Events of an arm's search; the configuration and the reports of each of its trials."""
    events: list[dict[str, Any]] = []
    best = (0.0, 0)
    for number in range(trials):
        named = {"arm": arm, "number": number, "fingerprint": f"{arm}-{number}"}
        values = {f"training.parameter{place}": float(random.uniform()) for place in range(6)}
        reports = _reports(random)
        objective = reports[-1]["objective"]
        steps = [[report["updates"], report["objective"]] for report in reports]
        told = {"state": "finished", "objective": objective, "updates": 500, "reason": None, "retry": False}
        events.append(_event("trial_started", **named, values=values, running=[]))
        events.append(_event("trial_ended", **named, **told, reports=steps))
        trial = directory.trial(named["fingerprint"])
        write_lines(trial.reports, reports)
        write_json(trial.configuration, {"training": {"updates": 500, "learning_rate": 3e-5, **values}, "seed": 0})
        best = max(best, (objective, number))
    chosen = {"number": best[1], "fingerprint": f"{arm}-{best[1]}", "objective": best[0], "trials": trials}
    return [*events, _event("chosen", arm=arm, **chosen)]


def _answer(
    directory: StudyDirectory, language: str, units: Sequence[str], questions: int, random: np.random.Generator
) -> None:
    """Predictions of all units in one language, which differ in their scores alone.

    Rows are put together from texts, as to write 24 million of them one by one would take an hour.
    """
    metrics = ("exact_match", "f1", *([CHARACTER_F1] if language in UNSPACED else []))
    rows = [_row(language, number, metrics) for number in range(questions)]
    table = table_of(rows)
    parts = [json.dumps(row, ensure_ascii=False).partition('"exact_match"') for row in rows]
    fronts, backs = [front for front, _, _ in parts], [back[back.index('"n_best"') :] for _, _, back in parts]
    ease = random.beta(1.0, 1.0, questions)
    for fingerprint in units:
        f1 = F1[np.minimum((random.beta(2.0, 2.0, questions) + ease) / 2.0 * len(F1), len(F1) - 1).astype(int)]
        scores = dict.fromkeys(metrics, f1) | {"exact_match": 100.0 * (f1 == 100.0)}
        texts = [[f'"{name}": {value!r}, ' for value in values.tolist()] for name, values in scores.items()]
        content = "".join(
            f"{front}{''.join(told)}{back}\n" for front, back, *told in zip(fronts, backs, *texts, strict=True)
        ).encode()
        path = directory.trial(fingerprint).predictions(language)
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
