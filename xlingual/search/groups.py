"""Placement groups of a cluster: whose they are, which wait, and which an ended command left behind.

Ray's public table names neither a group's namespace nor its creator, so the cluster's own is read. Ray removes the
groups of a driver when that dies. One for which Ray Train waited then was seen to stay, with its CPUs.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from xlingual.records.attached import url_of

PREFIX = "xlingual/"
"""Of the Ray namespace of every study's driver: how its groups are told from other people's."""


@dataclass(frozen=True, slots=True)
class Group:
    """One placement group that is not removed.

    Attributes:
        key: its id, in hexadecimal digits.
        namespace: of the job that made it.
        bundles: what it asks for, Ray's names (`CPU`, `GPU`).
        placed: whether it has that; else it waits.
        left: whether the driver and the actor that made it are gone.
    """

    key: str
    namespace: str
    bundles: tuple[dict[str, float], ...]
    placed: bool
    left: bool

    @property
    def trains(self) -> bool:
        """Whether it asks for anything to compute with; a trial's driver does not."""
        return any(bundle.get("CPU", 0.0) > 0 or bundle.get("GPU", 0.0) > 0 for bundle in self.bundles)


def namespace_of(study: Path) -> str:
    """Name the Ray namespace of the drivers of one study, by its directory or its URL."""
    return PREFIX + hashlib.blake2b((url_of(study) or str(study)).encode(), digest_size=8).hexdigest()


def groups() -> list[Group]:
    """List the cluster's placement groups, other people's too."""
    from ray._private.state import state
    from ray.core.generated.gcs_pb2 import PlacementGroupTableData as Row

    rows = [Row.FromString(row) for row in state._connect_and_get_accessor().get_placement_group_table()]
    ended = {job["JobID"] for job in state.job_table() if job["IsDead"]}
    return [
        Group(
            key=row.placement_group_id.hex(),
            namespace=row.ray_namespace,
            bundles=tuple(dict(bundle.unit_resources) for bundle in row.bundles),
            placed=row.state == Row.CREATED,
            left=row.creator_job_id.hex() in ended and _actor_is_gone(row.creator_actor_id),
        )
        for row in rows
        if row.state != Row.REMOVED
    ]


def _actor_is_gone(key: bytes) -> bool:
    """Whether the actor that made a group is dead, or none did: Ray writes that as ones alone."""
    from ray._private.state import state

    if all(byte == 0xFF for byte in key):
        return True
    found = state.actor_table(key.hex())
    return not found or found["State"] == "DEAD"


def remove_left_over() -> list[Group]:
    """Remove the groups that ended commands of this program left: Ray keeps some, and whatever they hold with them."""
    from ray import PlacementGroupID
    from ray.util.placement_group import PlacementGroup, remove_placement_group

    found = [group for group in groups() if group.left and group.namespace.startswith(PREFIX)]
    for group in found:
        remove_placement_group(PlacementGroup(PlacementGroupID(bytes.fromhex(group.key))))
    return found


def left_over_line(removed: list[Group]) -> str:
    """Tell what was removed."""
    held = ", ".join(_text(bundle) for group in removed for bundle in group.bundles)
    return f"removed from the cluster what a command that was killed had left there: placement groups of {held}"


def _text(bundle: dict[str, float]) -> str:
    return " and ".join(f"{amount:g} {name}" for name, amount in sorted(bundle.items()))
