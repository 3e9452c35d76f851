"""Checks of robust training: methods that go together, perturbations that can move, keys that say something."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from xlingual.study.checks.finding import Finding
from xlingual.study.checks.options import options
from xlingual.study.document import Path
from xlingual.study.draft import Draft
from xlingual.study.robust import OF_NOISE, PERTURBING, AdversarialSpace, AveragingSpace, RobustSpace
from xlingual.study.space import largest, smallest, values

_TOGETHER = {
    ("embedding_noise", "adversarial"): "adversarial begins from noise of its own: write its start in place of "
    "embedding_noise",
    (
        "embedding_noise",
        "consistency",
    ): "consistency has noise of its own: move distribution, magnitude and place there",
    (
        "adversarial",
        "consistency",
    ): "adversarial with attack: pgd and against: prediction is consistency under the worst noise: write that",
}


def one_perturbation(draft: Draft) -> Iterator[Finding]:
    """Embedding noise, adversarial training and consistency exclude each other."""
    for path, robust in robusts(draft):
        named = [name for name in PERTURBING if getattr(robust, name) is not None]
        if len(named) > 1:
            reason = _TOGETHER[named[0], named[1]]
            branches = ", ".join(f"{name}: {{{name}: {{...}}}}" for name in named)
            message = f"{' and '.join(named)} both perturb the model, and a trial does one of them; {reason}"
            message = message if len(named) == 2 else message.replace(" both ", " all ", 1)
            yield Finding(
                (*path, named[1]), f"{message}, keep one, or search for it: robust: {{choice: {{{branches}}}}}"
            )


def perturbations_move(draft: Draft) -> Iterator[Finding]:
    """An adversarial perturbation leaves where it starts, and starts within its ball."""
    for path, settings in _settings(draft, "adversarial"):
        yield from _ascent(settings, path)
        yield from _ball(settings, path)


def methods_do_something(draft: Draft) -> Iterator[Finding]:
    """No method stands there with the one value at which it changes nothing."""
    keys = {
        "embedding_noise": "magnitude",
        "consistency": "magnitude",
        "word_substitution": "rate",
        "code_switch": "rate",
        "subword_sampling": "rate",
    }
    for method, key in keys.items():
        for path, settings in _settings(draft, method):
            under_dropout = method == "consistency" and "drawn" in values(settings.dropout)
            if getattr(settings, key) == 0 and not under_dropout:
                message = f"a {key} of 0 changes nothing, so that the arm trains as without {method}"
                instead = ", dropout: drawn" if method == "consistency" else ""
                yield Finding((*path, key), f"{message}; write a {key} above 0{instead}, or delete {method}")


def keys_say_something(draft: Draft) -> Iterator[Finding]:
    """No key is written that another one makes void."""
    for path, settings in _settings(draft, "adversarial"):
        if values(settings.against) == ("loss",) and draft.document.says((*path, "weight")):
            message = "weight is that of the divergence from the prediction, and against is loss"
            yield Finding((*path, "weight"), f"{message}; delete this line, or write against: prediction")
        if values(settings.norm) == ("linf",) and draft.document.says((*path, "over")):
            message = "over says which elements an l2 norm adds up, and linf is the largest element's"
            yield Finding((*path, "over"), f"{message}; delete this line, or write norm: l2")
    for path, settings in _settings(draft, "consistency"):
        for key in OF_NOISE:
            if settings.magnitude == 0 and draft.document.says((*path, key)):
                message = f"{key} is that of the noise, and a magnitude of 0 is none"
                yield Finding((*path, key), f"{message}; delete this line, or write a magnitude above 0")
    for path, settings in _settings(draft, "averaging"):
        for kind, key, other in (("last", "decay", "running"), ("running", "checkpoints", "last")):
            if values(settings.kind) == (kind,) and draft.document.says((*path, key)):
                message = f"{key} belongs to the {other} average, and kind is {kind}"
                yield Finding((*path, key), f"{message}; delete this line, or write kind: {other}")


def averages_fit(draft: Draft) -> Iterator[Finding]:
    """There are as many reports as checkpoints are averaged, and more than one."""
    for path, settings in _settings(draft, "averaging"):
        yield from _lone(settings, path)
        reports = _fewest_reports(draft, str(path[1]))
        if reports is None or "last" not in values(settings.kind):
            continue
        checkpoints = largest(settings.checkpoints)
        if checkpoints > reports:
            message = f"the last {checkpoints} checkpoints are averaged, one a report, and there are {reports} reports"
            yield Finding((*path, "checkpoints"), f"{message}; write checkpoints: {reports} or reports: {checkpoints}")


CHECKS = (one_perturbation, perturbations_move, methods_do_something, keys_say_something, averages_fit)


def robusts(draft: Draft) -> Iterator[tuple[Path, RobustSpace]]:
    """Yield the robust training that an arm may have, every option of it."""
    for name, arm in draft.arms.items():
        yield from options(arm.robust, ("arms", name, "robust"))


def _settings(draft: Draft, method: str) -> Iterator[tuple[Path, Any]]:
    for path, robust in robusts(draft):
        yield from options(getattr(robust, method), (*path, method))


def _ascent(settings: AdversarialSpace, path: Path) -> Iterator[Finding]:
    against_prediction = "prediction" in values(settings.against)
    if against_prediction and "freelb" in values(settings.attack):
        message = (
            "freelb ascends the loss that it trains on, which is the task's, not the divergence from the prediction"
        )
        yield Finding((*path, "against"), f"{message}; write attack: pgd, or against: loss")
    elif "freelb" in values(settings.attack) and smallest(settings.steps) < 2:
        message = "freelb trains on what it has before each step, so that with 1 step the gradient is never used"
        yield Finding((*path, "steps"), f"{message}; write steps: 2 or more, or attack: pgd")
    if largest(settings.step_size) == 0:
        message = "a step of 0 moves nothing"
        yield Finding(
            (*path, "step_size"), f"{message}; write a step_size above 0, or embedding_noise for random noise"
        )
    elif against_prediction and 0 in values(settings.start):
        example = smallest(settings.step_size) / 10 or 0.01
        message = (
            "the divergence from the prediction is flat where nothing is perturbed, so that a start of 0 stays there"
        )
        yield Finding((*path, "start"), f"{message}; write a start above 0, for example start: {example:g}")


def _ball(settings: AdversarialSpace, path: Path) -> Iterator[Finding]:
    radii = values(settings.radius)
    if 0 in radii:
        message = "a radius of 0 leaves no room (in FreeLB's code it stands for no bound)"
        yield Finding((*path, "radius"), f"{message}; write a radius above 0, or delete this line for no bound")
    elif None not in radii:
        # A start is a half-width, whose root mean square is 1 / sqrt(3) of it.
        start, radius = smallest(settings.start), largest(settings.radius)
        within = math.sqrt(3) if "l2" in values(settings.norm) else 1.0
        if start > within * radius:
            message = f"a start of {start:g} lies outside the ball of radius {radius:g}, so that all of it is cut off"
            yield Finding((*path, "start"), f"{message}; write start: {radius:g} or less, or a larger radius")


def _lone(settings: AveragingSpace, path: Path) -> Iterator[Finding]:
    if values(settings.kind) == ("last",) and settings.checkpoints == 1:
        message = "the mean of 1 checkpoint is that checkpoint"
        yield Finding((*path, "checkpoints"), f"{message}; write checkpoints: 2 or more, or delete averaging")
    if values(settings.kind) == ("running",) and settings.decay == 0:
        message = "with a decay of 0 the average is the last update's weights"
        yield Finding((*path, "decay"), f"{message}; write a decay above 0, for example 0.99, or delete averaging")


def _fewest_reports(draft: Draft, arm: str) -> int | None:
    own = draft.arms[arm].training
    training = own if "reports" in own.model_fields_set else draft.training
    return None if training is None else int(smallest(training.reports))
