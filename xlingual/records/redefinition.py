"""A study file that changed since the last command: which changes are refused, and which earlier trials still count."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from xlingual.errors import RecordError
from xlingual.records import history, journal
from xlingual.records.files import read_json, write_json
from xlingual.records.history import CHANGED, SetAside
from xlingual.records.layout import StudyDirectory
from xlingual.records.state import StudyState, read_state, state_of
from xlingual.study.changes import Changes, changes, drawn

MODEL_OF = "model of "
SHOWN_REASONS = 3


def redefine(directory: StudyDirectory, now: Mapping[str, Any], request: Mapping[str, Any] | None = None) -> list[str]:
    """Take a study's new definition over into its records; returns what became of the earlier trials, in lines.

    Args:
        directory: the study's.
        now: the definition.
        request: what the event says of the request that did it; None where the study file changed.

    Raises:
        RecordError: when recorded numbers would change their meaning.
    """
    before = read_state(directory)
    if dict(now) == before.study:
        return []
    changed, event, after = redefined(directory, before, now)
    _rename_models(directory, changed.renamed)
    journal.append(directory.journal, {**event, **(request or {})})
    return list(_lines(changed, before, after))


def redefined(
    directory: StudyDirectory, before: StudyState, now: Mapping[str, Any]
) -> tuple[Changes, dict[str, Any], StudyState]:
    """Tell what a new definition changes, the event that says so, and the state after it; nothing is written.

    Raises:
        RecordError: when recorded numbers would change their meaning.
    """
    changed = changes(before.study, now, used_sources(directory), {row["set"] for row in before.ledger})
    event = {
        "event": CHANGED,
        "time": time.time(),
        "study": dict(now),
        "spaces": {arm: drawn(says) for arm, says in before.study["arms"].items() if _moved(arm, changed)},
        "renamed": dict(changed.renamed),
    }
    events = [*journal.read(directory.journal), event]
    after = state_of(directory, events)
    _refuse(directory, changed, before, after)
    _refuse_to_choose_again(directory, events, after)
    return changed, event, after


def used_sources(directory: StudyDirectory) -> set[str]:
    """Names of all sources (model, train, faq, ...) that the configurations of recorded trials name."""
    events = journal.read(directory.journal)
    paths = {directory.trial(event["fingerprint"]).configuration for event in events if "fingerprint" in event}
    return {name for path in paths if path.exists() for name in read_json(path).get("sources", {})}


def _moved(arm: str, changed: Changes) -> bool:
    return arm in changed.gone or changed.renamed.get(arm, arm) in changed.respaced


def _refuse(directory: StudyDirectory, changed: Changes, before: StudyState, after: StudyState) -> None:
    other = _other(before)
    if changed.refused:
        raise RecordError(
            f"{directory.path}: its records were made with other settings: {'; '.join(changed.refused)}. "
            f"Write what it was, or {other}"
        )
    known = history.names(journal.read(directory.journal))
    for old, new in changed.renamed.items():
        if new in known:
            raise RecordError(
                f"{directory.path}: the arm {old} is called {new} now, and an earlier arm {new} has trials in its "
                "records; write a name that no arm had"
            )
    _refuse_fewer_searches(directory, changed, before, after)
    _refuse_more_trials(after, other)


def _refuse_fewer_searches(directory: StudyDirectory, changed: Changes, before: StudyState, after: StudyState) -> None:
    """Refuse to leave out a search whose winner was scored on the test set: scores would select what is left."""
    now = set(after.all_searches)
    for search in before.tested:
        arm = changed.renamed.get(search.arm, search.arm)
        if arm in after.searches and search._replace(arm=arm) not in now:
            count, had = after.searches[arm].count, before.searches[search.arm].count
            fixed = count < int(after.study["replicates"].get("searches", 1))
            says = "searches nothing" if fixed else f"has {_times(count, 'search', 'searches')}"
            remedy = "what it searched" if fixed else f"replicates.searches: {had}"
            raise RecordError(
                f"{directory.path}: arm {arm} {says} now, and the test set was read for what its search "
                f"{search.number} chose; leaving that out would select by test scores. Write {remedy}, or "
                f"{_other(after)}"
            )


def _refuse_to_choose_again(directory: StudyDirectory, events: Sequence[history.Event], after: StudyState) -> None:
    """Refuse to set aside a choice that was read for, also where its arm was taken out of the study meanwhile."""
    read = history.read_choices(events, {row["fingerprint"] for row in after.ledger if row["purpose"] == "test"})
    for one in after.set_aside:
        if (one.arm, one.fingerprint) in read:
            raise RecordError(
                f"{directory.path}: arm {after.name_of(one.of)}: its trial {one.number} was chosen and scored on the "
                f"test set, and could not be drawn from what the arm searches now ({one.reason}). Write what it "
                f"searched, or {_other(after)}"
            )


def _refuse_more_trials(after: StudyState, other: str) -> None:
    """Refuse further trials of an arm whose choice a reading of the test set rests on: they could change it."""
    for search in after.tested:
        of = after.searches[search.arm]
        trials = len(after.trials_of(search)) + sum(one.of == search for one in after.set_aside)
        if trials < of.trials and search not in after.exhausted:
            raise RecordError(
                f"search.trials_per_arm: {after.trials_per_arm} asked, and the test set was read for what arm "
                f"{after.name_of(search)} chose from {_times(trials, 'trial', 'trials')}; more of them could change "
                f"that choice. Write {trials * of.count}, or {other}"
            )


def _other(state: StudyState) -> str:
    return f"give the study another name, for example --set name={state.name}_2"


def _rename_models(directory: StudyDirectory, renamed: Mapping[str, str]) -> None:
    """Keep what is known of the models of renamed arms."""
    if not renamed or not directory.sources.exists():
        return
    known: dict[str, Any] = read_json(directory.sources)
    for old, new in renamed.items():
        if f"{MODEL_OF}{old}" in known:
            known[f"{MODEL_OF}{new}"] = known[f"{MODEL_OF}{old}"]
    write_json(directory.sources, known)


def _lines(changed: Changes, before: StudyState, after: StudyState) -> list[str]:
    counts = Counter([trial.arm for trial in before.trials] + [trial.arm for trial in before.set_aside])
    lines = [
        f"arm {new}: the arm {old} under another name; its {_trials(counts[old])} kept"
        for old, new in changed.renamed.items()
    ]
    lines += [
        f"arm {name}: no longer in the study; its {_trials(counts[name])} kept in the records" for name in changed.gone
    ]
    for arm in (*changed.respaced, *changed.new):
        legal, aside = len(after.arm_trials(arm)), [one for one in after.set_aside if one.arm == arm]
        if legal or aside:
            lines.append(f"arm {arm}: {legality_text(legal, aside, several=after.searches[arm].count > 1)}")
        elif arm in changed.new:
            lines.append(f"arm {arm}: new")
        lines += [
            f"arm {after.name_of(search)}: none of these finished, and there are as many as search.trials_per_arm "
            "says: for new ones search a space that they are not in"
            for search in after.failed
            if search.arm == arm
        ]
    lines += [
        f"arm {arm}: another first configuration, which comes too late for searches that have begun"
        for arm in changed.refirst
        if counts[_before(arm, changed)]
    ]
    lines += _searches_lines(changed, before, after)
    lines += [f"test set {name}: new" for name in after.test_sets if name not in before.test_sets]
    for name in {str(row["set"]): None for row in before.ledger}:
        had, has = before.test_sets.get(name), after.test_sets.get(name)
        if had and has and (added := [code for code in has.languages if code not in had.languages]):
            lines.append(f"test set {name}: {', '.join(added)} added; what was scored in other languages stays")
    if changed.baseline is not None:
        lines.append(f"the baseline is {changed.baseline} now")
    return lines


def _before(arm: str, changed: Changes) -> str:
    """The name that an arm had."""
    return next((old for old, new in changed.renamed.items() if new == arm), arm)


def _searches_lines(changed: Changes, before: StudyState, after: StudyState) -> Iterator[str]:
    """What became of the searches of arms that have more or fewer of them now."""
    for old, had in before.searches.items():
        arm = changed.renamed.get(old, old)
        of = after.searches.get(arm)
        if of is None or of.count == had.count:
            continue
        now = f"{_times(of.count, 'search', 'searches')} of {_times(of.trials, 'trial', 'trials')}"
        if of.count < had.count:
            gone = f"searches {of.count + 1} to {had.count}" if had.count > of.count + 1 else f"search {had.count}"
            yield f"arm {arm}: {now} now; what {gone} found is kept in the records and not used"
        else:
            yield f"arm {arm}: {now} now, {had.count} of them as before"


def legality_text(legal: int, aside: Sequence[SetAside], *, several: bool) -> str:
    """How many of an arm's earlier trials are legal: "4 of 5 earlier trials are legal in the changed space; ...".

    With `several` searches trial 3 of search 2 is "2/3".
    """
    text = f"{legal} of {legal + len(aside)} earlier trials {'is' if legal == 1 else 'are'} legal in the changed space"
    names = [f"{one.search}/{one.number}" if several else str(one.number) for one in aside]
    what = "search/trial" if several else "trial"
    shown = zip(names[:SHOWN_REASONS], aside, strict=False)
    reasons = [f"{what} {name} is not ({one.reason})" for name, one in shown]
    if len(aside) > SHOWN_REASONS:
        numbers = ", ".join(names[SHOWN_REASONS:])
        reasons.append(f"nor are trials {numbers}")
    return "; ".join([text, *reasons])


def _trials(count: int) -> str:
    return "1 trial is" if count == 1 else f"{count} trials are"


def _times(count: int, one: str, several: str) -> str:
    return f"1 {one}" if count == 1 else f"{count} {several}"
