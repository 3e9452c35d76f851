"""Lengths of the inputs that are measured."""

from __future__ import annotations

from xlingual.errors import XlingualError
from xlingual.evaluation.input_lengths import checkpoint_lengths
from xlingual.families import Checkpoint, Lengths
from xlingual.study import StudyLengths


def chosen_lengths(
    checkpoint: Checkpoint,
    *,
    study: StudyLengths | None = None,
    max_length: int | None = None,
    stride: int | None = None,
) -> Lengths:
    """Lengths as asked for, else a study's, else those that the checkpoint records or that are usual for its family.

    Args:
        checkpoint: the model.
        study: its lengths; what it leaves open is the family's.
        max_length: tokens of a window, or of an input.
        stride: tokens that neighbouring windows share.

    Raises:
        ModelError: when the model cannot read inputs of these lengths.
        XlingualError: when a stride is asked of a model that reads no windows.
    """
    directory, family = checkpoint.directory, checkpoint.family
    lengths = checkpoint.traits(study).lengths if study else checkpoint_lengths(directory, family)
    if max_length is not None:
        lengths = lengths.resized(max_length)
    if stride is not None:
        if "stride" not in type(lengths).model_fields:
            raise XlingualError(
                f"--stride: found {stride}, but {checkpoint.name} is a text-to-text model, which reads a context at "
                "once, in no windows; leave --stride out"
            )
        lengths = lengths.model_copy(update={"stride": stride})
    family.check(directory, lengths)
    return lengths


def most_tokens(lengths: Lengths) -> int:
    """Most tokens of a window, or of an input."""
    assert lengths.longest is not None, "a family fills lengths in"
    return lengths.longest
