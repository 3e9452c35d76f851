"""`xlingual submit` on a cluster that `ray up` started on this machine, by stand-ins of ssh and rsync.

Records are in an object store, for which only the head has credentials. (A folder is submitted to in `test_ray_up`.)
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from loopback_cluster import LoopbackCluster
from s3_server import BUCKET, S3Server
from toy_study import write_toy_study

from xlingual.records.attached import attach, detach, refresh
from xlingual.records.layout import StudyDirectory
from xlingual.records.state import read_state

pytestmark = pytest.mark.cluster
STORAGE = f"s3://{BUCKET}/submitted"
XLINGUAL = (sys.executable, "-m", "xlingual")


@pytest.fixture
def cluster(s3_server: S3Server) -> Iterator[LoopbackCluster]:
    made = LoopbackCluster(variables=s3_server.environment)
    try:
        yield made
    finally:
        made.end()


@pytest.fixture
def there(s3: S3Server, tmp_path: Path) -> Iterator[StudyDirectory]:
    """The study's records in the store."""
    made = attach(f"{STORAGE}/toy", tmp_path / "there" / "toy")
    yield StudyDirectory(made)
    detach(made)


def test_a_study_is_submitted_followed_left_followed_again_and_fetched(
    cluster: LoopbackCluster, there: StudyDirectory, s3: S3Server
) -> None:
    write_toy_study(cluster.project / "studies" / "toy.yaml")
    submit = [*XLINGUAL, "submit", "studies/toy.yaml", "--cluster", "cluster.yaml", "--storage", STORAGE]

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

    follow = [*XLINGUAL, "status", f"{STORAGE}/toy", "--follow"]
    alone = cluster.run(*follow)
    assert alone.returncode == 1 and alone.stdout == ""
    assert f"{STORAGE}/toy: no credentials were found; export AWS_ACCESS_KEY_ID and" in alone.stderr
    followed = cluster.run(*follow, **s3.environment)
    assert followed.returncode == 0, followed.stdout + followed.stderr
    assert "test: ended" in followed.stdout

    done = cluster.run(*submit, "--down-when-done")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "toy: zero-shot F1 on the toy test set" in done.stdout
    assert f"(models stay at {STORAGE}/toy)" in done.stderr
    assert f"cluster {cluster.name} is down" in done.stderr
    assert cluster.log().rstrip().splitlines()[-1] == "ray stop"
    here = StudyDirectory(cluster.project / "fetched" / "toy")
    refresh(there.path)
    assert read_state(here).complete
    assert here.journal.read_bytes() == there.journal.read_bytes()
    assert len(here.environment.read_text().splitlines()) == 1, "submitted three times, run once"
