"""Whether a node sees the study's directory as the driver does: a file of each is read by the other.

What runs on a node is sent there whole (pickled by value), like the rest of the probe: it imports nothing but the
standard library.
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


class StorageProbe:
    """One round of questions about a study's directory.

    Args:
        study: the directory, by the path that all nodes use.
    """

    def __init__(self, study: Path) -> None:
        self.place = str(study)
        self.folder = study / f".probe-{secrets.token_hex(4)}"
        self.token = secrets.token_hex(8)

    @property
    def question(self) -> tuple[Any, ...]:
        """What is asked of a node, and the arguments of that besides its id."""
        return storage_of_node, str(self.folder), self.token

    @contextmanager
    def open(self) -> Iterator[str | None]:
        """Write the driver's file; yields why that failed, or None. All files go with the context."""
        try:
            yield write_token(str(self.folder), "driver", self.token)
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)

    def difference(self, node: str, told: str | None) -> str | None:
        """Say in what a node's storage differs from the driver's.

        Args:
            node: its id.
            told: what `storage_of_node` returned there.
        """
        study = self.folder.parent
        if told is not None:
            return f"{study} {told}"
        try:
            found = (self.folder / node).read_text(encoding="utf-8")[: len(self.token)]
        except OSError:
            found = ""
        if found != self.token:
            return f"{study} is another directory there: what it writes does not arrive here"
        return None


def storage_of_node(node: str, folder: str, token: str) -> str | None:
    """Read the driver's file and write one, on a node; return what is wrong with its storage, or None."""
    import os
    import time

    theirs = os.path.join(folder, "driver")
    for last in (False, False, True):  # NFS shows a new file with a delay
        try:
            with open(theirs, encoding="utf-8") as stream:
                found = stream.read(len(token))
            break
        except FileNotFoundError:
            if last:
                return "is not shared with that node: what this command writes does not arrive there"
            time.sleep(1.0)
        except OSError as error:
            return f"cannot be read there ({error.strerror or error})"
    return write_token(folder, node, token) if found == token else "holds something else on that node"


def write_token(folder: str, name: str, token: str) -> str | None:
    """Write a probe's file and put it on the disk; return why that cannot be done, or None."""
    import os

    try:
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, name), "w", encoding="utf-8") as stream:
            stream.write(token + " " * 2**18)  # more than a full disk has left over
            stream.flush()
            os.fsync(stream.fileno())
    except OSError as error:
        return f"cannot be written there ({error.strerror or error})"
    return None
