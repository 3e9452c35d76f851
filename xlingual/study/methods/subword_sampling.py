"""Other segmentations of words into pieces."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pydantic import Field

from xlingual.study.derived import MILDEST_HIGH, MILDEST_LOW
from xlingual.study.leaves import Real, Share
from xlingual.study.methods.method import TextMethod
from xlingual.study.section import LeafDoc, Section

Alpha: TypeAlias = Annotated[Real, Field(ge=0, le=10), LeafDoc("a number from 0 to 10", "0.3")]


class SubwordSampling(Section):
    """Other segmentations of words: subword regularisation (Kudo, arXiv 1804.10959; in xTune, arXiv 2106.08226).

    With probability `rate` a word's segmentation is drawn, in proportion to (its pieces' probability)^`alpha`.
    """

    rate: Annotated[Share, MILDEST_LOW] = 0.3
    alpha: Annotated[Alpha, MILDEST_HIGH] = 0.3


class SubwordSamplingMethod(TextMethod[SubwordSampling]):
    """Subword sampling."""

    name = "subword_sampling"
    settings = SubwordSampling
    implementation = "xlingual.data.augmentation.subword_sampling:SubwordSampling"
    strength = "rate"
    short = "subword"
    once = "draw segmentations"


METHOD = SubwordSamplingMethod()
