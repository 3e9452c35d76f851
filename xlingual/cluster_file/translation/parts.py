"""What both translations take from a cluster file and a study."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import yaml

from xlingual.cluster_file.cluster import ClusterFile, NodeType
from xlingual.cluster_file.shell import installed
from xlingual.errors import XlingualError
from xlingual.study import Study

PORT = 6379
WIDTH = 100


@dataclass(frozen=True, slots=True)
class Asked:
    """What is translated.

    Attributes:
        cluster: a file for a cloud, without mistakes, whose head and workers are `head` and `workers`.
        study: that runs there, of `study_file`, with its `overrides`.
        storage: directory of studies: a URL or an absolute path.
    """

    cluster: ClusterFile
    study: Study
    study_file: str
    overrides: tuple[str, ...]
    storage: str

    @property
    def head(self) -> NodeType:
        """The head's type."""
        found = self.cluster.head
        if found is None:
            raise XlingualError(
                "the cluster file has no node types (provider local), which tell what to ask for elsewhere; name one "
                "that has available_node_types, such as this project's cluster.yaml"
            )
        return found

    @property
    def workers(self) -> tuple[NodeType, ...]:
        """The types of workers that may be started."""
        return tuple(each for each in self.cluster.workers if each.most > 0)

    @property
    def ray_version(self) -> str:
        """The version of Ray that is installed on the nodes."""
        for _, command in self.cluster.set_up():
            for each in installed(command):
                if each.name == "ray" and each.pinned:
                    return each.pinned
        return self.cluster.here.versions["ray"]

    @property
    def environment(self) -> dict[str, str]:
        """Variables that the containers of the file have, and are wanted elsewhere, too."""
        options = " ".join(option for _, option in self.cluster.texts("docker", "run_options"))
        given = re.findall(r"(?:--env|-e)[ =](\w+)=(\S+)", options)
        return {"RAY_USAGE_STATS_ENABLED": "0", **dict(given)}

    def image(self, is_head: bool) -> str | None:
        """The image of the head or of the workers."""
        own = self.cluster.text("docker", "head_image" if is_head else "worker_image")
        return own or self.cluster.text("docker", "image")

    def run(self, study_file: str, *more: str) -> str:
        """The command that runs the study on the head, with overrides of its own and `more`."""
        sets = [word for override in (*more, *self.overrides) for word in ("--set", override)]
        return shlex.join(["xlingual", "run", study_file, "--address", "auto", "--storage", self.storage, *sets])


def document(value: Any) -> str:
    """Write YAML, texts of several lines as blocks."""
    return str(yaml.dump(value, Dumper=_Dumper, sort_keys=False, width=WIDTH, allow_unicode=True))


def comments(lines: Iterable[str]) -> str:
    """Write lines of comments."""
    return "".join(f"# {line}".rstrip() + "\n" for line in lines)


def dns_name(text: str) -> str:
    """A name that Kubernetes and clouds take: small letters, digits and -."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:50].strip("-")


class _Dumper(yaml.SafeDumper):
    """Writes no anchors, and texts of several lines as blocks."""

    def ignore_aliases(self, data: Any) -> bool:
        """Write everything out."""
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)
