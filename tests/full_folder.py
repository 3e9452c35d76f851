"""A full disk for tests of what is left behind by it."""

from __future__ import annotations

import resource
import signal
from pathlib import Path


class FullFolder:
    """A folder on a disk that is full within the context: no file of this process grows beyond some bytes."""

    def __init__(self, path: Path, most: int = 64) -> None:
        self.path, self.most = path, most

    def __enter__(self) -> Path:
        self.before = resource.getrlimit(resource.RLIMIT_FSIZE)
        self.handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (self.most, self.before[1]))
        return self.path

    def __exit__(self, *_: object) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, self.before)
        signal.signal(signal.SIGXFSZ, self.handler)
