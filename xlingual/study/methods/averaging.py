"""Averages of a training's weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field

from xlingual.study.derived import MILDEST_LOW, VOIDABLE
from xlingual.study.finding import Finding
from xlingual.study.leaves import Real
from xlingual.study.methods.method import AveragingMethod, Void, Written
from xlingual.study.methods.method_leaves import Few
from xlingual.study.methods.setting_texts import joined, setting
from xlingual.study.section import LeafDoc, Section
from xlingual.study.space import largest, values

AveragingKind: TypeAlias = Annotated[Literal["last", "running"], LeafDoc("last or running", "last")]
Decay: TypeAlias = Annotated[Real, Field(ge=0, lt=1), LeafDoc("a number from 0 to below 1", "0.99")]


class Averaging(Section):
    """Averaged weights are scored in place of the last ones (for zero-shot transfer: arXiv 2305.16834).

    `kind: last` is the mean of the weights after each of the last `checkpoints` reports. `kind: running` is an
    exponential mean (after Polyak and Juditsky 1992) that keeps `decay` of itself at every update, without the initial
    weights.
    """

    kind: AveragingKind = "last"
    checkpoints: Annotated[Few | None, VOIDABLE, MILDEST_LOW] = 3
    decay: Annotated[Decay | None, VOIDABLE, MILDEST_LOW] = 0.99


class WeightAveraging(AveragingMethod[Averaging]):
    """Averages of the last reports' weights, and running ones."""

    name = "averaging"
    settings = Averaging
    implementation = "xlingual.training.averaging:average_of"
    voids = tuple(
        Void(
            key,
            by="kind",
            value=kind,
            reason=f"{key} belongs to the {other} average, and kind is {kind}",
            remedy=f"write kind: {other}",
        )
        for kind, key, other in (("last", "decay", "running"), ("running", "checkpoints", "last"))
    )

    def changes_nothing(self, settings: Averaging) -> bool:
        """Whether the average is the last weights."""
        return settings.decay == 0 or settings.checkpoints == 1

    def findings(self, written: Written) -> Iterator[Finding]:
        """Yield also averages of one checkpoint, and of more than there are reports."""
        yield from super().findings(written)
        yield from _single(written)
        settings, reports = written.settings, written.fewest_reports
        checkpoints = largest(settings.checkpoints)
        if reports is not None and "last" in values(settings.kind) and checkpoints > reports:
            yield written.finding(
                "checkpoints",
                f"the last {checkpoints} checkpoints are averaged, one a report, and there are {reports} reports; "
                f"write checkpoints: {reports} or reports: {checkpoints}",
            )

    def text(self, settings: Mapping[str, Any]) -> str:
        """Return the number of checkpoints or the decay: "avg 3"."""
        return joined("avg", setting(settings, "checkpoints"), setting(settings, "decay"))


def _single(written: Written) -> Iterator[Finding]:
    settings = written.settings
    if values(settings.kind) == ("last",) and settings.checkpoints == 1:
        yield written.finding(
            "checkpoints",
            "the mean of 1 checkpoint is that checkpoint; write checkpoints: 2 or more, or delete averaging",
        )
    if values(settings.kind) == ("running",) and settings.decay == 0:
        yield written.finding(
            "decay",
            "with a decay of 0 the average is the last update's weights; write a decay above 0, for example 0.99, or "
            "delete averaging",
        )


METHOD = WeightAveraging()
