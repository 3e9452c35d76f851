"""A cluster file and a study, for KubeRay and SkyPilot: the fields that these programs know, with the file's values.

The names of fields were read in KubeRay's types (`ray-operator/apis/ray/v1`) and in SkyPilot 0.14.1's schema.
"""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from cluster_files import on_premises, write_for_this_machine

from xlingual.cluster_file import check_cluster_file
from xlingual.cluster_file.translation import Asked, ray_job, sky_task
from xlingual.errors import XlingualError
from xlingual.study import load_study

ROOT = Path(__file__).parents[2]
STUDY = "studies/baselines.yaml"
JOB = {
    "entrypoint", "shutdownAfterJobFinishes", "ttlSecondsAfterFinished", "backoffLimit", "rayClusterSpec",
    "activeDeadlineSeconds", "jobId", "metadata", "runtimeEnvYAML", "submissionMode", "submitterPodTemplate", "suspend",
}  # fmt: skip
CLUSTER = {
    "rayVersion",
    "authOptions",
    "enableInTreeAutoscaling",
    "autoscalerOptions",
    "headGroupSpec",
    "workerGroupSpecs",
}
WORKERS = {"groupName", "replicas", "minReplicas", "maxReplicas", "numOfHosts", "rayStartParams", "template"}
TASK = {"name", "workdir", "num_nodes", "resources", "file_mounts", "envs", "setup", "run"}
RESOURCES = {"infra", "instance_type", "use_spot", "image_id", "disk_size", "accelerators", "autostop"}


def asked(tmp_path: Path, storage: str = "s3://bucket/studies", *overrides: str) -> Asked:
    file = write_for_this_machine(tmp_path)
    study = load_study(str(ROOT / STUDY), overrides)
    cluster = check_cluster_file(str(file), study).cluster
    assert cluster is not None
    return Asked(cluster, study, STUDY, overrides, storage)


def job_of(text: str) -> tuple[dict[str, Any], dict[str, Any]]:
    config_map, job = yaml.safe_load_all(text)
    return config_map, job


def test_a_ray_job_has_kuberays_fields_and_the_files_values(tmp_path: Path) -> None:
    config_map, job = job_of(ray_job(asked(tmp_path, "/mnt/studies", "name=My_study", "question=it's $(x)")))
    assert (job["apiVersion"], job["kind"], job["metadata"]["name"]) == ("ray.io/v1", "RayJob", "my-study")
    spec = job["spec"]
    assert set(spec) <= JOB and spec["shutdownAfterJobFinishes"] is True
    words = shlex.split(spec["entrypoint"])
    assert words[:3] == ["xlingual", "run", "/home/ray/study/study.yaml"]
    assert words[-6:-4] == ["--set", "scaling.concurrent_trials=8"]  # auto, which KubeRay cannot be asked for
    assert words[-4:] == ["--set", "name=My_study", "--set", "question=it's $(x)"]
    cluster = spec["rayClusterSpec"]
    assert set(cluster) <= CLUSTER
    assert cluster["authOptions"] == {"mode": "token"} and cluster["rayVersion"] == "2.60.0"
    assert cluster["autoscalerOptions"] == {"idleTimeoutSeconds": 900}
    head, (workers,) = cluster["headGroupSpec"], cluster["workerGroupSpecs"]
    assert set(workers) <= WORKERS
    assert (workers["minReplicas"], workers["maxReplicas"], workers["groupName"]) == (0, 8, "gpu-spot")
    assert head["rayStartParams"]["num-cpus"] == "4" and workers["rayStartParams"] == {"num-cpus": "8", "num-gpus": "1"}
    assert all(isinstance(value, str) for value in head["rayStartParams"].values())
    study = config_map["data"]["study.yaml"]
    assert study == (ROOT / STUDY).read_text()


def test_pods_have_pinned_images_shared_memory_gpus_and_the_storage(tmp_path: Path) -> None:
    _, job = job_of(ray_job(asked(tmp_path, "/mnt/studies")))
    cluster = job["spec"]["rayClusterSpec"]
    pods = [cluster["headGroupSpec"]["template"]["spec"], cluster["workerGroupSpecs"][0]["template"]["spec"]]
    for pod in pods:
        (container,) = pod["containers"]
        assert container["image"].startswith("REGISTRY/xlingual:ray-2.60.0-py")
        mounts = {mount["mountPath"]: mount["name"] for mount in container["volumeMounts"]}
        volumes = {volume["name"]: volume for volume in pod["volumes"]}
        assert set(mounts.values()) == set(volumes)
        assert volumes[mounts["/dev/shm"]]["emptyDir"]["medium"] == "Memory"
        assert volumes[mounts["/mnt/studies"]]["persistentVolumeClaim"] == {"claimName": "studies"}
    limits = [pod["containers"][0]["resources"]["limits"] for pod in pods]
    assert limits == [{"cpu": "4"}, {"cpu": "8", "nvidia.com/gpu": "1"}]


def test_records_on_object_storage_need_no_volume(tmp_path: Path) -> None:
    text = ray_job(asked(tmp_path))
    assert "--storage s3://bucket/studies" in text and "persistentVolumeClaim" not in text


def test_a_task_has_skypilots_fields_and_the_files_values(tmp_path: Path) -> None:
    task = yaml.safe_load(sky_task(asked(tmp_path)))
    assert set(task) <= TASK and set(task["resources"]) <= RESOURCES
    resources = task["resources"]
    assert (resources["infra"], resources["instance_type"]) == ("aws/us-west-2", "g6.2xlarge")
    assert resources["use_spot"] is True and resources["disk_size"] == 200
    assert resources["image_id"].startswith("docker:rayproject/ray:2.60.0-py")
    assert task["num_nodes"] == 8 and task["file_mounts"] == {"~/.ray/auth_token": "~/.ray/auth_token"}
    assert all(isinstance(value, str) for value in task["envs"].values())


def test_the_tasks_shell_commands_start_the_head_first_and_run_the_study_there(tmp_path: Path) -> None:
    """Runs the commands of the first node and of another with a program in place of ray and xlingual."""
    task = yaml.safe_load(sky_task(asked(tmp_path, "/mnt/my studies", "question=a; b")))
    for name in ("ray", "xlingual"):
        program = tmp_path / name
        program.write_text(f'#!/bin/sh\necho "{name} $* token=$RAY_AUTH_MODE"\n[ "$1" != health-check ]\n')
        program.chmod(0o755)
    said = []
    for rank in ("0", "1"):
        environment = {
            "SKYPILOT_NODE_IPS": "10.0.0.1\n10.0.0.2",
            "SKYPILOT_NODE_RANK": rank,
            "PATH": f"{tmp_path}:/usr/bin:/bin",
        }
        done = subprocess.run(["bash", "-c", task["run"]], env=environment, capture_output=True, text=True, check=True)
        said.append(done.stdout.splitlines())
    assert said[0] == [
        "ray start --head --port=6379 --num-cpus=8 --num-gpus=1 --dashboard-host=127.0.0.1 token=token",
        "xlingual run studies/baselines.yaml --address auto --storage /mnt/my studies --set question=a; b token=token",
    ]
    assert said[1][0] == "ray start --address=10.0.0.1:6379 --num-cpus=8 --num-gpus=1 token=token"
    assert len(said[1]) == 2 and said[1][1].startswith("ray health-check")


@pytest.mark.parametrize("translate", [ray_job, sky_task])
def test_what_has_no_node_types_is_refused(tmp_path: Path, translate: Any, by_letter: Any) -> None:
    file = tmp_path / "cluster.yaml"
    file.write_text(on_premises())
    study = load_study(str(ROOT / STUDY))
    cluster = check_cluster_file(str(file), study).cluster
    assert cluster is not None
    with pytest.raises(XlingualError) as error:
        translate(Asked(cluster, study, STUDY, (), "/mnt/studies"))
    by_letter(str(error.value), translate.__name__)


def test_the_command_prints_what_is_applied_and_refuses_what_it_does_not_know(tmp_path: Path, by_letter: Any) -> None:
    file = write_for_this_machine(tmp_path)
    command = [sys.executable, "-m", "xlingual", "cluster", "export", str(file), str(ROOT / STUDY)]
    done = subprocess.run([*command, "--to", "kuberay", "--storage", "/mnt/studies"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert [part["kind"] for part in yaml.safe_load_all(done.stdout)] == ["ConfigMap", "RayJob"]
    done = subprocess.run([*command, "--to", "slurm", "--storage", "/mnt/studies"], capture_output=True, text=True)
    assert done.returncode == 1
    by_letter(done.stderr.strip())
