"""The arms of a study: what each trains on, and the robust training that it uses."""

from __future__ import annotations

import math
from difflib import get_close_matches
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field

from xlingual.errors import DataError
from xlingual.languages import two_letter
from xlingual.study.leaves import Flag, Real, Share, Source
from xlingual.study.messages import Path, told, told_at
from xlingual.study.section import Says, Section
from xlingual.study.training import ArmTraining
from xlingual.study.tunable import Tunable


def _two_letter_keys(weights: Any) -> Any:
    if not isinstance(weights, dict):
        return weights
    renamed: dict[str, Any] = {}
    errors: list[tuple[Path, str]] = []
    for key, weight in weights.items():
        try:
            code = two_letter(key)
        except DataError as error:
            near = get_close_matches(key, ["simplex", "choice"], n=1)
            errors.append(((key,), f"did you mean {near[0]!r}?" if near else str(error)))
            continue
        if code in renamed:
            errors.append(((key,), f"the language {code!r} is named twice; delete one"))
        renamed[code] = weight
    if errors:
        raise told_at(errors)
    return renamed


def _sorted_to_one(weights: dict[str, float]) -> dict[str, float]:
    # In order of language: what is drawn from a mixture must not depend on the order in which it is written.
    total = math.fsum(weights.values())
    if total <= 0:
        raise told("no language has a weight above 0; write for example {de: 0.5, es: 0.5}")
    if abs(total - 1) > 1e-6:
        scaled = ", ".join(f"{language}: {weight / total:.6g}" for language, weight in weights.items())
        raise told(f"the weights sum to {total:.6g}, not to 1; write for example {{{scaled}}}")
    return dict(sorted(weights.items()))


Magnitude: TypeAlias = Annotated[Real, Field(ge=0), Says("a number of at least 0", "0.1")]
Distribution: TypeAlias = Annotated[Literal["gaussian", "uniform"], Says("gaussian or uniform", "gaussian")]
Weights: TypeAlias = Annotated[
    dict[str, Share],
    BeforeValidator(_two_letter_keys),
    AfterValidator(_sorted_to_one),
    Says("weights of languages that sum to 1, or simplex: all", "{de: 0.5, es: 0.5}"),
]


class EmbeddingNoise(Section):
    """Random noise on the word embeddings while training (randomised smoothing, arXiv 2104.08645).

    `magnitude` is the standard deviation (gaussian) or the half-width (uniform), in units of the root mean square of
    the word-embedding table.
    """

    distribution: Distribution = "gaussian"
    magnitude: Magnitude


class Robust(Section):
    """The robust training of a trial: each method that is used."""

    embedding_noise: EmbeddingNoise | None = None


class EmbeddingNoiseSpace(Section):
    """The leaves of EmbeddingNoise, each a value or a search space."""

    distribution: Tunable[Distribution] = "gaussian"
    magnitude: Tunable[Magnitude]


class RobustSpace(Section):
    """The robust training of an arm: each method, or None where it is not used."""

    embedding_noise: Tunable[EmbeddingNoiseSpace | None] = None


class Mixture(Section):
    """What a trial trains on beside the English examples.

    `faq_share` is the share of FAQ examples among all that are drawn, `weights` each language's share among the FAQ
    examples; they sum to one.
    """

    faq_share: Share
    weights: Weights


class MixtureSpace(Section):
    """The leaves of Mixture, each a value or a search space."""

    faq_share: Tunable[Share]
    weights: Tunable[Weights]


class Arm(Section):
    """One treatment of a study; `model` and the set keys of `training` replace what the study says."""

    baseline: Flag = False
    model: Source | None = None
    training: ArmTraining = Field(default_factory=ArmTraining)
    mixture: Tunable[MixtureSpace | None] = None
    robust: Tunable[RobustSpace | None] = None
