"""Cluster files for tests: the shipped one, with shared storage, for GCP, for one's own hosts."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
SHIPPED = (ROOT / "cluster.yaml").read_text(encoding="utf-8")
Edit = tuple[str, str]


def edited(text: str, *edits: Edit) -> str:
    """Replace text that is there exactly once."""
    for old, new in edits:
        assert text.count(old) == 1, f"{text.count(old)} times: {old}"
        text = text.replace(old, new)
    return text


def with_storage(text: str = SHIPPED) -> str:
    """The shipped file with its lines for shared storage no longer comments."""
    mounts = "# - sudo mkdir -p /mnt/studies\n# - sudo mount -t nfs4"
    return edited(
        text,
        ("    # - -v /mnt/studies", "    - -v /mnt/studies"),
        ("initialization_commands: []\n", "initialization_commands:\n"),
        (mounts, mounts.replace("# - ", "- ")),
    )


def on_gcp() -> str:
    """The shipped file for GCP."""
    head, types = SHIPPED.index("provider:\n"), SHIPPED.index("available_node_types:\n")
    middle = SHIPPED[SHIPPED.index("auth:\n") : types]
    rest = SHIPPED[SHIPPED.index("# Files copied to the nodes.") :]
    provider = "  type: gcp\n  region: us-west1\n  availability_zone: us-west1-a\n  project_id: my-project\n\n"
    nodes = """available_node_types:
  head:
    resources: {CPU: 4}
    max_workers: 0
    node_config:
      machineType: n2-standard-4
  gpu_spot:
    resources: {CPU: 8, GPU: 1}
    max_workers: 8
    node_config:
      machineType: g2-standard-8
      scheduling:
        - provisioningModel: SPOT

"""
    return f"{SHIPPED[:head]}provider:\n{provider}{middle}{nodes}{rest}"


def on_premises() -> str:
    """The file for one's own hosts that the documents show."""
    text = (ROOT / "docs" / "cluster.md").read_text(encoding="utf-8")
    (found,) = re.findall(r"```yaml\n(cluster_name:.*?)```", text, flags=re.DOTALL)
    return str(found)


def for_hosts(name: str, hosts: Mapping[str, int], key: str, ports: Mapping[str, int] | None = None) -> str:
    """Derive the file for one's own hosts from the shipped one, as the docs say.

    There are no node types, containers and clouds, no `ray stop`, and `ray start` is told each host's CPUs. Nothing is
    installed: the environment is there, and has no network.

    Args:
        name: of the cluster.
        hosts: address and CPUs of each, the head first.
        key: file of the private ssh key.
        ports: in place of Ray's own, by option of `ray start`; all on one machine needs them.
    """
    cluster = yaml.safe_load(SHIPPED)
    for gone in ("docker", "head_node_type", "available_node_types", "upscaling_speed"):
        del cluster[gone]
    head, *workers = hosts
    cluster["cluster_name"] = name
    cluster["provider"] = {"type": "local", "head_ip": head, "worker_ips": workers}
    cluster["auth"] = {"ssh_user": "root", "ssh_private_key": key}
    cluster["max_workers"] = cluster["min_workers"] = len(workers)
    cluster["setup_commands"] = [line for line in cluster["setup_commands"] if "pip install" not in line]
    for which, host in (("head_start_ray_commands", head), ("worker_start_ray_commands", [head, *workers][-1])):
        (start,) = (line for line in cluster[which] if "ray start" in line)
        if ports:
            start = re.sub(r" --(port|object-manager-port)=\d+", "", start).replace(":6379", f":{ports['port']}")
        options = {"num-cpus": hosts[host], "num-gpus": 0, "object-store-memory": 10**8, **(ports or {})}
        cluster[which] = [" ".join([start, *(f"--{option}={value}" for option, value in options.items())])]
    return str(yaml.safe_dump(cluster, sort_keys=False, width=200))


def copy_project(target: Path) -> None:
    """Copy what the shipped file copies to the nodes."""
    target.mkdir(exist_ok=True)
    for source in yaml.safe_load(SHIPPED)["file_mounts"].values():
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, target / source, ignore=shutil.ignore_patterns("__pycache__"))
        elif not source.startswith("~"):
            shutil.copy(ROOT / source, target)


def write_for_this_machine(folder: Path) -> Path:
    """Write the shipped file, with shared storage, so that it has no mistake on this machine, from any directory."""
    token = folder / "auth_token"
    token.write_text("secret", encoding="utf-8")
    token.chmod(0o600)
    text = edited(with_storage(), ("~/.ray/auth_token: ~/.ray/auth_token", f"~/.ray/auth_token: {token}"))
    text = re.sub(r"^(  ~/xlingual/\S+): (\S+)$", rf"\1: {ROOT}/\2", text, flags=re.MULTILINE)
    text = text.replace("-py311-", "-py{}{}-".format(*sys.version_info)).replace("2.60.0", version("ray"))
    path = folder / "cluster.yaml"
    path.write_text(text, encoding="utf-8")
    return path
