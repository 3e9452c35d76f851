"""The titles of XQuAD's 48 Wikipedia articles, so that overlap can be checked without opening the test set."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from urllib.parse import unquote

IDS = "3f8b70febd055ad963e05ff2cd60e21339874f87e7455e12f3d2902c32fc5abc"
"""SHA-256 of XQuAD's 1,190 question ids, one per line in its order, identical in every language."""

PER_ARTICLE = 5
"""Number of paragraphs per article."""


@cache
def xquad_articles() -> frozenset[str]:
    """All titles in canonical form (see canonical_title)."""
    return frozenset(map(canonical_title, _titles()))


def titles_of_xquad(ids: Sequence[str], paragraphs: Sequence[str]) -> list[str] | None:
    """The article title of each question, for XQuAD's questions from the hub, which has no titles.

    Args:
        ids: ids of the questions, in order.
        paragraphs: paragraph of each question.

    Returns:
        None unless the ids are exactly XQuAD's, in its order.
    """
    titles, places = _titles(), {name: place for place, name in enumerate(dict.fromkeys(paragraphs))}
    if len(places) != PER_ARTICLE * len(titles) or hashlib.sha256("\n".join(ids).encode()).hexdigest() != IDS:
        return None
    return [titles[places[name] // PER_ARTICLE] for name in paragraphs]


@cache
def _titles() -> tuple[str, ...]:
    """Spelled as in XQuAD, in its order."""
    text = files("xlingual.data").joinpath("xquad_articles.txt").read_text(encoding="utf-8")
    return tuple(line for line in text.splitlines() if line and not line.startswith("#"))


def is_xquad_article(title: str) -> bool:
    """Whether the title is one of XQuAD's, ignoring case, percent-encoding and underscores."""
    return canonical_title(title) in xquad_articles()


def canonical_title(title: str) -> str:
    """The title in lower case and Unicode form NFC, without percent-encoding, underscores and repeated spaces."""
    return " ".join(unicodedata.normalize("NFC", unquote(title)).replace("_", " ").casefold().split())
