"""Which mixtures the trials of an arm may have, at the ends of what is searched."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from xlingual.study.arms import Mixture
from xlingual.study.configuration import arm_space, plain_mixture
from xlingual.study.schema import Study
from xlingual.study.space import RANGES, Simplex, corners, nodes


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
    has_simplex = any(isinstance(node, Simplex) for _, node in nodes(space))
    for tree in corners(space, _ends):
        mixture = plain_mixture(study, tree)
        if mixture is not None:
            languages = mixture.names
            if study.data.faq is not None and has_simplex:
                languages = study.data.faq.languages
            yield PossibleMixture(mixture, languages, tree["max_repeats"], tuple(tree["repeated"]))


def _ends(key: str, values: tuple[Any, ...]) -> Iterator[Any]:
    for value in values:
        if isinstance(value, Simplex):
            yield from ({name: float(name == one) for name in value.names} for one in value.names)
        elif isinstance(value, RANGES):
            yield value.high
            if key in ("temperature", "bitext_share"):
                yield value.low
        else:
            yield value
