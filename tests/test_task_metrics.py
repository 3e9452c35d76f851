"""Numbers and their nouns in messages."""

from __future__ import annotations

import pytest

from xlingual.task_metrics import counted


@pytest.mark.parametrize(
    ("number", "plural", "text"),
    [
        (1, "arms", "1 arm"),
        (2, "arms", "2 arms"),
        (0, "pairs", "0 pairs"),
        (1, "searches", "1 search"),
        (1, "languages", "1 language"),
    ],
)
def test_one_thing_is_singular(number: int, plural: str, text: str) -> None:
    assert counted(number, plural) == text
