"""What is asked for of a study's answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Only = Literal["wrong", "differ"]


@dataclass(frozen=True, kw_only=True)
class InspectionRequest:
    """Which answers are shown.

    Attributes:
        arm: None for the first arm that is not the baseline and has answers.
        against: arm beside it; None for the one that the study compares it with.
        test_set: name; None for the headline.
        languages: codes, or pairs of two as `A-B`, separated by commas, or `all`; None for the first language but the
            source.
        only: `wrong` for questions that the arm did not answer fully right, `differ` for those on which the two arms'
            scores differ; None for all.
        search: number of the search whose choice answers; None for the first that was scored.
        seed: of the replicate; None for the first.
        limit: most questions of each language.
        data: where the test set's texts are now; None for the place that the study names.
    """

    arm: str | None = None
    against: str | None = None
    test_set: str | None = None
    languages: str | None = None
    only: Only | None = None
    search: int | None = None
    seed: int | None = None
    limit: int = 3
    data: str | None = None
