"""Failed writes give a one-line error with place and reason, whichever library wrote."""

from __future__ import annotations

import errno
import pickle
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from full_folder import FullFolder

from xlingual.errors import DataError, StorageError
from xlingual.records import journal
from xlingual.records.files import read_json, write_json, write_whole
from xlingual.records.lease import lease
from xlingual.records.lock import hold
from xlingual.records.storage import writing

SAFETENSORS = (
    'Error while serializing: I/O error: Os { code: 28, kind: StorageFull, message: "No space left on device" }'
)


def raised(error: Exception) -> Callable[[Path], None]:
    def write(_: Path) -> None:
        raise error

    return write


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        RuntimeError(SAFETENSORS),
        OSError("[Errno 28] Error writing bytes to file. Detail: [errno 28] No space left on device"),
        Exception("No space left on device (os error 28)"),
    ],
)
def test_a_full_disk_is_one_line_that_names_the_folder_and_how_to_go_on(
    tmp_path: Path, error: Exception, by_letter: Any
) -> None:
    with pytest.raises(StorageError) as told:
        write_whole(tmp_path / "checkpoint.pt", raised(error))
    message = str(told.value)
    assert message.startswith(f"{tmp_path}: nothing can be written there (No space left on device)")
    assert "run the same command again" in message
    by_letter(message.replace(str(tmp_path), "FOLDER"))
    assert told.value.errno == errno.ENOSPC
    assert list(tmp_path.iterdir()) == []


def test_an_error_that_hides_the_reason_is_told_by_a_write_beside_it(tmp_path: Path) -> None:
    hidden = RuntimeError("[enforce fail at inline_container.cc:672] . unexpected pos 64 vs 0")
    with FullFolder(tmp_path) as full, pytest.raises(StorageError, match=r"checkpoint\.pt: cannot be written \(File t"):
        write_whole(full / "checkpoint.pt", raised(hidden))
    with pytest.raises(RuntimeError, match="unexpected pos"):  # with room left, it is another error
        write_whole(tmp_path / "checkpoint.pt", raised(hidden))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("place", ["file/journal.jsonl", "file/inner/journal.jsonl"])
def test_every_writer_of_records_says_so(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("")
    path = tmp_path / place
    for write in (lambda: write_json(path, {}), lambda: journal.append(path, {})):
        with pytest.raises(StorageError, match=r"journal\.jsonl: cannot be written \((Not a directory|File exists)\)"):
            write()
    for held in (hold, lease):
        with pytest.raises(StorageError, match="cannot be written"), held(path):
            pass
    assert threading.active_count() == 1 or all(t.daemon for t in threading.enumerate()[1:])


def test_a_record_that_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for read in (read_json, journal.read):
        with pytest.raises(
            StorageError, match=r"file/study\.json: cannot be read \(Not a directory\); is this"
        ) as told:
            read(tmp_path / "file" / "study.json")
        assert told.value.errno == errno.ENOTDIR


def test_messages_for_the_user_and_errors_of_what_is_read_pass(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="a row"), writing(tmp_path):
        raise DataError("a row")
    with pytest.raises(FileNotFoundError), writing(tmp_path / "features", reads=True):
        (tmp_path / "absent source").read_bytes()


def test_it_survives_the_way_from_a_worker(tmp_path: Path) -> None:
    with pytest.raises(StorageError) as told:
        write_whole(tmp_path / "a", raised(OSError(errno.EDQUOT, "")))
    copied = pickle.loads(pickle.dumps(told.value))
    assert (str(copied), copied.errno) == (str(told.value), errno.EDQUOT)
