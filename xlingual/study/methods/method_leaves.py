"""The kinds of leaf that several methods of robust training share."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from xlingual.study.leaves import WHOLE, Real
from xlingual.study.section import LeafDoc

Magnitude: TypeAlias = Annotated[Real, Field(ge=0), LeafDoc("a number of at least 0", "0.1")]
Distribution: TypeAlias = Annotated[
    Literal["gaussian", "uniform", "ball"], LeafDoc("gaussian, uniform (each element) or ball (each token)", "gaussian")
]
PlaceName: TypeAlias = Annotated[
    Literal["word_embeddings", "embeddings", "last_hidden_states"],
    LeafDoc("word_embeddings, embeddings or last_hidden_states", "word_embeddings"),
]
Unit: TypeAlias = Annotated[
    Literal["rms", "absolute"], LeafDoc("rms (of the word embeddings' elements) or absolute", "rms")
]
Few: TypeAlias = Annotated[int, Field(strict=True, ge=1, le=100), WHOLE, LeafDoc("a whole number from 1 to 100", "3")]
MethodWeight: TypeAlias = Annotated[Real, Field(gt=0), LeafDoc("a number above 0", "1.0")]
