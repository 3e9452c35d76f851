"""A SkyPilot task: all nodes are alike, the first is Ray's head.

Source: the schema of tasks in SkyPilot 0.14 (`sky/utils/schemas.py`).
"""

from __future__ import annotations

from typing import Any

from xlingual.cluster_file.cluster import NodeType
from xlingual.cluster_file.translation.parts import PORT, Asked, comments, dns_name, document

WORKDIR = "~/sky_workdir"
_SIZES = (("BlockDeviceMappings", 0, "Ebs", "VolumeSize"), ("disks", 0, "initializeParams", "diskSizeGb"))

RUN = """\
export RAY_AUTH_MODE=token
ulimit -n 65536
head=$(echo "$SKYPILOT_NODE_IPS" | head -n 1)
if [ "$SKYPILOT_NODE_RANK" != 0 ]; then
  until ray start --address="$head:{port}" --num-cpus={cpus} --num-gpus={gpus}; do sleep 5; done
  while ray health-check --address "$head:{port}"; do sleep 30; done
  exit 0
fi
ray start --head --port={port} --num-cpus={cpus} --num-gpus={gpus} --dashboard-host=127.0.0.1
{run}
"""


def sky_task(asked: Asked) -> str:
    """Translate a cluster file and a study into a SkyPilot task.

    Raises:
        XlingualError: when there are no node types.
    """
    node = max(asked.workers or (asked.head,), key=lambda each: (each.resources.get("GPU", 0), each.most))
    cpus, gpus = (f"{node.resources.get(kind, 0):g}" for kind in ("CPU", "GPU"))
    task = {
        "name": dns_name(asked.study.name),
        "workdir": ".",
        "num_nodes": max(1, node.most),
        "resources": _resources(asked, node),
        "file_mounts": {"~/.ray/auth_token": "~/.ray/auth_token"},
        "envs": asked.environment,
        "setup": f"chmod 600 ~/.ray/auth_token\npip install -c constraints.txt -e {WORKDIR}\n",
        "run": RUN.format(port=PORT, cpus=cpus, gpus=gpus, run=asked.run(asked.study_file)),
    }
    return comments(_said(asked, node)) + document(task)


def _resources(asked: Asked, node: NodeType) -> dict[str, Any]:
    cluster = asked.cluster
    region = cluster.text("provider", "region")
    found: dict[str, Any] = {"infra": "/".join(filter(None, (cluster.provider, region)))}
    if node.machine:
        found["instance_type"] = node.machine
    found["use_spot"] = _is_spot(node)
    image = asked.image(is_head=False)
    if image:
        found["image_id"] = f"docker:{image}"
    size = _disk(node)
    return found | ({"disk_size": size} if size else {})


def _is_spot(node: NodeType) -> bool:
    market = node.config.get("InstanceMarketOptions") or {}
    scheduling = node.config.get("scheduling") or ()
    return market.get("MarketType") == "spot" or any(
        isinstance(each, dict) and (each.get("provisioningModel") == "SPOT" or each.get("preemptible"))
        for each in (scheduling if isinstance(scheduling, list) else [scheduling])
    )


def _disk(node: NodeType) -> int | None:
    """Size of the node's first disk in GB; None where it is not written."""
    for path in _SIZES:
        value: Any = node.config
        for step in path:
            try:
                value = value[step]
            except (KeyError, IndexError, TypeError):
                value = None
                break
        if isinstance(value, int):
            return value
    return None


def _said(asked: Asked, node: NodeType) -> list[str]:
    """What is to be done before, and what could not be translated."""
    lines = [
        "A SkyPilot task (SkyPilot 0.14), written by `xlingual cluster export`. Not yet run on a cloud.",
        "",
        "    ray get-auth-token --generate && chmod 600 ~/.ray/auth_token      # once",
        f"    sky launch -c {dns_name(asked.study.name)} --down --idle-minutes-to-autostop 15 THIS_FILE",
        "",
        "Not translated:",
        f"- a small head, and workers from zero: there are {node.most} equal nodes ({node.machine or node.name}), the",
        "  first of which is the head. When a spot head is taken away, the same command continues the study.",
    ]
    others = [each.name for each in asked.workers if each is not node]
    if others:
        lines.append(f"- further types of workers: {', '.join(others)}.")
    if "://" not in asked.storage:
        lines.append(f"- {asked.storage}: mount what all nodes share there, or write --storage with a URL.")
    lines.append("- shell commands of the cluster file; `setup` installs the project with its pinned versions.")
    return lines
