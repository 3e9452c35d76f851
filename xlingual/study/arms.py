"""The arms of a study: what each trains on, and the robust training that it uses."""

from __future__ import annotations

import math
from difflib import get_close_matches
from typing import Annotated, Any, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field, GetJsonSchemaHandler, WithJsonSchema
from pydantic_core import CoreSchema

from xlingual.errors import DataError
from xlingual.languages import two_letter
from xlingual.study.derived import COMPUTED, FIXED, MILDEST_LOW, Space
from xlingual.study.leaves import Flag, Real, Share, SomeLanguages, Source, Text
from xlingual.study.messages import Path, user_error, user_errors
from xlingual.study.published_models import PublishedModel
from xlingual.study.recipes import Pairs, Recipe, Schedule, variant
from xlingual.study.robust import Robust
from xlingual.study.section import LeafDoc, Section
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
        raise user_errors(errors)
    return renamed


def _sorted_to_one(weights: dict[str, float]) -> dict[str, float]:
    # In order of language: what is drawn from a mixture must not depend on the order in which it is written.
    total = math.fsum(weights.values())
    if total <= 0:
        raise user_error("no language has a weight above 0; write for example {de: 0.5, es: 0.5}")
    if abs(total - 1) > 1e-6:
        scaled = ", ".join(f"{language}: {weight / total:.6g}" for language, weight in weights.items())
        raise user_error(f"the weights sum to {total:.6g}, not to 1; write for example {{{scaled}}}")
    return dict(sorted(weights.items()))


Repeats: TypeAlias = Annotated[Real, Field(gt=0), LeafDoc("a number above 0", "4")]
Weights: TypeAlias = Annotated[
    dict[str, Share],
    BeforeValidator(_two_letter_keys),
    AfterValidator(_sorted_to_one),
    LeafDoc("weights of languages that sum to 1, or simplex: all", "{de: 0.5, es: 0.5}"),
]


First: TypeAlias = Annotated[
    dict[str, Any],
    LeafDoc("values for what the arm searches, under its own keys", "{training: {learning_rate: 3e-5}}"),
    WithJsonSchema(
        {
            "type": "object",
            "properties": {key: {"type": ["object", "string"]} for key in ("training", "mixture", "robust")},
            "additionalProperties": False,
        }
    ),
]


SHOWN = ("against", "published")
"""Keys of an arm that only change what reports show beside its scores."""


class Mixture(Section):
    """What a trial trains on in addition to the English examples.

    With `schedule: mix`, `faq_share` is the share of FAQ examples among all; with `schedule: then`, it is the
    share of updates on FAQ examples, which all come before the first English one. Either `weights` gives each
    language's share of the FAQ examples, summing to one, or languages are drawn in proportion to size^`temperature`
    (alpha in arXiv 1901.07291): 1 in proportion to their sizes, 0 evenly.
    """

    faq_share: Annotated[Share, MILDEST_LOW]
    weights: Weights | None = None
    temperature: Share | None = None
    languages: Annotated[tuple[str, ...] | None, COMPUTED] = None
    schedule: Schedule = "mix"
    recipe: Recipe
    pairs: Annotated[Pairs, FIXED] = "matched"

    @property
    def names(self) -> tuple[str, ...]:
        """The languages of the examples."""
        return tuple(self.weights) if self.weights is not None else self.languages or ()

    @property
    def variant(self) -> str:
        """The name of the examples that are drawn, see `xlingual.study.recipes.variant`."""
        return variant(self.recipe, self.pairs)


class MixtureSpace(Space[Mixture]):
    """What an arm mixes in, and how often examples may repeat.

    A trial repeats no language's examples more than `max_repeats` times (arXiv 2305.16264 finds four epochs of the same
    text about as good as new text), except those of the languages in `repeated`. `pairs: shuffled` gives every question
    another's answer: a control for the effect of the text alone.
    """

    max_repeats: Repeats = 4.0
    repeated: SomeLanguages = ()


class Arm(Section):
    """One treatment of a study; its `model` and the keys that it sets in `training` replace the study's.

    Exactly one arm is the `baseline`. `against` names the arm that reports compare this one with, by default the
    baseline; `published` the model whose published scores are printed below its own, by default recognised by its hub
    id. Neither changes its trials. `first` is the configuration that each of its searches begins with, under the arm's
    own keys.
    """

    baseline: Flag = False
    model: Source | None = None
    against: Text | None = None
    published: PublishedModel | None = None
    training: ArmTraining = Field(default_factory=ArmTraining)
    mixture: Tunable[MixtureSpace | None] = None
    robust: Tunable[Space[Robust] | None] = None
    first: First | None = None

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Allow an arm of which nothing is written."""
        written = handler.resolve_ref_schema(handler(schema))
        written["type"] = ["object", "null"]
        return written
