"""The search: every search of every arm gets its trials, then the best configuration of each is chosen."""

from __future__ import annotations

from collections.abc import Collection, Hashable
from typing import Any

from xlingual.records import journal
from xlingual.records.files import remove
from xlingual.records.state import ArmSearch, StudyState, best_of, read_state, space_fingerprint
from xlingual.search.endings import end_by_request, end_record
from xlingual.search.precision import with_precision
from xlingual.search.recording_callback import Item, RecordingCallback, key_of
from xlingual.search.sampler import ArmSampler
from xlingual.search.scheduler import ArmScheduler, Reports
from xlingual.search.spent_budget import spent
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
    begins = source.left > 0
    if begins:
        ended = sum(not trial.unfinished for trial in state.trials)
        context.begin("search", ended + source.waiting, ended)
        context.tell_plan(ended + source.waiting, state)

        def again(going_on: Collection[str]) -> SearchSource:
            now = read_state(context.directory)
            made = search_source(context, now, recorder, going_on)
            over = sum(not trial.unfinished for trial in read_state(context.directory).trials)
            context.tell_plan(over + len(going_on) + made.waiting, now)
            return made

        queue = context.train(source, recorder, _scheduler(context, state), keep_model=False, again=again)
        queue.check_ended("search")
    context.check_not_paused(read_state(context.directory).all_over)
    if begins:
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


def search_source(
    context: StudyContext, state: StudyState, recorder: RecordingCallback, going_on: Collection[str] = ()
) -> SearchSource:
    """Rebuild all draws from the records: what is missing of each search whose choice the test set was not read for.

    Trials that an earlier command left of an arm that was stopped end with what they came to.

    Args:
        context: of the study.
        state: its records'.
        recorder: told of what ends.
        going_on: names of trials that are being trained.
    """
    spaces = {arm: space_fingerprint(content) for arm, content in state.study["arms"].items()}
    tested = state.tested
    open_searches = [search for search in state.all_searches if search not in tested]
    draws = [search_draws(context, state, search, going_on) for search in open_searches]
    for left in (one for one in draws if one.search.arm in state.held.stopped):
        while left.unfinished and (item := left.next()) is not None:
            _end_left(context, item, recorder)
            left.ended(item["number"], {"state": "pruned", "objective": None, "reports": ()})
    return SearchSource(draws, recorder, spaces, state.exhausted)


def _end_left(context: StudyContext, item: Item, recorder: RecordingCallback) -> None:
    """End a trial of a stopped arm that an earlier command left, by what its records say."""
    rows = journal.read(context.directory.trial(item["fingerprint"]).reports)
    reports = [(spent(row, context.full_budget), float(row["objective"])) for row in rows if "objective" in row]
    recorder.ended(item, end_record(**end_by_request(rows[-1]["updates"] if rows else 0, reports), reports=reports))


def search_draws(
    context: StudyContext, state: StudyState, search: ArmSearch, going_on: Collection[str] = ()
) -> ArmDraws:
    """Rebuild the draws of one search from the records; `going_on` are names of trials that are being trained."""
    arm, settings, of = search.arm, context.study.search, state.searches[search.arm]
    tree, seed = arm_space(context.study, arm), search_seed(settings.seed, search.number)
    trials = state.trials_of(search)

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
        trials=trials,
        wanted=min(of.trials, len(trials)) if arm in state.held.stopped else of.trials,
        several=of.count > 1,
        taken=max((1 + one.number for one in state.set_aside if one.of == search), default=0),
        held=arm in state.held.paused,
        going_on=[one.number for one in trials if key_of({**named(state, search), "number": one.number}) in going_on],
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
