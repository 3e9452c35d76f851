"""What a cluster file is compared with: this machine's versions, folders and environment."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Here:
    """This machine, as `ray up` would find it.

    Attributes:
        versions: of the packages ray and torch, where they are installed.
        python: major and minor version, such as 3.11.
        directory: the current one, from which Ray resolves relative paths.
        home: the user's.
        environment: the environment's variables.
    """

    versions: Mapping[str, str]
    python: str
    directory: Path
    home: Path
    environment: Mapping[str, str]

    @classmethod
    def now(cls) -> Here:
        """Describe this process."""
        versions = {name: found for name in ("ray", "torch") if (found := _version(name)) is not None}
        python = ".".join(platform.python_version_tuple()[:2])
        return cls(versions, python, Path.cwd(), Path.home(), dict(os.environ))

    def path(self, written: str) -> Path:
        """Resolve a path as Ray does: ~ is the home directory, and a relative path begins at the current one."""
        if written == "~" or written.startswith("~/"):
            return self.home / written[2:]
        return self.directory / written


def _version(package: str) -> str | None:
    """The version of an installed package without its local part, such as +cpu."""
    try:
        return version(package).partition("+")[0]
    except PackageNotFoundError:
        return None
