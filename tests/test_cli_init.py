"""The command `xlingual init`."""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from xlingual.study import json_schema, load_study

Call = Callable[..., Any]


def test_a_study_is_written_with_its_schema_and_the_next_commands_and_never_overwritten(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ended = call("init", "mine", "--gpus", "0")
    assert ended.status == 0
    assert ended.output == (
        "wrote mine.yaml, and xlingual.schema.json for editors\n"
        "next: xlingual plan mine.yaml\n      xlingual run mine.yaml\n"
    )
    assert load_study("mine.yaml").name == "mine"
    assert json.loads(Path("xlingual.schema.json").read_text(encoding="utf-8")) == json_schema()
    Path("mine.yaml").write_text("mine")
    ended = call("init", "mine", "--gpus", "0")
    assert (ended.status, ended.output) == (1, "")
    assert ended.errors == "error: mine.yaml is there already; write another NAME, or --force to overwrite it\n"
    assert Path("mine.yaml").read_text() == "mine"
    assert call("init", "mine.yaml", "--force", "--gpus", "0").status == 0
    assert load_study("mine.yaml").name == "mine"


def test_nothing_is_written_after_a_mistake(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    ended = call("init", "--gpus", "0", "--train", "absent.json")
    assert (ended.status, ended.output) == (1, "")
    assert "absent.json" in ended.errors and "Traceback" not in ended.errors
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("typed", "status"), [(b"\n\n\nnone\n\n\n", 0), (b"\n\n\x03", 130)], ids=["answers", "^C"])
def test_a_terminal_is_asked(typed: bytes, status: int, tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    command = (
        "import fcntl, signal, sys, termios\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)  # which a job in the background ignores\n"
        "fcntl.ioctl(0, termios.TIOCSCTTY, 0)  # so that ^C reaches this process\n"
        "sys.argv[:] = ['xlingual', 'init', 'asked', '--gpus', '0']\n"
        "from xlingual.cli import main; main()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", command],
        cwd=tmp_path,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    shown, left = b"", typed
    while True:
        if not select.select([ours], [], [], 2.0)[0]:
            if status and not left:  # ^C came before the process waited for a key: a user presses it again
                os.write(ours, b"\x03")
            continue
        try:
            shown += os.read(ours, 1024)
        except OSError:  # it has ended
            break
        if shown.endswith(b"]: ") and left:  # a question waits
            cut = left.index(b"\n") + 1 if b"\n" in left else len(left)
            os.write(ours, left[:cut])
            left = left[cut:]
    os.close(ours)
    assert process.wait() == status, shown.decode()
    assert b"Traceback" not in shown
    if status:
        assert b"interrupted; nothing was written" in shown and list(tmp_path.iterdir()) == []
    else:
        assert load_study(tmp_path / "asked.yaml").data.faq is None
