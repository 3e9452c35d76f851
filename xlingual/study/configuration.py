"""A trial configuration: everything that determines the results of a trial, not where it runs."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from typing import Annotated, Any, TypeAlias

from pydantic import AfterValidator, model_validator
from typing_extensions import Self

from xlingual.study.arms import Arm, Mixture
from xlingual.study.derived import OF_FAMILY, Space, marked
from xlingual.study.family_defaults import FamilyDefaults
from xlingual.study.leaves import Seed, Text
from xlingual.study.lengths import Lengths
from xlingual.study.methods.method import TextMethod
from xlingual.study.pairs import PairSettings
from xlingual.study.recipes import Recipe
from xlingual.study.robust import Robust, methods_of, passes_of, plain_robust
from xlingual.study.schema import Study
from xlingual.study.section import Section
from xlingual.study.space import Simplex, mapped, with_options
from xlingual.study.text_to_text import TextToTextSettings
from xlingual.study.training import TrainingSettings
from xlingual.study.tunable import as_tree
from xlingual.study.windows import WindowSettings


def _sorted(mapping: dict[str, str]) -> dict[str, str]:
    return dict(sorted(mapping.items()))


Sources: TypeAlias = Annotated[dict[str, Text], AfterValidator(_sorted)]


class TrialConfiguration(Section):
    """What a trial computes.

    `sources` maps "model", "train", "dev", (where a mixture draws on it) "faq", (where the objective asks for it)
    "webfaq_dev" and (where robust training reads them) "synonyms" and "dictionary of LANGUAGE" to fingerprints of their
    content, so names and paths of a model or a data set are not part of the configuration.
    """

    sources: Sources
    windows: WindowSettings | None = None
    text_to_text: TextToTextSettings | None = None
    pairs: PairSettings | None = None
    training: TrainingSettings
    mixture: Mixture | None = None
    robust: Robust | None = None
    seed: Seed

    @model_validator(mode="after")
    def _has_one_kind_of_lengths(self) -> Self:
        if sum(one is not None for one in (self.windows, self.text_to_text, self.pairs)) != 1:
            raise ValueError("a trial configuration has one of windows, text_to_text and pairs")
        return self

    @property
    def lengths(self) -> Lengths:
        """Lengths of the model's inputs: windows for a span head, pairs for a head of labels, else those of texts."""
        found = self.windows or self.text_to_text or self.pairs
        assert found is not None
        return found

    def canonical(self) -> dict[str, Any]:
        """Return the configuration in JSON types, keys sorted; equal configurations give equal dicts.

        None is left out, so that a new method does not change the fingerprints of configurations without it.
        """
        canonical: dict[str, Any] = _canonical(self.model_dump(mode="json", exclude_none=True))
        return canonical

    @property
    def fingerprint(self) -> str:
        """16 hexadecimal digits of the SHA-256 of the canonical form as compact JSON, floats in their shortest form."""
        text = json.dumps(self.canonical(), sort_keys=True, separators=(",", ":"), allow_nan=False)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def arm_space(study: Study, arm_name: str) -> dict[str, Any]:
    """Return an arm's tree, merged with the study's training section: training, mixture (or None), robust (or None).

    Leaves are plain values or search-space nodes; `draw` makes plain values of them.
    """
    faq_languages = study.data.faq.languages if study.data.faq else ()
    return merged_space(study.arms[arm_name], study.training, faq_languages)


def merged_space(arm: Arm, training: Space[TrainingSettings], faq_languages: tuple[str, ...]) -> dict[str, Any]:
    """Return an arm's tree as `arm_space` does, from the study's training section and its FAQ languages."""
    return {
        "training": as_tree(training) | as_tree(arm.training),
        "mixture": _name_all(as_tree(arm.mixture), faq_languages),
        "robust": with_options(as_tree(arm.robust), _used),
    }


def build_configuration(
    study: Study,
    arm_name: str,
    plain_tree: Mapping[str, Any],
    seed: int,
    sources: Mapping[str, str],
    traits: FamilyDefaults | None = None,
) -> TrialConfiguration:
    """Return the configuration of one trial of an arm from its drawn tree.

    What has no effect is left out: a mixture without any FAQ share, a language of weight 0, noise of magnitude 0, the
    faq source where nothing is drawn from it. Weights are scaled to sum to one. `sources` must name model, train, dev,
    webfaq_dev where the objective asks for it, the mixture's variant (`xlingual.study.recipes.variant`), and the
    sources of words (`lexicons_of`). `traits` are those of the arm's model; by default of an encoder on the task.
    """
    assert arm_name in study.arms, f"no arm {arm_name!r}"
    mixture = plain_mixture(study, plain_tree.get("mixture"))
    robust = plain_robust(plain_tree.get("robust"), study.data.dictionary_languages)
    named = {name: sources[name] for name in ("model", "train", "dev", "webfaq_dev") if name in sources}
    if mixture is not None:
        named["faq"] = sources[mixture.variant]
    named |= {name: sources[name] for name in lexicons_of(robust)}
    traits = traits or FamilyDefaults(study.encoder_lengths)
    training = dict(plain_tree["training"])
    training |= {key: getattr(traits, key) for key in marked(TrainingSettings, OF_FAMILY) if training.get(key) is None}
    if study.search.equal == "passes":
        training["updates"] = updates_for(training["updates"], robust)
    kind: dict[str, Any] = {traits.lengths.key: traits.lengths}
    return TrialConfiguration(
        **kind,
        sources=named,
        training=TrainingSettings.model_validate(training),
        mixture=mixture,
        robust=robust,
        seed=seed,
    )


def updates_for(passes: int, robust: Robust | None) -> int:
    """Return how many updates fit into a number of passes, `passes_of(robust)` each; at least one."""
    return max(1, passes // passes_of(robust))


def lexicons_of(robust: Robust | None) -> tuple[str, ...]:
    """Names of the lexicons that robust training reads: "synonyms", "dictionary of de" and so on."""
    found = (name for method, settings in methods_of(robust, TextMethod) for name in method.lexicons(settings))
    return tuple(dict.fromkeys(found))


def plain_mixture(study: Study, drawn: Mapping[str, Any] | None) -> Mixture | None:
    """Return the mixture of a drawn tree; None without FAQ examples."""
    if drawn is None or drawn["faq_share"] == 0:
        return None
    assert study.data.faq is not None, "a study with a mixture has data.faq"
    drawn = {"weights": None, "temperature": None, "schedule": "mix", "recipe": {}, "pairs": "matched", **drawn}
    weights, temperature = drawn["weights"], drawn["temperature"]
    if weights is not None:
        total = math.fsum(weights.values())
        weights = {language: weight / total for language, weight in weights.items() if weight > 0}
    recipe = {name: dict(settings) for name, settings in drawn["recipe"].items() if settings is not None}
    recipe = recipe or {"passage": {}}
    if "passage" in recipe:
        recipe["passage"] = study.data.faq.passages.model_dump() | recipe["passage"]
    made = Recipe.model_validate(recipe)
    return Mixture(
        faq_share=drawn["faq_share"],
        weights=weights,
        temperature=temperature,
        languages=None if temperature is None else tuple(sorted(study.data.faq.languages)),
        schedule=drawn["schedule"],
        recipe=made.in_a_stage() if drawn["schedule"] == "then" else made,
        pairs=drawn["pairs"],
    )


def _name_all(tree: Any, languages: tuple[str, ...]) -> Any:
    """Give a simplex over "all" the names of the languages."""
    return mapped(tree, lambda leaf: Simplex(languages) if leaf == Simplex(()) else leaf)


def _used(robust: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return robust training without the methods that are None; None where none is left."""
    return {name: method for name, method in (robust or {}).items() if method is not None} or None


def _canonical(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _canonical(value[key]) for key in sorted(value)}
    if isinstance(value, list):
        return [_canonical(item) for item in value]
    return float(value) + 0.0 if isinstance(value, float) else value  # minus zero becomes zero
