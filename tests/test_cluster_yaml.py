"""Ray's launcher accepts cluster.yaml, and the file has the settings that keep a cluster safe."""

from __future__ import annotations

import copy
import os
import re
import subprocess
import warnings
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from cluster_files import on_gcp, on_premises, with_storage

FILE = Path(__file__).resolve().parents[1] / "cluster.yaml"
START_COMMANDS = ("head_start_ray_commands", "worker_start_ray_commands")


def accepted_by_ray(cluster: dict[str, Any]) -> dict[str, Any]:
    """The file as processed by `ray up` before it contacts a cloud: defaults filled in, checked against Ray's schema.

    The only use of Ray's private launcher functions.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from ray.autoscaler._private.util import prepare_config, validate_config
    prepared = prepare_config(copy.deepcopy(cluster))
    validate_config(prepared)
    return prepared


@pytest.fixture
def cluster() -> dict[str, Any]:
    return yaml.safe_load(FILE.read_text(encoding="utf-8"))


def workers(cluster: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {name: node for name, node in cluster["available_node_types"].items() if name != cluster["head_node_type"]}


def test_rays_launcher_accepts_the_file(cluster):
    prepared = accepted_by_ray(cluster)
    assert prepared["provider"]["type"] == "aws"
    assert set(prepared["available_node_types"]) == set(cluster["available_node_types"])


@pytest.mark.parametrize("text", [with_storage(), on_gcp(), on_premises()], ids=["storage", "gcp", "hosts"])
def test_rays_launcher_accepts_its_variants(text):
    assert len(accepted_by_ray(yaml.safe_load(text))["available_node_types"]) in (1, 2)


def test_rays_launcher_would_refuse_a_misspelt_key(cluster):
    cluster["available_node_types"]["head"]["resource"] = {}
    with pytest.raises(jsonschema.ValidationError, match="resource"):
        accepted_by_ray(cluster)


def test_ray_and_python_are_pinned_to_what_is_tested(cluster):
    import ray

    pins = {cluster["docker"]["image"], cluster["docker"]["head_image"]}
    python = cluster["metadata"]["python"].replace(".", "")
    assert cluster["metadata"]["ray"] == ray.__version__
    assert all(re.fullmatch(rf"rayproject/ray:{ray.__version__}-py{python}-(cpu|gpu)", pin) for pin in pins)
    assert any(f"=={ray.__version__}" in command for command in cluster["setup_commands"])


def test_the_head_is_on_demand(cluster):
    head = cluster["available_node_types"][cluster["head_node_type"]]
    assert head["resources"].get("GPU", 0) == 0
    assert "InstanceMarketOptions" not in head["node_config"]
    assert head["max_workers"] == 0


def test_gpu_workers_are_spot_and_none_runs_without_work(cluster):
    assert workers(cluster)
    for node in workers(cluster).values():
        assert node["min_workers"] == 0
        assert node["resources"]["GPU"] >= 1
        assert node["node_config"]["InstanceMarketOptions"] == {"MarketType": "spot"}


def test_no_node_may_outlive_its_work_by_much(cluster):
    assert 0 < cluster["idle_timeout_minutes"] <= 30
    assert cluster["provider"]["cache_stopped_nodes"] is False
    assert all(node["max_workers"] <= cluster["max_workers"] for node in workers(cluster).values())


@pytest.mark.parametrize("which", START_COMMANDS)
def test_ray_starts_with_its_token_and_without_usage_statistics(cluster, which, tmp_path):
    """Runs the start commands as sent by `ray up`, with a fake `ray` that prints its environment."""
    shim = tmp_path / "ray"
    shim.write_text('#!/bin/sh\necho "$1 auth=$RAY_AUTH_MODE usage=$RAY_USAGE_STATS_ENABLED"\n')
    shim.chmod(0o755)
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "RAY_HEAD_IP": "192.0.2.1", "HOME": str(tmp_path)}
    said = []
    for command in accepted_by_ray(cluster)[which]:
        sent = f"export RAY_USAGE_STATS_ENABLED=1;{command}"
        done = subprocess.run(["bash", "-c", sent], env=environment, capture_output=True, text=True, check=True)
        said += done.stdout.splitlines()
    assert [line for line in said if line.startswith("start")] == ["start auth=token usage=0"]


def test_the_token_goes_to_every_node_and_only_its_owner_reads_it(cluster):
    assert cluster["file_mounts"]["~/.ray/auth_token"] == "~/.ray/auth_token"
    assert "chmod 600 ~/.ray/auth_token" in cluster["setup_commands"]


def test_the_dashboard_is_not_open_to_the_network(cluster):
    start = " ".join(cluster["head_start_ray_commands"])
    assert "--dashboard-host=127.0.0.1" in start


def test_the_head_scales_by_the_file_it_was_started_with(cluster):
    assert "--autoscaling-config=~/ray_bootstrap_config.yaml" in " ".join(cluster["head_start_ray_commands"])


def test_the_package_is_installed_from_what_is_copied(cluster):
    mounts = cluster["file_mounts"]
    copied = {local for remote, local in mounts.items() if remote.startswith("~/xlingual/")}
    assert {"pyproject.toml", "README.md", "LICENSE", "xlingual"} <= copied
    assert all((FILE.parent / local).exists() for local in copied)
    assert any(command.startswith("pip install") and "~/xlingual" in command for command in cluster["setup_commands"])


def test_the_file_says_that_no_cloud_has_seen_it(cluster):
    assert cluster["metadata"]["started_on_a_cloud"] is False
    assert "NOT yet started on a cloud" in FILE.read_text(encoding="utf-8")
