"""Which mixtures the trials of an arm may have, at the ends of what is searched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

from xlingual.study.arms import Mixture
from xlingual.study.configuration import arm_space, plain_mixture
from xlingual.study.schema import Study
from xlingual.study.space import RANGES, Choice, Simplex


@dataclass(frozen=True, slots=True)
class PossibleMixture:
    """One mixture that a trial may have, and what its arm says of repetition.

    `languages` are those that its weights are drawn over: the mixture itself may be an end, with all on one of them.
    """

    mixture: Mixture
    languages: tuple[str, ...]
    max_repeats: float
    repeated: tuple[str, ...]


def possible_mixtures(study: Study, arm: str) -> Iterator[PossibleMixture]:
    """Yield mixtures of an arm that draw the most from each language, and at least one of every variant.

    A range counts with its high end (a temperature and a share of bitexts with both), a simplex with all its weight on
    each language in turn, a choice with every option.
    """
    space = arm_space(study, arm)["mixture"]
    for tree in _ends(space):
        mixture = plain_mixture(study, tree)
        if mixture is not None:
            languages = mixture.names
            if study.data.faq is not None and _has_simplex(space):
                languages = study.data.faq.languages
            yield PossibleMixture(mixture, languages, tree["max_repeats"], tuple(tree["repeated"]))


def _has_simplex(tree: Any) -> bool:
    if isinstance(tree, Choice):
        return any(map(_has_simplex, tree.options))
    return isinstance(tree, Simplex) or (isinstance(tree, Mapping) and any(map(_has_simplex, tree.values())))


def _ends(tree: Any, key: str = "") -> Iterator[Any]:
    if isinstance(tree, Choice):
        for option in tree.options:
            yield from _ends(option, key)
    elif isinstance(tree, Simplex):
        yield from ({name: float(name == one) for name in tree.names} for one in tree.names)
    elif isinstance(tree, RANGES):
        yield tree.high
        if key in ("temperature", "bitext_share"):
            yield tree.low
    elif isinstance(tree, Mapping):
        for values in product(*(list(_ends(value, name)) for name, value in tree.items())):
            yield dict(zip(tree, values, strict=True))
    else:
        yield tree
