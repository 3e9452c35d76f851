from __future__ import annotations

import json
from pathlib import Path

import pytest

from xlingual.data.test_sets.xquad import load_xquad
from xlingual.data.xquad_articles import canonical_title, is_xquad_article, titles_of_xquad, xquad_articles


def test_the_shipped_titles_are_those_of_xquad(shared: Path) -> None:
    document = json.loads((shared / "data/xquad/xquad.en.json").read_text(encoding="utf-8"))
    assert xquad_articles() == {canonical_title(article["title"]) for article in document["data"]}


@pytest.mark.parametrize("code", ["en", "th"])
def test_questions_without_titles_get_those_of_xquad_by_their_ids(shared: Path, tmp_path: Path, code: str) -> None:
    """The hub's rows state no title."""
    stated = load_xquad(str(shared / "data/xquad"), [code])[code].examples
    rows = [
        {
            "id": e.id,
            "context": e.context,
            "question": e.question,
            "answers": {"text": e.answers, "answer_start": e.answer_starts},
        }
        for e in stated
    ]
    (tmp_path / f"xquad.{code}.json").write_text(json.dumps(rows), encoding="utf-8")
    found = load_xquad(str(tmp_path), [code])[code].examples
    assert [e.title for e in found] == [e.title for e in stated]
    assert len({e.title for e in found}) == 48


def test_other_questions_or_another_order_get_no_title(shared: Path) -> None:
    examples = load_xquad(str(shared / "data/xquad"), ["en"])["en"].examples
    ids, paragraphs = [e.id for e in examples], [e.paragraph for e in examples]
    assert titles_of_xquad(ids, paragraphs) == [e.title for e in examples]
    assert titles_of_xquad(ids[::-1], paragraphs[::-1]) is None
    assert titles_of_xquad(ids[:-1], paragraphs[:-1]) is None
    assert titles_of_xquad(ids, ["one"] * len(ids)) is None
    assert titles_of_xquad([], []) is None


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
