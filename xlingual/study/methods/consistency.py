"""Predictions that stay the same under noise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal, TypeAlias

from xlingual.study.derived import FIXED, MILDEST_LOW
from xlingual.study.finding import Finding
from xlingual.study.methods.method import PerturbingMethod, Void, Written
from xlingual.study.methods.method_leaves import Distribution, Magnitude, MethodWeight, PlaceName, Unit
from xlingual.study.methods.setting_texts import joined, magnitude, setting
from xlingual.study.section import LeafDoc, Section
from xlingual.study.space import values

Dropout: TypeAlias = Annotated[Literal["shared", "drawn"], LeafDoc("shared or drawn", "shared")]


class Consistency(Section):
    """Predictions that stay the same under noise: the task loss plus `weight` times a symmetric KL divergence.

    R3F (Aghajanyan et al., arXiv 2008.03156, equation 3): between the clean and the noised prediction. `distribution`,
    `magnitude`, `place` and `unit` are those of `embedding_noise`. With `dropout: shared` both runs have the same
    dropout; with `dropout: drawn` the noised one draws its own, as in R3F's code, and a magnitude of 0 is then
    consistency under dropout (R-Drop, arXiv 2106.14448).
    """

    weight: Annotated[MethodWeight, MILDEST_LOW] = 1.0
    dropout: Dropout = "shared"
    distribution: Distribution = "uniform"
    magnitude: Annotated[Magnitude, MILDEST_LOW]
    place: PlaceName = "word_embeddings"
    unit: Annotated[Unit, FIXED] = "rms"


class ConsistencyMethod(PerturbingMethod[Consistency]):
    """Consistency under noise."""

    name = "consistency"
    settings = Consistency
    implementation = "xlingual.robust.consistency:Consistency"
    strength = "magnitude"
    voids = tuple(
        Void(
            key,
            by="magnitude",
            value=0,
            reason=f"{key} is that of the noise, and a magnitude of 0 is none",
            remedy="write a magnitude above 0",
        )
        for key in ("distribution", "place", "unit")
    )
    excludes: ClassVar[Mapping[str, str]] = {
        "embedding_noise": "consistency has its own noise: move distribution, magnitude and place there"
    }
    deciding = ("dropout",)

    def passes(self, settings: Consistency) -> int:
        """Return two: a clean and a noised one."""
        return 2

    def changes_nothing(self, settings: Consistency) -> bool:
        """Whether both runs are the same."""
        return settings.magnitude == 0 and settings.dropout == "shared"

    def without_effect(self, written: Written, *instead: str) -> Iterator[Finding]:
        """Yield a magnitude of 0, unless the two runs may differ in dropout."""
        if "drawn" not in values(written.settings.dropout):
            yield from super().without_effect(written, "dropout: drawn")

    def rounded_in_bf16(self, settings: Any) -> tuple[str, ...]:
        """Return the magnitude, where the noise alone may make the two runs differ."""
        return ("magnitude",) if "shared" in values(settings.dropout) else ()

    def text(self, settings: Mapping[str, Any]) -> str:
        """Return magnitude and weight: "r3f .1 w1"."""
        dropout = "dropout" if settings.get("dropout") == "drawn" else ""
        return joined("r3f", magnitude(settings, "magnitude"), setting(settings, "weight", "w"), dropout)


METHOD = ConsistencyMethod()
