"""How a trial is computed. Beyond rounding, no number depends on it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Execution:
    """Ways of computing a trial.

    Attributes:
        threads: of a worker on a CPU; 0 leaves torch's own number.
        compile: whether `torch.compile` makes the model's code (pays on GPUs and long trainings).
        activation_checkpointing: whether activations are computed again in the backward pass instead of kept
            (Chen et al., arXiv 1604.06174): less memory, a third more arithmetic.
        deterministic: whether a GPU may use deterministic algorithms alone, so that the same trial gives the same bits
            on the same GPUs, versions and number of workers.
    """

    threads: int = 0
    compile: bool = False
    activation_checkpointing: bool = False
    deterministic: bool = False
