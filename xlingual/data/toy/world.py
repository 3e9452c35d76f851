"""The settings of a toy world, and its random numbers."""

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
"""Version of the construction. Raise it whenever the same settings give other files."""

NEAREST_FIRST = ("en", "de", "es", "ro", "ru", "el", "vi", "tr", "zh", "ar", "hi", "th")
"""The languages by distance from English: made up, like everything in this world."""

STEP = 0.11

DISTANCES: Mapping[str, float] = MappingProxyType(
    {language: STEP * rank for rank, language in enumerate(NEAREST_FIRST)}
)
"""Distance of each language from English.

At misalignment 1, it is the standard deviation of each component of a word's deviation from its concept vector, whose
components have standard deviation 1.
"""


@dataclass(frozen=True, slots=True)
class ToyWorld:
    """The settings of a toy world; equal settings give byte-identical files.

    Attributes:
        seed: seed of every random choice.
        misalignment: scale of the languages' deviation from English; at 0, a concept has one vector in all languages.
        faq_helpfulness: share of FAQ pairs, in [0, 1], whose question matches the answer. The question of the others is
            drawn independently of the answer: at 0, the pages teach nothing about their language.
        train_articles, dev_articles, test_articles: number of articles; each is about the people of one family.
        persons_per_article: number of people, and of paragraphs.
        facts_per_person: number of sentences in a paragraph, each with another relation.
        questions_per_person: number of facts that are asked about.
        relations: number of relations (born in, works as, ...).
        faq_pages: number of pages for each language except English.
        pairs_per_page: number of pairs, each with another relation.

    Raises DataError for a setting out of range.
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
            raise DataError(f"toy world: seed is {self.seed}; write an integer that is 0 or larger")
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
        """16 hexadecimal digits that identify this world."""
        canonical = json.dumps({"format": FORMAT, **asdict(self)}, sort_keys=True)
        return hashlib.sha256(canonical.encode()).hexdigest()[:16]

    def generator(self, purpose: str) -> np.random.Generator:
        """A new random generator for a purpose; generators of different purposes are independent."""
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
"""Maximum of each size: a number, or the name of another size."""
