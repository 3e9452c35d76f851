"""Remove boilerplate: sentences shared by many answers of a host."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, groupby, islice
from operator import attrgetter

import sentencex

from xlingual.data.faq.filters.tally import Tally
from xlingual.data.faq.filters.word_sequences import characters_a_word, words
from xlingual.data.faq.rows import FaqRow
from xlingual.data.writing import in_english

_FEWEST_ANSWERS = 4
_FEWEST_WORDS = 4
_MOST_ROWS = 10_000


@dataclass(frozen=True)
class HostBoilerplate:
    """Removes sentences shared by many answers of a host, such as "Call us if you have more questions".

    A word n-gram is shared if more than `share` of the host's answers, and at least four, contain it; so is a sentence
    of four or more words. Only whole sentences are removed: shared ones, and those of which every word lies in a shared
    n-gram, which may span sentences. A template with the answer filled in, whose sentences differ by a word, is
    therefore kept. Rows with fewer than `least` characters left (of English, see `in_english`) are dropped.

    Holds one host's rows in memory; a host with more than 10,000 rows is processed in independent batches of that size.
    """

    share: float
    ngram: int
    least: int
    name = "boilerplate"
    drops = True
    repairs = True

    def rows(self, rows: Iterator[FaqRow], tally: Tally) -> Iterator[FaqRow]:
        """Yield rows without the boilerplate of their host."""
        for _, host in groupby(rows, attrgetter("origin")):
            while lot := list(islice(host, _MOST_ROWS)):
                yield from self._cut(lot, tally)

    def _cut(self, lot: Sequence[FaqRow], tally: Tally) -> Iterator[FaqRow]:
        if len(lot) < _FEWEST_ANSWERS:
            yield from lot
            return
        answers = [_Answer.of(row, self.ngram * characters_a_word(row.language)) for row in lot]
        fewest = max(_FEWEST_ANSWERS, int(self.share * len(lot)) + 1)
        frequent = _in_at_least((set(chain.from_iterable(answer.words)) for answer in answers), fewest)
        candidates = [answer.shareable(frequent) for answer in answers]
        shared = _in_at_least(candidates, fewest)
        for row, answer, parts in zip(lot, answers, candidates, strict=True):
            left = row.answer if shared.isdisjoint(parts) else answer.without(shared)
            if left == row.answer:
                yield row
            elif in_english(left, row.language) < max(1, self.least):
                tally.drop(self.name, row)
            else:
                tally.repair(self.name)
                yield replace(row, answer=left)


def _in_at_least(sets: Iterable[set[str]], fewest: int) -> set[str]:
    """The elements of at least `fewest` sets."""
    counts = Counter(chain.from_iterable(sets))
    return {part for part, count in counts.items() if count >= fewest}


@dataclass(frozen=True)
class _Answer:
    """An answer's sentences and their words; n-grams are `size` consecutive words, also across sentences."""

    sentences: list[str]
    words: list[list[str]]
    size: int
    fewest_words: int

    @classmethod
    def of(cls, row: FaqRow, size: int) -> _Answer:
        sentences = sentencex.segment(row.language, row.answer)
        by_sentence = [words(sentence, row.language) for sentence in sentences]
        return cls(sentences, by_sentence, size, _FEWEST_WORDS * characters_a_word(row.language))

    def shareable(self, frequent: set[str]) -> set[str]:
        """The n-grams and sentences (marked, to distinguish them) that other answers may share.

        Only those made of `frequent` words, which enough answers contain, can be shared.
        """
        sentences = (self._key(units) for units in self.words if frequent.issuperset(units))
        found = set(filter(None, sentences))
        units = list(chain.from_iterable(self.words))
        marks = "".join(map("01".__getitem__, map(frequent.__contains__, units)))
        for run in re.finditer(f"1{{{self.size},}}", marks) if "1" * self.size in marks else ():
            found.update(self._grams(units[run.start() : run.end()]))
        return found

    def without(self, shared: set[str]) -> str:
        """Return the sentences that are not shared, keeping the white space between them."""
        covered = self._covered(shared)
        kept, start = [], 0
        for sentence, units in zip(self.sentences, self.words, strict=True):
            end = start + len(units)
            is_shared = self._key(units) in shared or (bool(units) and all(covered[start:end]))
            start = end
            if not is_shared:
                kept.append(sentence)
        return "".join(kept).strip() if len(kept) < len(self.sentences) else "".join(self.sentences)

    def _key(self, units: list[str]) -> str | None:
        return "sentence\n" + "\t".join(units) if len(units) >= self.fewest_words else None

    def _grams(self, units: Sequence[str]) -> Iterator[str]:
        return ("\t".join(units[start : start + self.size]) for start in range(len(units) - self.size + 1))

    def _covered(self, shared: set[str]) -> list[bool]:
        units = list(chain.from_iterable(self.words))
        covered = [False] * len(units)
        for start, gram in enumerate(self._grams(units)):
            if gram in shared:
                covered[start : start + self.size] = [True] * self.size
        return covered
