"""Clusters whose nodes join after the study began, and a model of the hub that is the same on all of them."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import yaml
from cluster_command import Command
from ray.cluster_utils import Cluster

from xlingual.records.files import read_json

pytestmark = [pytest.mark.cluster, pytest.mark.real]

FILE = {
    "cluster_name": "test",
    "max_workers": 2,
    "provider": {"type": "aws", "region": "us-west-2"},
    "head_node_type": "head",
    "available_node_types": {
        "head": {"resources": {"CPU": 0}, "max_workers": 0},
        "small": {"resources": {"CPU": 1}, "max_workers": 8},
    },
}
SHORT = ("--set", "search.trials_per_arm=3", "--set", "training.updates=100")
OLD, NEW = "0" * 40, "1" * 40


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory, toy_files: Any) -> Iterator[Path]:
    """A model in this machine's cache of the hub, without network: the toy world's, and one of other dropout."""
    folder = tmp_path_factory.mktemp("hub")
    model = folder / "home" / "hub" / "models--our--model"
    for commit in (OLD, NEW):
        shutil.copytree(toy_files.model, model / "snapshots" / commit)
    config = model / "snapshots" / NEW / "config.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | {"hidden_dropout_prob": 0.3}))
    (model / "refs").mkdir()
    (model / "refs" / "main").write_text(OLD)
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("HF_HOME", str(folder / "home"))
        patched.setenv("HF_HUB_OFFLINE", "1")
        yield model


@pytest.fixture(scope="module")
def head(hub: Path) -> Iterator[Cluster]:
    """A head without a CPU."""
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0})
    try:
        yield cluster
    finally:
        cluster.shutdown()


@pytest.fixture
def join(head: Cluster) -> Iterator[Any]:
    """Add a node of one CPU, for one test."""
    nodes: list[Any] = []
    yield lambda: nodes.append(head.add_node(num_cpus=1))
    for node in nodes:
        head.remove_node(node)
    head.wait_for_nodes()


@pytest.fixture
def monitor(head: Cluster, tmp_path: Path) -> Iterator[None]:
    """A stand-in for Ray's autoscaler on the head, which is known by its command line; the test adds the nodes."""
    file, program = tmp_path / "ray_bootstrap_config.yaml", tmp_path / "monitor.py"
    file.write_text(yaml.safe_dump(FILE), encoding="utf-8")
    program.write_text("print('up', flush=True)\nimport sys\nsys.stdin.read()\n", encoding="utf-8")
    options = [f"--gcs-address={head.address}", f"--autoscaling-config={file}"]
    command = [sys.executable, str(program), *options]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stdout.readline() == "up\n"
        yield
        process.kill()


@pytest.fixture
def run(head: Cluster, study_file: Path, tmp_path: Path) -> Iterator[Any]:
    """Start the search on this machine's cluster."""
    with ExitStack() as stack:

        def start(*more: str) -> Command:
            where = ("--storage", str(tmp_path / "studies"), "--address", head.address, "--until", "search")
            command = Command(None, str(study_file), *where, *more)
            stack.callback(command.process.kill)
            return command

        yield start


def most_side_by_side(lines: list[str]) -> int:
    """How many trials were handed out at the same time."""
    most, running = 0, set[str]()
    for line in lines:
        trial, _, state = line.partition("baseline ")[2].partition(": ")
        if state.startswith("running"):
            running.add(trial)
        elif state.startswith("finished"):
            running.discard(trial)
        most = max(most, len(running))
    return most


def test_a_cluster_that_starts_without_a_worker_is_counted_as_it_may_become(monitor: None, run: Any, join: Any) -> None:
    command = run(*SHORT)
    command.line(
        lambda line: (
            "2 trials run in parallel: the cluster may grow to 2 nodes of type small (1 CPU); now 0 are up" in line
        )
    )
    command.line(lambda line: "search: begins" in line)
    join()
    join()
    assert command.end() == 0, command.said
    assert command.said.count(" in parallel") == 1, command.said
    assert most_side_by_side(command.lines) == 2


def test_a_node_that_joins_of_its_own_accord_gets_trials_and_all_have_the_same_model_of_the_hub(
    hub: Path, toy_files: Any, run: Any, join: Any, tmp_path: Path
) -> None:
    asked = (*SHORT, *toy_files.overrides, "--set", "model=our/model")
    join()
    command = run(*asked)
    command.line(lambda line: f"model our/model: commit {OLD[:12]} of the hub\n" in line)
    command.line(lambda line: "1 trial runs in parallel: as many as fit the 2 nodes that are up" in line)
    command.line(lambda line: " of 100 updates, " in line)
    join()
    (hub / "refs" / "main").write_text(NEW)
    command.line(lambda line: "2 trials run in parallel: as many as fit the 3 nodes that are up" in line)
    assert command.end() == 0, command.said
    assert most_side_by_side(command.lines) == 2

    sources = tmp_path / "studies" / "toy" / "sources.json"
    recorded = read_json(sources)
    assert recorded["model of baseline"]["commit"] == OLD
    more = run(*asked, "--set", "search.trials_per_arm=4")
    assert more.end() == 0, more.said
    assert f"model our/model: commit {OLD[:12]} of the hub, as recorded\n" in more.said
    assert read_json(sources) == recorded
