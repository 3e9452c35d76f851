"""The file of golden messages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from golden_messages import FILE, Messages


def test_what_was_written_is_compared_by_letter(tmp_path: Path) -> None:
    told = Messages(tmp_path / "messages.txt", update=True)
    told.compare("test_a", "one\ncase", "two lines,\n\n  or three")
    told.compare("test_b", "", "unwanted: 'x'")
    told.write()
    again = Messages(tmp_path / "messages.txt")
    again.compare("test_a", "one\ncase", "two lines,\n\n  or three")
    again.compare("test_b", "", "unwanted: 'x'")
    for test, case, message in (("test_b", "", "unwanted: 'y'"), ("test_a", "other", "two"), ("test_c", "", "new")):
        with pytest.raises(AssertionError, match=r"--update-messages"):
            Messages(tmp_path / "messages.txt").compare(test, case, message)


def test_an_update_replaces_what_its_tests_told_and_keeps_the_rest(tmp_path: Path) -> None:
    first = Messages(tmp_path / "messages.txt", update=True)
    for test, case in (("test_a", "kept"), ("test_b", "gone"), ("test_b", "new")):
        first.compare(test, case, "before")
    first.write()
    second = Messages(tmp_path / "messages.txt", update=True)
    second.compare("test_b", "new", "after")
    with pytest.raises(AssertionError, match="two messages"):
        second.compare("test_b", "new", "another")
    second.write()
    assert Messages(tmp_path / "messages.txt").known == {("test_a", "kept"): "before", ("test_b", "new"): "after"}


def test_every_message_is_of_a_test_that_is_there_and_no_other_has_its_name() -> None:
    sources = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.rglob("test_*.py"))
    tests = {test for test, _ in Messages(FILE).known}
    assert tests
    assert {test: len(re.findall(rf"def {test}\(", sources)) for test in tests} == dict.fromkeys(tests, 1)
