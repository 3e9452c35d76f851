"""Studies on a real cluster whose driver is killed with SIGKILL at random moments and then resumed.

XLINGUAL_KILLS sets the number of kills (default 2), XLINGUAL_KILL_SEED their moments.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import shutil
import time
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from killed_command import command

from xlingual.records import journal
from xlingual.records.events import search_of
from xlingual.records.layout import StudyDirectory
from xlingual.records.state import read_state

pytestmark = pytest.mark.cluster
KILLS = int(os.environ.get("XLINGUAL_KILLS", "2"))
SEED = int(os.environ.get("XLINGUAL_KILL_SEED", "0"))
PATIENCE = 240.0


class Cluster(NamedTuple):
    """A cluster that outlives its drivers, which a warm process forks."""

    address: str
    context: Any
    path: Path
    folder: Path


@pytest.fixture(scope="module")
def cluster(write_study: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    from ray.cluster_utils import Cluster as Nodes

    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["xlingual.search.driver"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        nodes = Nodes(initialize_head=True, head_node_args={"num_cpus": 3})
        path = write_study(
            "kills", training=TRAINING, replicates={"searches": 2, "seeds": 1}, search={"trials_per_arm": 4}
        )
        yield Cluster(nodes.address, context, path, tmp_path_factory.mktemp("kills"))
        nodes.shutdown()


TRAINING = {
    "updates": 12,
    "batch_size": 8,
    "micro_batch_size": 4,
    "learning_rate": {"log_uniform": [1e-4, 1e-2]},
    "precision": "fp32",
    "reports": 4,
}


class Killed(NamedTuple):
    """A study that was killed and resumed."""

    directory: StudyDirectory
    kills: int
    log: str


def records(directory: StudyDirectory) -> int:
    """Number of lines in a study's journal and its trials' reports."""
    files = [directory.journal, *directory.path.glob("trials/*/reports.jsonl")]
    return sum(file.read_bytes().count(b"\n") for file in files if file.exists())


def run(cluster: Cluster, name: str, concurrent: int, kills: int, chance: random.Random, span: float) -> Killed:
    """Run a study, killing its driver up to a number of times, then let it finish."""
    storage, log, done = cluster.folder / name, cluster.folder / f"{name}.log", 0
    directory = StudyDirectory(storage / "kills")
    while True:
        arguments = (str(cluster.path), str(storage), cluster.address, concurrent, str(log))
        process = cluster.context.Process(target=command, args=arguments)
        process.start()
        kill = done < kills
        lines, began = records(directory) + chance.randint(1, 12), time.monotonic()
        moment = began + (chance.uniform(0.0, span) if chance.random() < 0.5 else PATIENCE)
        while process.is_alive() and not (kill and (time.monotonic() >= moment or records(directory) >= lines)):
            process.join(0.02)
            assert time.monotonic() < began + PATIENCE, log.read_text()
        if process.exitcode is None:
            process.kill()
            done += 1
        process.join()
        assert process.exitcode in (0, -9), log.read_text()
        if process.exitcode == 0:
            return Killed(directory, done, log.read_text())


def outcome(directory: StudyDirectory) -> dict[str, Any]:
    """Trials with all their reports, choices and scores."""
    events, state = journal.read(directory.journal), read_state(directory)
    trials = {
        (trial.of, trial.number): (
            trial.fingerprint,
            trial.values,
            trial.state,
            trial.objective,
            trial.updates,
            trial.reports,
        )
        for trial in state.trials
    }
    scores = {(e["arm"], e["seed"]): e["scores"] for e in events if e["event"] == "test_scored"}
    return {"trials": trials, "chosen": state.chosen, "scores": scores}


def check(directory: StudyDirectory) -> None:
    """Every trial ended once, none repeats another, and the test set was read after all of them."""
    events, state = journal.read(directory.journal), read_state(directory)
    assert state.complete
    ends = Counter((search_of(e), e["number"]) for e in events if e["event"] == "trial_ended")
    assert ends == {(search, number): 1 for search in state.all_searches for number in range(2)}
    assert len(state.all_searches) == 2 * len(state.arms)
    assert len({trial.fingerprint for trial in state.trials}) == 4 * len(state.arms), "a configuration twice"
    last_end = max(event["time"] for event in events if event["event"] in ("trial_ended", "replicate_ended"))
    assert all(entry["time"] >= last_end for entry in journal.read(directory.ledger))


def kill_studies(cluster: Cluster, concurrent: int, span: float) -> list[Killed]:
    """Studies in sequence, until all kills are done."""
    chance, killed, left = random.Random(SEED + concurrent), list[Killed](), KILLS
    while left > 0:
        killed.append(run(cluster, f"{concurrent}-{len(killed)}", concurrent, left, chance, span))
        left -= killed[-1].kills
        check(killed[-1].directory)
        assert len(killed) <= 3 * KILLS, "studies end before they are killed"
    return killed


@pytest.fixture(scope="module")
def undisturbed(cluster: Cluster) -> tuple[dict[str, Any], float]:
    """The result of a study without kills, and its duration in seconds."""
    began = time.monotonic()
    calm = run(cluster, "calm", 1, 0, random.Random(0), 0.0)
    check(calm.directory)
    return outcome(calm.directory), time.monotonic() - began


def test_a_study_that_is_killed_and_continued_is_the_study_without(
    cluster: Cluster, undisturbed: tuple[dict[str, Any], float]
) -> None:
    expected, seconds = undisturbed
    killed = kill_studies(cluster, 1, seconds)
    assert sum(one.kills for one in killed) == KILLS
    for one in killed:
        assert outcome(one.directory) == expected, one.log
    print(f"{sum(one.kills for one in killed)} kills in {len(killed)} studies, {seconds:.0f} s undisturbed")
    shutil.rmtree(cluster.folder / "calm")


def test_trials_side_by_side_repeat_no_configuration_after_kills(
    cluster: Cluster, undisturbed: tuple[dict[str, Any], float]
) -> None:
    killed = kill_studies(cluster, 3, undisturbed[1])  # each is checked for repetitions
    assert sum(one.kills for one in killed) == KILLS
    print(f"{sum(one.kills for one in killed)} kills in {len(killed)} studies")
