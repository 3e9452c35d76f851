"""The valid parts of a study file, so that checks find problems beside invalid parts too."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import ValidationError

from xlingual.study.arms import Arm
from xlingual.study.data import DataSettings
from xlingual.study.derived import Space
from xlingual.study.document import Document, Path
from xlingual.study.objectives import default_objective
from xlingual.study.scaling import ScalingSettings
from xlingual.study.search import ReplicateSettings
from xlingual.study.section import Section
from xlingual.study.training import TrainingSettings
from xlingual.study.windows import WindowSettings
from xlingual.task_metrics import SQUAD

S = TypeVar("S", bound=Section)


@dataclass(frozen=True, slots=True)
class Draft:
    """The valid sections of a study file (None for an invalid one) and its valid arms.

    Attributes:
        sets: test and development data alone, where another part of `data` is invalid; else `data`.
        incomplete: names of the arms of which unknown keys were skipped, so that less is known than was meant.
    """

    document: Document
    model: str | None
    oracle: bool | None
    data: DataSettings | None
    sets: DataSettings | None
    windows: WindowSettings | None
    training: Space[TrainingSettings] | None
    objective: str | Mapping[str, Any] | None
    workers_per_trial: int | None
    trials_per_arm: int | None
    replicates: ReplicateSettings | None
    arms: Mapping[str, Arm] = field(default_factory=dict)
    incomplete: frozenset[str] = frozenset()


def draft_of(document: Document) -> Draft:
    """Read what is valid, section by section and arm by arm; unknown keys are skipped."""
    value = document.value
    arms = value.get("arms")
    model, oracle = value.get("model"), value.get("oracle", False)
    data = _read(DataSettings, value.get("data"))
    metrics = data.test.headline.benchmark.metrics if data is not None else SQUAD
    objective = _one(value, "search", "objective", default_objective(metrics))
    trials = _one(value, "search", "trials_per_arm", None)
    scaling = _read(ScalingSettings, {"workers_per_trial": _one(value, "scaling", "workers_per_trial", 1)})
    written = {name: {} if arm is None else arm for name, arm in arms.items()} if isinstance(arms, Mapping) else {}
    read = {name: _read(Arm, arm) for name, arm in written.items()}
    return Draft(
        document=document,
        model=model if isinstance(model, str) else None,
        oracle=oracle if isinstance(oracle, bool) else None,
        data=data,
        sets=data or _sets_alone(value.get("data")),
        windows=_read(WindowSettings, value.get("windows", {})),
        training=_read(Space[TrainingSettings], value.get("training")),
        objective=objective if isinstance(objective, (str, Mapping)) else None,
        workers_per_trial=scaling.least_workers if scaling is not None else None,
        trials_per_arm=trials if isinstance(trials, int) and not isinstance(trials, bool) and trials > 0 else None,
        replicates=_read(ReplicateSettings, value.get("replicates", {})),
        arms={name: arm for name, arm in read.items() if arm is not None},
        incomplete=frozenset(name for name, arm in written.items() if _unknown(Arm, arm)),
    )


def _sets_alone(written: Any) -> DataSettings | None:
    """The test sets, and the development data if that is written, with training data of no name."""
    if not isinstance(written, Mapping):
        return None
    kept = {key: written[key] for key in ("test", "dev") if key in written}
    return _read(DataSettings, {"train": "unknown", **kept})


def _one(value: Mapping[str, Any], section: str, key: str, default: Any) -> Any:
    """Return one leaf of a section as written, even if the rest of the section is invalid."""
    written = value.get(section, {})
    return written.get(key, default) if isinstance(written, Mapping) else None


def _read(section: type[S], value: Any) -> S | None:
    try:
        return section.model_validate(value)
    except ValidationError:
        unknown = _unknown(section, value)
        return _read(section, _without(value, unknown)) if unknown else None


def _unknown(section: type[S], value: Any) -> list[Path]:
    """Return the paths of a section's unknown keys."""
    try:
        section.model_validate(value)
    except ValidationError as error:
        return [item["loc"] for item in error.errors() if item["type"] == "extra_forbidden"]
    return []


def _without(value: Any, paths: list[Path]) -> Any:
    pruned = copy.deepcopy(value)
    for *parents, key in paths:
        inside = pruned
        for step in parents:
            inside = inside[step]
        del inside[key]
    return pruned
