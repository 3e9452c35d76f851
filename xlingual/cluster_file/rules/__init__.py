"""The rules, in groups: each takes a cluster file and yields what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

from xlingual.cluster_file.cluster import ClusterFile
from xlingual.cluster_file.finding import Finding
from xlingual.cluster_file.rules import files, images, network, node_types, provider, start, storage, study_fit

Rule: TypeAlias = Callable[[ClusterFile], Iterator[Finding]]

RULES: tuple[Rule, ...] = (
    *provider.RULES,
    *node_types.RULES,
    *images.RULES,
    *start.RULES,
    *files.RULES,
    *network.RULES,
    *study_fit.RULES,
    *storage.RULES,
)
"""All of them. A new rule stands in its group's file, and in `RULES` there."""
