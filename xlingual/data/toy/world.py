"""The knobs of a toy world, and where its random numbers come from."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType

import numpy as np

from xlingual.errors import DataError

FORMAT = 1
"""Number of the construction; raised whenever the same knobs come to mean other files."""

NEAREST_FIRST = ("en", "de", "es", "ro", "ru", "el", "vi", "tr", "zh", "ar", "hi", "th")
"""The languages by their distance from English: made up, like all of this world."""

STEP = 0.11

DISTANCES: Mapping[str, float] = MappingProxyType(
    {language: STEP * rank for rank, language in enumerate(NEAREST_FIRST)}
)
"""Distance of each language from English.

At misalignment 1 it is the standard deviation of each component of a word's deviation from its concept's vector, whose
own components have standard deviation 1.
"""


@dataclass(frozen=True, slots=True)
class ToyWorld:
    """What decides a toy world: equal worlds give equal files, byte for byte.

    Attributes:
        seed: of every random choice.
        misalignment: scale of the languages' deviation from English; at 0 a concept has one vector in all languages.
        faq_helpfulness: share of the FAQ pairs, in [0, 1], that carry a question for their answer. The others carry one
            that was drawn without looking at the answer: at 0 the pages teach nothing about their language.
        train_articles, dev_articles, test_articles: each article is about the persons of one family.
        persons_per_article: each person has one paragraph.
        facts_per_person: sentences of a paragraph, each under another relation.
        questions_per_person: how many of the facts are asked for.
        relations: how many there are (born in, works as, ...).
        faq_pages: for each language but English.
        pairs_per_page: questions with their answers, each under another relation.

    Raises DataError for a knob out of range.
    """

    seed: int = 0
    misalignment: float = 1.0
    faq_helpfulness: float = 1.0
    train_articles: int = 200
    dev_articles: int = 10
    test_articles: int = 8
    persons_per_article: int = 5
    facts_per_person: int = 5
    questions_per_person: int = 3
    relations: int = 12
    faq_pages: int = 60
    pairs_per_page: int = 6

    def __post_init__(self) -> None:
        if self.seed < 0:
            raise DataError(f"toy world: seed is {self.seed}; write a whole number that is 0 or larger")
        if not (math.isfinite(self.misalignment) and self.misalignment >= 0):
            raise DataError(f"toy world: misalignment is {self.misalignment}; write a number that is 0 or larger")
        if not 0 <= self.faq_helpfulness <= 1:
            raise DataError(f"toy world: faq_helpfulness is {self.faq_helpfulness}; write a share between 0 and 1")
        for name, ceiling in _CEILINGS.items():
            size, most = getattr(self, name), ceiling if isinstance(ceiling, int) else getattr(self, ceiling)
            if not 1 <= size <= most:
                bound = most if isinstance(ceiling, int) else f"{most}, the number of {ceiling}"
                raise DataError(f"toy world: {name} is {size}; write a number from 1 to {bound}")
        for name in ("misalignment", "faq_helpfulness"):  # 1 and 1.0 are one world, and so are 0 and -0.0
            object.__setattr__(self, name, float(getattr(self, name)) + 0.0)

    @property
    def fingerprint(self) -> str:
        """16 hexadecimal digits that tell this world from every other."""
        canonical = json.dumps({"format": FORMAT, **asdict(self)}, sort_keys=True)
        return hashlib.sha256(canonical.encode()).hexdigest()[:16]

    def generator(self, purpose: str) -> np.random.Generator:
        """A fresh stream of random numbers; streams of different purposes do not disturb one another."""
        digest = hashlib.sha256(f"{self.seed} {purpose}".encode()).digest()
        return np.random.Generator(np.random.PCG64(int.from_bytes(digest, "big")))


_CEILINGS: Mapping[str, int | str] = MappingProxyType(
    {
        "train_articles": 1000,
        "dev_articles": 100,
        "test_articles": 100,
        "persons_per_article": 20,
        "relations": 40,
        "facts_per_person": "relations",
        "questions_per_person": "facts_per_person",
        "faq_pages": 10_000,
        "pairs_per_page": "relations",
    }
)
"""The largest value of each size: a number, or the name of the size that bounds it."""
