"""Alternatives of words: synonyms, or translations into one language."""

from __future__ import annotations

import hashlib
import json
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xlingual.data.slicing import pointers_of
from xlingual.study.methods.words import SYNONYMS_SOURCE, dictionary_source


@dataclass(frozen=True, eq=False)
class Lexicon:
    """Words and their alternatives as flat arrays, which trials read from shared memory without copying.

    Attributes:
        words: distinct words, sorted by code point.
        alternatives: the alternatives of all words, concatenated.
        pointers: word w has the alternatives `pointers[w]:pointers[w + 1]`, at least one, (words + 1,).
    """

    words: Any
    alternatives: Any
    pointers: NDArray[np.int64]

    @classmethod
    def of(cls, entries: Mapping[str, Sequence[str]]) -> Lexicon:
        """Build from alternatives by word, without duplicates and without the word itself."""
        import pyarrow

        kept = {word: [one for one in dict.fromkeys(found) if one != word] for word, found in entries.items()}
        words = sorted(word for word, found in kept.items() if found)
        return cls(
            pyarrow.array(words, pyarrow.large_string()),
            pyarrow.array([one for word in words for one in kept[word]], pyarrow.large_string()),
            pointers_of(np.asarray([len(kept[word]) for word in words], dtype=np.int64)),
        )

    def __len__(self) -> int:
        return len(self.words)

    def exactly(self, word: str) -> tuple[str, ...]:
        """Return the alternatives of a word as written; empty if it is not in the lexicon."""
        place = bisect_left(range(len(self)), word, key=lambda i: self.words[i].as_py())
        if place == len(self) or self.words[place].as_py() != word:
            return ()
        first, stop = self.pointers[place : place + 2].tolist()
        return tuple(self.alternatives[first:stop].to_pylist())

    def find(self, word: str, *, opens: bool) -> tuple[str, ...]:
        """Return a word's alternatives, never the word itself.

        A capitalised word that opens a sentence is looked up in lower case too, and its alternatives are capitalised.
        Elsewhere capitals mark names (and acronyms everywhere), which lexicons do not translate.
        """
        found = self.exactly(word)
        if not found and opens and word[1:] == word[1:].lower() and (lower := word.lower()) != word:
            found = tuple(one[:1].upper() + one[1:] for one in self.exactly(lower))
        return tuple(one for one in dict.fromkeys(found) if one != word)

    @cached_property
    def fingerprint(self) -> str:
        """16 hexadecimal digits that depend only on words and alternatives, not on the file format."""
        content = [self.words.to_pylist(), self.alternatives.to_pylist(), self.pointers.tolist()]
        return hashlib.sha256(json.dumps(content, separators=(",", ":")).encode()).hexdigest()[:16]


@dataclass(frozen=True, eq=False)
class Lexicons:
    """Replacements of English words.

    Attributes:
        synonyms: synonyms of English words; None if no arm needs them.
        dictionaries: translations by language, for the languages that some arm needs.
    """

    synonyms: Lexicon | None = None
    dictionaries: Mapping[str, Lexicon] = field(default_factory=dict)

    def by_source(self) -> dict[str, Lexicon]:
        """Return each by the name of its source."""
        synonyms = {SYNONYMS_SOURCE: self.synonyms} if self.synonyms is not None else {}
        return synonyms | {dictionary_source(code): one for code, one in sorted(self.dictionaries.items())}
