"""The sentences of an answer, each with its offsets in the answer's tidied text."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from sentencex import segment

from xlingual.data.writing import joint

THAI_PHRASE = 40
"""Characters after which a space ends a sentence of Thai."""

_THAI_SPACE = re.compile(r"(?<=[\u0e00-\u0e7f]) (?=[\u0e00-\u0e7f])")


@dataclass(frozen=True, slots=True)
class Sentences:
    """A text on one line, and the sentences that it consists of, as (start, end) without the white space around."""

    text: str
    places: tuple[tuple[int, int], ...]

    def __len__(self) -> int:
        return len(self.places)

    def sentence(self, index: int) -> str:
        """One sentence."""
        start, end = self.places[index]
        return self.text[start:end]

    def part(self, first: int, last: int) -> Sentences:
        """The sentences from `first` to `last`, both included, as a text of their own."""
        start, end = self.places[first][0], self.places[last][1]
        places = tuple((begin - start, finish - start) for begin, finish in self.places[first : last + 1])
        return Sentences(self.text[start:end], places)


def split(text: str, language: str) -> Sentences:
    """Sentences of a text whose white space is tidied: single spaces, no line breaks.

    A line break ends a sentence, as the lines of FAQ answers are paragraphs and list items. Within a line the rules are
    those of sentencex (Wikimedia; it knows the marks and abbreviations of each language), with two amendments: a piece
    that is but the number of a list item and a piece that the next goes on in lower case (an abbreviation that was
    taken for an end) are joined to what follows. Thai, which writes no marks between sentences,
    is cut at spaces between Thai letters once THAI_PHRASE characters have passed: those spaces end clauses or
    sentences, not words, so that a piece may be a clause.
    """
    pieces: list[str] = []
    for line in text.splitlines():
        tidy = " ".join(line.split())
        if tidy:
            pieces += _pieces(tidy, language)
    return _laid_out(pieces, language)


def _pieces(line: str, language: str) -> list[str]:
    """Pieces of a line, with the white space behind them."""
    found = _joined(segment(language, line))
    found[-1] += "\n"
    return [phrase for piece in found for phrase in _phrases(piece)] if language == "th" else found


def _joined(pieces: list[str]) -> list[str]:
    """Pieces that are no sentences, joined to the next."""
    kept: list[str] = []
    for piece in pieces:
        if kept and (piece[:1].islower() or _is_number(kept[-1])):
            kept[-1] += piece
        else:
            kept.append(piece)
    return kept


def _is_number(piece: str) -> bool:
    """Whether a piece is a number or a letter of a list, such as `1.` or `a)`."""
    letters = sum(unicodedata.category(character)[0] in "LM" for character in piece)
    return letters == 0 or (letters == 1 and piece.isascii())


def _phrases(sentence: str) -> list[str]:
    """A sentence of Thai, cut at spaces between its letters."""
    phrases: list[str] = []
    start = 0
    for space in _THAI_SPACE.finditer(sentence):
        if space.end() - start > THAI_PHRASE:
            phrases.append(sentence[start : space.end()])
            start = space.end()
    return [*phrases, sentence[start:]]


def _laid_out(pieces: list[str], language: str) -> Sentences:
    """The pieces on one line: a line break becomes what stands between two texts of the language."""
    text = ""
    places = []
    for piece in pieces:
        bare = piece.strip()
        places.append((len(text), len(text) + len(bare)))
        text += bare + (joint(bare, language) if piece.endswith("\n") else piece[len(piece.rstrip()) :])
    return Sentences(text.rstrip(), tuple(places))
