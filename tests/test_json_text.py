from __future__ import annotations

import json
from pathlib import Path

import pytest

from xlingual.data.squad import load_squad
from xlingual.errors import DataError, RecordError
from xlingual.json_text import parsed
from xlingual.records.files import read_json


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a": 1' + "0" * 5000 + "}", "{"])
def test_what_python_cannot_take_is_the_error_of_a_text_that_is_no_json(text: str, tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text(text)
    with pytest.raises(json.JSONDecodeError):
        parsed(text)
    with pytest.raises(DataError, match="not JSON"):
        load_squad(str(path))
    with pytest.raises(RecordError, match="not JSON"):
        read_json(path)


def test_a_record_that_is_no_utf_8_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "study.json").write_bytes('{"name": "é"}'.encode("latin-1"))
    with pytest.raises(RecordError, match=r"study.json: not UTF-8 text"):
        read_json(tmp_path / "study.json")
