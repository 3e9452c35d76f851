"""The cluster and study of two files, as other programs start them: KubeRay on Kubernetes, SkyPilot on any cloud."""

from xlingual.cluster_file.translation.kuberay import ray_job
from xlingual.cluster_file.translation.parts import Asked
from xlingual.cluster_file.translation.skypilot import sky_task

TRANSLATIONS = {"kuberay": ray_job, "skypilot": sky_task}

__all__ = ["TRANSLATIONS", "Asked", "ray_job", "sky_task"]
