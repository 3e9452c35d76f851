"""Checks of the arms: one baseline, no arm twice, mixtures that the FAQ languages allow."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from xlingual.languages import two_letter
from xlingual.study.arms import MixtureSpace
from xlingual.study.checks.finding import Finding
from xlingual.study.document import Path
from xlingual.study.draft import Draft, leaves
from xlingual.study.recipes import PassageSettings
from xlingual.study.section import Section
from xlingual.study.space import Choice, Integer, LogUniform, Simplex, Uniform
from xlingual.study.tunable import as_tree


def one_baseline(draft: Draft) -> Iterator[Finding]:
    """Exactly one arm is the baseline, as every difference is taken to it."""
    arms = draft.document.value.get("arms")
    if not isinstance(arms, Mapping) or not arms:
        return
    baselines = [name for name, arm in arms.items() if isinstance(arm, Mapping) and arm.get("baseline") is True]
    if not baselines:
        first = next(iter(arms))
        remedy = f"write baseline: true in one of {', '.join(arms)}, for example {first}: {{baseline: true}}"
        yield Finding(("arms",), f"no arm is the baseline that the others are compared with; {remedy}")
    for name in baselines[1:]:
        message = f"{baselines[0]!r} is the baseline already, and there is one; delete baseline: true here or there"
        yield Finding(("arms", name, "baseline"), message)


def no_arm_twice(draft: Draft) -> Iterator[Finding]:
    """No arm is empty or trains just as an earlier one does."""
    remedy = "write what it changes, for example mixture: {...}, robust: {...}, model: ... or training: {...}"
    seen: dict[str, Any] = {}
    for name in sorted(draft.arms, key=lambda name: not draft.arms[name].baseline):
        treatment = _treatment(draft, name)
        twin = next((other for other, known in seen.items() if known == treatment), None)
        if not draft.document.at(("arms", name)):
            yield Finding(("arms", name), f"the arm is empty, so it would be the baseline again; {remedy}")
        elif twin is not None:
            kind = "the baseline " if draft.arms[twin].baseline else ""
            yield Finding(("arms", name), f"the arm trains just as {kind}{twin!r} does; {remedy}")
        else:
            seen[name] = treatment


def same_updates(draft: Draft) -> Iterator[Finding]:
    """Every arm is trained for the same number of updates, so that none wins by training longer."""
    for name, arm in draft.arms.items():
        if draft.training is None or "updates" not in arm.training.model_fields_set:
            continue
        if arm.training.updates != draft.training.updates:
            message = "every arm gets the updates that training.updates says, so that none wins by training longer"
            yield Finding(("arms", name, "training", "updates"), f"{message}; delete this line")


def mixture_has_faq(draft: Draft) -> Iterator[Finding]:
    """A mixture draws from data.faq, and from languages that are there."""
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
        message = "the test set has no language but English, so name the FAQ languages; write languages: [de, es]"
        yield Finding(("data", "faq"), message)


def one_way_to_weigh(draft: Draft) -> Iterator[Finding]:
    """A mixture weighs its languages by weights or by a temperature."""
    for path, mixture in _mixtures(draft):
        if mixture.weights is None and mixture.temperature is None:
            remedy = "write weights: {simplex: all}, weights: {de: 0.5, es: 0.5} or temperature: 0.3 (size^0.3)"
            yield Finding(path, f"nothing says how much is drawn from which language; {remedy}")
        elif mixture.weights is not None and mixture.temperature is not None:
            message = "weights and temperature both say how much is drawn from which language; delete one of the two"
            yield Finding((*path, "temperature"), message)


def one_recipe(draft: Draft) -> Iterator[Finding]:
    """A mixture has one recipe, and passages that can be made."""
    for path, mixture in _mixtures(draft):
        for place, recipe in _options(mixture.recipe, (*path, "recipe")):
            named = [name for name in type(recipe).model_fields if getattr(recipe, name) is not None]
            if len(named) > 1:
                branches = ", ".join(f"{name[:4]}: {{{name}: {{}}}}" for name in named)
                message = f"a mixture has one recipe, found {', '.join(named)}"
                yield Finding(place, f"{message}; keep one, or search for it: choice: {{{branches}}}")
            if recipe.passage is not None:
                yield from _passages_can_be_made(recipe.passage, (*place, "passage"))
    if draft.data is not None and draft.data.faq is not None:
        yield from _lengths(draft.data.faq.passages, ("data", "faq", "passages"))


def bitexts_are_named(draft: Draft) -> Iterator[Finding]:
    """Bitext rows are drawn only where data.faq.bitexts says whose."""
    if draft.data is None or draft.data.faq is None or draft.data.faq.bitexts is not None:
        return
    for path, mixture in _mixtures(draft):
        for leaf_path, leaf in leaves(mixture.recipe, (*path, "recipe")):
            if leaf_path[-1] == "bitext_share" and leaf != 0:
                remedy = "write data.faq.bitexts: {source: PaDaS-Lab/webfaq-bitexts}, or delete this line"
                yield Finding(leaf_path, f"bitext rows are asked for, but data.faq.bitexts names none; {remedy}")


CHECKS = (one_baseline, no_arm_twice, same_updates, mixture_has_faq, faq_has_languages, one_way_to_weigh, one_recipe,
          bitexts_are_named)  # fmt: skip


def _treatment(draft: Draft, name: str) -> Any:
    arm = draft.arms[name]
    space = as_tree(arm)
    training = space.pop("training")
    shared = as_tree(draft.training) if draft.training is not None else {}
    merged = {**shared, **{key: training[key] for key in arm.training.model_fields_set}}
    robust = None if space["robust"] == {"embedding_noise": None} else space["robust"]
    return {"model": arm.model or draft.model, "training": merged, "mixture": space["mixture"], "robust": robust}


def _mixtures(draft: Draft) -> Iterator[tuple[Path, MixtureSpace]]:
    """Yield every mixture that an arm may have."""
    for name, arm in draft.arms.items():
        yield from _options(arm.mixture, ("arms", name, "mixture"))


def _options(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    """Yield a section, or those among the options of a choice."""
    if isinstance(value, Choice):
        steps: Iterable[str | int] = value.labels or range(len(value.options))
        for step, option in zip(steps, value.options, strict=True):
            yield from _options(option, (*path, "choice", step))
    elif isinstance(value, Section):
        yield path, value


def _passages_can_be_made(passages: Any, path: Path) -> Iterator[Finding]:
    for place, settings in _options(passages, path):
        for leaf_path, leaf in leaves(settings, place):
            if isinstance(leaf, (Uniform, LogUniform, Integer)):
                remedy = "write the values to try, for example choice: [100, 200]"
                yield Finding(leaf_path, f"passages are made before the first trial, for every value; {remedy}")


def _lengths(passages: PassageSettings, path: Path) -> Iterator[Finding]:
    low, high, span = passages.min_passage_characters, passages.max_passage_characters, passages.max_span_characters
    if low > high:
        message = f"passages of at least {low} and at most {high} characters cannot be"
        yield Finding((*path, "min_passage_characters"), f"{message}; write a smaller min or a larger max")
    if span > high:
        message = f"an answer of up to {span} characters does not fit in a passage of at most {high}"
        yield Finding((*path, "max_span_characters"), f"{message}; write max_span_characters: {high // 4}")
    if passages.answers < 2:
        yield Finding((*path, "answers"), "one answer has nothing to be told from; write answers: 2 or more")


def _unknown_languages(draft: Draft, path: Path, leaf: Any, known: tuple[str, ...]) -> Iterator[Finding]:
    if isinstance(leaf, Simplex):
        named = [((*path, "simplex", place), code) for place, code in enumerate(leaf.names)]
    elif isinstance(leaf, Mapping):
        named = [((*path, key), two_letter(key)) for key in draft.document.at(path)]
    else:
        return
    for at, code in named:
        if code not in known:
            message = f"data.faq.languages has no {code!r}, it has {', '.join(known)}"
            yield Finding(at, f"{message}; write one of these, or add {code} to data.faq.languages")
