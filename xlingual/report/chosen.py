"""What the searches of an arm chose, in words: every parameter with its value in each search."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from xlingual.records.files import read_json
from xlingual.records.layout import StudyDirectory
from xlingual.records.state import StudyState, TrialState

NOTHING = "-"
HEAVIEST = 4
"""Weights of a simplex that a line shows where several searches have theirs."""

Configurations = Mapping[str, Mapping[str, Any]]
"""By fingerprint."""


def chosen_text(state: StudyState, arm: str, configurations: Configurations) -> str:
    """Return lines: the chosen trial of each search, then each parameter with its values in that order."""
    trials = state.chosen_trials(arm)
    if not trials:
        failed = sum(one.arm == arm for one in state.failed)
        return "no finished trial" if failed == state.searches[arm].count else NOTHING
    several = state.searches[arm].count > 1
    numbers = ", ".join(
        f"{search}/{trial.number}" if several else str(trial.number) for search, trial in trials.items()
    )
    lines = [f"{'search/trial' if several else 'trial'} {numbers}"]
    chosen = list(trials.values())
    for name in dict.fromkeys(name for trial in chosen for name in trial.values):
        for line in _lines(name, chosen, configurations):
            if line not in lines:
                lines.append(line)
    return "\n".join(lines)


def chosen_configurations(directory: StudyDirectory, state: StudyState) -> dict[str, dict[str, Any]]:
    """Read the configurations that are chosen now, by fingerprint; those that are gone are left out."""
    paths = {fingerprint: directory.trial(fingerprint).configuration for fingerprint in state.chosen.values()}
    return {fingerprint: read_json(path) for fingerprint, path in paths.items() if path.exists()}


def _lines(name: str, trials: Sequence[TrialState], configurations: Configurations) -> list[str]:
    """One parameter; a coordinate of a simplex ("mixture.weights.0") as the weights of the simplex."""
    coordinate = re.fullmatch(r"(.+)\.\d+", name)
    found = [_at(configurations.get(trial.fingerprint), coordinate[1]) for trial in trials] if coordinate else []
    if coordinate and any(isinstance(weights, Mapping) for weights in found):
        if len(trials) == 1:
            return [f"{coordinate[1]} {_weights(found[0])}"]
        return [coordinate[1], *(f"  {_heaviest(weights)}" for weights in found)]
    return [f"{name} {' '.join(_value(trial.values.get(name, NOTHING)) for trial in trials)}"]


def _weights(weights: Mapping[str, float]) -> str:
    """All weights by name, the heaviest first."""
    pairs = _pairs(weights)
    return "\n  ".join(" ".join(pairs[i : i + 4]) for i in range(0, len(pairs), 4))


def _heaviest(weights: Any) -> str:
    """The heaviest weights by name in one line."""
    if not isinstance(weights, Mapping):
        return NOTHING
    pairs = _pairs(weights)
    return " ".join(pairs[:HEAVIEST]) + (" ..." if len(pairs) > HEAVIEST else "")


def _pairs(weights: Mapping[str, float]) -> list[str]:
    return [f"{key}:{weight:.2f}" for key, weight in sorted(weights.items(), key=lambda item: (-item[1], item[0]))]


def _value(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _at(tree: Any, path: str) -> Any:
    for step in path.split("."):
        tree = tree.get(step) if isinstance(tree, Mapping) else None
    return tree
