"""Perturbations that bf16 rounds away."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from xlingual.study.arms import Arm
from xlingual.study.configuration import arm_space
from xlingual.study.methods.method import PerturbingMethod
from xlingual.study.robust import methods_of
from xlingual.study.schema import Study
from xlingual.study.section import section_options
from xlingual.study.space import smallest, values

ROUNDED_RMS = 0.03
"""Perturbations, in root mean squares of the word embeddings, below which a divergence in bf16 is that of rounding.

Measured with multilingual E5 small, two windows, CPU autocast, against float64, half-widths of uniform noise: at 5e-5
the divergence is 1.0e-11, in fp32 1.0e-11, in bf16 1.3e-5; at 0.001 4.0e-9, 4.0e-9 and 9.6e-6; at 0.01 4.0e-7, 4.0e-7
and 1.1e-5; at 0.1 4.1e-5, 4.1e-5 and 4.7e-5. Of its gradient with respect to the perturbation bf16 has 49% of the signs
right at 5e-5, 47% at 0.001, 49% at 0.01, 88% at 0.1; fp32 94% at 5e-5, and above it all.
"""

SMALLEST_RMS = 0.02
"""Of the word embeddings of pretrained encoders, about; what is absolute and rounded there is rounded elsewhere."""


def lost_in_rounding(study: Study) -> Iterator[str]:
    """Yield a note where a divergence from the prediction may be under a perturbation that bf16 rounds away."""
    found = [
        f"{name} ({key} from {size:g})"
        for name, arm in study.arms.items()
        if _may_be_bf16(study, name)
        for key, size in _rounded(arm)
    ]
    if found:
        yield (
            f"{', '.join(dict.fromkeys(found))}: in bf16, which training.precision may be, a perturbation of less than "
            f"about {ROUNDED_RMS:g} rms is lost in the rounding of the first layer, and a divergence from the "
            "prediction with it (at 0.01 rms half the signs of its gradient are wrong); write precision: fp32, or "
            "larger magnitudes"
        )


def _may_be_bf16(study: Study, arm: str) -> bool:
    return any(precision in ("auto", "bf16") for precision in values(arm_space(study, arm)["training"]["precision"]))


def _rounded(arm: Arm) -> Iterator[tuple[str, float]]:
    """Names and smallest values of magnitudes that bf16 rounds away, of methods that train on a divergence."""
    for _, robust in section_options(arm.robust):
        for method, space in methods_of(robust, PerturbingMethod):
            for _, settings in section_options(space):
                for key in method.rounded_in_bf16(settings):
                    yield from _below(settings, key)


def _below(settings: Any, key: str) -> Iterator[tuple[str, float]]:
    """The key, where its smallest value is below what counts; an option of 0, which leaves the method out, is none."""
    bound = ROUNDED_RMS * (SMALLEST_RMS if settings.unit == "absolute" else 1.0)
    sizes = [smallest(value) for value in values(getattr(settings, key)) if value != 0]
    if sizes and min(sizes) < bound:
        yield key, min(sizes)
