"""Perturbations that are made to harm."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal, TypeAlias

from xlingual.study.derived import FIXED, MILDEST_LOW, VOIDABLE
from xlingual.study.finding import Finding
from xlingual.study.methods.method import PerturbingMethod, Void, Written
from xlingual.study.methods.method_leaves import Few, Magnitude, MethodWeight, PlaceName, Unit
from xlingual.study.methods.setting_texts import joined, magnitude
from xlingual.study.section import LeafDoc, Section
from xlingual.study.space import largest, smallest, values

Attack: TypeAlias = Annotated[Literal["pgd", "freelb"], LeafDoc("pgd or freelb", "freelb")]
Norm: TypeAlias = Annotated[Literal["l2", "linf"], LeafDoc("l2 or linf", "l2")]
Over: TypeAlias = Annotated[Literal["example", "token"], LeafDoc("example or token", "example")]
Against: TypeAlias = Annotated[Literal["loss", "prediction"], LeafDoc("loss or prediction", "loss")]


class Adversarial(Section):
    """Noise that is made to harm, at `place`: `steps` of gradient ascent from a random start within a norm ball.

    `attack: pgd` trains on the last perturbation (Madry et al., arXiv 1706.06083), `attack: freelb` on that of every
    step, beginning with the start's, with the mean of their gradients (Zhu et al., arXiv 1909.11764, algorithm 1).
    `norm: l2` is taken `over` all of an example's tokens, or over each token's vector; `norm: linf` is the largest
    element. Without a `radius` there is no bound. `against: prediction` ascends the symmetric KL divergence from the
    clean prediction, and trains on the task loss plus `weight` times it (virtual adversarial training, arXiv
    1704.03976; SMART, arXiv 1911.03437).

    With `unit: rms`, `step_size` and `radius` are the root mean square (l2) or the largest (linf) of the elements that
    the norm covers, in root mean squares of the word embeddings' elements; `start` is the half-width of each element,
    in the same unit. `absolute` takes norms as FreeLB's code does: `step_size` and `radius` are l2 or linf norms, and
    an element of the start has the half-width `start` (linf), or `start` / sqrt(elements covered) (l2).
    """

    attack: Attack = "freelb"
    norm: Norm = "l2"
    over: Annotated[Over | None, VOIDABLE] = "example"
    steps: Annotated[Few, MILDEST_LOW] = 3
    step_size: Annotated[Magnitude, MILDEST_LOW]
    radius: Annotated[Magnitude | None, MILDEST_LOW] = None
    start: Annotated[Magnitude, MILDEST_LOW] = 0.0
    against: Against = "loss"
    weight: Annotated[MethodWeight | None, VOIDABLE, MILDEST_LOW] = 1.0
    place: PlaceName = "word_embeddings"
    unit: Annotated[Unit, FIXED] = "rms"


class AdversarialMethod(PerturbingMethod[Adversarial]):
    """Adversarial training."""

    name = "adversarial"
    settings = Adversarial
    implementation = "xlingual.robust.adversarial:Adversarial"
    voids = (
        Void(
            "weight",
            by="against",
            value="loss",
            reason="weight is that of the divergence from the prediction, and against is loss",
            remedy="write against: prediction",
        ),
        Void(
            "over",
            by="norm",
            value="linf",
            reason="over says which elements an l2 norm adds up, and linf is the largest element's",
            remedy="write norm: l2",
        ),
    )
    excludes: ClassVar[Mapping[str, str]] = {
        "embedding_noise": "adversarial has noise at its start: write start instead of embedding_noise",
        "consistency": "adversarial with attack: pgd and against: prediction is consistency under the worst noise: "
        "write that",
    }
    deciding = ("attack", "steps", "against")

    def passes(self, settings: Adversarial) -> int:
        """Return the steps, and for pgd those that train on the last perturbation."""
        if settings.attack == "freelb":
            return settings.steps
        return settings.steps + (1 if settings.against == "loss" else 2)

    def changes_nothing(self, settings: Adversarial) -> bool:
        """Whether nothing may be perturbed, or nothing is."""
        return settings.radius == 0 or (settings.step_size == 0 and settings.start == 0)

    def findings(self, written: Written) -> Iterator[Finding]:
        """Yield also perturbations that never leave their start, and starts that lie outside the ball."""
        yield from super().findings(written)
        yield from _attack(written)
        yield from _ascent(written)
        yield from _ball(written)

    def rounded_in_bf16(self, settings: Any) -> tuple[str, ...]:
        """Return the start, where a divergence from the prediction is ascended from it."""
        return ("start",) if "prediction" in values(settings.against) else ()

    def text(self, settings: Mapping[str, Any]) -> str:
        """Return attack and steps, step size and radius: "freelb3 .1 r.3"."""
        name = f"{settings.get('attack', 'freelb')}{settings.get('steps', '')}"
        against = "vs prediction" if settings.get("against") == "prediction" else ""
        return joined(name, magnitude(settings, "step_size"), magnitude(settings, "radius", "r"), against)


def _attack(written: Written) -> Iterator[Finding]:
    settings = written.settings
    if "freelb" not in values(settings.attack):
        return
    if "prediction" in values(settings.against):
        yield written.finding(
            "against",
            "freelb ascends the loss that it trains on, which is the task's, not the divergence from the prediction; "
            "write attack: pgd, or against: loss",
        )
    elif smallest(settings.steps) < 2:
        yield written.finding(
            "steps",
            "freelb trains on what it has before each step, so that with 1 step the gradient is never used; write "
            "steps: 2 or more, or attack: pgd",
        )


def _ascent(written: Written) -> Iterator[Finding]:
    settings = written.settings
    if largest(settings.step_size) == 0:
        yield written.finding(
            "step_size", "a step of 0 moves nothing; write a step_size above 0, or embedding_noise for random noise"
        )
    elif "prediction" in values(settings.against) and 0 in values(settings.start):
        example = smallest(settings.step_size) / 10 or 0.01
        yield written.finding(
            "start",
            "the divergence from the prediction is flat where nothing is perturbed, so that a start of 0 stays there; "
            f"write a start above 0, for example start: {example:g}",
        )


def _ball(written: Written) -> Iterator[Finding]:
    settings, radii = written.settings, values(written.settings.radius)
    if 0 in radii:
        yield written.finding(
            "radius",
            "a radius of 0 leaves no room (in FreeLB's code it means no bound); write a radius above 0, or delete "
            "this line for no bound",
        )
    elif None not in radii:
        # A start is a half-width, whose root mean square is 1 / sqrt(3) of it.
        start, radius = smallest(settings.start), largest(settings.radius)
        within = math.sqrt(3) if "l2" in values(settings.norm) else 1.0
        if start > within * radius:
            yield written.finding(
                "start",
                f"a start of {start:g} lies outside the ball of radius {radius:g}, so that all of it is cut off; "
                f"write start: {radius:g} or less, or a larger radius",
            )


METHOD = AdversarialMethod()
