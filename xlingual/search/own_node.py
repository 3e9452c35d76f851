"""What a process checks of the node that it runs on, before it trains there: its software, and its copy of a model.

Nothing of PyTorch is imported here: each node is asked before the first trial, and after each failure.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from xlingual.errors import ModelError, NodeError
from xlingual.models.checkpoint_directory import resolve_checkpoint
from xlingual.models.remembered_fingerprint import remembered_fingerprint
from xlingual.records.lock import hold
from xlingual.search.node_probe import Facts, difference, facts_of_node

if TYPE_CHECKING:
    from xlingual.data.toy import ToyWorld

PATIENCE = 1800.0
"""Seconds to wait for another process of the node that downloads or hashes the same model."""

_compared: set[str] = set()
"""The drivers that this process compared itself with."""


@dataclass(frozen=True)
class Expected:
    """What a node must have in common with the driver.

    Attributes:
        facts: of the driver, see `facts_of_node`.
        models: by name (of the hub, with its commit), the fingerprint that the driver found.
        toy: where each node makes the toy world whose model is trained; None where there is none, or all nodes see it.
    """

    facts: Facts
    models: Mapping[str, str] = field(default_factory=dict)
    toy: tuple[Path, ToyWorld] | None = None


def make_toy_world(expected: Expected) -> None:
    """Make the toy world on this node, where a study at a URL has one."""
    if expected.toy is not None:
        from xlingual.data.toy import write_toy_world

        write_toy_world(*expected.toy)


def check_software(expected: Expected) -> None:
    """Compare this process with the driver, once.

    Raises:
        NodeError: when its versions or its code differ.
    """
    key = json.dumps(expected.facts, sort_keys=True)
    if key in _compared:
        return
    if (told := difference(facts_of_node(), expected.facts)) is not None:
        raise NodeError(f"its node cannot take part: {told}")
    _compared.add(key)


def model_here(name: str, fingerprint: str, folder: Path | None = None) -> Path:
    """Find a model on this node, and compare its content with the driver's.

    One process of a node downloads it, where it is not there, and hashes it; the others wait for that one. Afterwards
    neither is done again, nor is the hub asked.

    Args:
        name: a directory, or `NAME@COMMIT` of the hub.
        fingerprint: of the driver's copy.
        folder: of this node's own disk; None takes the one of Ray's session.

    Returns:
        its directory.

    Raises:
        NodeError: when it is absent here, or another one.
    """
    folder = folder or session_folder()
    with hold(folder / f"{hashlib.sha256(name.encode()).hexdigest()[:16]}.lock", patience=PATIENCE):
        try:
            directory = resolve_checkpoint(name)
        except ModelError as error:
            raise NodeError(_absent(name, error)) from None
        found = remembered_fingerprint(directory, folder)
    if found != fingerprint:
        raise NodeError(
            f"its copy of the model {name} has other content than this command's ({found}, not {fingerprint}, in "
            f"{directory}); {_remedy(name)}"
        )
    return directory


def session_folder() -> Path:
    """Folder of this node's own disk that lasts as long as the cluster: below Ray's session."""
    from ray._private import worker

    return Path(worker._global_node.get_session_dir_path()) / "xlingual"


def _absent(name: str, error: ModelError) -> str:
    reason = str(error).partition("; ")[0].removeprefix(f"model {name!r}: ")
    return f"the model {name} cannot be loaded there ({reason}); {_remedy(name)}"


def _remedy(name: str) -> str:
    if Path(name).is_absolute():
        return "copy the model to the same path there, or name one on storage that all nodes share"
    return "let that node reach the hub, or copy this machine's cache there (HF_HOME)"
