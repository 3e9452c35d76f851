"""What an estimate needs of a measurement."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xlingual.errors import XlingualError


@dataclass(frozen=True, slots=True)
class Rates:
    """What an estimate needs of a measurement.

    Attributes:
        model: hub id or directory, as asked.
        max_length: most tokens of a window, or of what a text-to-text model reads.
        threads: of the measurement, where it ran on a CPU.
        cores: of the machine that the process may use.
        gpus: likewise; 0 when it was measured on a CPU.
        windows_per_s: or inputs, trained on, by precision.
        study_precision: what `precision: auto` means on the machine.
        questions_per_s: from text to scored answers.
        family: of the model.
    """

    model: str
    max_length: int
    threads: int
    cores: int
    gpus: int
    windows_per_s: Mapping[str, float]
    study_precision: str
    questions_per_s: float
    family: str = "extractive"

    @classmethod
    def of_json(cls, measured: Any, source: str) -> Rates:
        """Read what `xlingual bench --json` printed.

        Raises:
            XlingualError: when it is something else.
        """
        try:
            return cls(
                model=str(measured["model"]),
                max_length=int(measured["max_length"]),
                threads=int(measured["threads"]),
                cores=int(measured["cores"]),
                gpus=int(measured["gpus"]),
                windows_per_s={
                    str(row["precision"]): _rate(row["train_windows_per_s"])
                    for row in (*measured["by_precision"], *measured["skipped"])
                },
                study_precision=str(measured["study_precision"]),
                questions_per_s=_rate(measured["score_questions_per_s"]),
                family=str(measured["family"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise XlingualError(
                f"{source}: not what `xlingual bench --json` prints ({type(error).__name__}: {error}); "
                f"write it with `xlingual bench MODEL --json > FILE`"
            ) from None


def same_model(model: str, other: str) -> bool:
    """Whether two names are of one model: equal, or paths of one directory."""
    return model == other or (Path(model).is_dir() and os.path.realpath(model) == os.path.realpath(other))


def _rate(value: Any) -> float:
    rate = float(value)
    if not (math.isfinite(rate) and rate > 0):
        raise ValueError(f"{value} per second")
    return rate
