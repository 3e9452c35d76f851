"""The search: every arm gets its trials, then its best configuration is chosen."""

from __future__ import annotations

from typing import Any

from xlingual.records.state import StudyState, read_state, space_fingerprint
from xlingual.search.bench import Bench
from xlingual.search.draws import ArmDraws, SearchSource
from xlingual.search.journalist import Journalist
from xlingual.search.precision import with_precision
from xlingual.search.sampler import ArmSampler
from xlingual.search.scheduler import ArmScheduler, Reports
from xlingual.study import TrialConfiguration, arm_space, build_configuration


def search(bench: Bench) -> None:
    """Give every arm its trials, then choose each arm's best configuration.

    Raises:
        StageError: when trials are to be tried again by the next command.
    """
    state = read_state(bench.directory)
    _remove_left_checkpoints(bench, state)
    journalist = bench.journalist("trial")
    source = search_source(bench, state, journalist)
    if source.left:
        ended = sum(not trial.unfinished for trial in state.trials)
        bench.begin("search", ended + source.left, ended)
        bench.train(source, journalist, _scheduler(bench, state), keep_model=False).check_ended("search")
        bench.end("search")
    choose(bench)


def _remove_left_checkpoints(bench: Bench, state: StudyState) -> None:
    """Remove checkpoints of trials that ended, which a driver that was killed right then did not."""
    wanted = {trial.fingerprint for trial in state.trials if trial.unfinished}
    for fingerprint in {trial.fingerprint for trial in state.trials} - wanted:
        bench.directory.trial(fingerprint).checkpoint.unlink(missing_ok=True)


def choose(bench: Bench) -> None:
    """Write down each arm's best trial: the highest objective after the full budget, the earliest of equals.

    An arm without any is told to the listener, and the others go on.
    What a reading of the test set rests on stays as it is.
    """
    bench.place.check_records()
    state = read_state(bench.directory)
    for arm in state.arms:
        if arm in state.tested:
            continue
        trials, best = state.arm_trials(arm), state.best_trial(arm)
        if best is None:
            bench.listener.note(
                f"arm {arm}: none of its {len(trials)} trials reached its last update ({state.failed.get(arm)}). The "
                "other arms go on. For other trials search a space that these are not in (smaller learning rates or "
                "magnitudes), or take the arm out of the study, and run the command again"
            )
            continue
        if state.chosen.get(arm) != best.fingerprint:
            found = {"number": best.number, "fingerprint": best.fingerprint, "objective": best.objective}
            bench.event("chosen", arm=arm, **found, trials=len(trials))


def search_source(bench: Bench, state: StudyState, journalist: Journalist) -> SearchSource:
    """Rebuild the arms' draws from the records: what is missing of each whose choice the test set was not read for."""
    spaces = {arm: space_fingerprint(content) for arm, content in state.study["arms"].items()}
    draws = [arm_draws(bench, state, arm) for arm in bench.study.arms if arm not in state.tested]
    return SearchSource(draws, journalist, spaces, state.exhausted)


def arm_draws(bench: Bench, state: StudyState, arm: str) -> ArmDraws:
    """Rebuild the draws of one arm from the records."""
    search, tree = bench.study.search, arm_space(bench.study, arm)

    def build(plain: dict[str, Any]) -> TrialConfiguration:
        made = build_configuration(bench.study, arm, plain, search.seed, bench.sources[arm], bench.traits[arm])
        return with_precision(made, bench.precision)

    return ArmDraws(
        arm,
        tree,
        ArmSampler(arm, tree, kind=search.sampler, startup_trials=search.startup_trials, seed=search.seed),
        build,
        seed=search.seed,
        trials=state.arm_trials(arm),
        trials_per_arm=search.trials_per_arm,
        taken=max((1 + one.number for one in state.set_aside if one.arm == arm), default=0),
    )


def _scheduler(bench: Bench, state: StudyState) -> ArmScheduler | None:
    search = bench.study.search
    if search.scheduler == "none":
        return None
    past: dict[str, dict[str, Reports]] = {arm: {} for arm in bench.study.arms}
    for trial in state.trials:
        if not trial.unfinished:
            past[trial.arm][f"{trial.arm}/{trial.number}"] = trial.reports
    return ArmScheduler(
        list(bench.study.arms),
        full_budget=bench.full_budget,
        grace_budget=max(1, round(search.grace_share * bench.full_budget)),
        reduction_factor=search.reduction_factor,
        past=past,
    )
