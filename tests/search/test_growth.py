"""What a cluster may become is read from its autoscaler, or from the file that `ray up` copied to the head."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from cluster_files import SHIPPED, on_premises

from xlingual.search.concurrency import Growth, NodeType
from xlingual.search.growth import MANY, autoscaling_file, growth_of_file, growth_of_report
from xlingual.search.placement import HEAD

SPOT = {"CPU": 8.0, "GPU": 1.0}


def completed(text: str) -> Mapping[str, Any]:
    """A cluster file as `ray up` copies it to the head."""
    from ray.autoscaler._private.util import prepare_config

    made: Mapping[str, Any] = prepare_config(yaml.safe_load(text))
    return made


def read(tmp_path: Path, value: Any) -> Growth | None:
    path = tmp_path / "ray_bootstrap_config.yaml"
    path.write_text(yaml.safe_dump(value), encoding="utf-8")
    return growth_of_file(path)


def test_the_shipped_cluster_file_grows_to_eight_gpus(tmp_path: Path) -> None:
    assert read(tmp_path, completed(SHIPPED)) == Growth((NodeType("gpu_spot", SPOT, 8),), 8)


def test_what_ones_own_hosts_have_is_not_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_TMPDIR", str(tmp_path))
    growth = read(tmp_path, completed(on_premises()))
    assert growth == Growth((NodeType("local.cluster.node", None, 2),), 2)
    assert growth is not None and growth.unknown == ["local.cluster.node"]


def test_a_type_without_a_limit_has_the_clusters(tmp_path: Path) -> None:
    types = {"head": {"resources": {"CPU": 4}}, "gpu": {"resources": {"CPU": 8, "GPU": 1}}}
    growth = read(tmp_path, {"max_workers": 5, "head_node_type": "head", "available_node_types": types})
    assert growth == Growth((NodeType("gpu", SPOT, 5),), 5)


@pytest.mark.parametrize("content", ["", "- a list", "available_node_types: 3", "a: [", "\t"])
def test_a_file_that_says_nothing_is_no_answer(tmp_path: Path, content: str) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(content, encoding="utf-8")
    assert growth_of_file(path) is None
    assert growth_of_file(tmp_path / "absent.yaml") is None


def test_what_an_autoscaler_reports_goes_without_the_heads_type() -> None:
    head = {"CPU": 4.0, HEAD: 1.0}
    groups = [
        SimpleNamespace(name="head", resources={"CPU": 4}, max_count=1),
        SimpleNamespace(name="gpu", resources={"CPU": 8, "GPU": 1}, max_count=3),
        SimpleNamespace(name="off", resources={"CPU": 8}, max_count=0),
    ]
    assert growth_of_report(groups, head) == Growth((NodeType("gpu", SPOT, 3),), 3)
    assert growth_of_report(groups[:1], head) is None
    endless = SimpleNamespace(name="endless", resources={"CPU": 8}, max_count=-1)
    growth = growth_of_report([endless], head)
    assert growth == Growth((NodeType("endless", None, MANY),), MANY)


def test_the_file_is_the_one_that_this_clusters_own_autoscaler_reads() -> None:
    def monitor(address: str, *more: str) -> list[str]:
        return [
            "python",
            "-u",
            "/lib/ray/autoscaler/v2/monitor.py",
            "--logs-dir=/tmp",
            f"--gcs-address={address}",
            *more,
        ]

    mine, theirs = monitor("10.0.0.1:6379", "--autoscaling-config=~/mine.yaml"), monitor("10.0.0.9:6379", "--x")
    editor = ["vim", "monitor.py", "--autoscaling-config=/tmp/other.yaml"]
    assert autoscaling_file("10.0.0.1:6379", [[], editor, theirs, mine]) == Path(os.path.expanduser("~/mine.yaml"))
    assert autoscaling_file("10.0.0.9:6379", [editor, theirs, mine]) is None
