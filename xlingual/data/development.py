"""Development data: what a study may score on as often as it likes.

XQuAD has five paragraphs from each of 48 articles, and these are exactly the 48 articles of SQuAD v1.1's development
set. That set therefore overlaps the test set completely. The recommended development set is a seeded share of the
*training* articles, held out of the training data, so that no article is shared with training or test.

Development questions are cleaned like training examples (`xlingual.data.cleaning`); test questions are all kept
(`xlingual.data.scorable`). Development questions only rank trials, which are all scored on the same ones, and what was
dropped is reported before the first trial. An oracle develops on the test set's questions, and all of them are kept.
"""

from __future__ import annotations

import hashlib

from xlingual.activity import doing
from xlingual.data.examples import Example, ExampleSet
from xlingual.data.squad import load_squad
from xlingual.errors import DataError
from xlingual.study.data import HELD_OUT_ARTICLES, NOTHING_LEFT

HELD_OUT_SHARE = 0.05
"""Share of training articles to hold out: 22 of SQuAD's 442."""

FEWEST_HELD_OUT = 5
"""Minimum number of held-out articles when there are ten or more; with fewer, half are held out."""


@doing("reading the training data")
def load_english(
    train: str,
    dev: str = HELD_OUT_ARTICLES,
    *,
    language: str = "en",
    train_examples: int | None = None,
    dev_examples: int | None = None,
    seed: int = 0,
) -> tuple[ExampleSet, ExampleSet]:
    """Training and development examples that share no context.

    `dev` is `held-out-articles` (a share of the articles of `train`, removed from the training set) or any source that
    load_squad accepts. `train_examples` and `dev_examples` sample that many after the split, by `seed`. Raises
    DataError when a source cannot be used or when the two share a context.
    """
    training = load_squad(train, language=language, split="train")
    if dev == HELD_OUT_ARTICLES:
        training, development = hold_out_articles(training, seed=seed)
    else:
        development = load_development(dev, language=language)
        _refuse_overlap(training, development, dev)
    return training.sample(train_examples, seed), development.sample(dev_examples, seed)


def load_development(source: str, *, language: str = "en", limit: int | None = None, seed: int = 0) -> ExampleSet:
    """Development examples from their own source (see load_squad for accepted sources).

    Raises DataError for `squad-dev-without-xquad`, which is empty, and for `held-out-articles`, which needs the
    training data (load_english).
    """
    if source == NOTHING_LEFT:
        raise DataError(
            f"{source}: nothing is left of SQuAD v1.1's development set without XQuAD's articles: its 48 articles are "
            f"XQuAD's; write {HELD_OUT_ARTICLES} to develop on held-out training articles, or name a file"
        )
    if source == HELD_OUT_ARTICLES:
        raise DataError(f"{source}: articles can only be held out of training data; call load_english, which has it")
    return load_squad(source, language=language, split="dev", limit=limit, seed=seed)


def hold_out_articles(
    examples: ExampleSet, *, share: float = HELD_OUT_SHARE, seed: int = 0
) -> tuple[ExampleSet, ExampleSet]:
    """Split by article into (training, development); the choice depends only on titles and seed.

    Examples without a title are split by paragraph. Raises DataError when there are fewer than two articles.
    """
    articles = sorted({_article(example) for example in examples.examples}, key=lambda name: _rank(name, seed))
    if len(articles) < 2:
        raise DataError(
            f"{HELD_OUT_ARTICLES}: the training data has {len(articles)} article; "
            "at least 2 are needed to hold one out: name a development file instead"
        )
    number = max(round(share * len(articles)), min(FEWEST_HELD_OUT, len(articles) // 2))
    held = set(articles[:number])
    sides: tuple[list[int], list[int]] = ([], [])
    for index, example in enumerate(examples.examples):
        sides[_article(example) in held].append(index)
    training, development = sides
    return examples.choose(training, "dropped_held_out"), examples.choose(development, "dropped_not_held_out")


def _article(example: Example) -> str:
    return example.title or example.paragraph or example.context


def _rank(article: str, seed: int) -> bytes:
    return hashlib.sha256(f"{seed}\n{article}".encode()).digest()


def _refuse_overlap(training: ExampleSet, development: ExampleSet, dev: str) -> None:
    contexts = {example.context for example in training.examples}
    shared = sum(example.context in contexts for example in development.examples)
    if shared:
        raise DataError(
            f"{dev}: {shared} of {len(development)} development questions have a context of the training data; "
            f"name another file, or write {HELD_OUT_ARTICLES}"
        )
