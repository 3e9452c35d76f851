"""A made-up study in the states that its live table shows; for the golden texts and the pictures of the docs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from xlingual.progress.outline import ArmOutline, Outline
from xlingual.progress.score_names import ScoreNames
from xlingual.progress.study_view import StudyState
from xlingual.search.listener import ClusterUse, TrialView

OUTLINE = Outline(
    "faq_noise",
    {"baseline": ArmOutline(8, 4), "webfaq": ArmOutline(8, 4), "noise": ArmOutline(8, 4), "both": ArmOutline(8, 4)},
    "baseline",
    1,
)
NAMES = ScoreNames(outline=OUTLINE)
MIXTURE = {"faq_share": 0.31, "weights": {"de": 0.4, "es": 0.2, "ru": 0.2, "zh": 0.2}}
NOISE = {"embedding_noise": {"distribution": "gaussian", "magnitude": 0.05}}
SCORES = {"baseline": 58.2, "webfaq": 60.4, "noise": 58.9, "both": 61.3}
TRIALS = 8


class Clock:
    """A manual clock."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def trial(arm: str, number: int, **fields: Any) -> TrialView:
    """A trial of an arm, with what the arm searches; two searches of four trials."""
    configuration: dict[str, Any] = {"training": {"learning_rate": (number + 1) * 1e-5}}
    if arm in ("webfaq", "both"):
        configuration["mixture"] = MIXTURE
    if arm in ("noise", "both"):
        configuration["robust"] = NOISE
    search, own = number // 4 + 1, number % 4
    plain = {"state": "running", "updates": 0, "total_updates": 1000, "configuration": configuration}
    label = f"search {search}, trial {own}"
    return TrialView(f"{arm}/search-{search}/{own}", arm, label, **{**plain, **fields})


def replicate(arm: str, seed: int, **fields: Any) -> TrialView:
    """A replicate of an arm's winner."""
    return replace(trial(arm, 3), key=f"{arm}/seed-{seed}", label=f"seed {seed}", **fields)


def objective(arm: str, number: int) -> float:
    """A made-up score."""
    return SCORES[arm] + number * 7 % 5 / 2


class MadeUpStudy:
    """A study whose trials take a minute each, two side by side."""

    def __init__(self, outline: Outline = OUTLINE, *, follows: bool = False) -> None:
        self.clock = Clock()
        self.state = StudyState(self.clock, outline, follows=follows)

    def search(self, trials: int, *, failing: bool = False, running: bool = True) -> None:
        """The search with this number of trials that ended, and two that run."""
        self.state.stage_started("search", 4 * TRIALS, 0)
        order = [(arm, number) for number in range(TRIALS) for arm in SCORES]
        for position, (arm, number) in enumerate(order[:trials]):
            for begun in order[position if position == 0 else position + 1 : position + 2]:
                self.state.trial_changed(trial(*begun))
            self.clock.now += 30
            score = objective(arm, number)
            if failing and arm == "noise" and number < 3:
                reason = f"the gradient is not finite at update {100 * (number + 1)}"
                self.state.trial_changed(trial(arm, number, state="failed", updates=250, reason=reason))
            elif position % 4 == 1 and position > 4:
                ended = trial(arm, number, state="pruned", updates=250, objective=score - 9)
                self.state.trial_changed(ended)
            else:
                self.state.trial_changed(trial(arm, number, state="finished", updates=1000, objective=score))
        if running:
            self.state.trial_changed(trial(*order[trials + 1]))
            self.clock.now += 14
            for arm, number in order[trials : trials + 2]:
                updates = 750 if (arm, number) == order[trials] else 250
                self.state.trial_changed(trial(arm, number, updates=updates, objective=objective(arm, number) - 4))

    def replicates(self, ended: int) -> None:
        """The replicates, this number of which ended."""
        self.state.stage_ended("search")
        self.state.stage_started("replicate", 16, 0)
        order = [(arm, 10101 + 100 * number) for number in range(4) for arm in SCORES]
        for position, (arm, seed) in enumerate(order[:ended]):
            for begun in order[position if position == 0 else position + 1 : position + 2]:
                self.state.trial_changed(replicate(*begun))
            self.clock.now += 30
            score = SCORES[arm] + seed % 7 / 4
            self.state.trial_changed(replicate(arm, seed, state="finished", updates=1000, objective=score))
        for arm, seed in order[ended : ended + 2]:
            self.state.trial_changed(replicate(arm, seed))
        self.clock.now += 8
        for arm, seed in order[ended : ended + 2]:
            self.state.trial_changed(replicate(arm, seed, updates=250, objective=41.5))

    def tests(self, scored: int) -> None:
        """The test, with this number of replicates scored."""
        self.replicates(16)
        self.state.stage_ended("replicate")
        self.state.stage_started("test", 16, 0)
        for arm, seed in [(arm, 10101 + 100 * number) for number in range(4) for arm in SCORES][:scored]:
            self.clock.now += 12
            f1 = SCORES[arm] - 8 + seed % 5 / 2
            self.state.test_scored(arm, seed, "xquad", {"en": {"f1": 71.0}, "de": {"f1": f1}, "th": {"f1": f1 - 20}})


def starting() -> StudyState:
    """Before the first stage."""
    study = MadeUpStudy()
    study.clock.now = 3
    return study.state


def searching() -> StudyState:
    """In the midst of the search."""
    study = MadeUpStudy()
    study.search(14)
    return study.state


def failing() -> StudyState:
    """Some trials failed."""
    study = MadeUpStudy()
    study.search(20, failing=True)
    return study.state


def replicating() -> StudyState:
    """In the midst of the replicates."""
    study = MadeUpStudy()
    study.search(32, running=False)
    study.replicates(6)
    return study.state


def testing() -> StudyState:
    """In the midst of the test."""
    study = MadeUpStudy()
    study.search(32, running=False)
    study.tests(7)
    return study.state


def finished() -> StudyState:
    """All is done."""
    study = MadeUpStudy()
    study.search(32, running=False)
    study.tests(16)
    study.state.stage_ended("test")
    study.state.stop()
    return study.state


def resumed() -> StudyState:
    """A second command, a minute after it began."""
    first, second = MadeUpStudy(), MadeUpStudy()
    first.search(14)
    assert first.state.stage is not None
    ended = [one for one in first.state.stage.trials.values() if one.state != "running"]
    second.state.recorded(ended, {})
    second.state.stage_started("search", 4 * TRIALS, 14)
    second.clock.now += 20
    second.state.trial_changed(trial("noise", 3, updates=500, objective=54.0, resumed=True))
    second.clock.now += 25
    second.state.trial_changed(trial("noise", 3, updates=750, objective=56.5))
    return second.state


def stopped() -> StudyState:
    """Ended by Ctrl-C."""
    study = MadeUpStudy()
    study.search(14)
    study.state.stop()
    return study.state


def followed() -> StudyState:
    """Seen by another command, which was stopped by Ctrl-C."""
    study = MadeUpStudy(follows=True)
    study.search(14)
    study.state.stop()
    return study.state


def on_a_cluster() -> StudyState:
    """A cluster, names in several scripts, and more trials and arms than fit."""
    arms = {name: ArmOutline(500, 4) for name in ("ベースライン", "многоязычный_набор_вопросов", "ข้อมูล", *"abcdefgh")}
    study = MadeUpStudy(Outline("跨语言问答研究", arms, "ベースライン", 2))
    state = study.state
    state.cluster = ClusterUse(3, {"CPU": 14.0, "GPU": 2.0}, {"CPU": 16.0, "GPU": 4.0})
    state.stage_started("search", 500 * len(arms), 0)
    for number in range(60):
        for position, arm in enumerate(arms):
            view = replace(trial("both", number), key=f"{arm}/{number}", arm=arm, label=f"trial {number}")
            state.trial_changed(view)
            study.clock.now += 1
            done = {"state": "finished", "updates": 1000, "objective": 50 + position + number / 100}
            state.trial_changed(replace(view, **done) if number < 59 or position % 4 else replace(view, updates=300))
    return state


STATES: dict[str, Callable[[], StudyState]] = {
    "starting": starting,
    "searching": searching,
    "failing": failing,
    "replicating": replicating,
    "testing": testing,
    "finished": finished,
    "resumed": resumed,
    "stopped": stopped,
    "followed": followed,
    "on a cluster": on_a_cluster,
}
