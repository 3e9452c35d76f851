"""Predictions that stay under noise.

R3F (Aghajanyan et al., arXiv 2008.03156, equation 3).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from torch import Tensor, nn

from xlingual.robust.divergence import symmetric_divergence
from xlingual.robust.embedding_noise import drawn
from xlingual.robust.hook_points import HookPoint
from xlingual.robust.magnitudes import Scale
from xlingual.robust.noise import Noise
from xlingual.robust.robust_training import Rows, Run, Term
from xlingual.robust.token_layout import Layout
from xlingual.study.methods.consistency import Consistency as Settings


class Consistency:
    """The task loss without noise, plus `weight` times the symmetric KL divergence to the prediction under noise.

    Two forward and two backward passes. The divergence is summed as the loss is, over rows, and over all predictions
    of a row: for a span that of the start plus that of the end, while the loss is the mean of theirs. For a text it is
    that of each next token, given the target's tokens before it, weighted as the token's loss is.

    As in the paper the gradient reaches the model through both predictions. Released R3F code (fairseq's examples/rxf)
    adds the noise to detached token embeddings, so that these learn from the clean run alone.

    Dropout `shared`: both runs have the same, so that the noise alone parts them, and what they part by vanishes with
    the square of the noise: 4e-12 for noise of 1.2e-4 rms (1e-5 of XLM-R), 2.7e-8 for 0.01, 2.7e-6 for 0.1 rms
    (multilingual E5 small before training, fp32), beside losses near 5. `drawn`: the noised run draws its own, as
    R3F's code does; that divergence was 2.3e-3 at every magnitude up to 0.3 rms, dropout's own. Without noise it is
    consistency under dropout as in R-Drop (arXiv 2106.14448), whose task loss is that of both runs.

    In bf16 noise of less than about 0.03 rms is lost in the rounding of the first layer, and a divergence of `shared`
    dropout with it: see `xlingual.study.rounding`.

    Args:
        settings: see `xlingual.study.methods.consistency`.
        model: with its pretrained weights.
    """

    passes = 2
    terms = 1

    def __init__(self, settings: Settings, model: nn.Module) -> None:
        self._weight = settings.weight
        self._draw = 1 if settings.dropout == "drawn" else 0
        self._scale = Scale.of(model, settings.unit)
        self._hook_point = HookPoint(model, settings.place)
        self._noise = Noise(settings.distribution, settings.magnitude, self._scale, self._hook_point.width)

    def loss_terms(self, rows: Sequence[Rows], run: Run, seed: int) -> Iterator[Term]:
        """Yield the one term, see `RobustTraining`."""
        layouts = [Layout(part) for part in rows]
        perturb = drawn(self._noise, seed)

        def term(run: Run) -> Tensor:
            clean = run()
            with self._hook_point.perturbed(layouts, perturb):
                noised = run(draw=self._draw)
            return clean.loss + self._weight * symmetric_divergence(clean.logits, noised.logits, clean.weights)

        yield term

    def record(self) -> Mapping[str, Any]:
        """Return the magnitude, relative and absolute, and the root mean square it is relative to."""
        return {"root_mean_square": self._scale.root_mean_square, **self._noise.record()}

    def pop_squared_norms(self) -> tuple[float, float]:
        """See `RobustTraining.pop_squared_norms`."""
        return self._hook_point.pop_squared_norms()
