"""Complete studies of simulated trials, without Ray, whose driver is killed at a chosen moment."""

from __future__ import annotations

import json
import random
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from made_up_trials import Clock, Faults, Killed, KilledListener, MadeUpTrainer

from xlingual.errors import RecordError, StageError
from xlingual.records import journal
from xlingual.records.events import search_of
from xlingual.records.layout import StudyDirectory
from xlingual.records.state import ArmSearch, StudyState, TrialState, read_state
from xlingual.search.attempts import PAUSES
from xlingual.search.driver import STAGES, go_through, missing_stages
from xlingual.search.recording_callback import record_reading
from xlingual.search.stages.search import search_draws
from xlingual.search.study_context import StudyContext
from xlingual.search.study_guard import open_directory
from xlingual.search.trial_draws import ArmDraws
from xlingual.study import FamilyDefaults, Study, load_study

REPORTS = 4
SEARCHES, TRIALS, SEEDS = 2, 4, 2
ALL = [ArmSearch(arm, number) for arm in ("plain", "few") for number in (1, 2)]
STUDY = {
    "name": "faults",
    "question": "Does it hold?",
    "model": "toy",
    "data": {"train": "toy", "dev": "toy", "test": {"source": "toy", "languages": ["en"]}},
    "training": {"updates": 20, "reports": REPORTS, "learning_rate": {"log_uniform": [1e-5, 1e-2]}},
    "arms": {
        "plain": {"baseline": True},
        "few": {"training": {"learning_rate": {"choice": [1e-3, 2e-3, 3e-3, 4e-3, 5e-3, 6e-3]}}},
    },
    "search": {"trials_per_arm": SEARCHES * TRIALS, "startup_trials": 2, "scheduler": "asha", "grace_share": 0.25},
    "replicates": {"searches": SEARCHES, "seeds": SEEDS},
}


@pytest.fixture(scope="module")
def study_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("faults") / "study.yaml"
    path.write_text(yaml.safe_dump(STUDY, sort_keys=False))
    return path


class Commands:
    """The commands of one study, in sequence: each may be killed or stop; time passes in between."""

    def __init__(self, study: Study, path: Path, concurrent: int, chance: random.Random) -> None:
        self.study, self.directory, self.concurrent, self.chance = study, StudyDirectory(path), concurrent, chance
        self.clock = Clock()
        self.count = 0
        self.handed: list[str] = []

    def bench(self, faults: Faults) -> StudyContext:
        sources = {"model": "m", "train": "t", "dev": "d"}
        return StudyContext(
            study=self.study,
            directory=self.directory,
            listener=KilledListener(faults),  # type: ignore[arg-type]
            locations=SimpleNamespace(models={}),  # type: ignore[arg-type]
            checkpoints={},
            inputs={},
            sources=dict.fromkeys(self.study.arms, sources),
            traits=dict.fromkeys(self.study.arms, FamilyDefaults(self.study.windows)),
            concurrent=self.concurrent,
            driver={},
            precision="fp32",
            trainer=MadeUpTrainer(faults, self.clock, reports=REPORTS),
            clock=self.clock,
        )

    def run(self, until: str = "report", **faults: Any) -> str:
        """Run one command; return `done`, `killed` or `stopped`."""
        self.count += 1
        bench = self.bench(Faults(self.chance, **faults))
        open_directory(self.study, self.directory)
        try:
            go_through(bench, missing_stages(self.directory, until), {**STAGES, "test": self.read_test_set})
        except Killed:
            return "killed"
        except StageError:
            return "stopped"
        finally:
            check_seal(self.directory)
        return "done"

    def read_test_set(self, bench: StudyContext) -> None:
        """The test stage without models: read the test set for each replicate, then score it."""
        for replicate in read_state(self.directory).replicates:
            if replicate.state == "finished" and not replicate.scored:
                name = {"arm": replicate.arm, "seed": replicate.seed, "fingerprint": replicate.fingerprint}
                record_reading(self.directory, "test", "xquad", replicate.arm, replicate.fingerprint)
                check_seal(self.directory)
                bench.listener.test_scored(replicate.arm, replicate.seed, "xquad", {})
                bench.event("test_scored", **name, set="xquad", scores={})


def final_ends(events: list[dict[str, Any]], kind: str, key: str) -> Counter[tuple[ArmSearch, Any]]:
    """How often each trial ended for good."""
    return Counter((search_of(e), e[key]) for e in events if e["event"] == f"{kind}_ended" and not e["retry"])


def check_seal(directory: StudyDirectory) -> None:
    """From the events alone: nothing is chosen, retrained or read before its prerequisites ended."""
    events = journal.read(directory.journal)
    over = [n for n, event in enumerate(events) if event["event"] in ("chosen", "replicate_started")]
    if over:
        before = events[: over[0]]
        started = {(search_of(e), e["number"]) for e in before if e["event"] == "trial_started"}
        assert started == set(final_ends(before, "trial", "number"))
        assert Counter(search for search, _ in started) == dict.fromkeys(ALL, TRIALS)
    if journal.read(directory.ledger):
        chosen = {search_of(event) for event in events if event["event"] == "chosen"}
        assert len(final_ends(events, "replicate", "seed")) == SEEDS * len(chosen)


def check_trials(commands: Commands) -> None:
    """Each trial counts once, no configuration repeats, attempts are bounded, draws follow from the records."""
    directory = commands.directory
    events, state = journal.read(directory.journal), read_state(directory)
    assert state.complete or state.failures
    assert set(final_ends(events, "trial", "number").values()) == {1}
    assert set(final_ends(events, "replicate", "seed").values()) == {1}
    for search in ALL:
        trials = state.trials_of(search)
        assert [trial.number for trial in trials] == list(range(TRIALS))
        assert len({trial.fingerprint for trial in trials}) == TRIALS, "a configuration twice"
    first: dict[Any, Any] = {}
    for event in (event for event in events if event["event"] == "trial_started"):
        drawn = first.setdefault((search_of(event), event["number"]), (event["values"], event["running"]))
        assert drawn == (event["values"], event["running"]), "a trial changed after it was drawn"
    readings = Counter(entry["fingerprint"] for entry in journal.read(directory.ledger))
    assert max(readings.values(), default=0) <= commands.count
    check_tries(events)
    check_draws(commands, state)


def check_tries(events: list[dict[str, Any]]) -> None:
    """Within one command, a trial's failures without a new report are bounded."""
    counted: dict[Any, int] = defaultdict(int)
    for event in events:
        if event["event"].endswith("_started") and "fingerprint" in event:
            counted[event["fingerprint"], event["arm"]] = 0
        if event["event"].endswith("_retried") and event["reason"].startswith("unknown"):
            counted[event["fingerprint"], event["arm"]] += 1
            assert counted[event["fingerprint"], event["arm"]] <= len(PAUSES) * (REPORTS + 1)


def check_draws(commands: Commands, state: StudyState) -> None:
    """Every draw is reproduced from what the journal says was known at that time."""
    bench = commands.bench(Faults(random.Random(0)))
    for search in ALL:
        whole = search_draws(bench, state, search)
        for trial in state.trials_of(search):
            past = {number: one for number, one in whole._past.items() if number < trial.number}
            for number in trial.running:
                past[number] = type(past[number])(number, past[number].values)
            again = ArmDraws(
                search,
                whole._tree,
                whole._sampler,
                whole._build,
                seed=whole._seed,
                trials=(),
                wanted=TRIALS,
            )
            again._past = past
            again._drawn = {each.fingerprint for each in state.trials_of(search) if each.number < trial.number}
            drawn = again._draw(trial.number)
            assert drawn is not None and drawn[0] == trial.values, f"{search}, {trial.number}"


def outcome(directory: StudyDirectory) -> dict[str, Any]:
    """The visible result: trials, choices, replicates, without order in time."""
    events, state = journal.read(directory.journal), read_state(directory)
    ends = {}
    for event in events:
        if event["event"] in ("trial_ended", "replicate_ended") and not event["retry"]:
            key = (search_of(event), event.get("number"), event.get("seed"))
            ends[key] = [event[n] for n in ("fingerprint", "state", "objective", "updates", "reason", "reports")]
    return {"ends": ends, "chosen": state.chosen, "stage": state.stage}


@pytest.mark.parametrize(
    "search",
    [
        "search.startup=centred",
        "search.startup=random",
        "search.sampler=random",
        "arms.plain.first={training: {learning_rate: 2.0e-3}}",
    ],
)
def test_some_trials_and_then_more_are_all_of_one_go(study_file: Path, tmp_path: Path, search: str) -> None:
    """With the trial scheduler, and with the choice in between."""
    goes = {}
    for counts in ((TRIALS,), (2, TRIALS), (1, 3, TRIALS)):
        for count in counts:
            study = load_study(study_file, (f"search.trials_per_arm={SEARCHES * count}", search))
            commands = Commands(study, tmp_path / str(len(counts)), 1, random.Random(0))
            bench = commands.bench(Faults(random.Random(0)))
            open_directory(study, commands.directory)
            go_through(bench, missing_stages(commands.directory, "search"))
        goes[len(counts)] = outcome(commands.directory)
    assert goes[1] == goes[2] == goes[3] and len(goes[1]["ends"]) == len(ALL) * TRIALS


def test_a_killed_search_that_is_raised_draws_what_it_would_have_drawn(study_file: Path, tmp_path: Path) -> None:
    """Killed while its first trial ran, before any ended, then asked for more."""
    undisturbed = Commands(load_study(study_file, ()), tmp_path / "calm", 1, random.Random(0))
    undisturbed.run()
    study = load_study(study_file, ("search.trials_per_arm=2",))
    killed = Commands(study, tmp_path / "killed", 1, random.Random(0))
    assert killed.run(kill=4) == "killed"
    assert [e["event"] for e in journal.read(killed.directory.journal)] == ["stage_started", "trial_started"]
    killed.study = load_study(study_file, ())
    killed.run()
    assert outcome(killed.directory) == outcome(undisturbed.directory)


def test_a_killed_study_of_several_at_a_time_repeats_no_draw(study_file: Path, tmp_path: Path) -> None:
    """Killed with three trials running of which none had ended."""
    study = load_study(study_file, ())
    commands = Commands(study, tmp_path, 3, random.Random(0))
    assert commands.run(kill=7) == "killed"
    begun = read_state(commands.directory).trials
    assert len(begun) == 3 and all(trial.unfinished for trial in begun)
    commands.run()
    after = {(trial.of, trial.number): trial.fingerprint for trial in read_state(commands.directory).trials}
    assert {(trial.of, trial.number): trial.fingerprint for trial in begun}.items() <= after.items()
    check_trials(commands)


def test_a_checkpoint_of_a_stopped_trial_is_not_left_by_a_killed_driver(study_file: Path, tmp_path: Path) -> None:
    commands = Commands(load_study(study_file, ()), tmp_path, 1, random.Random(0))
    kill = 0
    while not any(trial.state == "pruned" for trial in read_trials(commands.directory)):
        kill += 1
        assert commands.run(kill=kill) == "killed"  # right after it is in the journal
    for trial in read_trials(commands.directory):
        commands.directory.trial(trial.fingerprint).checkpoint.write_bytes(b"weights")
    left = [trial for trial in read_trials(commands.directory) if trial.unfinished]
    commands.run(kill=1)
    kept = {path.parent.name for path in commands.directory.path.glob("trials/*/checkpoint.pt")}
    assert kept == {trial.fingerprint for trial in left}


def read_trials(directory: StudyDirectory) -> tuple[TrialState, ...]:
    return read_state(directory).trials if directory.study_json.exists() else ()


def test_the_journal_is_whole_after_every_call(study_file: Path, tmp_path: Path) -> None:
    """Killed at each call of trainer and listener in turn, in consecutive commands."""
    calm = Commands(load_study(study_file, ()), tmp_path / "calm", 1, random.Random(0))
    calm.run()
    expected = outcome(calm.directory)
    calls = count_calls(study_file, tmp_path)
    assert calls > 100
    for kill in range(1, calls, max(1, calls // 12)):
        commands = Commands(load_study(study_file, ()), tmp_path / str(kill), 1, random.Random(0))
        assert commands.run(kill=kill) == "killed"
        assert commands.run() == "done"
        assert outcome(commands.directory) == expected, f"killed at call {kill}"
        for line in commands.directory.journal.read_text().splitlines():
            json.loads(line)


def count_calls(study_file: Path, tmp_path: Path) -> int:
    commands = Commands(load_study(study_file, ()), tmp_path / "counted", 1, random.Random(0))
    faults = Faults(random.Random(0))
    open_directory(commands.study, commands.directory)
    stages: dict[str, Callable[[StudyContext], None]] = {**STAGES, "test": commands.read_test_set}
    go_through(commands.bench(faults), missing_stages(commands.directory, "report"), stages)
    return faults.calls


def test_searches_that_are_added_later_leave_the_earlier_ones_as_they_were(study_file: Path, tmp_path: Path) -> None:
    """Also after the test set was read: the unit is the search, whose choice does not change."""
    commands = Commands(load_study(study_file, ()), tmp_path, 1, random.Random(0))
    assert commands.run() == "done"
    before = outcome(commands.directory)
    commands.study = load_study(study_file, (f"search.trials_per_arm={3 * TRIALS}", "replicates.searches=3"))
    assert commands.run() == "done"
    after, state = outcome(commands.directory), read_state(commands.directory)
    assert {key: after["ends"][key] for key in before["ends"]} == before["ends"]
    assert {search: after["chosen"][search] for search in before["chosen"]} == before["chosen"]
    assert set(after["chosen"]) - set(before["chosen"]) == {ArmSearch("plain", 3), ArmSearch("few", 3)} == state.late
    assert state.complete and len(state.replicates) == 2 * 3 * SEEDS
    with pytest.raises(RecordError, match=r"arm plain has 2 searches now, and the test set was read for .* search 3"):
        open_directory(load_study(study_file, ()), commands.directory)
    assert len({trial.fingerprint for trial in state.trials}) == 2 * 3 * TRIALS, "two searches share a training"
