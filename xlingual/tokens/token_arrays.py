"""What windows, pairs and sequences have in common: token ids of many inputs in one array."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from xlingual.tokens.rewritable import Rewritable


class TokenArrays:
    """The tokens of many inputs end to end, without padding: input i has `input_ids[pointers[i]:pointers[i + 1]]`.

    Attributes:
        unit: what one input is called, in the plural.
    """

    unit: ClassVar[str]

    input_ids: NDArray[np.int32]
    pointers: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.pointers) - 1

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Tokens of each input, (inputs,)."""
        return np.diff(self.pointers)

    def target_tokens(self, index: int) -> int:
        """Tokens that are to be written for an input; 0 where nothing is."""
        return 0

    @property
    def cut(self) -> Mapping[str, int]:
        """How many texts lost something on the way, by what a user is told of them."""
        return {}

    def as_rewritable(self) -> Rewritable | None:
        """These inputs, if they know what they were made of, so that others can be made of rewritten examples."""
        return None
