"""Builds small but real study directories through the records API: the same files as a driver's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np

from xlingual.records import journal
from xlingual.records.files import write_json, write_lines
from xlingual.records.layout import StudyDirectory

LANGUAGES = ("en", "ar", "de", "el", "es", "hi", "ru", "th", "tr", "vi", "zh", "ro")


class StudyBuilder:
    """Writes the records of one study step by step."""

    def __init__(self, storage: Path, arms: Iterable[str] = ("baseline", "webfaq"), **study: Any) -> None:
        self.arms = tuple(arms)
        name = study.pop("name", "small")
        searched = (
            {"training": {"learning_rate": {"log_uniform": [1e-6, 1e-3]}}} if study.pop("searched", False) else {}
        )
        test = {"set": "xquad", "source": "google/xquad", "languages": list(LANGUAGES), "paragraphs": None} | study.pop(
            "test", {}
        )
        self.languages = test["languages"]
        pairs = permutations(self.languages, 2) if test.get("generalised") else ()
        self.keys = [*self.languages, *("-".join(pair) for pair in pairs)]
        data = {"train": "squad", "test": test} | study.pop("data", {})
        self.directory = StudyDirectory(storage / name)
        resolved = {
            "name": name,
            "question": "Does it help?",
            "data": data,
            "arms": {arm: {"baseline": position == 0, **searched} for position, arm in enumerate(self.arms)},
            "training": {"updates": 500},
            "search": {"trials_per_arm": 2, "objective": "dev.f1"},
            "oracle": False,
            "replicates": {"searches": 1, "seeds": 2},
        }
        write_json(self.directory.study_json, resolved | study)
        write_json(self.directory.sources, {"model": {"fingerprint": "abc"}})

    def event(self, kind: str, **content: Any) -> None:
        journal.append(self.directory.journal, {"event": kind, "time": 0.0, **content})

    def trial(
        self, arm: str, number: int, state: str, objective: float | None, reason: str | None = None, **values: Any
    ) -> str:
        """One search trial with its configuration; returns its fingerprint."""
        fingerprint = f"{arm}-{number}"
        self.event("trial_started", arm=arm, number=number, fingerprint=fingerprint, values=values, seed=0)
        if state != "running":
            self.event(
                "trial_ended",
                arm=arm,
                number=number,
                fingerprint=fingerprint,
                state=state,
                objective=objective,
                updates=500,
                reason=reason,
                retry=False,
            )
        write_json(
            self.directory.trial(fingerprint).configuration,
            {
                "training": {"learning_rate": values.get("training.learning_rate", 3e-5), "updates": 500},
                "mixture": None,
                "seed": 0,
            },
        )
        return fingerprint

    def search(self, failed: Iterable[str] = ()) -> None:
        """Two finished trials per arm; the second, better one is chosen. Trials of arms in `failed` fail."""
        self.event("stage_started", stage="search")
        for arm in failed:
            for number in (0, 1):
                self.trial(arm, number, "failed", None, reason="diverged at update 1: the loss is nan\nand more")
        for arm in (arm for arm in self.arms if arm not in failed):
            self.trial(arm, 0, "finished", 50.0, **{"training.learning_rate": 1e-5})
            better = self.trial(arm, 1, "finished", 60.0, **{"training.learning_rate": 3e-5})
            self.choose(arm, better)

    def choose(self, arm: str, fingerprint: str, mixture: Mapping[str, float] | None = None) -> None:
        self.event("chosen", arm=arm, number=int(fingerprint[-1]), fingerprint=fingerprint, objective=60.0)
        if mixture is not None:
            training = {"learning_rate": 3e-5, "updates": 500}
            configuration = {"training": training, "mixture": {"faq_share": 0.3, "weights": mixture}}
            write_json(self.directory.trial(fingerprint).configuration, configuration)

    def robust(self, arm: str, updates: int, robust: Mapping[str, Any]) -> None:
        """Give the arm's chosen trial another number of updates, and robust training."""
        training = {"learning_rate": 3e-5, "updates": updates}
        write_json(self.directory.trial(f"{arm}-1").configuration, {"training": training, "robust": robust, "seed": 0})

    def reports(self, arm: str, seed: int, scores: Mapping[int, float], **more: Any) -> None:
        """Reports of a replicate: updates -> development F1; `more` is added to each."""
        rows = [{"updates": updates, "objective": score, "f1": score, **more} for updates, score in scores.items()]
        write_lines(self.directory.trial(f"{arm}-1-seed-{seed}").reports, rows)

    def replicate(self, arm: str, seed: int, state: str = "finished", reason: str | None = None) -> str:
        fingerprint = f"{arm}-1-seed-{seed}"
        self.event("replicate_started", arm=arm, seed=seed, fingerprint=fingerprint, chosen=f"{arm}-1")
        if state != "running":
            self.event(
                "replicate_ended", arm=arm, seed=seed, fingerprint=fingerprint, state=state, reason=reason, retry=False
            )
        return fingerprint

    def score(self, arm: str, seed: int, rows: Mapping[str, list[dict[str, Any]]], test_set: str = "xquad") -> None:
        """Predictions per language, the ledger's entry, the journal's event: in the driver's order."""
        fingerprint = f"{arm}-1-seed-{seed}"
        reading = {"arm": arm, "fingerprint": fingerprint, "purpose": "test", "set": test_set}
        before = len(journal.read(self.directory.journal))
        journal.append(self.directory.ledger, {"time": 0.0, "events": before, **reading})
        for language, answers in rows.items():
            write_lines(self.directory.trial(fingerprint).predictions(test_set, language), answers)
        self.event("test_scored", arm=arm, seed=seed, fingerprint=fingerprint, set=test_set, scores={})

    def replicated(self, scores: Mapping[str, Mapping[int, Mapping[str, list[dict[str, Any]]]]]) -> None:
        """Replicates trained and scored: arm -> seed -> language -> rows."""
        self.event("stage_started", stage="replicate")
        for arm, seeds in scores.items():
            for seed in seeds:
                self.replicate(arm, seed)
        self.event("stage_started", stage="test")
        for arm, seeds in scores.items():
            for seed, rows in seeds.items():
                self.score(arm, seed, rows)


def rows(f1: Iterable[float], exact: Iterable[float] | None = None, per_paragraph: int = 1) -> list[dict[str, Any]]:
    """Prediction rows of one language: question ids q0, q1, ...; `per_paragraph` questions share a paragraph."""
    scores = list(f1)
    matches = list(exact) if exact is not None else [100.0 * (score == 100) for score in scores]
    return [
        {
            "id": f"q{i:04d}",
            "paragraph": f"q{i - i % per_paragraph:04d}",
            "prediction": "words" if i % 2 else "word",
            "exact_match": float(match),
            "f1": float(score),
        }
        for i, (score, match) in enumerate(zip(scores, matches, strict=True))
    ]


def finished_study(
    storage: Path,
    arms: Iterable[str] = ("baseline", "webfaq"),
    seeds: int = 2,
    questions: int = 60,
    gains: Mapping[str, float] | None = None,
    failed: Iterable[str] = (),
    **study: Any,
) -> StudyBuilder:
    """A complete study: random scores that decrease with the language's position and increase by the arm's gain.

    Both trials of the arms that `failed` names diverged, and these have no choice and no score.
    """
    builder = StudyBuilder(storage, arms, replicates={"searches": 1, "seeds": seeds}, **study)
    builder.search(failed)
    generator = np.random.default_rng(5)
    scores: dict[str, dict[int, dict[str, list[dict[str, Any]]]]] = {}
    for arm in (arm for arm in builder.arms if arm not in failed):
        for seed in range(1, seeds + 1):
            for position, language in enumerate(builder.keys):
                level = 85 - 3 * position + (gains or {}).get(arm, 0) + generator.normal(0, 1)
                f1 = np.clip(generator.normal(level, 25, questions), 0, 100)
                scores.setdefault(arm, {}).setdefault(seed, {})[language] = rows(f1, per_paragraph=5)
    builder.replicated(scores)
    return builder


def study_of_searches(
    storage: Path,
    gains: Mapping[str, float],
    *,
    searches: int = 4,
    seeds: int = 1,
    questions: int = 48,
    luck: float = 1.0,
    languages: Iterable[str] = ("en", "de", "es", "ru", "th"),
) -> StudyBuilder:
    """A complete study whose arms, baseline first, have several searches of one trial, each with a random effect."""
    builder = StudyBuilder(
        storage,
        ("baseline", *gains),
        searched=True,
        test={"languages": list(languages)},
        replicates={"searches": searches, "seeds": seeds},
        search={"trials_per_arm": searches, "objective": "dev.f1"},
    )
    generator = np.random.default_rng(3)
    difficulty = generator.normal(50, 10, questions)
    builder.event("stage_started", stage="test")
    for arm in builder.arms:
        for search in range(1, searches + 1):
            level = gains.get(arm, 0.0) + generator.normal(0, luck)
            of = {"arm": arm, "search": search, "fingerprint": f"{arm}-{search}"}
            builder.event("trial_started", number=0, values={"training.learning_rate": 3e-5}, **of)
            builder.event("trial_ended", number=0, state="finished", objective=60.0, updates=500, reason=None, **of)
            builder.event("chosen", number=0, objective=60.0, trials=1, **of)
            training = {"learning_rate": 3e-5, "updates": 500}
            write_json(builder.directory.trial(f"{arm}-{search}").configuration, {"training": training, "seed": 0})
            for seed in range(10_000 + 100 * search + 1, 10_000 + 100 * search + seeds + 1):
                of |= {"seed": seed, "fingerprint": f"{arm}-1-seed-{seed}"}
                builder.event("replicate_started", chosen=f"{arm}-{search}", **of)
                builder.event("replicate_ended", state="finished", reason=None, **of)
                noise = generator.normal(0, 6, (len(builder.languages), questions))
                scores = np.clip(difficulty + level + generator.normal(0, 0.3) + noise, 0, 100)
                answers = {code: rows(f1, per_paragraph=4) for code, f1 in zip(builder.languages, scores, strict=True)}
                builder.score(arm, seed, answers)
    return builder
