"""Development data: what a study may score on as often as it likes.

XQuAD has five paragraphs from each of 48 articles, and these are exactly the 48 articles of SQuAD v1.1's development
set. That set therefore overlaps the test set completely. The recommended development set is a seeded share of the
*training* articles, held out of the training data, so that no article is shared with training or test.

Development questions are cleaned like training examples (`xlingual.data.cleaning`); test questions are all kept
(`xlingual.data.scorable`). Of sentence pairs, whole groups that share a sentence are held out. Development examples
only rank trials, which are all scored on the same ones, and what was dropped is reported before the first trial. An
oracle develops on the test set's examples, and all of them are kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any, TypeVar

from xlingual.activity import doing
from xlingual.data.examples import Example, ExampleSet, SentencePair
from xlingual.errors import DataError
from xlingual.study.benchmarks import Benchmark
from xlingual.study.data import HELD_OUT_ARTICLES, HELD_OUT_PAIRS, NOTHING_LEFT
from xlingual.task_metrics import SQUAD

HELD_OUT_SHARE = 0.05
"""Share of training articles to hold out: 22 of SQuAD's 442; of sentence pairs, the share of groups."""

FEWEST_HELD_OUT = 5
"""Minimum number of held-out articles when there are ten or more; with fewer, half are held out."""

AnyExample = TypeVar("AnyExample", Example, SentencePair)


@doing("reading the training data")
def load_source(
    benchmark: Benchmark,
    train: str,
    dev: str,
    *,
    language: str,
    train_examples: int | None = None,
    dev_examples: int | None = None,
    seed: int = 0,
) -> tuple[ExampleSet[Any], ExampleSet[Any]]:
    """Training and development examples of a test set's task in one language.

    The two share no context, and no pair of sentences.

    Args:
        benchmark: its `training_reader` reads both.
        train: any source that it accepts.
        dev: `held-out-articles`, or `held-out-pairs` for a task on sentence pairs (a share of `train`, removed from the
            training set), or another such source.
        language: two-letter code.
        train_examples: number of examples to sample after the split, by `seed`; None for all.
        dev_examples: the same for development.
        seed: of the split and of the samples.

    Raises:
        DataError: when a source cannot be used or when the two share a context or a pair.
    """
    read: Any = benchmark.load(benchmark.training_reader)
    if dev in _HOLD_OUT:
        _refuse_other_kind(benchmark, dev)
        training, development = _HOLD_OUT[dev](read(train, language=language, split="train"), seed=seed)
    else:
        training = read(train, language=language, split="train")
        development = load_development(benchmark, dev, language=language)
        _refuse_overlap(benchmark, training, development, dev)
    return training.sample(train_examples, seed), development.sample(dev_examples, seed)


def load_development(benchmark: Benchmark, source: str, *, language: str) -> ExampleSet[Any]:
    """Development examples from their own source.

    Raises DataError for `squad-dev-without-xquad`, which is empty, and for data that is held out, which needs the
    training data (load_source).
    """
    if source == NOTHING_LEFT:
        raise DataError(
            f"{source}: nothing is left of SQuAD v1.1's development set without XQuAD's articles: its 48 articles are "
            f"XQuAD's; write {HELD_OUT_ARTICLES} to develop on held-out training articles, or name a file"
        )
    if source in _HOLD_OUT:
        raise DataError(f"{source}: it can only be held out of training data; call load_source, which has it")
    read: Any = benchmark.load(benchmark.training_reader)
    found: ExampleSet[Any] = read(source, language=language, split="dev")
    return found


def hold_out_articles(
    examples: ExampleSet, *, share: float = HELD_OUT_SHARE, seed: int = 0
) -> tuple[ExampleSet, ExampleSet]:
    """Split by article into (training, development); the choice depends only on titles and seed.

    Examples without a title are split by paragraph. Raises DataError when there are fewer than two articles.
    """
    return _hold_out(examples, _article, share, seed, f"{HELD_OUT_ARTICLES}: the training data has {{}} article")


def hold_out_pairs(
    examples: ExampleSet[SentencePair], *, share: float = HELD_OUT_SHARE, seed: int = 0
) -> tuple[ExampleSet[SentencePair], ExampleSet[SentencePair]]:
    """Split sentence pairs into (training, development), which share no sentence: whole groups are held out.

    The choice depends only on the groups' first sentences and seed. Raises DataError when there are fewer than two
    groups.
    """
    first: dict[str, str] = {}
    for pair in examples.examples:
        first.setdefault(pair.paragraph, pair.first)
    few = f"{HELD_OUT_PAIRS}: the training data has {{}} group of pairs that share a sentence"
    return _hold_out(examples, lambda pair: first[pair.paragraph], share, seed, few)


_HOLD_OUT: dict[str, Callable[..., tuple[ExampleSet[Any], ExampleSet[Any]]]] = {
    HELD_OUT_ARTICLES: hold_out_articles,
    HELD_OUT_PAIRS: hold_out_pairs,
}


def _hold_out(
    examples: ExampleSet[AnyExample], unit: Callable[[AnyExample], str], share: float, seed: int, few: str
) -> tuple[ExampleSet[AnyExample], ExampleSet[AnyExample]]:
    units = sorted({unit(example) for example in examples.examples}, key=lambda name: _rank(name, seed))
    if len(units) < 2:
        raise DataError(
            f"{few.format(len(units))}; at least 2 are needed to hold one out: name a development file instead"
        )
    number = max(round(share * len(units)), min(FEWEST_HELD_OUT, len(units) // 2))
    held = set(units[:number])
    sides: tuple[list[int], list[int]] = ([], [])
    for index, example in enumerate(examples.examples):
        sides[unit(example) in held].append(index)
    training, development = sides
    return examples.choose(training, "dropped_held_out"), examples.choose(development, "dropped_not_held_out")


def _article(example: Example) -> str:
    return example.title or example.paragraph or example.context


def _rank(article: str, seed: int) -> bytes:
    return hashlib.sha256(f"{seed}\n{article}".encode()).digest()


def _held_out(benchmark: Benchmark) -> str:
    """What is held out of the training data of a task."""
    return HELD_OUT_ARTICLES if benchmark.metrics.task == SQUAD.task else HELD_OUT_PAIRS


def _refuse_other_kind(benchmark: Benchmark, dev: str) -> None:
    fitting = _held_out(benchmark)
    if dev != fitting:
        raise DataError(
            f"{dev}: training data of {benchmark.title} has none; write {fitting}, or name a source of development data"
        )


def _refuse_overlap(benchmark: Benchmark, training: ExampleSet[Any], development: ExampleSet[Any], dev: str) -> None:
    known = {_text(example) for example in training.examples}
    shared = sum(_text(example) in known for example in development.examples)
    if shared:
        are = "questions have a context" if _held_out(benchmark) == HELD_OUT_ARTICLES else "pairs are pairs"
        raise DataError(
            f"{dev}: {shared} of {len(development)} development {are} of the training data; "
            f"name another file, or write {_held_out(benchmark)}"
        )


def _text(example: Example | SentencePair) -> str | frozenset[str]:
    """What no development example may share with training: a context, or both sentences in either order."""
    return example.context if isinstance(example, Example) else frozenset((example.first, example.second))
