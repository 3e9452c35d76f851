"""Ask something of a study that may be running, see what was asked, and tell whether it can be done."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from xlingual.errors import RecordError
from xlingual.records import journal
from xlingual.records.attached import url_of
from xlingual.records.events import key_of
from xlingual.records.layout import StudyDirectory
from xlingual.records.redefinition import redefined
from xlingual.records.requests import (
    ACTIONS,
    CONCURRENT,
    OF_ARMS,
    PAUSE,
    RESUME,
    RETRY,
    SEEDS,
    SETTINGS,
    STOP,
    TRIALS,
    Asked,
    Held,
    Request,
    asked,
    moment,
    value_of,
    with_value,
    write,
)
from xlingual.records.state import ReplicateState, StudyState, TrialState, read_state
from xlingual.study.searches import MOST, recorded_searches

FORMS = "stop ARM, pause ARM, resume ARM, trials N, seeds N, concurrent N (or auto), retry TRIAL, or retry --failed"


def requests(directory: StudyDirectory) -> tuple[Asked, ...]:
    """All requests to a study, and what became of each, in the order in which they were made.

    Raises:
        RecordError: when a record is broken.
    """
    return asked(directory, journal.read(directory.journal))


def request(directory: StudyDirectory, action: str, value: str | int | None = None) -> Asked:
    """Ask something of a study: its driver takes it up within seconds, or the next command that runs it.

    The same request is not made again while it is pending.

    Args:
        directory: the study's.
        action: `stop`, `pause` or `resume` an arm; `trials` (of each arm in all), `seeds` (of each winner) or
            `concurrent` (trials side by side); `retry` a trial that failed.
        value: the arm, the number (`auto` for `concurrent`), or the trial's name; None to retry all that failed.

    Raises:
        RecordError: when it cannot be done, as far as the records tell now.
        StorageError: when it cannot be written.
    """
    state = read_state(directory)
    made = Request("", action, checked_value(state, action, value), 0.0, "")
    same: Asked | None = None
    for one in (one for one in state.asked if one.state == "pending"):
        if one.request.subject == made.subject:
            same = one if (one.request.action, one.request.value) == (made.action, made.value) else None
        state = foreseen(state, one.request)
    if same is not None:
        return same
    reason = refusal(directory, state, made)
    if reason is not None:
        raise RecordError(f"{made.text}: {reason}")
    return Asked(write(directory, made.action, made.value))


def checked_value(state: StudyState, action: str, value: str | int | None) -> str | int | None:
    """Return what a request asks for, a number as a number.

    Raises:
        RecordError: when it is not of the action's kind; says what to write.
    """
    if action not in ACTIONS:
        raise RecordError(f"{action!r} cannot be asked of a study; write {FORMS}")
    if action == RETRY:
        return None if value is None else str(value)
    if action in OF_ARMS:
        if value not in state.arms:
            named = "names no arm" if value is None else f"no arm {value!r}"
            raise RecordError(f"{action}: {named}; the arms are {', '.join(state.arms)}")
        return value
    if action == CONCURRENT and value == "auto":
        return value
    most = MOST if action == SEEDS else 10**9
    number = int(value) if isinstance(value, int) or (value is not None and value.isdecimal()) else 0
    if not 1 <= number <= most:
        auto = ", or auto" if action == CONCURRENT else ""
        raise RecordError(f"{action}: found {value!r}; write a whole number from 1 to {most}{auto}")
    return number


def refusal(directory: StudyDirectory, state: StudyState, asked_for: Request) -> str | None:
    """Tell why a request cannot be done now, in one line; None where it can."""
    action, value = asked_for.action, asked_for.value
    try:
        if action in OF_ARMS:
            return _refused_of_arm(state, action, str(checked_value(state, action, value)))
        if action in SETTINGS:
            checked_value(state, action, value)
            return _refused_setting(directory, state, action, value)
        if action == RETRY:
            to_reopen(state, value)
            return None
    except RecordError as error:
        return str(error)
    return "its file is no request of this version of xlingual"


def foreseen(state: StudyState, asked_for: Request) -> StudyState:
    """The state that a pending request will lead to, as far as other requests depend on it."""
    arm, stopped, paused = str(asked_for.value), dict(state.held.stopped), dict(state.held.paused)
    if asked_for.action in OF_ARMS:
        stopped.pop(arm, None)
        paused.pop(arm, None)
        if asked_for.action != RESUME:
            (stopped if asked_for.action == STOP else paused)[arm] = asked_for.time
        return replace(state, held=Held(stopped, paused))
    if asked_for.action in SETTINGS:
        study = with_value(state.study, asked_for.action, asked_for.value)
        return replace(state, study=study, searches=recorded_searches(study))
    return state


def to_reopen(state: StudyState, name: str | int | None) -> list[dict[str, Any]]:
    """Items that a `retry` trains again: what the journal says of each.

    Args:
        state: of the study.
        name: of one, as all commands name it, or its fingerprint's beginning; None for all that failed for good.

    Raises:
        RecordError: when there is none, or it cannot be tried again.
    """
    every = dict(_named(state))
    if name is None:
        found = [item for item, one in every.values() if _failed(one) and _kept(state, one) is None]
        if not found:
            raise RecordError("no trial or replicate has failed that can be tried again")
        return found
    mine = [pair for key, pair in every.items() if key == name]
    mine = mine or [pair for pair in every.values() if name and pair[1].fingerprint.startswith(str(name))]
    if len(mine) != 1:
        such = f", such as {next(iter(every))}" if every else "; the study has none yet"
        raise RecordError(
            f"{'several trials' if mine else 'no trial'} {name!r}; write ARM/NUMBER or ARM/seed-SEED{such}"
        )
    ((item, one),) = mine
    if not _failed(one):
        raise RecordError(f"it has not failed: {'it is to be trained yet' if one.unfinished else one.state}")
    if reason := _kept(state, one):
        raise RecordError(reason)
    return [item]


def paused_line(directory: StudyDirectory, state: StudyState) -> str | None:
    """Tell that the study cannot be finished while arms are paused, and how to go on; None where none is."""
    if not state.held.paused:
        return None
    place = url_of(directory.path) or directory.path
    arms = ", ".join(f"{arm} (since {moment(at)})" for arm, at in state.held.paused.items())
    again = " and ".join(f"`xlingual control {place} resume {arm}`" for arm in state.held.paused)
    return f"paused: {arms}; the test set is not opened meanwhile. To go on: {again}, then the same command again"


def _refused_of_arm(state: StudyState, action: str, arm: str) -> str | None:
    mine = [search for search in state.all_searches if search.arm == arm]
    read = any(search in state.tested for search in mine)
    stopped, paused = state.held.stopped.get(arm), state.held.paused.get(arm)
    over = all(state.is_over(search) for search in mine)
    if action == RESUME:
        if stopped is None and paused is None:
            return f"arm {arm} is neither stopped nor paused"
        if stopped is not None and read:
            return f"the test set was read for what arm {arm} chose; more trials could change that choice"
        return None
    if stopped is not None:
        return f"arm {arm} is stopped since {moment(stopped)}"
    if action == STOP and arm == state.baseline:
        return (
            f"{arm} is the baseline, to which the other arms are compared; pause it, or stop the others "
            f"({', '.join(one for one in state.arms if one != arm)})"
        )
    if action == STOP and over:
        return f"arm {arm} has no trials left"
    if action == PAUSE and paused is not None:
        return f"arm {arm} is paused since {moment(paused)}"
    if action == PAUSE and (state.complete or (over and state.replicated)):
        return f"nothing of arm {arm} is left to be trained"
    return None


def _refused_setting(directory: StudyDirectory, state: StudyState, action: str, value: Any) -> str | None:
    before = value_of(state.study, action)
    if value == before:
        return f"{'.'.join(SETTINGS[action])} is {before} already"
    now = with_value(state.study, action, value)
    searches = recorded_searches(now)
    if action == TRIALS:
        several = max(of.count for of in searches.values())
        if int(value) % several:
            sizes = " or ".join(str(several * times) for times in (value // several, value // several + 1) if times)
            return f"it cannot be split evenly over the {several} searches of an arm; write {sizes}"
        for search, trials in state.trials_of_searches().items():
            if len(trials) > searches[search.arm].trials:
                least = max(state.searches[one.arm].count * len(of) for one, of in state.trials_of_searches().items())
                return f"arm {state.name_of(search)} has {len(trials)} trials already; write {least} or more"
    if action == SEEDS:
        trained = {one: len(_of(state, one)) for one in state.all_searches}
        if any(count > searches[one.arm].seeds for one, count in trained.items()):
            least = max(-(-count * before // state.searches[one.arm].seeds) for one, count in trained.items())
            return f"winners were trained under {least} seeds already; write {least} or more"
    redefined(directory, state, now)
    return None


def _of(state: StudyState, search: Any) -> list[ReplicateState]:
    return [one for one in state.replicates if one.of == search]


def _named(state: StudyState) -> Iterator[tuple[str, tuple[dict[str, Any], TrialState | ReplicateState]]]:
    """Every trial and replicate by its name, with what the journal says of it."""
    every: Sequence[TrialState | ReplicateState] = (*state.trials, *state.replicates)
    for one in every:
        item: dict[str, Any] = {"arm": one.arm}
        if state.searches[one.arm].count > 1:
            item["search"] = one.search
        item |= {"seed": one.seed} if isinstance(one, ReplicateState) else {"number": one.number}
        yield key_of(item), ({**item, "fingerprint": one.fingerprint}, one)


def _failed(one: TrialState | ReplicateState) -> bool:
    return one.state == "failed" and not one.retry


def _kept(state: StudyState, one: TrialState | ReplicateState) -> str | None:
    """Why something that failed has to stay so; None where it may be tried again."""
    if isinstance(one, ReplicateState):
        return None
    if one.of in state.tested:
        return (
            f"the test set was read for what arm {state.name_of(one.of)} chose; another trial could change that choice"
        )
    if one.arm in state.held.stopped:
        return f"arm {one.arm} is stopped; `resume {one.arm}` first"
    return None
