"""Checks of the budget: batches and trials divide evenly, reports fit the updates, windows advance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

from xlingual.study.arms import Arm
from xlingual.study.cost import possible_perturbations
from xlingual.study.document import Path
from xlingual.study.draft import Draft
from xlingual.study.finding import Finding
from xlingual.study.robust import passes_of
from xlingual.study.space import Integer, largest, parameters, values
from xlingual.study.tunable import as_tree

_SIZES = ("batch_size", "micro_batch_size")
_LEAVES = (*_SIZES, "updates", "reports")


def batches_divide(draft: Draft) -> Iterator[Finding]:
    """A batch is a whole number of micro-batches, the same number for every worker."""
    workers = draft.workers_per_trial or 1
    for _, (leaves, paths) in _trainings(draft):
        ranges = [name for name in _SIZES if isinstance(leaves[name], Integer)]
        for name in ranges:
            message = "a range holds sizes that do not divide evenly over micro-batches and workers"
            yield Finding(paths[name], f"{message}; write the sizes to try, for example choice: [16, 32, 64]")
        if not ranges:
            for batch, micro in product(*(_whole_numbers(leaves[name]) for name in _SIZES)):
                written = draft.document.writes(paths["batch_size"])
                path = paths["batch_size" if written else "micro_batch_size"]
                yield from _division(batch, micro, workers, path)


def reports_fit(draft: Draft) -> Iterator[Finding]:
    """A trial reports at most once per update; with equal passes, the most expensive trial has the fewest updates."""
    found: dict[Path, tuple[int, Finding]] = {}
    for arm_name, (leaves, paths) in _trainings(draft):
        budget, reports, passes = leaves["updates"], largest(leaves["reports"]), _most_passes(draft, arm_name)
        updates, needed = max(1, budget // passes), reports * passes
        path = paths["reports"] if draft.document.writes(paths["reports"]) else paths["updates"]
        if reports > updates and needed > found.get(path, (0,))[0]:
            message = f"{reports} reports do not fit in {updates} updates"
            if passes > 1:
                message += (
                    f", which are {budget} passes at {passes} per update in arm {arm_name} (search.equal: passes)"
                )
            remedy = f"write reports: {updates} or updates: {needed}, or more updates"
            found[path] = (needed, Finding(path, f"{message}; {remedy}"))
    yield from (finding for _, finding in found.values())


def windows_move_on(draft: Draft) -> Iterator[Finding]:
    """Neighbouring windows share at most half of their tokens, and an answer fits in one."""
    windows = draft.windows
    if windows is None:
        return
    stride, longest = windows.stride, windows.max_length
    path = ("windows", "stride" if draft.document.writes(("windows", "stride")) else "max_length")
    if 2 * stride > longest:
        message = f"stride is the tokens that neighbouring windows share, {stride} of {longest} are more than half"
        yield Finding(path, f"{message}; write stride: {longest // 3} or max_length: {stride * 3}")
    if windows.max_answer_tokens >= longest:
        written = draft.document.writes(("windows", "max_answer_tokens"))
        path = ("windows", "max_answer_tokens" if written else "max_length")
        message = f"an answer of {windows.max_answer_tokens} tokens does not fit in a window of {longest}"
        yield Finding(path, f"{message}; write max_answer_tokens: {max(1, longest // 10)}")


def trials_divide(draft: Draft) -> Iterator[Finding]:
    """All searches of an arm have the same number of trials."""
    trials, replicates = draft.trials_per_arm, draft.replicates
    if trials is None or replicates is None or not any(_searches(draft, arm) for arm in draft.arms.values()):
        return
    searches = replicates.searches
    whole, rest = divmod(trials, searches)
    if rest:
        sizes = " or ".join(str(searches * times) for times in (whole, whole + 1) if times)
        path = ("replicates", "searches")
        by_default = "" if draft.document.writes(path) else ", the default"
        split = f"over the {searches} searches of an arm (replicates.searches{by_default})"
        message = f"{trials} cannot be split evenly {split}"
        remedy = f"write trials_per_arm: {sizes}, or replicates: {{searches: {_divisor(trials, searches)}}}"
        yield Finding(("search", "trials_per_arm"), f"{message}; {remedy}")


def _searches(draft: Draft, arm: Arm) -> bool:
    """Whether anything of an arm is searched."""
    shared = as_tree(draft.training) if draft.training is not None else {}
    own = as_tree(arm)
    return any(True for _ in parameters({**own, "training": shared | own["training"]}))


CHECKS = (batches_divide, reports_fit, windows_move_on, trials_divide)


def _most_passes(draft: Draft, arm_name: str) -> int:
    """Passes per update of the arm's most expensive trial where trials are equal in passes; else 1."""
    search = draft.document.value.get("search")
    if arm_name not in draft.arms or not isinstance(search, Mapping) or search.get("equal") != "passes":
        return 1
    return max(map(passes_of, possible_perturbations(as_tree(draft.arms[arm_name].robust))))


def _trainings(draft: Draft) -> Iterator[tuple[str, tuple[dict[str, Any], dict[str, Path]]]]:
    """Yield each arm's name, its leaves that are counts, and the paths where they are written."""
    if draft.training is None:
        return
    for arm_name, arm in draft.arms.items() or [("", None)]:
        leaves: dict[str, Any] = {}
        paths: dict[str, Path] = {}
        for name in _LEAVES:
            own = arm is not None and name in arm.training.model_fields_set
            leaves[name] = getattr(arm.training if arm and own else draft.training, name)
            paths[name] = ("arms", arm_name, "training", name) if own else ("training", name)
        yield arm_name, (leaves, paths)


def _whole_numbers(leaf: Any) -> tuple[int, ...]:
    """Return every whole number that a leaf may take (of a range, its ends)."""
    return tuple(end for one in values(leaf) for end in ((one.low, one.high) if isinstance(one, Integer) else (one,)))


def _division(batch: int, micro: int, workers: int, path: Path) -> Iterator[Finding]:
    whole, rest = divmod(batch, micro)
    if rest:
        nearest = " or ".join(str(micro * times) for times in (whole, whole + 1) if times)
        message = f"a batch of {batch} windows is not made of whole micro-batches of {micro}"
        remedy = f"write batch_size: {nearest}, or micro_batch_size: {_divisor(batch, micro)}"
        yield Finding(path, f"{message}; {remedy}")
    elif whole % workers:
        division = f"{whole} micro-batches (batch_size {batch} / micro_batch_size {micro})"
        message = f"{division} do not divide evenly over {workers} workers"
        share, left = divmod(batch, workers)
        smaller = f"micro_batch_size: {_divisor(share, micro)}"
        sizes = f"batch_size: {micro * workers * (whole // workers + 1)}" if left else smaller
        remedy = f"write workers_per_trial: {_divisor(whole, workers)}, or {sizes}"
        yield Finding(("scaling", "workers_per_trial"), f"{message}; {remedy}")


def _divisor(number: int, at_most: int) -> int:
    """Return the largest divisor of a number that is no larger than another."""
    return next(divisor for divisor in range(min(number, at_most), 0, -1) if number % divisor == 0)
