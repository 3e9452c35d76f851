"""Tables of each arm's training cost, its development scores for that cost, and its perturbation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from xlingual.report.training_cost import ArmCost, Point
from xlingual.report.wide_table import Column, WideTable

NOTHING = "-"


def cost_table(
    study: str,
    objective: str,
    equal: str,
    arms: Mapping[str, ArmCost],
    warnings: Sequence[str] = (),
    without: Sequence[str] = (),
) -> WideTable:
    """Arms by the cost of their chosen configuration, and the development objective of its replicates.

    If whole trials differ in passes (or in updates, if equal in passes), the last column is every arm's score after at
    most as many as the arm with the fewest has in total.

    Args:
        study: its name.
        objective: in words.
        equal: `updates` or `passes`, in which whole trials are equal; or `nothing`.
        arms: by name; those that have a chosen configuration.
        warnings: lines under the title.
        without: names of arms that have none.
    """
    costs = [arm.cost for arm in arms.values()]
    counts = [
        Column("passes per\nupdate", [f"{cost.passes_per_update}" for cost in costs]),
        Column("\nupdates", [f"{cost.updates:,}" for cost in costs]),
        Column("\npasses", [f"{cost.passes:,}" for cost in costs]),
    ]
    groups = [counts]
    if any(arm.curves for arm in arms.values()):
        groups.append([Column(f"{objective}\nat the end", [_score(arm.end) for arm in arms.values()])])
        other, most = common_budget(equal, arms)
        if most is not None:
            cells = [_score_at(arm.at(most, lambda point: _count(point, other)), other) for arm in arms.values()]
            groups.append([Column(f"{objective}\nafter at most {most:,} {other}", cells)])
    title = f"{study}: training of the chosen configurations; {_said_equal(equal)}"
    missing = [NOTHING] * len(without)
    groups = [[replace(column, cells=[*column.cells, *missing]) for column in group] for group in groups]
    return WideTable(title, warnings, Column("arm", [*arms, *without]), groups)


def common_budget(equal: str, arms: Mapping[str, ArmCost]) -> tuple[str, int | None]:
    """What arms differ in (`updates` if they are equal in passes), and the fewest of it that an arm has in total.

    The number is None if the arms do not differ.
    """
    other = "updates" if equal == "passes" else "passes"
    totals = {arm.cost.passes if other == "passes" else arm.cost.updates for arm in arms.values()}
    differ = {arm.cost.passes_per_update for arm in arms.values()} if equal != "nothing" else totals
    return other, min(totals) if len(differ) > 1 else None


def _said_equal(equal: str) -> str:
    if equal == "nothing":
        return "arms have their own numbers of updates, so that some train longer than others"
    return f"whole trials of all arms are equal in {equal}"


def perturbation_table(study: str, arms: Mapping[str, ArmCost], warnings: Sequence[str] = ()) -> WideTable | None:
    """A row for every magnitude of each perturbing arm, relative and absolute; None if no arm perturbs."""
    names: list[str] = []
    rows: list[tuple[str, str, str, str, str]] = []
    for name, arm in arms.items():
        for place, (magnitude, one) in enumerate(arm.magnitudes.items()):
            measured = f"{arm.measured:.3g}" if place == 0 and arm.measured is not None else ""
            names.append("" if place else name)
            rows.append(
                (
                    magnitude.replace("_", " "),
                    _magnitude(one["relative"]),
                    _magnitude(one["absolute"]),
                    measured,
                    str(one.get("of", "")),
                )
            )
    if not rows:
        return None
    magnitudes, relative, absolute, shares, of = zip(*rows, strict=True)
    groups = [
        [
            Column("magnitude", magnitudes, justify="left"),
            Column("relative", relative),
            Column("absolute", absolute),
            Column("measured", shares),
        ],
        [Column("of", of, justify="left")],
    ]
    return WideTable(f"{study}: perturbation of the chosen configurations", warnings, Column("arm", names), groups)


def cost_notes(equal: str, arms: Mapping[str, ArmCost]) -> list[str]:
    """Sentences on what was equal, and on the columns of the two tables."""
    if not arms:
        return []
    per_update = ", ".join(f"{name} {arm.cost.passes_per_update}" for name, arm in arms.items())
    updates = ", ".join(f"{name} {arm.cost.updates:,}" for name, arm in arms.items())
    if equal == "nothing":
        lines = [
            f"Arms have their own numbers of updates ({updates}): a difference between arms may be that of training "
            "longer."
        ]
    elif all(arm.cost.passes_per_update == 1 for arm in arms.values()):
        lines = [f"Whole trials of all arms are equal in {equal}, and an update is one pass of each of its examples."]
    elif equal == "updates":
        lines = [
            "Whole trials of all arms are equal in updates, not in passes of an example through the model; passes per "
            f"update: {per_update}."
        ]
    else:
        lines = [
            "Whole trials of all arms are equal in passes of an example through the model, rounded down to whole "
            f"updates: {updates}."
        ]
    other, most = common_budget(equal, arms)
    if most is not None and any(arm.curves for arm in arms.values()):
        sampled = ", and it was scored on a part of the development questions" if _any_sampled(arms) else ""
        lines.append(
            f"After at most {most:,} {other} an arm that continues has not finished its learning rate decay{sampled}: "
            "that column favours arms that end there."
        )
    if any(arm.magnitudes for arm in arms.values()):
        lines.append(
            "Magnitudes are relative to the root mean square of the word embeddings' elements as pretrained (an L2 "
            "norm to that times the square root of the number of its elements), and absolute; measured is the root "
            "mean square of the perturbation over that of what it was added to."
        )
        if any(None in one.values() for arm in arms.values() for one in arm.magnitudes.values()):
            lines.append(f"{NOTHING}: the magnitude depends on the example's length.")
    return lines


def _magnitude(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.3g}"


def _any_sampled(arms: Mapping[str, ArmCost]) -> bool:
    return any(arm.sampled for arm in arms.values())


def _count(point: Point, of: str) -> int:
    return point.passes if of == "passes" else point.updates


def _score(point: Point | None) -> str:
    return NOTHING if point is None else f"{point.objective:.1f}"


def _score_at(point: Point | None, of: str) -> str:
    return NOTHING if point is None else f"{point.objective:.1f} at {_count(point, of):,}"
