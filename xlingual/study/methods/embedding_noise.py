"""Random noise on the model's representations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from xlingual.study.derived import FIXED, MILDEST_LOW
from xlingual.study.methods.method import PerturbingMethod
from xlingual.study.methods.method_leaves import Distribution, Few, Magnitude, PlaceName, Unit
from xlingual.study.methods.setting_texts import joined, magnitude
from xlingual.study.section import Section


class EmbeddingNoise(Section):
    """Random noise on the model's representations in training: randomised smoothing by random perturbation.

    Huang et al., arXiv 2104.08645. The noise is added at `place` and has a `distribution` whose `magnitude` is the
    standard deviation (gaussian), the half-width (uniform, each element) or the radius of the L2 ball that each token's
    vector is drawn from. With `unit: rms` an element is measured in root mean squares of the word embeddings' elements,
    and a token's vector of `width` elements in sqrt(width) of them, the root mean square of the table's rows;
    `absolute` takes numbers as they are. The gradient is the mean over `samples` draws.
    """

    distribution: Distribution = "gaussian"
    magnitude: Annotated[Magnitude, MILDEST_LOW]
    place: PlaceName = "word_embeddings"
    unit: Annotated[Unit, FIXED] = "rms"
    samples: Annotated[Few, MILDEST_LOW] = 1


class EmbeddingNoiseMethod(PerturbingMethod[EmbeddingNoise]):
    """Embedding noise."""

    name = "embedding_noise"
    settings = EmbeddingNoise
    implementation = "xlingual.robust.embedding_noise:EmbeddingNoise"
    strength = "magnitude"
    deciding = ("samples",)

    def passes(self, settings: EmbeddingNoise) -> int:
        """Return the number of draws."""
        return settings.samples

    def text(self, settings: Mapping[str, Any]) -> str:
        """Return the magnitude, and the draws where there are several: "noise .05 x3"."""
        samples = settings.get("samples", 1)
        return joined("noise", magnitude(settings, "magnitude"), f"x{samples}" if samples > 1 else "")


METHOD = EmbeddingNoiseMethod()
