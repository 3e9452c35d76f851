"""Checks of mixtures: known languages, one way to weigh them, one recipe, and examples to train on."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from xlingual.languages import two_letter
from xlingual.study.arms import MixtureSpace
from xlingual.study.document import Path
from xlingual.study.draft import Draft
from xlingual.study.finding import Finding
from xlingual.study.recipes import RECIPES, PassageSettings
from xlingual.study.section import leaves, section_options
from xlingual.study.space import NODES, RANGES, Simplex, largest, smallest, values

WITHOUT_CONTEXTS = frozenset(name for name, kind in RECIPES.items() if not kind.with_contexts)
"""Recipes without questions on a context."""


def mixture_has_faq(draft: Draft) -> Iterator[Finding]:
    """A mixture draws from data.faq, and from languages that it has."""
    if draft.data is None:
        return
    for name, arm in draft.arms.items():
        path = ("arms", name, "mixture")
        if draft.data.faq is None and arm.mixture is not None:
            remedy = "write data.faq: {source: PaDaS-Lab/webfaq}, or delete the mixture"
            yield Finding(path, f"a mixture draws FAQ examples, but data.faq names none; {remedy}")
        elif draft.data.faq is not None and draft.data.faq.languages:
            for leaf_path, leaf in leaves(arm.mixture, path):
                yield from _unknown_languages(draft, leaf_path, leaf, draft.data.faq.languages)


def faq_has_languages(draft: Draft) -> Iterator[Finding]:
    """The default of data.faq.languages leaves at least one."""
    if draft.data is not None and draft.data.faq is not None and not draft.data.faq.languages:
        message = "the test set has only English, so name the FAQ languages; write languages: [de, es]"
        yield Finding(("data", "faq"), message)


def one_way_to_weigh(draft: Draft) -> Iterator[Finding]:
    """A mixture weighs its languages by weights or by a temperature."""
    for path, mixture in _mixtures(draft):
        if mixture.weights is None and mixture.temperature is None:
            remedy = "write weights: {simplex: all}, weights: {de: 0.5, es: 0.5} or temperature: 0.3 (size^0.3)"
            yield Finding(path, f"the languages have no weights; {remedy}")
        elif mixture.weights is not None and mixture.temperature is not None:
            message = "weights and temperature exclude each other; delete one of the two"
            yield Finding((*path, "temperature"), message)


def one_recipe(draft: Draft) -> Iterator[Finding]:
    """A mixture has one recipe, and its passages are possible."""
    for path, mixture in _mixtures(draft):
        for place, recipe in section_options(mixture.recipe, (*path, "recipe")):
            named = _named(recipe)
            said = draft.document.at(place) if draft.document.writes(place) else None
            blank = [name for name in said if name in type(recipe).model_fields] if isinstance(said, Mapping) else []
            if not named and blank and "passage" not in blank:
                first = blank[0]
                message = f"is null, so passages would be made; write {first}: {{}} for its defaults"
                yield Finding((*place, first), f"{message}, or delete the line")
            if len(named) > 1:
                branches = ", ".join(f"{name[:4]}: {{{name}: {{}}}}" for name in named)
                message = f"a mixture has one recipe, found {', '.join(named)}"
                yield Finding(place, f"{message}; keep one, or search for it: choice: {{{branches}}}")
            if recipe.passage is not None:
                yield from _passages_can_be_made(draft, recipe.passage, (*place, "passage"))
    if draft.data is not None and draft.data.faq is not None:
        yield from _lengths(draft.data.faq.passages, ("data", "faq", "passages"))


def a_stage_has_no_weight(draft: Draft) -> Iterator[Finding]:
    """A stage of its own has a single loss, so no weight."""
    for path, mixture in _mixtures(draft):
        if values(mixture.schedule) != ("then",):
            continue
        for leaf_path, _ in leaves(mixture.recipe, (*path, "recipe")):
            if leaf_path[-1] == "weight" and draft.document.writes(leaf_path):
                message = "with schedule: then this loss is trained alone, so its weight has no effect"
                yield Finding(leaf_path, f"{message}; delete this line, or write schedule: mix")


def bitexts_are_named(draft: Draft) -> Iterator[Finding]:
    """Bitext rows are used only where data.faq.bitexts names them."""
    if draft.data is None or draft.data.faq is None:
        return
    for path, mixture in _mixtures(draft):
        for leaf_path, leaf in leaves(mixture.recipe, (*path, "recipe")):
            if leaf_path[-1] != "bitext_share" or leaf == 0:
                continue
            if mixture.pairs == "shuffled":
                message = "bitext rows are not shuffled, so this arm would not be a control"
                yield Finding(leaf_path, f"{message}; delete this line, or write pairs: matched")
            elif draft.data.faq.bitexts is None:
                remedy = "write data.faq.bitexts: {source: PaDaS-Lab/webfaq-bitexts}, or delete this line"
                yield Finding(leaf_path, f"bitext rows are asked for, but data.faq.bitexts names none; {remedy}")


def spans_are_learnt(draft: Draft) -> Iterator[Finding]:
    """A recipe without contexts leaves updates for the English data, and has updates and pairs of its own."""
    if draft.training is None:
        return
    for path, mixture in _mixtures(draft):
        updates = _updates(draft, str(path[1]))
        share = (*path, "faq_share")
        first, last = smallest(mixture.faq_share), largest(mixture.faq_share)
        named = {name for _, recipe in section_options(mixture.recipe, path) for name in _named(recipe)}
        pairs = named & WITHOUT_CONTEXTS
        all_first = "then" in values(mixture.schedule) and round(last * updates) >= updates
        if pairs and (last >= 1 or all_first):
            of = f"{last:g} of {updates} updates" if all_first else "1"
            learnt = "no span is learnt" if pairs != {"generation"} else "no question about a context is learnt"
            message = f"with a share of {of} nothing but {', '.join(sorted(pairs))} is trained, and {learnt}"
            yield Finding(share, f"{message}; write a share of {_down((updates - 1) / updates)} or less")
        if "then" in values(mixture.schedule) and first > 0 and round(first * updates) < 1:
            message = f"a first stage of {first:g} of {updates} updates has no update"
            yield Finding(share, f"{message}; write a share of {_up(1 / updates)} or more")
        batch = _smallest_batch(draft, str(path[1]))
        if "contrastive" in named and batch < 2:
            yield Finding(share, f"a batch of {batch} has too few pairs to contrast; write a larger batch_size")
        elif "contrastive" in named and "mix" in values(mixture.schedule) and first > 0 and int(first * batch) < 2:
            message = f"a share of {first:g} of {batch} windows leaves an update with fewer than 2 pairs to contrast"
            yield Finding(share, f"{message}; write a share of {_up(2 / batch)} or more, or schedule: then")


CHECKS = (
    mixture_has_faq,
    faq_has_languages,
    one_way_to_weigh,
    one_recipe,
    a_stage_has_no_weight,
    bitexts_are_named,
    spans_are_learnt,
)


def _mixtures(draft: Draft) -> Iterator[tuple[Path, MixtureSpace]]:
    """Yield every mixture that an arm may have."""
    for name, arm in draft.arms.items():
        yield from section_options(arm.mixture, ("arms", name, "mixture"))


def _passages_can_be_made(draft: Draft, passages: Any, path: Path) -> Iterator[Finding]:
    usual = draft.data.faq.passages if draft.data is not None and draft.data.faq is not None else PassageSettings()
    for place, settings in section_options(passages, path):
        said = {name: getattr(settings, name) for name in settings.model_fields_set}
        plain = {name: value for name, value in said.items() if not isinstance(value, NODES)}
        if plain.keys() & {"answers", "min_passage_characters", "max_passage_characters", "max_span_characters"}:
            yield from _lengths(usual.model_copy(update=plain), place)
        for leaf_path, leaf in leaves(settings, place):
            if isinstance(leaf, RANGES):
                remedy = "write the values to try, for example choice: [100, 200]"
                yield Finding(leaf_path, f"passages are made before the first trial, for every value; {remedy}")


def _lengths(passages: PassageSettings, path: Path) -> Iterator[Finding]:
    low, high, span = passages.min_passage_characters, passages.max_passage_characters, passages.max_span_characters
    if low > high:
        message = f"no passage has at least {low} and at most {high} characters"
        yield Finding((*path, "min_passage_characters"), f"{message}; write a smaller min or a larger max")
    if 2 * span + 1 > high:
        message = f"two answers of up to {span} characters do not fit in a passage of at most {high}"
        yield Finding((*path, "max_span_characters"), f"{message}; write max_span_characters: {max(1, high // 4)}")
    if passages.answers < 2:
        yield Finding((*path, "answers"), "a passage needs at least two answers; write answers: 2 or more")


def _unknown_languages(draft: Draft, path: Path, leaf: Any, known: tuple[str, ...]) -> Iterator[Finding]:
    if isinstance(leaf, Simplex):
        named = [((*path, "simplex", place), code) for place, code in enumerate(leaf.names)]
    elif isinstance(leaf, Mapping):
        named = [((*path, key), two_letter(key)) for key in draft.document.at(path)]
    elif path[-1] == "repeated" and isinstance(leaf, tuple):
        named = [((*path, place), code) for place, code in enumerate(leaf)]
    else:
        return
    for at, code in named:
        if code not in known:
            message = f"data.faq.languages has no {code!r}, it has {', '.join(known)}"
            yield Finding(at, f"{message}; write one of these, or add {code} to data.faq.languages")


def _named(recipe: Any) -> list[str]:
    return [name for name in type(recipe).model_fields if getattr(recipe, name) is not None]


def _updates(draft: Draft, arm_name: str) -> int:
    """Updates of an arm's trials; its own ones where the study lets arms differ."""
    assert draft.training is not None
    own = draft.arms[arm_name].training
    return int(own.updates if "updates" in own.model_fields_set else draft.training.updates)


def _smallest_batch(draft: Draft, arm: str) -> int:
    own = draft.arms[arm].training
    assert draft.training is not None, "asked only where there is one"
    said = "batch_size" in own.model_fields_set
    return int(smallest(own.batch_size if said else draft.training.batch_size))


def _down(share: float) -> str:
    """Four digits, never more than the share."""
    return f"{math.floor(share * 1e4) / 1e4:g}"


def _up(share: float) -> str:
    """Four digits, never less than the share."""
    return f"{math.ceil(share * 1e4) / 1e4:g}"
