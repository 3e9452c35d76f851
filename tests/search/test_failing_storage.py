"""Studies whose storage fails: a real disk that is full, and a real file system that becomes read-only."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from simulated_study import SMALL, Commands
from simulation_checks import check, outcome

pytestmark = pytest.mark.cluster


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small disk of its own."""
    place = tmp_path / "disk"
    place.mkdir()
    if os.geteuid() != 0 or _mount("-t", "tmpfs", "-o", "size=4m", "tmpfs", str(place)):
        pytest.skip("needs the right to mount a disk")
    yield place
    while os.path.ismount(place):
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def _mount(*arguments: str) -> int:
    return subprocess.run(["mount", *arguments], capture_output=True).returncode


class Failing(Commands):
    """Commands whose disk fails when the driver has told of a number of events, until they end."""

    def __init__(self, folder: Path, fault: str, after: int) -> None:
        super().__init__(SMALL, folder)
        self.fault, self.after, self.disk = fault, after, folder.parent

    def _heard(self) -> None:
        self.after -= 1
        if self.after == 0 and self.fault == "full":
            (self.disk / "filler").write_bytes(b"")
            with open(self.disk / "filler", "r+b", buffering=0) as filler:
                while self._room() and filler.write(bytes(4096)):
                    pass
        elif self.after == 0:
            assert _mount("--bind", str(self.disk), str(self.disk)) == 0  # on top: files of below stay open
            assert _mount("-o", "remount,bind,ro", str(self.disk)) == 0

    def _room(self) -> int:
        found = os.statvfs(self.disk)
        return found.f_bavail

    def mend(self) -> None:
        if self.fault == "full":
            (self.disk / "filler").unlink()
        else:
            subprocess.run(["umount", str(self.disk)], check=True)


@pytest.mark.parametrize("after", [1, 4, 9])
@pytest.mark.parametrize(
    ("fault", "said"), [("full", "No space left on device"), ("read-only", "Read-only file system")]
)
def test_storage_that_fails_is_one_line(disk: Path, tmp_path: Path, fault: str, said: str, after: int) -> None:
    """The command ends with it; when it is mended, the next one goes on to the end of an undisturbed study."""
    calm = Commands(SMALL, tmp_path / "calm")
    calm.until_done()
    commands = Failing(disk / "study", fault, after)
    commands.one_command()
    assert commands.ends.total() == 1 and "done" not in commands.ends, commands.ends
    (line,) = commands.said
    assert said in line and "\n" not in line
    commands.mend()
    commands.until_done()
    check(commands)
    assert outcome(commands) == outcome(calm)
