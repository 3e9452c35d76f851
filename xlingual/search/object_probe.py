"""Whether a node can use the URL of a study as the driver does: an object of each is read by the other.

What runs on a node is sent there whole (pickled by value), like the rest of the probe. It imports nothing at once but
the standard library; that the node has this package is asked elsewhere.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from xlingual.errors import StorageError
from xlingual.records.remote import FIRST_PATIENCE, Remote


class ObjectProbe:
    """One round of questions about a URL.

    Args:
        url: of the study.
        mirror: the folder in which every node keeps its copy.
    """

    def __init__(self, url: str, mirror: Path) -> None:
        self.place, self._mirror = url, mirror
        self._folder, self._token = f".probe-{secrets.token_hex(4)}", secrets.token_hex(8)

    @property
    def question(self) -> tuple[Any, ...]:
        """What is asked of a node, and the arguments of that besides its id."""
        return objects_of_node, self.place, self._folder, self._token, str(self._mirror)

    @contextmanager
    def open(self) -> Iterator[str | None]:
        """Put the driver's object; yields why that failed, or None. All objects go with the context."""
        self._remote = Remote.at(self.place, FIRST_PATIENCE)
        try:
            yield _fault(self.place, lambda: self._remote.put(f"{self._folder}/driver", self._token.encode()))
        finally:
            with suppress(StorageError):
                self._remote.delete([each.key for each in self._remote.list(self._folder)])

    def difference(self, node: str, told: str | None) -> str | None:
        """Say why a node cannot use the URL.

        Args:
            node: its id.
            told: what `objects_of_node` returned there.
        """
        if told is not None:
            return f"{self.place} {told}"
        try:
            found = self._remote.get(f"{self._folder}/{node}")
        except StorageError as error:
            return str(error)
        if found is None or found[0] != self._token.encode():
            return f"{self.place} is another store there: what it writes does not arrive here"
        return None


def objects_of_node(node: str, url: str, folder: str, token: str, mirror: str) -> str | None:
    """Read the driver's object, write one, and make the mirror's folder, on a node; return what fails, or None."""
    import os

    try:
        import obstore  # noqa: F401

        from xlingual.errors import StorageError
        from xlingual.records.remote import FIRST_PATIENCE, Remote
    except ImportError as error:
        return f"cannot be used there ({error}); install xlingual there with its dependencies"
    try:
        remote = Remote.at(url, FIRST_PATIENCE)
        theirs = remote.get(f"{folder}/driver")
        if theirs is None or theirs[0] != token.encode():
            return "is another store there: what this command writes does not arrive there"
        remote.put(f"{folder}/own-{node}", b"")
        remote.delete([f"{folder}/own-{node}"])
        remote.put(f"{folder}/{node}", token.encode())
    except StorageError as error:
        return f"cannot be used there ({str(error).removeprefix(f'{url}: ')})"
    probe = os.path.join(mirror, f"{folder}-{node}")
    try:
        os.makedirs(mirror, exist_ok=True)
        with open(probe, "wb") as stream:
            stream.write(bytes(2**18))
        os.unlink(probe)
    except OSError as error:
        return f"cannot be copied to {mirror} there ({error.strerror or error}); set XDG_CACHE_HOME on all nodes"
    return None


def _fault(url: str, action: Any) -> str | None:
    try:
        action()
    except StorageError as error:
        return str(error).removeprefix(f"{url}: ")
    return None
