from __future__ import annotations

import json
from pathlib import Path

import pytest

from xlingual.data.xquad_articles import canonical_title, is_xquad_article, xquad_articles


def test_the_shipped_titles_are_those_of_xquad(shared: Path) -> None:
    document = json.loads((shared / "data/xquad/xquad.en.json").read_text(encoding="utf-8"))
    assert xquad_articles() == {canonical_title(article["title"]) for article in document["data"]}


def test_there_are_48_titles() -> None:
    assert len(xquad_articles()) == 48


@pytest.mark.parametrize(
    "title",
    [
        "Super_Bowl_50",
        "super bowl 50",
        "Fresno,_California",
        "Fresno%2C_California",
        "Victoria%20(Australia)",
        " Force ",
    ],
)
def test_a_title_is_known_however_it_is_written(title: str) -> None:
    assert is_xquad_article(title)


@pytest.mark.parametrize("title", ["Super_Bowl_49", "Forces", "", "Victoria", "Physik"])
def test_another_title_is_not(title: str) -> None:
    assert not is_xquad_article(title)
