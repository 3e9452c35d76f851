"""The 48 Wikipedia articles that XQuAD was taken from: known by title, so that the test set need not be opened."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from urllib.parse import unquote

IDS = "3f8b70febd055ad963e05ff2cd60e21339874f87e7455e12f3d2902c32fc5abc"
"""SHA-256 of XQuAD's 1,190 question ids in its order, one a line: the same in every language."""

PER_ARTICLE = 5
"""Paragraphs of each article."""


@cache
def xquad_articles() -> frozenset[str]:
    """The titles in canonical form (see canonical_title)."""
    return frozenset(map(canonical_title, _titles()))


def titles_of_xquad(ids: Sequence[str], paragraphs: Sequence[str]) -> list[str] | None:
    """The title of each question's article, where these are XQuAD's questions; its hub data set states none.

    Args:
        ids: of the questions, in order.
        paragraphs: of each question.

    Returns:
        None where the ids are not XQuAD's, all of them and in its order.
    """
    titles, places = _titles(), {name: place for place, name in enumerate(dict.fromkeys(paragraphs))}
    if len(places) != PER_ARTICLE * len(titles) or hashlib.sha256("\n".join(ids).encode()).hexdigest() != IDS:
        return None
    return [titles[places[name] // PER_ARTICLE] for name in paragraphs]


@cache
def _titles() -> tuple[str, ...]:
    """As XQuAD writes them, in its order."""
    text = files("xlingual.data").joinpath("xquad_articles.txt").read_text(encoding="utf-8")
    return tuple(line for line in text.splitlines() if line and not line.startswith("#"))


def is_xquad_article(title: str) -> bool:
    """Whether the title is one of XQuAD's, however it is cased, percent-encoded or underscored."""
    return canonical_title(title) in xquad_articles()


def canonical_title(title: str) -> str:
    """A title without percent-encoding, underscores, case and repeated spaces, in Unicode form NFC."""
    return " ".join(unicodedata.normalize("NFC", unquote(title)).replace("_", " ").casefold().split())
