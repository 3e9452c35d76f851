from __future__ import annotations

import json
from pathlib import Path

import pytest

from xlingual.data.hub import hub_rows
from xlingual.errors import DataError


@pytest.fixture
def data_set(tmp_path: Path) -> Path:
    """A data set with one configuration as JSON Lines."""
    lines = [json.dumps({"question": f"q{n}", "answer": "a"}) for n in range(5)]
    (tmp_path / "deu.jsonl").write_text("\n".join(lines), encoding="utf-8")
    card = "---\nconfigs:\n- config_name: deu\n  data_files:\n  - split: default\n    path: deu.jsonl\n---\n"
    (tmp_path / "README.md").write_text(card, encoding="utf-8")
    return tmp_path


def test_rows_come_in_order(data_set: Path) -> None:
    rows = hub_rows(str(data_set), configuration="deu", split="default", columns=("question",))
    assert [row["question"] for row in rows] == ["q0", "q1", "q2", "q3", "q4"]


def test_a_local_copy_is_read_in_place(data_set: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import datasets

    cache = data_set / "cache"
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", cache)
    assert len(list(hub_rows(str(data_set), configuration="deu", split="default", columns=()))) == 5
    assert not list(cache.rglob("*.arrow"))


def test_an_absent_configuration_is_named_with_those_there_are(data_set: Path) -> None:
    with pytest.raises(DataError, match=r"configuration xyz, split default.*\['deu'\]"):
        hub_rows(str(data_set), configuration="xyz", split="default", columns=())


def test_an_absent_split_is_named_with_those_there_are(data_set: Path) -> None:
    with pytest.raises(DataError, match=r"split test.*\['default'\]"):
        hub_rows(str(data_set), configuration="deu", split="test", columns=())


def test_absent_columns_are_named(data_set: Path) -> None:
    with pytest.raises(DataError, match="origin, url missing, found question, answer"):
        hub_rows(str(data_set), configuration="deu", split="default", columns=("origin", "url", "question"))


def test_a_data_set_without_its_files_is_an_error(data_set: Path) -> None:
    (data_set / "deu.jsonl").unlink()
    with pytest.raises(DataError, match=r"configuration deu.*or write the path of a local file or directory"):
        hub_rows(str(data_set), configuration="deu", split="default", columns=())


def test_an_empty_split_is_an_error(data_set: Path) -> None:
    (data_set / "deu.jsonl").write_text("", encoding="utf-8")
    with pytest.raises(DataError, match="deu"):
        hub_rows(str(data_set), configuration="deu", split="default", columns=(), streaming=True)


def test_a_broken_file_is_an_error_of_the_project(data_set: Path) -> None:
    (data_set / "deu.jsonl").write_text('{"question": "q"}\n{"question": ', encoding="utf-8")
    with pytest.raises(DataError, match="data set"):
        list(hub_rows(str(data_set), configuration="deu", split="default", columns=("question",)))
