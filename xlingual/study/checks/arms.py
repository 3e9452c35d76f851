"""Checks of the arms: one baseline, no arm twice, the same updates, another arm to compare with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from xlingual.study.draft import Draft
from xlingual.study.finding import Finding
from xlingual.study.messages import did_you_mean
from xlingual.study.tunable import as_tree


def one_baseline(draft: Draft) -> Iterator[Finding]:
    """Exactly one arm is the baseline, which the others are compared with."""
    arms = draft.document.value.get("arms")
    if not isinstance(arms, Mapping) or not arms:
        return
    written = {name: arm.get("baseline", False) for name, arm in arms.items() if isinstance(arm, Mapping)}
    baselines = [name for name, value in written.items() if value is True]
    if not baselines and all(value is False for value in written.values()):  # what is neither is reported already
        first = next(iter(arms))
        remedy = f"write baseline: true in one of {', '.join(arms)}, for example {first}: {{baseline: true}}"
        yield Finding(("arms",), f"no arm is the baseline that the others are compared with; {remedy}")
    for name in baselines[1:]:
        message = (
            f"{baselines[0]!r} is the baseline already, and a study has one; delete baseline: true from either arm"
        )
        yield Finding(("arms", name, "baseline"), message)


def no_arm_twice(draft: Draft) -> Iterator[Finding]:
    """No arm is empty or trains exactly like an earlier one; arms with unknown keys are left out."""
    remedy = "write what it changes, for example mixture: {...}, robust: {...}, model: ... or training: {...}"
    seen: dict[str, Any] = {}
    has_baseline = any(arm.baseline for arm in draft.arms.values())
    complete = [name for name in draft.arms if name not in draft.incomplete]
    for name in sorted(complete, key=lambda name: not draft.arms[name].baseline):
        treatment = _treatment(draft, name)
        twin = next((other for other, known in seen.items() if known == treatment), None)
        if has_baseline and not draft.document.at(("arms", name)):
            yield Finding(("arms", name), f"the arm is empty, so it would be the baseline again; {remedy}")
        elif twin is not None:
            kind = "the baseline " if draft.arms[twin].baseline else ""
            yield Finding(("arms", name), f"the arm trains exactly like {kind}{twin!r}; {remedy}")
        else:
            seen[name] = treatment


def same_updates(draft: Draft) -> Iterator[Finding]:
    """Every arm trains for the same number of updates, unless the study says so: none wins by training longer."""
    search = draft.document.value.get("search")
    if isinstance(search, Mapping) and search.get("equal") == "nothing":
        return
    for name, arm in draft.arms.items():
        if draft.training is None or "updates" not in arm.training.model_fields_set:
            continue
        if arm.training.updates != draft.training.updates:
            message = "every arm trains for training.updates, so that none wins by training longer"
            remedy = "delete this line, or write search.equal: nothing, and every table will say so"
            yield Finding(("arms", name, "training", "updates"), f"{message}; {remedy}")


def compared_with_an_arm(draft: Draft) -> Iterator[Finding]:
    """What an arm is compared with is another arm of the study; the baseline is compared with nothing."""
    arms = draft.document.value.get("arms") or {}
    for name, arm in draft.arms.items():
        path = ("arms", name, "against")
        if arm.against is None:
            continue
        if arm.baseline:
            yield Finding(path, "the baseline is compared with no arm; delete this line")
        elif arm.against == name:
            yield Finding(path, "an arm cannot be compared with itself; name another, or delete this line")
        elif arm.against not in arms:
            others = tuple(other for other in arms if other != name)
            yield Finding(path, f"no arm is called {arm.against!r}; {did_you_mean(arm.against, others)}")


CHECKS = (one_baseline, no_arm_twice, same_updates, compared_with_an_arm)


def _treatment(draft: Draft, name: str) -> Any:
    arm = draft.arms[name]
    space = as_tree(arm)
    training = (as_tree(draft.training) if draft.training is not None else {}) | space["training"]
    robust = space["robust"]
    if isinstance(robust, Mapping):
        robust = {name: method for name, method in robust.items() if method is not None} or None
    mixture = _drawn(draft, space["mixture"])
    return {"model": arm.model or draft.model, "training": training, "mixture": mixture, "robust": robust}


def _drawn(draft: Draft, mixture: Any) -> Any:
    """A mixture without its guards, its passages with the study's settings."""
    if not isinstance(mixture, Mapping):
        return mixture
    drawn = {key: value for key, value in mixture.items() if key not in ("max_repeats", "repeated")}
    recipe = drawn["recipe"]
    others = isinstance(recipe, Mapping) and any(recipe[name] is not None for name in recipe if name != "passage")
    faq = draft.data.faq if draft.data is not None else None
    if isinstance(recipe, Mapping) and not others and faq is not None:
        passage = recipe["passage"] or {}
        if isinstance(passage, Mapping):
            drawn["recipe"] = {"passage": as_tree(faq.passages) | passage}
    return drawn
