"""A KubeRay `RayJob`: the cluster is made for the study, and goes when it has ended.

Source: the types of `ray.io/v1` (`ray-operator/apis/ray/v1` of KubeRay), read, not validated by its schema;
`authOptions` needs 1.5.1 by its release notes.
"""

from __future__ import annotations

from typing import Any

from xlingual.cluster_file.cluster import NodeType
from xlingual.cluster_file.rules.study_fit import groups_of, most_places
from xlingual.cluster_file.translation.parts import Asked, comments, dns_name, document
from xlingual.search.placement import Demand

STUDY_FOLDER = "/home/ray/study"
PROJECT = "/home/ray/xlingual"
SHARED_MEMORY = "2Gi"


def ray_job(asked: Asked) -> str:
    """Translate a cluster file and a study into a ConfigMap with the study file, and a RayJob."""
    name = dns_name(asked.study.name)
    config_map = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": f"{name}-study"},
        "data": {"study.yaml": asked.study.source_text},
    }
    job = {
        "apiVersion": "ray.io/v1",
        "kind": "RayJob",
        "metadata": {"name": name},
        "spec": {
            "entrypoint": asked.run(f"{STUDY_FOLDER}/study.yaml", *_concurrency(asked)),
            "shutdownAfterJobFinishes": True,
            "ttlSecondsAfterFinished": 600,
            "backoffLimit": 0,
            "rayClusterSpec": _cluster(asked, name),
        },
    }
    return comments(_said(asked, name)) + document(config_map) + "---\n" + document(job)


def _concurrency(asked: Asked) -> list[str]:
    """Write `auto` as a number: a command cannot ask KubeRay's autoscaler how many nodes there may be."""
    scaling = asked.study.scaling
    if scaling.concurrent_trials != "auto" or not (groups := groups_of(asked.cluster)):
        return []
    demand = Demand(scaling.least_workers, scaling.cpus_per_worker, scaling.gpus_per_worker, scaling.most_workers)
    places = most_places(groups, demand, asked.cluster.most_workers)
    return [f"scaling.concurrent_trials={max(1, places // demand.most_workers)}"]


def _cluster(asked: Asked, name: str) -> dict[str, Any]:
    idle = asked.cluster.number("idle_timeout_minutes")
    return {
        "rayVersion": asked.ray_version,
        "authOptions": {"mode": "token"},
        "enableInTreeAutoscaling": True,
        "autoscalerOptions": {"idleTimeoutSeconds": int(60 * (5 if idle is None else idle))},
        "headGroupSpec": {
            "rayStartParams": {"num-cpus": f"{asked.head.resources.get('CPU', 0):g}", "dashboard-host": "0.0.0.0"},
            "template": _pod(asked, asked.head, name),
        },
        "workerGroupSpecs": [
            {
                "groupName": dns_name(each.name),
                "replicas": each.least,
                "minReplicas": each.least,
                "maxReplicas": each.most,
                "rayStartParams": {
                    f"num-{kind.lower()}s": f"{amount:g}"
                    for kind, amount in each.resources.items()
                    if kind in ("CPU", "GPU")
                },
                "template": _pod(asked, each, name),
            }
            for each in asked.workers
        ],
    }


def _pod(asked: Asked, node: NodeType, name: str) -> dict[str, Any]:
    """A pod of one container; memory is not in a cluster file, so that only CPUs and GPUs are asked for."""
    has = {"cpu": f"{node.resources.get('CPU', 1):g}"}
    gpus = node.resources.get("GPU", 0)
    limits = has | ({"nvidia.com/gpu": f"{gpus:g}"} if gpus else {})
    volumes: list[dict[str, Any]] = [{"name": "shm", "emptyDir": {"medium": "Memory", "sizeLimit": SHARED_MEMORY}}]
    mounts = [{"name": "shm", "mountPath": "/dev/shm"}]
    if node.is_head:
        volumes.append({"name": "study", "configMap": {"name": f"{name}-study"}})
        mounts.append({"name": "study", "mountPath": STUDY_FOLDER})
    if "://" not in asked.storage:
        volumes.append({"name": "studies", "persistentVolumeClaim": {"claimName": "studies"}})
        mounts.append({"name": "studies", "mountPath": asked.storage})
    container = {
        "name": "ray-head" if node.is_head else "ray-worker",
        "image": image(asked, node),
        "env": [{"name": key, "value": value} for key, value in asked.environment.items()],
        "resources": {"requests": limits, "limits": limits},
        "volumeMounts": mounts,
    }
    tolerations = [{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}] if gpus else []
    return {"spec": {"containers": [container], "volumes": volumes, **({"tolerations": tolerations} if gpus else {})}}


def image(asked: Asked, node: NodeType) -> str:
    """The image of a node with the project in it, named after the one that it is made from."""
    base = asked.image(node.is_head) or f"rayproject/ray:{asked.ray_version}"
    return f"REGISTRY/xlingual:{base.rpartition('/')[2].replace(':', '-')}"


def _said(asked: Asked, name: str) -> list[str]:
    """What is to be done before, and what could not be translated."""
    machines = ", ".join(each.machine or each.name for each in (asked.head, *asked.workers))
    images = {image(asked, each): asked.image(each.is_head) for each in (asked.head, *asked.workers)}
    lines = [
        "A KubeRay RayJob (KubeRay 1.5.1 or newer), written by `xlingual cluster export`. Not yet run on Kubernetes.",
        "",
        "Before `kubectl apply -f`:",
        "1. The project is in the image. Build and push, from its directory, with your REGISTRY in place of that word:",
    ]
    for made, base in images.items():
        lines += [
            f"     printf 'FROM {base}\\nCOPY --chown=ray . {PROJECT}\\nRUN pip install -c {PROJECT}/constraints.txt "
            f"-e {PROJECT}\\n' \\",
            f"       | docker build -t {made} -f - . && docker push {made}",
        ]
    if "://" in asked.storage:
        lines.append(f"2. The pods' service account may read and write {asked.storage}.")
    else:
        lines.append(
            f"2. Make a PersistentVolumeClaim `studies` (ReadWriteMany), which all pods see as {asked.storage}."
        )
    lines += [
        "3. KubeRay makes the token, in a Secret; keep the head's service inside the cluster (ClusterIP, the default).",
        "",
        "Not translated:",
        "- memory: a cluster file does not say it; add it to `resources` so that pods are placed well.",
        f"- machines ({machines}), spot prices and disks: choose nodes with a nodeSelector of your cluster.",
        "- shell commands of the cluster file: what they install is in the image.",
        f"Follow it with `kubectl logs -f job/{name}`; results are in {asked.storage}/{asked.study.name}.",
    ]
    return lines
