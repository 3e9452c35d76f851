"""All questions of a benchmark answered: in batches as large as the memory takes, by one worker or several."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from xlingual.activity import doing
from xlingual.data.examples import SentencePair
from xlingual.errors import ModelError
from xlingual.evaluation.answer_journal import AnswerJournal, Bound, Tried
from xlingual.evaluation.answerer import Answerer, Part, TooLarge
from xlingual.families import ScoringSet
from xlingual.tasks import Candidates, merge

Progress: TypeAlias = Callable[[int, int], None]
"""Hears how many questions are answered, and of how many."""

BATCHES_PER_SHARE = 4
MOST_SHARES = 100


class WorkerPool(Protocol):
    """Workers that hold the same model.

    Attributes:
        workers: how many.
        tokens_per_pass: tokens of a batch to begin with.
    """

    @property
    def workers(self) -> int:
        """How many."""
        ...

    @property
    def tokens_per_pass(self) -> int:
        """Tokens of a batch to begin with."""
        ...

    def answers(
        self, questions: Mapping[str, ScoringSet], tokens: int, shares: int, numbers: Sequence[int]
    ) -> Iterator[Part]:
        """Answer some shares of the batches, in any order; the rest is left undone after one that did not fit.

        Args:
            questions: by language.
            tokens: of a batch, at most.
            shares: into which the batches are dealt.
            numbers: of the shares to answer.
        """
        ...


class LocalWorker:
    """A crew of one: this process."""

    workers = 1

    def __init__(self, answerer: Answerer) -> None:
        self._answerer = answerer

    @property
    def tokens_per_pass(self) -> int:
        """Tokens of a batch to begin with."""
        return self._answerer.tokens_per_pass

    def answers(
        self, questions: Mapping[str, ScoringSet], tokens: int, shares: int, numbers: Sequence[int]
    ) -> Iterator[Part]:
        """One share after the other."""
        for number in numbers:
            part = self._answerer.answer(questions, tokens, (number, shares))
            yield part
            if part.too_large:
                return


def answer_all(
    crew: WorkerPool,
    questions: Mapping[str, ScoringSet],
    progress: Progress,
    bounded: Callable[[int], None] = lambda tokens: None,
    answered: AnswerJournal | None = None,
) -> dict[str, Candidates]:
    """Answer all questions; where a batch does not fit into memory, go on with half the tokens and what is left.

    As long as all fits, the batches are those of a study's test stage on the same languages, whatever the number of
    workers and shares, and whether an earlier process answered some of the shares or not. What such a one answered on
    a device that begins with other batches is taken as it is, and what is left is asked in this device's.

    Args:
        crew: answers them.
        questions: by language.
        progress: hears of every share that is done.
        bounded: hears of the bound of a batch, in tokens, and of each new one where the one before did not fit.
        answered: keeps every share that is done, and knows those that are.

    Returns:
        language -> index of the example -> its candidates, best first.

    Raises:
        ModelError: when a single input does not fit.
    """
    with doing(_words(questions), sum(len(part.examples) for part in questions.values())) as answering:

        def told(done: int, total: int) -> None:
            answering.reach(done)
            progress(done, total)

        return _all_answered(crew, questions, told, bounded, answered or AnswerJournal())


def _words(questions: Mapping[str, ScoringSet]) -> str:
    pairs = any(isinstance(example, SentencePair) for part in questions.values() for example in part.examples[:1])
    return "labelling pairs" if pairs else "answering questions"


def _all_answered(
    crew: WorkerPool,
    questions: Mapping[str, ScoringSet],
    progress: Progress,
    bounded: Callable[[int], None],
    answered: AnswerJournal,
) -> dict[str, Candidates]:
    """Ask until every question is answered, with fewer tokens in a batch after one that did not fit."""
    work = _Work(questions)
    tried = list(answered.tried)
    if not tried or tried[-1].bound.device_tokens != crew.tokens_per_pass:
        tried.append(Tried(Bound(crew.tokens_per_pass, crew.tokens_per_pass)))
    *over, last = tried
    for one in over:
        work.take(_Attempt(work.left(), one.parts))
    while True:
        asked = work.left()
        attempt = _Attempt(asked, last.parts)
        bound = last.bound
        if bound.shares is None:
            bound = replace(bound, shares=_shares(asked, bound.tokens, crew.workers))
            answered.begin(bound)
        shares = bound.shares or 1
        bounded(bound.tokens)
        if work.done + attempt.answered():
            progress(work.done + attempt.answered(), work.total)
        there = {part.share for part in last.parts}
        numbers = [number for number in range(shares) if number not in there]
        for part in crew.answers(asked, bound.tokens, shares, numbers):
            attempt.add(part)
            if part.too_large is None:
                answered.add(part)
            progress(work.done + attempt.answered(), work.total)
        work.take(attempt)
        if attempt.too_large is None:
            return work.found
        if attempt.too_large.inputs <= 1:
            raise ModelError(
                f"one input of {attempt.too_large.tokens} tokens does not fit into the memory; use a device with more "
                "of it, or hide the GPU (write CUDA_VISIBLE_DEVICES= before the command) to answer on the CPU"
            )
        last = Tried(Bound(crew.tokens_per_pass, max(1, bound.tokens // 2)))


class _Work:
    """All questions, and what is found of them.

    Attributes:
        found: language -> index of the example -> its candidates, of the questions that are done.
        total: how many questions there are.
    """

    def __init__(self, questions: Mapping[str, ScoringSet]) -> None:
        self.found: dict[str, Candidates] = {language: {} for language in questions}
        self.total = sum(len(part.examples) for part in questions.values())
        self._questions = questions
        self._left = {language: np.arange(len(part.examples)) for language, part in questions.items()}

    @property
    def done(self) -> int:
        """How many questions are done."""
        return self.total - sum(len(indices) for indices in self._left.values())

    def left(self) -> dict[str, ScoringSet]:
        """The questions that are left, of languages that have any."""
        return {
            language: _of(self._questions[language], indices)
            for language, indices in self._left.items()
            if len(indices)
        }

    def take(self, attempt: _Attempt) -> None:
        """Take what an attempt at all questions that are left has answered whole."""
        for language, whole in attempt.whole.items():
            left = self._left[language]
            joined = merge(part.found[language] for part in attempt.parts)
            self.found[language] |= {int(left[index]): best for index, best in joined.items() if whole[index]}
            self._left[language] = left[~whole]


class _Attempt:
    """Questions asked with one bound of a batch, and what came of them."""

    def __init__(self, asked: Mapping[str, ScoringSet], parts: Sequence[Part]) -> None:
        self.parts: list[Part] = []
        self.too_large: TooLarge | None = None
        self._open = {
            language: np.bincount(part.inputs.example, minlength=len(part.examples)) for language, part in asked.items()
        }
        self._asked = asked
        for part in parts:
            self.add(part)

    def add(self, part: Part) -> None:
        """Take in a share; of several that did not fit, the one of the fewest inputs counts."""
        if part.too_large is not None:
            if self.too_large is None or part.too_large.inputs < self.too_large.inputs:
                self.too_large = part.too_large
            return
        self.parts.append(part)
        for language, inputs in part.inputs.items():
            np.subtract.at(self._open[language], self._asked[language].inputs.example[inputs], 1)

    @property
    def whole(self) -> dict[str, NDArray[np.bool_]]:
        """Language -> of each question asked, whether all of its inputs were answered."""
        return {language: still == 0 for language, still in self._open.items()}

    def answered(self) -> int:
        """How many questions that are."""
        return int(sum(whole.sum() for whole in self.whole.values()))


def _of(part: ScoringSet, indices: NDArray[np.int64]) -> ScoringSet:
    if len(indices) == len(part.examples):
        return part
    return ScoringSet(tuple(part.examples[i] for i in indices), part.inputs.of_examples(indices))


def _shares(asked: Mapping[str, ScoringSet], tokens: int, workers: int) -> int:
    """How often progress is told: a share for every few batches, within bounds."""
    batches = sum(int(part.inputs.lengths.sum()) for part in asked.values()) // tokens
    return max(workers, min(MOST_SHARES, batches // BATCHES_PER_SHARE))
