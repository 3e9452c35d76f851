"""The 48 Wikipedia articles that XQuAD was taken from: known by title, so that the test set need not be opened."""

from __future__ import annotations

import unicodedata
from functools import cache
from importlib.resources import files
from urllib.parse import unquote


@cache
def xquad_articles() -> frozenset[str]:
    """The titles in canonical form (see canonical_title)."""
    text = files("xlingual.data").joinpath("xquad_articles.txt").read_text(encoding="utf-8")
    return frozenset(canonical_title(line) for line in text.splitlines() if line and not line.startswith("#"))


def is_xquad_article(title: str) -> bool:
    """Whether the title is one of XQuAD's, however it is cased, percent-encoded or underscored."""
    return canonical_title(title) in xquad_articles()


def canonical_title(title: str) -> str:
    """A title without percent-encoding, underscores, case and repeated spaces, in Unicode form NFC."""
    return " ".join(unicodedata.normalize("NFC", unquote(title)).replace("_", " ").casefold().split())
