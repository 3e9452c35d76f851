"""What one run of a model gives: the loss, and the predictions that it is made of."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor


class Outcome(NamedTuple):
    """What a model makes of one pass's inputs.

    Attributes:
        loss: sum of the task's losses over the pass's examples (or masked tokens), (), float32.
        logits: of every categorical prediction that the loss is made of, each (rows, classes), float32; where a class
            is impossible, -1e9 or -inf. Spans: of the start and of the end, a row a window. Texts: of the next token,
            a row a token that is to be written.
        weights: that the loss gives to each row of the logits, (rows,), where they are not all 1.
    """

    loss: Tensor
    logits: tuple[Tensor, ...]
    weights: Tensor | None = None
