"""One appended line per event, for logs, pipes and terminals that cannot redraw."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import IO

from xlingual.progress import cells
from xlingual.progress.score_names import DEFAULT_NAMES, ScoreNames
from xlingual.progress.study_view import ENDED, Scores, StudyState, held_text
from xlingual.search.listener import ClusterUse, TrialView
from xlingual.task_metrics import counted

SILENCE = 30.0
"""Seconds that a log may be silent while trials train or are scored."""


class PlainView:
    """Writes "DATE TIME  what happened" without colours, and never repeats a trial's line."""

    def __init__(
        self,
        stream: IO[str],
        names: ScoreNames = DEFAULT_NAMES,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = datetime.now,
    ) -> None:
        self.state = StudyState(clock, names.outline)
        self._stream = stream
        self._names = names
        self._now = now
        self._clock, self._last = clock, clock()
        self._said: dict[str, str] = {}
        self._described: set[str] = set()

    def recorded(self, trials: Sequence[TrialView], scores: Mapping[tuple[str, int, str], Scores]) -> None:
        """Take in what earlier commands left, without a line."""
        self.state.recorded(trials, scores)

    def cluster_used(self, use: ClusterUse) -> None:
        """Write nothing: it changes all the time."""

    def stage_started(self, stage: str, total: int, done: int) -> None:
        """Write the stage's size."""
        self.state.stage_started(stage, total, done)
        before = f", {done} of them done before" if done else ""
        self._say(f"{stage}: begins, {total} to do{before}")

    def stage_ended(self, stage: str) -> None:
        """Write that the stage is over, and the best trials of the search."""
        self.state.stage_ended(stage)
        best = [f"{arm} {cells.percent(trial.objective)} ({trial.label})" for arm, trial in self.state.best().items()]
        of = " of this command" if self.state.best_of_this_command else ""
        leaders = f"; best {self._names.name}{of}: {', '.join(best)}" if best and stage == "search" else ""
        self._say(f"{stage}: ended {cells.duration(self.state.elapsed())} after the start{leaders}")

    def trial_changed(self, trial: TrialView) -> None:
        """Write what changed in the trial; once it no longer waits, also its configuration, which is known then."""
        before = self.state.trial_changed(trial)
        line = _progress(trial, self._names.name)
        if self._said.get(trial.key) == line:
            return
        self._said[trial.key] = line
        if trial.key not in self._described and trial.state != "waiting":
            self._described.add(trial.key)
            line += _configuration(trial)
        elif before is not None and before.state != trial.state and trial.state in ENDED:
            line += self._standing()
        self._say(f"{trial.arm} {trial.label}: {line}")

    def test_scored(self, arm: str, seed: int, test_set: str, language_scores: dict[str, dict[str, float]]) -> None:
        """Write the headline metric: its mean over the languages but the source, and each language's."""
        self.state.test_scored(arm, seed, test_set, language_scores)
        names = self._names.on(test_set)
        mean = cells.percent(names.zero_shot(language_scores))
        languages = {key: score for key, score in language_scores.items() if "-" not in key}
        each = " ".join(f"{name} {cells.percent(names.of(score))}" for name, score in languages.items())
        count = len(language_scores) - len(languages)
        pairs = f"; {count} pairs of two languages {cells.percent(names.of_pairs(language_scores))}" if count else ""
        beyond = f"{names.headline} {names.beyond}"
        self._say(f"{arm} seed {seed}: {test_set} {beyond} {mean} ({each}){pairs}{self._standing()}")

    def plan_changed(self, total: int, held: Mapping[str, str]) -> None:
        """Write the stage's size now, and the arms that are held."""
        self.state.plan_changed(total, held)
        stage = self.state.stage
        line = f"{stage.name if stage else 'search'}: {total} in all now{held_text(held)}"
        if self._said.get("") != line:
            self._said[""] = line
            self._say(line)

    def note(self, text: str) -> None:
        """Write the sentence."""
        self._say(text)

    def look(self) -> None:
        """Say how far the stage is, if nothing was said for `SILENCE` seconds."""
        stage = self.state.stage
        if stage is not None and not stage.ended and self._clock() - self._last >= SILENCE:
            running = f"{stage.name}: {counted(len(stage.running), 'trials')} running" if stage.running else stage.name
            self._say(f"{running}{self._standing()}")

    def close(self) -> None:
        """Do nothing: every line is already flushed."""

    def _standing(self) -> str:
        stage = self.state.stage
        left = cells.time_left(self.state.time_left())
        standing = [] if stage is None else [f"{stage.done} of {stage.total} done", *([left] if left else [])]
        return f" [{', '.join(standing)}]" if standing else ""

    def _say(self, text: str) -> None:
        self._last = self._clock()
        stamp = self._now().strftime("%Y-%m-%d %H:%M:%S")
        self._stream.write(f"{stamp}  {' '.join(text.split())}\n")
        self._stream.flush()


def _progress(trial: TrialView, score_name: str) -> str:
    """State, updates, score and reason of a trial, each only if known."""
    parts = [trial.state if not (trial.resumed and trial.state == "running") else "running (resumed)"]
    if trial.updates:
        parts.append(f"{trial.updates} of {trial.total_updates} updates")
    if trial.objective is not None:
        parts.append(f"{score_name} {cells.percent(trial.objective)}")
    if trial.reason:
        parts.append(trial.reason)
    return ", ".join(parts)


def _configuration(trial: TrialView) -> str:
    named = {
        "learning rate": cells.learning_rate(trial.configuration),
        "mixture": cells.mixture(trial.configuration),
        "robust": cells.robust(trial.configuration),
    }
    whole = {name: re.sub(r"(?<![\d.])\.(?=\d)", "0.", text) for name, text in named.items()}  # cells write .1
    return "".join(f", {name} {text}" for name, text in whole.items() if text != cells.NOTHING)
