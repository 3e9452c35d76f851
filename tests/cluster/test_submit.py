"""`xlingual submit` on a cluster that `ray up` started on this machine, by stand-ins of ssh and rsync."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator

import pytest
import yaml
from loopback_cluster import LoopbackCluster

from xlingual.records.layout import StudyDirectory
from xlingual.records.state import read_state

pytestmark = pytest.mark.cluster

STUDY = {
    "name": "toy",
    "question": "Does it hold on a cluster?",
    "model": "toy",
    "data": {"train": "toy", "dev": "toy", "test": {"source": "toy", "languages": ["en", "de"]}},
    "windows": {"max_length": 64, "stride": 16, "max_answer_tokens": 8},
    "training": {"updates": 20, "batch_size": 8, "micro_batch_size": 8, "learning_rate": 1e-3, "reports": 2},
    "arms": {"baseline": {"baseline": True}},
    "search": {"trials_per_arm": 1, "startup_trials": 1, "scheduler": "none"},
    "replicates": {"searches": 1, "seeds": 1},
}


@pytest.fixture
def cluster() -> Iterator[LoopbackCluster]:
    made = LoopbackCluster()
    try:
        yield made
    finally:
        made.end()


def test_a_study_is_submitted_followed_left_followed_again_and_fetched(cluster: LoopbackCluster) -> None:
    (cluster.project / "studies" / "toy.yaml").write_text(yaml.safe_dump(STUDY))
    storage = cluster.folder / "studies"
    submit = [sys.executable, "-m", "xlingual", "submit", "studies/toy.yaml", "--cluster", "cluster.yaml"]
    submit += ["--storage", str(storage)]

    early = cluster.run(*submit)
    assert early.returncode == 1
    assert f"cluster {cluster.name} is not up; start it with `ray up cluster.yaml`" in early.stderr

    cluster.up()
    started = cluster.run(*submit, "--no-follow")
    assert started.returncode == 0, started.stdout + started.stderr
    assert " started\n" in started.stdout and "follow it with `xlingual submit studies/toy.yaml" in started.stdout

    with cluster.start(*submit) as process:
        assert process.stdout is not None
        seen = []
        for line in process.stdout:
            seen.append(line)
            if "search: begins" in line:
                process.send_signal(signal.SIGINT)
        errors = process.communicate()[1]
    assert process.returncode == 130, "".join(seen) + errors
    assert "no longer followed; the study goes on on the cluster. Follow it again with `xlingual submit" in errors
    assert " runs already\n" in "".join(seen)

    done = cluster.run(*submit, "--down-when-done")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "toy: zero-shot F1 on the toy test set" in done.stdout
    assert f"cluster {cluster.name} is down" in done.stderr
    assert cluster.log().rstrip().splitlines()[-1] == "ray stop"
    here, there = (StudyDirectory(path) for path in (cluster.project / "fetched" / "toy", storage / "toy"))
    assert read_state(here).complete
    assert here.journal.read_bytes() == there.journal.read_bytes()
    assert len(here.environment.read_text().splitlines()) == 1, "submitted three times, run once"
