"""FAQ rows as what recipes make of them: examples and pairs that are read anew each time, and know their content."""

from __future__ import annotations

import hashlib
import json
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

from xlingual.data.examples import Example, content_fingerprint
from xlingual.data.faq.bitexts import Bitext
from xlingual.data.faq.division import RowsPart
from xlingual.data.faq.filters.key_set import KeySet
from xlingual.data.faq.rows import FaqRow
from xlingual.data.faq.store import StoredRows
from xlingual.data.recipes.passage import PassageRecipe
from xlingual.data.recipes.shuffle import ShuffledPairs, exchanged
from xlingual.data.writing import fold
from xlingual.families import Inputs
from xlingual.preparation.input_cutter import InputCutter
from xlingual.records.files import read_json, write_json
from xlingual.study import PassageSettings, Recipe
from xlingual.study.recipes import GenerationSettings
from xlingual.tokens.pairs import Pairs, PairText, texts_of_bitexts, texts_of_rows
from xlingual.tokens.sequences import Sequences

FORMAT = 2
"""Version of what recipes make of rows. Raise it with every change of their code that gives other examples."""

PROMPTS = {"question_to_answer": "answer question: {}", "answer_to_question": "ask question: {}"}
"""What a model reads, by direction."""


@dataclass(frozen=True)
class WithoutTrainingAnswers:
    """Hosts without the rows whose answer is among those of training."""

    part: RowsPart
    trained: KeySet
    counts: Counter[str]

    @property
    def stored(self) -> StoredRows:
        """The rows of both sides."""
        return self.part.stored

    @property
    def fingerprint(self) -> str:
        """That of all rows of the side; which are left out follows from both sides."""
        return self.part.fingerprint

    def __len__(self) -> int:
        return len(self.part)

    def __iter__(self) -> Iterator[list[FaqRow]]:
        self.counts.clear()
        for rows in self.part:
            unseen = [row for row in rows if _answer_key(row) not in self.trained]
            self.counts["dropped_in_training"] += len(rows) - len(unseen)
            if unseen:
                yield unseen


def answers_of(rows: RowsPart) -> KeySet:
    """The answers of all hosts, by hash: a dozen bytes each."""
    keys = KeySet()
    for host in rows:
        for row in host:
            keys.add(_answer_key(row))
    return keys


def _answer_key(row: FaqRow) -> int:
    return int.from_bytes(hashlib.blake2b(fold(row.answer).encode(), digest_size=8).digest(), "big")


class FaqSource(ABC):
    """What a recipe makes of one language's rows, read anew each time, and what a model's inputs of it are."""

    @property
    @abstractmethod
    def fingerprint(self) -> str:
        """16 hexadecimal digits that follow from the content."""

    @property
    def recipe_counts(self) -> Mapping[str, int]:
        """What became of the rows; empty for recipes that keep each."""
        return {}

    @abstractmethod
    def inputs(self, cutter: InputCutter) -> Inputs | Pairs:
        """Make one model's inputs."""


@dataclass(frozen=True)
class PassageExamples(FaqSource):
    """What the recipe `passage` makes of one language's rows; read anew each time, host by host.

    Attributes:
        rows: those of one side of the division by host, host by host.
        settings: the recipe's.
        seed: decides which siblings a passage contains, and their order.
        shuffled: whether every question has another's answer.
        counts: what became of the rows; complete after the examples were read to their end.
    """

    rows: RowsPart | WithoutTrainingAnswers
    settings: PassageSettings
    seed: int
    shuffled: bool
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def fingerprint(self) -> str:
        """16 hexadecimal digits that follow from the rows, the settings and the seed, and so do the examples."""
        sentences = version("sentencex")
        return _digest(self.rows.fingerprint, self.settings.model_dump(), self.seed, self.shuffled, sentences)

    @property
    def examples(self) -> Iterator[Example]:
        """One span example for each row that becomes one, in order."""
        recipe = PassageRecipe(self.settings, self.rows.stored.language, self.seed)
        shuffler = ShuffledPairs(self.seed)
        self.counts.clear()
        made = recipe.examples(self.rows)
        yield from exchanged(made, shuffler) if self.shuffled else made
        self.counts.update(recipe.counts)
        if self.shuffled:
            alone = shuffler.counts["dropped_alone"]
            self.counts.update(dropped_alone=alone, kept=-alone)

    @property
    def recipe_counts(self) -> Mapping[str, int]:
        """See `counts`."""
        return self.counts

    def inputs(self, cutter: InputCutter) -> Inputs:
        """Inputs to train on.

        What became of the rows is kept beside them, for studies that find them there already.
        """
        inputs = cutter.inputs(self, targets=True)
        if cutter.features is not None:
            path = cutter.features / f"{self.fingerprint}.counts.json"
            if self.counts:
                write_json(path, dict(self.counts))
            elif path.exists():
                self.counts.update(read_json(path))
        return inputs


class PairSource(FaqSource):
    """Questions and answers without contexts."""

    @property
    @abstractmethod
    def texts(self) -> Iterator[PairText]:
        """The pairs, in order."""

    def inputs(self, cutter: InputCutter) -> Pairs:
        """Each question and its answer as a pair of texts."""
        return cutter.pairs(self)


@dataclass(frozen=True)
class RowPairs(PairSource):
    """One language's rows as pairs, for recipes without a passage; attributes as those of PassageExamples."""

    rows: RowsPart
    seed: int
    shuffled: bool

    @property
    def fingerprint(self) -> str:
        """16 hexadecimal digits that follow from the pairs."""
        return _digest(self.rows.fingerprint, "pairs", self.seed if self.shuffled else None, self.shuffled)

    @property
    def texts(self) -> Iterator[PairText]:
        """The pairs, in order."""
        hosts: Iterable[Sequence[FaqRow]] = ShuffledPairs(self.seed).hosts(self.rows) if self.shuffled else self.rows
        return (text for rows in hosts for text in texts_of_rows(rows))


@dataclass(frozen=True)
class BitextPairs(PairSource):
    """Aligned rows of a language and English as pairs whose question and answer are in different languages.

    `counts["read"]` is `counts["kept"]` plus all counts that begin with `dropped_`; `short` is what it lacks to
    the rows that were asked for.
    """

    rows: tuple[Bitext, ...]
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def fingerprint(self) -> str:
        """16 hexadecimal digits that follow from the pairs."""
        return content_fingerprint(self.rows)

    @property
    def texts(self) -> Iterator[PairText]:
        """The pairs, in order."""
        return texts_of_bitexts(self.rows)


@dataclass(frozen=True)
class GenerationPairs(FaqSource):
    """One language's rows as texts to read and to write; attributes as those of PassageExamples."""

    rows: RowsPart
    settings: GenerationSettings
    seed: int
    shuffled: bool

    @property
    def fingerprint(self) -> str:
        """16 hexadecimal digits that follow from the texts."""
        direction, seed = self.settings.direction, self.seed if self.shuffled else None
        return _digest(self.rows.fingerprint, direction, PROMPTS[direction], seed, self.shuffled)

    @property
    def texts(self) -> Iterator[tuple[str, str]]:
        """What is read and what is to be written, in order."""
        prompt, answers = PROMPTS[self.settings.direction], self.settings.direction == "question_to_answer"
        for pair in RowPairs(self.rows, self.seed, self.shuffled).texts:
            read, written = (pair.question, pair.answer) if answers else (pair.answer, pair.question)
            yield prompt.format(read), written

    def inputs(self, cutter: InputCutter) -> Sequences:
        """One half to read, the other to write."""
        return cutter.texts(self)


OF_RECIPES: dict[str, Callable[[RowsPart, Any, int, bool], FaqSource]] = {
    "passage": PassageExamples,
    "generation": GenerationPairs,
}
"""Makes the source of a recipe from rows, its settings, a seed, and whether every question has another's answer."""


def faq_source(recipe: Recipe, rows: RowsPart, seed: int, shuffled: bool) -> FaqSource:
    """What a recipe makes of one language's rows: what OF_RECIPES says, else pairs."""
    make = OF_RECIPES.get(recipe.name)
    return make(rows, recipe.settings, seed, shuffled) if make else RowPairs(rows, seed, shuffled)


def _digest(*content: Any) -> str:
    stated = json.dumps([FORMAT, *content], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(stated.encode()).hexdigest()[:16]
