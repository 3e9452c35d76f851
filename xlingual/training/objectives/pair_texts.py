"""Texts of pairs in the form that a batcher reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from xlingual.data.slicing import pointers_of
from xlingual.tokens.windows import Windows, no_windows


def laid_out(ids: Sequence[NDArray[np.int32]], types: Sequence[NDArray[np.int8]]) -> Windows:
    """Lay texts end to end as windows that hold no span; `types` are those of their tokens."""
    return replace(
        no_windows(),
        input_ids=np.concatenate(ids),
        token_types=np.concatenate(types),
        pointers=pointers_of(np.asarray([len(text) for text in ids], dtype=np.int64)),
    )
