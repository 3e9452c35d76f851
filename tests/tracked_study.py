"""A study that tests of trackers show step by step: every state of a trial, two stages more, and a language added."""

from __future__ import annotations

from pathlib import Path
from statistics import fmean
from types import ModuleType
from typing import Any

from xlingual.records import journal
from xlingual.records.files import write_json

BEGAN = 1_790_000_000.0
SEARCHED = {"training": {"learning_rate": {"log_uniform": [1e-6, 1e-3]}}}


def tracked_study(studies: ModuleType, storage: Path, **sections: Any) -> Any:
    """Return a builder of a study whose events are a second apart and have scores; nothing of it has begun."""

    class Builder(studies.StudyBuilder):  # type: ignore[misc,name-defined]
        """See `tests/report/study_builder.py`."""

        seconds = 0.0

        def event(self, kind: str, **content: Any) -> None:
            self.seconds += 1.0
            if kind == "test_scored":
                content["scores"] = self.scored
            journal.append(self.directory.journal, {"event": kind, "time": BEGAN + self.seconds, **content})

        def report(self, fingerprint: str, *reports: tuple[int, float]) -> None:
            """Append reports of a trial: updates and objective."""
            for updates, objective in reports:
                row = {"updates": updates, "total_updates": 500, "passes": updates, "share": updates / 500}
                numbers = {"objective": objective, "loss": 100 - objective, "seconds": 0.25}
                journal.append(self.directory.trial(fingerprint).reports, row | numbers)

        def score(self, arm: str, seed: int, rows: Any, test_set: str = "xquad") -> None:
            self.scored = {
                language: {
                    "f1": fmean(one["f1"] for one in answers),
                    "exact_match": fmean(one["exact_match"] for one in answers),
                    "questions": len(answers),
                }
                for language, answers in rows.items()
            }
            super().score(arm, seed, rows, test_set)

        def searching(self) -> None:
            """A finished, a pruned, a failed and a running trial, and one that waits for its first try."""
            self.event("stage_started", stage="search")
            self.report(self.trial("baseline", 0, "running", None, **{"training.learning_rate": 1e-5}), (100, 30.0))
            self.report(self.trial("webfaq", 0, "pruned", 20.0, "below the median"), (100, 20.0))
            self.trial("webfaq", 2, "failed", None, "diverged at update 1: the loss is nan\nand more")
            self.event("trial_started", arm="baseline", number=1, fingerprint="waiting", values={})

        def searched(self) -> None:
            """What ran has ended, and each arm has its choice."""
            self.report("baseline-0", (500, 50.0))
            self.trial("baseline", 0, "finished", 50.0, **{"training.learning_rate": 1e-5})
            self.trial("baseline", 1, "finished", 60.0, **{"training.learning_rate": 3e-5})
            self.trial("webfaq", 1, "finished", 60.0, **{"training.learning_rate": 3e-5})
            for arm in self.arms:
                self.report(f"{arm}-1", (100, 40.0), (500, 60.0))
                self.choose(arm, f"{arm}-1")
            self.event("stage_ended", stage="search")

        def trained_again(self) -> None:
            """A replicate of each arm, scored on the test set, whose stage goes on."""
            self.event("stage_started", stage="replicate")
            for arm in self.arms:
                self.report(self.replicate(arm, 1), (500, 55.0))
            self.event("stage_ended", stage="replicate")
            self.event("stage_started", stage="test")
            for position, arm in enumerate(self.arms):
                self.score(arm, 1, {code: studies.rows([10.0 * (position + 1), 50.0]) for code in self.languages})

        def tested(self) -> None:
            """The test stage has ended."""
            self.event("stage_ended", stage="test")

    definition: dict[str, Any] = {"model": "toy", "test": {"languages": ["en", "de"]}, "trackers": {}} | sections
    builder = Builder(storage, searched=True, replicates={"searches": 1, "seeds": 1}, **definition)
    builder.steps = (builder.searching, builder.searched, builder.trained_again, builder.tested)
    for name in ("baseline-0", "baseline-1", "webfaq-0", "webfaq-1"):
        write_json(builder.directory.trial(f"{name}-seed-1").configuration, {"training": {"updates": 500}, "seed": 1})
    return builder


def finished(builder: Any) -> Any:
    """Go through all steps of a study."""
    for step in builder.steps:
        step()
    return builder
