"""Complete searches of simulated trials, whose study file changes between commands, some killed, without Ray."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from made_up_trials import Clock, Faults, Killed, KilledListener, MadeUpTrainer

from xlingual.records import history, journal
from xlingual.records.layout import StudyDirectory
from xlingual.records.state import read_state
from xlingual.search.driver import STAGES, go_through, missing_stages
from xlingual.search.stages.search import search_draws
from xlingual.search.study_context import StudyContext
from xlingual.search.study_guard import open_directory
from xlingual.study import FamilyDefaults, load_study

FEW, MANY = 4, 10
REPORTS = 4
TRIALS = 4
NOISE = {"embedding_noise": {"magnitude": {"log_uniform": [0.01, 1.0]}}}
STUDY: dict[str, Any] = {
    "name": "changing",
    "question": "Does it hold?",
    "model": "toy",
    "data": {"train": "toy", "dev": "toy", "test": {"source": "toy", "languages": ["en"]}},
    "training": {"updates": 20, "reports": REPORTS, "learning_rate": {"log_uniform": [1e-4, 1e-2]}},
    "arms": {
        "plain": {"baseline": True},
        "noise": {"robust": {"choice": {"none": None, "noisy": NOISE}}},
        "few": {"training": {"learning_rate": {"choice": [1e-3, 2e-3, 3e-3, 4e-3, 5e-3, 6e-3]}}},
    },
    "search": {"trials_per_arm": TRIALS, "startup_trials": 2},
    "replicates": {"searches": 1, "seeds": 1},
}
Definition = dict[str, Any]


def _rates(definition: Definition, space: Any) -> None:
    definition["training"]["learning_rate"] = space


def _noise(definition: Definition, robust: Any) -> None:
    for name in ("noise", "noisy"):
        if name in definition["arms"]:
            definition["arms"][name]["robust"] = robust


def _rename(definition: Definition) -> None:
    definition["arms"] = {"noisy" if name == "noise" else name: arm for name, arm in definition["arms"].items()}


EDITS: dict[str, Callable[[Definition], Any]] = {
    "as it was": lambda definition: None,
    "wider": lambda definition: _rates(definition, {"log_uniform": [1e-5, 1e-1]}),
    "narrower": lambda definition: _rates(definition, {"log_uniform": [3e-4, 3e-3]}),
    "uniform": lambda definition: _rates(definition, {"uniform": [1e-4, 8e-3]}),
    "a choice": lambda definition: _rates(definition, {"choice": [1e-3, 2e-3, 3e-3, 4e-3, 5e-3]}),
    "no choice": lambda definition: _noise(definition, NOISE),
    "one option more": lambda definition: _noise(
        definition, {"choice": {"none": None, "noisy": NOISE, "far": {"embedding_noise": {"magnitude": 2.0}}}}
    ),
    "other options": lambda definition: (
        definition["arms"].get("few", {}).update(training={"learning_rate": {"choice": [6e-3, 2e-3, 7e-3, 8e-3, 9e-3]}})
    ),
    "renamed": _rename,
    "without": lambda definition: definition["arms"].pop("few", None),
}


class Changing:
    """A study's commands, each with some edits to the study file."""

    def __init__(self, path: Path, chance: random.Random, sampler: str = "random") -> None:
        self.path, self.chance, self.directory = path, chance, StudyDirectory(path / "changing")
        self.sampler = sampler
        path.mkdir()

    def run(self, edits: list[str], kill: int | None = None, own: float = 0.0) -> StudyContext:
        definition = copy.deepcopy(STUDY)
        for edit in edits:
            EDITS[edit](definition)
        definition["search"]["sampler"] = self.sampler
        (self.path / "study.yaml").write_text(yaml.safe_dump(definition, sort_keys=False))
        study = load_study(self.path / "study.yaml")
        faults, clock = Faults(self.chance, kill=kill, own=own), Clock()
        bench = StudyContext(
            study=study,
            directory=self.directory,
            listener=KilledListener(faults),  # type: ignore[arg-type]
            locations=SimpleNamespace(models={}),  # type: ignore[arg-type]
            checkpoints={},
            inputs={},
            sources={arm: {"model": "m", "train": "t", "dev": "d"} for arm in study.arms},
            traits=dict.fromkeys(study.arms, FamilyDefaults(study.windows)),
            concurrent=self.chance.choice((1, 3)),
            driver={},
            precision="fp32",
            trainer=MadeUpTrainer(faults, clock, reports=REPORTS),
            clock=clock,
        )
        open_directory(study, self.directory)
        try:
            go_through(bench, missing_stages(self.directory, "search"), STAGES)
        except Killed:
            assert kill is not None
        return bench


def check(bench: StudyContext, *, ended: bool) -> int:
    """Check the invariants of every search, whatever was searched before; return the number of illegal trials."""
    state = read_state(bench.directory)
    for search in state.all_searches:
        draws, trials = search_draws(bench, state, search), state.trials_of(search)
        for trial in trials:  # legal means drawn by the current space, with the configuration that was trained
            again = draws._build(draws._sampler.tree_of(trial.values))
            assert again.fingerprint == trial.fingerprint, f"{search}, {trial.number}"
        assert len({trial.fingerprint for trial in trials}) == len(trials), "a configuration twice"
        numbers = [one.number for one in (*trials, *(one for one in state.set_aside if one.of == search))]
        assert len(set(numbers)) == len(numbers), "a number twice"
        if ended:
            assert len(trials) >= TRIALS and not any(trial.unfinished for trial in trials)
            finished = [trial for trial in trials if trial.state == "finished"]
            best = max(finished, key=lambda trial: (trial.objective or 0.0, -trial.number), default=None)
            assert state.chosen.get(search) == (best.fingerprint if best else None)
            assert (search in state.failed) == (best is None)
    return len(state.set_aside)


@pytest.mark.parametrize("studies", [FEW, pytest.param(MANY, marks=pytest.mark.real)])
def test_trials_are_kept_where_the_changed_space_draws_them_and_nowhere_else(tmp_path: Path, studies: int) -> None:
    """Edits and kills are drawn, for fewer studies in the default run."""
    aside = 0
    for seed in range(studies):
        chance = random.Random(seed)
        study = Changing(tmp_path / str(seed), chance)
        own = chance.choice((0.0, 0.4))
        for _ in range(5):
            edits = chance.sample(list(EDITS), k=chance.randint(1, 3))
            check(study.run(edits, kill=chance.randint(2, 60), own=own), ended=False)
            aside += check(study.run(edits, own=own), ended=True)
        journaled = journal.read(study.directory.journal)
        rows = [{**event, "events": position} for position, event in enumerate(journaled)]
        events = history.renamed_rows(rows, journaled)
        starts = {(e["arm"], e["number"], e["fingerprint"]) for e in events if e["event"] == "trial_started"}
        assert len(starts) == len({start[:2] for start in starts}), "a number of another configuration"
    assert aside > 0


def test_a_file_that_comes_back_brings_all_of_its_trials_back(tmp_path: Path) -> None:
    study = Changing(tmp_path / "there", random.Random(0), "tpe")
    study.run(["as it was"])
    before = read_state(study.directory)
    study.run(["narrower", "other options", "renamed"])
    between = read_state(study.directory)
    assert between.set_aside and between.trials != before.trials
    check(study.run(["as it was"]), ended=True)
    after = read_state(study.directory)
    kept = {(trial.arm, trial.number): trial for trial in after.trials}
    assert after.arms == before.arms
    assert all(kept[trial.arm, trial.number] == trial for trial in before.trials)
