"""Container images and packages: one version of each, the same on every node and here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from xlingual.cluster_file.cluster import ClusterFile
from xlingual.cluster_file.finding import Finding
from xlingual.cluster_file.shell import installed
from xlingual.study.document import Path

_OF_RAY = re.compile(r"(?P<ray>\d+\.\d+\.\d+)(?:-py(?P<major>\d)(?P<minor>\d+))?(?:-(?P<device>cpu|gpu|cu\d+))?")
_PINNED = ("ray", "torch")


@dataclass(frozen=True, slots=True)
class Image:
    """A container image of a cluster file: where it is written, its repository and its tag (or digest)."""

    path: Path
    repository: str
    tag: str

    @classmethod
    def of(cls, path: Path, written: str) -> Image:
        """Split an image's name."""
        if "@" in written:
            repository, _, tag = written.partition("@")
        else:
            repository, colon, tag = written.rpartition(":")
            if not colon or "/" in tag:  # the colon of a registry's port
                repository, tag = written, ""
        return cls(path, repository, tag)

    @property
    def moves(self) -> bool:
        """Whether the name means another image tomorrow."""
        return not self.tag or self.tag.startswith(("latest", "nightly"))

    @property
    def of_ray(self) -> re.Match[str] | None:
        """The parts of a tag of Ray's own images; None for another image."""
        return _OF_RAY.fullmatch(self.tag) if self.repository.endswith("rayproject/ray") else None

    @property
    def release(self) -> str:
        """The tag without the device that the image is for."""
        return re.sub(r"-(cpu|gpu|cu\d+)$", "", self.tag)

    def __str__(self) -> str:
        return self.repository + (f"{'@' if self.tag.startswith('sha256:') else ':'}{self.tag}" if self.tag else "")


def images(cluster: ClusterFile) -> dict[str, Image]:
    """Every image that is written, by "head", "image", "worker", or the name of a node type."""
    places: dict[str, Path] = {
        "image": ("docker", "image"), "head": ("docker", "head_image"), "worker": ("docker", "worker_image"),
    }  # fmt: skip
    places |= {each.name: (*each.path, "docker", "worker_image") for each in cluster.workers}
    return {name: Image.of(path, written) for name, path in places.items() if (written := cluster.text(*path))}


def unpinned_image(cluster: ClusterFile) -> Iterator[Finding]:
    """An image is the same one tomorrow."""
    for image in images(cluster).values():
        if image.moves:
            found = f"{image} changes over time"
            yield cluster.finding(image.path, found, f"write {_suggested(cluster, image)}")


def other_versions(cluster: ClusterFile) -> Iterator[Finding]:
    """Ray's images have this machine's versions of Ray and Python."""
    here = cluster.here
    for image in images(cluster).values():
        parts = image.of_ray
        if parts is None:
            continue
        python = f"{parts['major']}.{parts['minor']}" if parts["major"] else None
        wrong = [f"Ray {parts['ray']}"] if parts["ray"] != here.versions.get("ray") else []
        wrong += [f"Python {python}"] if python and python != here.python else []
        mine = f"this machine has Ray {here.versions.get('ray')} and Python {here.python}"
        if wrong:
            found = f"{image} has {' and '.join(wrong)}, but {mine}"
        elif python is None:
            found = f"{image} does not name its Python version, and {mine}"
        else:
            continue
        yield cluster.finding(image.path, found, f"write {_suggested(cluster, image)}")


def mixed_versions(cluster: ClusterFile) -> Iterator[Finding]:
    """Head and workers have images of one version; those of Ray are compared with this machine's."""
    found = images(cluster)
    head = found.get("head") or found.get("image")
    if head is None or head.moves or head.of_ray:
        return
    for image in _of_workers(found):
        if image.repository == head.repository and not image.moves and image.release != head.release:
            text = f"{image} differs in its version from the head's {head}"
            yield cluster.finding(image.path, text, f"write the same version for both, such as {head}")


def container_name(cluster: ClusterFile) -> Iterator[Finding]:
    """Ray refuses an image without a name for its container."""
    if images(cluster) and not cluster.text("docker", "container_name"):
        found = "is missing, and Ray refuses an image without it"
        yield cluster.finding(("docker", "container_name"), found, "write container_name: xlingual")


def image_without_cuda(cluster: ClusterFile) -> Iterator[Finding]:
    """A node with GPUs runs an image that shows them."""
    found = images(cluster)
    told: set[Path] = set()
    for node in cluster.workers:
        image = found.get(node.name) or found.get("worker") or found.get("image")
        parts = image.of_ray if image else None
        if image is None or parts is None or image.path in told or not (node.resources.get("GPU") or node.has_gpu):
            continue
        if parts["device"] in (None, "cpu"):
            told.add(image.path)
            text = f"{image} is an image without CUDA, so its containers see no GPU on the nodes of {node.name}"
            better = f"{image.repository}:{parts['ray']}-py{parts['major'] or ''}{parts['minor'] or ''}-gpu"
            yield cluster.finding(image.path, text, f"write {better}")


def unpinned_packages(cluster: ClusterFile) -> Iterator[Finding]:
    """Ray and PyTorch are installed in one version, and Ray in that of this machine."""
    for path, command in cluster.set_up():
        for each in installed(command):
            mine = cluster.here.versions.get(each.name)
            if each.name not in _PINNED:
                continue
            remedy = (
                f'write "{each.name}{each.extras}=={mine}"'
                if mine
                else f"write {each.name}==VERSION with the version that you test"
            )
            if each.pinned is None:
                found = f"pip installs {each.written} in the version that is newest when a node starts"
                yield cluster.finding(path, found, remedy)
            elif each.name == "ray" and each.pinned != mine:
                found = f"pip installs Ray {each.pinned}, but Ray here is {mine}"
                yield cluster.finding(path, found, remedy)


def _of_workers(found: dict[str, Image]) -> list[Image]:
    return [image for name, image in found.items() if name != "head" and (name, "worker" in found) != ("image", True)]


def _shows_gpus(cluster: ClusterFile, image: Image) -> bool:
    """Whether nodes with GPUs run this image."""
    found = images(cluster)
    used = ((node, found.get(node.name) or found.get("worker") or found.get("image")) for node in cluster.workers)
    return any(each == image and bool(node.resources.get("GPU") or node.has_gpu) for node, each in used)


def _suggested(cluster: ClusterFile, image: Image) -> str:
    """Return the image with a tag that does not move, of this machine's versions where it is Ray's."""
    here = cluster.here
    if not image.repository.endswith("rayproject/ray"):
        return f"{image.repository}:TAG with the tag of one release, or its digest"
    parts = image.of_ray
    gpus = "gpu" in image.tag or _shows_gpus(cluster, image)
    device = (parts["device"] if parts else None) or ("gpu" if gpus else "cpu")
    return f"{image.repository}:{here.versions.get('ray')}-py{here.python.replace('.', '')}-{device}"


RULES = (unpinned_image, other_versions, mixed_versions, container_name, image_without_cuda, unpinned_packages)
