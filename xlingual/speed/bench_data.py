"""Examples that are measured: training data of a task, and what is asked."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from xlingual.data.cleaning import clean
from xlingual.data.examples import ExampleSet
from xlingual.data.location import local_path
from xlingual.data.squad import load_squad
from xlingual.data.stated_questions import questions_of_file
from xlingual.data.toy import ToyPaths
from xlingual.errors import DataError
from xlingual.study.benchmarks import Benchmark

QUESTIONS = 240
"""Questions that are answered by default, in all languages together."""


@dataclass(frozen=True)
class BenchData:
    """Where the examples lie.

    Attributes:
        benchmark: the test set whose task is trained and asked.
        train: training data, as asked; None for the toy world's.
        score: test data, as asked; None for the toy world's, or for the training data's own examples.
        toy: the toy world, where it is needed.
    """

    benchmark: Benchmark
    train: str | None
    score: str | None
    toy: ToyPaths | None

    def training(self) -> ExampleSet[Any]:
        """The training examples. The model is thrown away, so test articles may be among them."""
        if self.benchmark.of_pairs:
            read = self.benchmark.load(self.benchmark.training_reader)
            pairs: ExampleSet[Any] = read(self.train or self._toy_set(), language="en", split="train")
            return pairs
        if self.train is None:
            assert self.toy is not None
            return load_squad(str(self.toy.train))
        path = local_path(self.train)
        if path is None or not path.is_file():
            return load_squad(self.train)
        examples = clean(questions_of_file(path), language="en", without_xquad=False)
        if not examples.examples:
            raise DataError(f"{path}: no question with an answer in it; name a SQuAD JSON file that has some")
        return examples

    def asked(
        self, train: ExampleSet[Any], languages: str, questions: int | None
    ) -> tuple[dict[str, tuple[Any, ...]], str]:
        """The questions to answer by language, and what they are.

        Args:
            train: the training examples.
            languages: comma-separated codes, or `all` for those that are there.
            questions: of each language; None for QUESTIONS in all.
        """
        source = self.score or (self._toy_set() if self.toy and self.train is None else None)
        if source is None:
            return {"en": train.examples[: questions or QUESTIONS]}, "the training file's own questions"
        codes = self._languages(languages, source)
        limit = questions or math.ceil(QUESTIONS / len(codes))
        sets: dict[str, ExampleSet[Any]] = self.benchmark.load(self.benchmark.reader)(source, codes, None)
        return {code: part.examples[:limit] for code, part in sets.items()}, ""

    def _toy_set(self) -> str:
        assert self.toy is not None
        return str(getattr(self.toy, self.benchmark.name))

    def _languages(self, asked: str, source: str) -> list[str]:
        if asked != "all":
            return [code.strip() for code in asked.split(",")]
        path, codes = local_path(source), self.benchmark.languages
        there = [
            code for code in codes if path is not None and (path / self.benchmark.file.format(language=code)).is_file()
        ]
        return there or list(codes)
