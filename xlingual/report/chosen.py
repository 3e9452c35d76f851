"""The choices of an arm's searches in words: each parameter with its value in every search."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from xlingual.records.files import read_json
from xlingual.records.layout import StudyDirectory
from xlingual.records.state import StudyState, TrialState

NOTHING = "-"
HEAVIEST = 4
"""Number of simplex weights in a line, if several searches have theirs."""
SAME = 1e-9
"""Weights that differ by less are equal up to rounding."""

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
    shown: set[str] = set()
    for name in dict.fromkeys(name for trial in trials.values() for name in trial.values):
        head, *more = _lines(name, trials, configurations)
        if head not in shown:  # the coordinates of a simplex are all shown as its weights
            shown.add(head)
            lines += [head, *more]
    return "\n".join(lines)


def chosen_configurations(directory: StudyDirectory, state: StudyState) -> dict[str, dict[str, Any]]:
    """Read the currently chosen configurations by fingerprint; missing ones are left out."""
    paths = {fingerprint: directory.trial(fingerprint).configuration for fingerprint in state.chosen.values()}
    return {fingerprint: read_json(path) for fingerprint, path in paths.items() if path.exists()}


def _lines(name: str, trials: Mapping[int, TrialState], configurations: Configurations) -> list[str]:
    """One parameter; for a coordinate of a simplex ("mixture.weights.0") all weights, one line a search."""
    coordinate = re.fullmatch(r"(.+)\.\d+", name)
    found = {
        search: _at(configurations.get(trial.fingerprint), coordinate[1]) if coordinate else None
        for search, trial in trials.items()
    }
    if coordinate and any(isinstance(weights, Mapping) for weights in found.values()):
        if len(trials) == 1:
            return [f"{coordinate[1]} {_weights(*found.values())}"]
        return [coordinate[1], *(f"  {search}/ {_heaviest(weights)}" for search, weights in found.items())]
    return [f"{name} {' '.join(_value(trial.values.get(name, NOTHING)) for trial in trials.values())}"]


def _weights(weights: Any) -> str:
    """All weights by name, the heaviest first."""
    pairs = _pairs(weights)
    return "\n  ".join(" ".join(pairs[i : i + 4]) for i in range(0, len(pairs), 4))


def _heaviest(weights: Any) -> str:
    """The heaviest weights by name in one line, or a word that all are equal."""
    if not isinstance(weights, Mapping):
        return NOTHING
    if len(weights) > 1 and max(weights.values()) - min(weights.values()) < SAME:
        return "equal"
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
