"""Split an answer into sentences, with their offsets in the normalised text."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from sentencex import segment

from xlingual.data.writing import joint

THAI_PHRASE = 40
"""Minimum length in characters of a Thai phrase; the next space ends it."""

_THAI_SPACE = re.compile(r"(?<=[\u0e00-\u0e7f]) (?=[\u0e00-\u0e7f])")


@dataclass(frozen=True, slots=True)
class Sentences:
    """A text on one line, and its sentences as (start, end) without surrounding white space."""

    text: str
    places: tuple[tuple[int, int], ...]

    def __len__(self) -> int:
        return len(self.places)

    def sentence(self, index: int) -> str:
        """The text of one sentence."""
        start, end = self.places[index]
        return self.text[start:end]

    def part(self, first: int, last: int) -> Sentences:
        """The sentences from `first` through `last` as a new text."""
        start, end = self.places[first][0], self.places[last][1]
        places = tuple((begin - start, finish - start) for begin, finish in self.places[first : last + 1])
        return Sentences(self.text[start:end], places)


def split(text: str, language: str) -> Sentences:
    """Split a text into sentences after normalising its white space to single spaces without line breaks.

    A line break ends a sentence, because the lines of FAQ answers are paragraphs and list items. Within a line the
    sentences are those of sentencex (Wikimedia), which knows the marks and abbreviations of each language, with two
    corrections: the bare number of a list item, and a piece followed by a lower-case letter (an abbreviation mistaken
    for an end), are joined to the next piece. Thai has no marks between sentences. It is cut at spaces between Thai
    letters, at the earliest after THAI_PHRASE characters: such spaces end clauses or sentences, not words, so that a
    piece may be a clause.
    """
    pieces: list[str] = []
    for line in text.splitlines():
        tidy = " ".join(line.split())
        if tidy:
            pieces += _pieces(tidy, language)
    return _laid_out(pieces, language)


def _pieces(line: str, language: str) -> list[str]:
    """Pieces of a line, each with its trailing white space."""
    found = _joined(segment(language, line))
    found[-1] += "\n"
    return [phrase for piece in found for phrase in _phrases(piece)] if language == "th" else found


def _joined(pieces: list[str]) -> list[str]:
    """Join pieces that are not sentences to the next one."""
    kept: list[str] = []
    for piece in pieces:
        if kept and (piece[:1].islower() or _is_number(kept[-1])):
            kept[-1] += piece
        else:
            kept.append(piece)
    return kept


def _is_number(piece: str) -> bool:
    """Whether a piece is just the label of a list item, such as `1.` or `a)`."""
    letters = sum(unicodedata.category(character)[0] in "LM" for character in piece)
    return letters == 0 or (letters == 1 and piece.isascii())


def _phrases(sentence: str) -> list[str]:
    """Cut Thai text at spaces between letters."""
    phrases: list[str] = []
    start = 0
    for space in _THAI_SPACE.finditer(sentence):
        if space.end() - start > THAI_PHRASE:
            phrases.append(sentence[start : space.end()])
            start = space.end()
    return [*phrases, sentence[start:]]


def _laid_out(pieces: list[str], language: str) -> Sentences:
    """Join the pieces into one line; a line break becomes the separator of the language."""
    text = ""
    places = []
    for piece in pieces:
        bare = piece.strip()
        places.append((len(text), len(text) + len(bare)))
        text += bare + (joint(bare, language) if piece.endswith("\n") else piece[len(piece.rstrip()) :])
    return Sentences(text.rstrip(), tuple(places))
