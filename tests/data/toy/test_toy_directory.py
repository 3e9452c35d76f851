from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
from dataclasses import astuple, replace

import pytest
from full_folder import FullFolder

from xlingual.data.toy import ToyWorld, write_toy_world
from xlingual.errors import DataError, StorageError
from xlingual.languages import NON_ENGLISH, XQUAD_LANGUAGES

SCRIPT = """
import sys
from xlingual.data.toy import ToyWorld, write_toy_world
write_toy_world(sys.argv[1], ToyWorld{settings})
"""


def test_the_same_world_gives_the_same_bytes_in_another_process(small, written, tmp_path, files):
    environment = {**os.environ, "PYTHONHASHSEED": "4711"}
    script = SCRIPT.format(settings=astuple(small))
    subprocess.run([sys.executable, "-c", script, str(tmp_path / "again")], check=True, env=environment)
    assert files(tmp_path / "again") == files(written.train.parent)


def test_another_seed_gives_another_world(small, written, tmp_path, files):
    write_toy_world(tmp_path / "other", replace(small, seed=1))
    first, second = files(written.train.parent), files(tmp_path / "other")
    same = {name for name in first if first[name] == second[name]}
    models = {f"{model}/{name}.json" for model in ("model", "text_to_text") for name in ("config", "tokenizer_config")}
    assert same == {"README.txt"} | models


def test_everything_is_there(toy, files):
    expected = {"README.txt", "world.json", "train.json", "dev.json"}
    expected |= {f"xquad/xquad.{code}.json" for code in XQUAD_LANGUAGES}
    for model in ("model", "text_to_text"):
        expected |= {f"{model}/{name}" for name in ("config.json", "model.safetensors", "tokenizer.json")}
    found = files(toy.train.parent)
    assert expected <= set(found)
    assert sum(name.startswith("faq/") for name in found) == len(NON_ENGLISH)
    assert b"Scores on these files do\nnot carry over to real languages" in found["README.txt"]


def test_all_files_may_be_read_by_those_whom_the_umask_admits(umask, small, tmp_path):
    world = write_toy_world(tmp_path / "world", small).train.parent
    found = {path.relative_to(world): stat.S_IMODE(path.stat().st_mode) for path in world.rglob("*") if path.is_file()}
    assert found == dict.fromkeys(found, 0o666 & ~umask)


def test_a_second_call_does_nothing(small, tmp_path):
    paths = write_toy_world(tmp_path / "world", small)
    paths.train.write_text("kept")
    assert write_toy_world(tmp_path / "world", small) == paths
    assert paths.train.read_text() == "kept"


def test_an_empty_directory_is_filled(small, tmp_path):
    (tmp_path / "world").mkdir()
    assert write_toy_world(tmp_path / "world", small).train.is_file()


def test_another_world_in_its_place_is_refused(small, written):
    with pytest.raises(DataError, match=rf"expected the toy world .*, found {small.fingerprint}; name another"):
        write_toy_world(written.train.parent, ToyWorld())


@pytest.mark.parametrize("there", ["something", "world.json"])
def test_what_is_no_toy_world_is_left_alone(small, tmp_path, there):
    (tmp_path / "world").mkdir()
    (tmp_path / "world" / there).write_text("[]")
    with pytest.raises(DataError, match="exists but is not a toy world; name a directory that does not exist"):
        write_toy_world(tmp_path / "world", small)
    assert (tmp_path / "world" / there).read_text() == "[]"


def test_a_file_in_its_place_is_left_alone(small, tmp_path):
    (tmp_path / "world").write_text("mine")
    with pytest.raises(DataError, match="is not a toy world"):
        write_toy_world(tmp_path / "world", small)
    assert (tmp_path / "world").read_text() == "mine"


def test_nothing_is_left_of_a_world_that_could_not_be_finished(small, written, tmp_path, files):
    sizes = [len(content) for content in files(written.train.parent).values()]
    folder = tmp_path / "full"
    folder.mkdir()
    with FullFolder(folder, max(sizes) - 1), pytest.raises(StorageError, match="File too large"):
        write_toy_world(folder / "world", small)
    assert list(folder.iterdir()) == []


def test_writers_at_the_same_time_leave_one_whole_world(small, written, tmp_path, files):
    failures = []

    def write():
        try:
            write_toy_world(tmp_path / "together" / "world", small)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert [path.name for path in (tmp_path / "together").iterdir()] == ["world"]
    assert files(tmp_path / "together" / "world") == files(written.train.parent)
