"""The search: every search of every arm gets its trials, then the best configuration of each is chosen."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from xlingual.records.files import remove
from xlingual.records.state import ArmSearch, StudyState, best_of, read_state, space_fingerprint
from xlingual.search.precision import with_precision
from xlingual.search.recording_callback import RecordingCallback, key_of
from xlingual.search.sampler import ArmSampler
from xlingual.search.scheduler import ArmScheduler, Reports
from xlingual.search.study_context import StudyContext
from xlingual.search.trial_draws import ArmDraws, SearchSource
from xlingual.study import TrialConfiguration, arm_space, build_configuration
from xlingual.study.first import first_values
from xlingual.study.searches import search_seed


def search(context: StudyContext) -> None:
    """Give every search its trials, then choose the best configuration of each.

    Raises:
        StageError: when trials are to be tried again by the next command.
    """
    state = read_state(context.directory)
    _remove_left_checkpoints(context, state)
    recorder = context.recorder("trial")
    source = search_source(context, state, recorder)
    if source.left:
        ended = sum(not trial.unfinished for trial in state.trials)
        context.begin("search", ended + source.left, ended)
        context.train(source, recorder, _scheduler(context, state), keep_model=False).check_ended("search")
        context.end("search")
    choose(context)


def _remove_left_checkpoints(context: StudyContext, state: StudyState) -> None:
    """Remove checkpoints of trials that ended, which a driver that was killed right then did not."""
    wanted = {trial.fingerprint for trial in state.trials if trial.unfinished}
    ended = sorted({trial.fingerprint for trial in state.trials} - wanted)
    remove(*(context.directory.trial(fingerprint).checkpoint for fingerprint in ended))


def choose(context: StudyContext) -> None:
    """Write down each search's best trial: the highest objective after the full budget, the earliest of equals.

    A search without any is told to the listener, and the others go on.
    What a reading of the test set rests on stays as it is.
    """
    context.place.check_records()
    state = read_state(context.directory)
    tested, failed = state.tested, state.failed
    for search, trials in state.trials_of_searches().items():
        if search in tested:
            continue
        best = best_of(trials)
        if best is None:
            context.listener.note(
                f"arm {state.name_of(search)}: none of its trials reached its last update "
                f"({failed.get(search)}). The others go on. For other trials search a space that these are not in "
                "(smaller learning rates or magnitudes), or take the arm out of the study, and run the command again"
            )
            continue
        if state.chosen.get(search) != best.fingerprint:
            found = {"number": best.number, "fingerprint": best.fingerprint, "objective": best.objective}
            context.event("chosen", **named(state, search), **found, trials=len(trials))


def named(state: StudyState, search: ArmSearch) -> dict[str, Any]:
    """What an event says of its search: the arm, and the number where the arm has several."""
    return {"arm": search.arm, **({"search": search.number} if state.searches[search.arm].count > 1 else {})}


def search_source(context: StudyContext, state: StudyState, recorder: RecordingCallback) -> SearchSource:
    """Rebuild all draws from the records: what is missing of each search whose choice the test set was not read for."""
    spaces = {arm: space_fingerprint(content) for arm, content in state.study["arms"].items()}
    tested = state.tested
    draws = [search_draws(context, state, search) for search in state.all_searches if search not in tested]
    return SearchSource(draws, recorder, spaces, state.exhausted)


def search_draws(context: StudyContext, state: StudyState, search: ArmSearch) -> ArmDraws:
    """Rebuild the draws of one search from the records."""
    arm, settings, of = search.arm, context.study.search, state.searches[search.arm]
    tree, seed = arm_space(context.study, arm), search_seed(settings.seed, search.number)

    def build(plain: dict[str, Any]) -> TrialConfiguration:
        made = build_configuration(context.study, arm, plain, seed, context.sources[arm], context.traits[arm])
        return with_precision(made, context.precision)

    return ArmDraws(
        search,
        tree,
        ArmSampler(
            arm,
            tree,
            kind=settings.sampler,
            startup=settings.startup,
            startup_trials=settings.startup_trials,
            seed=seed,
            first=first_values(context.study, arm),
        ),
        build,
        seed=seed,
        trials=state.trials_of(search),
        wanted=of.trials,
        several=of.count > 1,
        taken=max((1 + one.number for one in state.set_aside if one.of == search), default=0),
    )


def _scheduler(context: StudyContext, state: StudyState) -> ArmScheduler | None:
    search = context.study.search
    if search.scheduler == "none":
        return None
    past: dict[Hashable, dict[str, Reports]] = {}
    for one, trials in state.trials_of_searches().items():
        items = (({**named(state, one), "number": trial.number}, trial) for trial in trials if not trial.unfinished)
        past[one] = {key_of(item): trial.reports for item, trial in items}
    return ArmScheduler(
        state.all_searches,
        kind=search.scheduler,
        full_budget=context.full_budget,
        grace_budget=max(1, round(search.grace_share * context.full_budget)),
        reduction_factor=search.reduction_factor,
        past=past,
    )
