"""What holds after a simulated study, whatever went wrong in it."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

from simulated_study import Commands, answer_of, questions
from simulated_trials import course_of

from xlingual.records import journal
from xlingual.records.events import search_of
from xlingual.records.files import read_json
from xlingual.records.state import StudyState, read_state, state_of
from xlingual.search.attempts import PAUSES
from xlingual.search.spent_budget import spent
from xlingual.search.stages.search import search_draws
from xlingual.search.trial_draws import ArmDraws
from xlingual.tasks import QUESTION_ANSWERING, Candidate

Event = dict[str, Any]
PREFIXES = 12


def outcome(commands: Commands) -> dict[str, Any]:
    """The result without its order in time: trials with their draws and scores, choices, replicates, test scores."""
    events, state = journal.read(commands.directory.journal), read_state(commands.directory)
    ends = {}
    for event in events:
        if event["event"] in ("trial_ended", "replicate_ended") and not event["retry"]:
            key = (search_of(event), event.get("number"), event.get("seed"))
            ends[key] = [event[n] for n in ("fingerprint", "state", "objective", "updates", "reports")]
    drawn = {(t.of, t.number): (t.fingerprint, t.values) for t in state.trials}
    scores = {(r.of, r.seed): dict(r.scores) for r in state.replicates}
    return {"ends": ends, "drawn": drawn, "chosen": state.chosen, "scores": scores, "failures": len(state.failures)}


def check(commands: Commands) -> None:
    """Check everything that is promised of a study that is done."""
    directory = commands.directory
    events, state = journal.read(directory.journal), read_state(directory)
    assert state.complete or state.failures, "done, and yet not complete"
    assert not state.late, "a choice counts as one that was made after the test set had been read"
    check_order(events, state)
    check_trials(commands, events, state)
    check_test(commands, events, state)
    check_prefixes(commands, events)
    if not commands.asked.repeats:
        check_draws(commands, state)


def final_ends(events: list[Event], kind: str, key: str) -> Counter[Any]:
    """How often each item ended for good."""
    return Counter((search_of(e), e[key]) for e in events if e["event"] == f"{kind}_ended" and not e["retry"])


def check_order(events: list[Event], state: StudyState) -> None:
    """Each stage begins when the one before has ended, and what was chosen is the best."""
    of = {"trial": "number", "replicate": "seed"}
    for kind, key in of.items():
        ended = final_ends(events, kind, key)
        assert set(ended) == {(search_of(e), e[key]) for e in events if e["event"] == f"{kind}_started"}
        assert set(ended.values()) <= {1}, f"a {kind} ended twice"
    over = [n for n, event in enumerate(events) if event["event"] in ("chosen", "replicate_started", "test_scored")]
    last = max((n for n, event in enumerate(events) if event["event"] == "trial_ended"), default=-1)
    assert not over or last < over[0], "a trial ended after something was chosen"
    scored = [n for n, event in enumerate(events) if event["event"] == "test_scored"]
    last = max((n for n, event in enumerate(events) if event["event"] == "replicate_ended"), default=-1)
    assert not scored or last < scored[0], "a replicate ended after the test"
    for search in state.all_searches:
        finished = [t for t in state.trials_of(search) if t.state == "finished"]
        best = max(finished, key=lambda trial: (trial.objective, -trial.number), default=None)
        assert state.chosen.get(search) == (best.fingerprint if best else None), "not the best was chosen"


def check_trials(commands: Commands, events: list[Event], state: StudyState) -> None:
    """No number changed on the way, no configuration was drawn twice, tries are bounded, records are whole."""
    for search in state.all_searches:
        trials = state.trials_of(search)
        assert [trial.number for trial in trials] == list(range(len(trials)))
        assert len({trial.fingerprint for trial in trials}) == len(trials), "a configuration twice"
        assert len(trials) == commands.asked.trials or search in state.exhausted
    first: dict[Any, Any] = {}
    tries: dict[Any, int] = defaultdict(int)
    for event in events:
        key = (search_of(event), event.get("number"), event.get("seed")) if "arm" in event else None
        if event["event"].endswith("_started") and "fingerprint" in event:
            drawn = [event.get(name) for name in ("fingerprint", "values", "running", "chosen")]
            assert first.setdefault(key, drawn) == drawn, "an item changed after it was drawn"
            tries[key] = 0
        elif event["event"].endswith("_retried"):
            tries[key] += "always" in event["reason"]
            assert tries[key] <= len(PAUSES) * (1 + commands.asked.reports)
        elif event["event"] in ("trial_ended", "replicate_ended") and not event["retry"]:
            check_end(commands, event)


def check_end(commands: Commands, event: Event) -> None:
    """An end is that of its configuration's course."""
    directory = commands.directory.trial(event["fingerprint"])
    if event["state"] == "failed" and not directory.configuration.exists():
        return
    configuration = read_json(directory.configuration)
    course = course_of(commands.world, {"fingerprint": event["fingerprint"], "configuration": configuration})
    told = [[spent(one, 20), one["objective"]] for one in course.reports]
    assert event["reports"] == told[: len(event["reports"])], "reports changed, came twice or are missing"
    if event["state"] == "finished":
        assert course.diverges is None and course.raises is None
        assert event["objective"] == course.reports[-1]["objective"] and len(event["reports"]) == len(told)
        assert journal.read(directory.reports) == list(course.reports), "the records are not those of one training"
        assert not directory.checkpoint.exists()
    elif event["state"] == "pruned":
        assert event["objective"] == event["reports"][-1][1] and len(event["reports"]) < len(told)
    elif commands.world.plan.rate == 0.0:
        assert course.diverges is not None or course.raises is not None


def check_test(commands: Commands, events: list[Event], state: StudyState) -> None:
    """The test set is read for each replicate once, but for readings whose command ended before their answers."""
    tested = [e for e in events if e["event"] == "test_scored"]
    counted = Counter((e["arm"], e["fingerprint"], e["set"]) for e in tested)
    assert set(counted.values()) <= {1}, "scored twice"
    readings = Counter((entry["fingerprint"], entry["set"]) for entry in journal.read(commands.directory.ledger))
    assert set(readings) == {(event["fingerprint"], event["set"]) for event in tested}
    assert max(readings.values(), default=0) <= commands.ends.total()
    if commands.ends.total() == 1:
        assert set(readings.values()) <= {1}
    for event in tested:
        for language, scores in event["scores"].items():
            found = {
                n: [Candidate(score=1.0, text=answer_of(event["fingerprint"], question))]
                for n, question in enumerate(questions(language))
            }
            rows = QUESTION_ANSWERING.rows(questions(language), found)
            assert scores == QUESTION_ANSWERING.scores(rows), "a score changed"


def check_prefixes(commands: Commands, events: list[Event]) -> None:
    """The journal as it was at some times tells a state."""
    step = max(1, len(events) // PREFIXES)
    for count in range(0, len(events), step):
        state_of(commands.directory, events[:count])


def check_draws(commands: Commands, state: StudyState) -> None:
    """Every draw is reproduced from what the journal says was known at that time."""
    with commands.context(commands.study, commands.directory, "none", commands.listener) as context:
        for search in state.all_searches:
            whole = search_draws(context, state, search)
            for trial in state.trials_of(search):
                past = {number: one for number, one in whole._past.items() if number < trial.number}
                for number in trial.running:
                    past[number] = type(past[number])(number, past[number].values)
                again = ArmDraws(
                    search, whole._tree, whole._sampler, whole._build, seed=whole._seed, trials=(), wanted=9
                )
                again._past = past
                again._drawn = {each.fingerprint for each in state.trials_of(search) if each.number < trial.number}
                drawn = again._draw(trial.number)
                assert drawn is not None and drawn[0] == trial.values, f"{search}, {trial.number} cannot be drawn again"
