"""What was recorded of a trial beside what training it again gave, field by field."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from xlingual.records import journal
from xlingual.records.layout import TrialDirectory

Row = Mapping[str, Any]
TIMES = frozenset({"seconds"})
"""Fields of a report that differ whenever it is made."""


@dataclass(frozen=True, slots=True)
class Difference:
    """The first field that differs.

    Attributes:
        where: "report after 30 updates", "development answer q7 (dev, en)", "model".
        field: "loss", "webfaq_dev.de.f1"; a tensor's name.
        recorded: its value in the records; None where these lack it.
        replayed: its value now.
    """

    where: str
    field: str
    recorded: Any
    replayed: Any

    def __str__(self) -> str:
        return f"{self.where}: {self.field} was {_shown(self.recorded)}, is now {_shown(self.replayed)}"


@dataclass(slots=True)
class Comparison:
    """What was compared of a trial, up to the first difference.

    Attributes:
        counts: by part, how many of it were equal: `reports`, `development answers`, `weights`, `test answers`.
        left_out: what could not be compared, and why.
        difference: the first; None where all is equal.
    """

    counts: dict[str, int] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)
    difference: Difference | None = None

    def rows(self, part: str, recorded: Sequence[Row], replayed: Sequence[Row], name: Callable[[Row], str]) -> None:
        """Compare rows in their order, unless a part before differed.

        Args:
            part: what they are, in the plural.
            recorded: of the records.
            replayed: made now.
            name: says which row it is.
        """
        if self.difference is not None:
            return
        for then, now in zip(recorded, replayed, strict=False):
            self.difference = _first(name(then), then, now)
            if self.difference is not None:
                return
        if len(recorded) != len(replayed):
            self.difference = Difference(part, "number", len(recorded), len(replayed))
            return
        self.counts[part] = self.counts.get(part, 0) + len(recorded)

    def value(self, where: str, name: str, recorded: Any, replayed: Any) -> None:
        """Compare one value, unless something before differed."""
        if self.difference is None and recorded != replayed:
            self.difference = Difference(where, name, recorded, replayed)

    def models(self, recorded: Path, replayed: Path) -> None:
        """Compare the weights of two models bit by bit, unless a part before differed."""
        if self.difference is not None:
            return
        if not list(recorded.glob("*.safetensors")):
            self.left_out.append("the model's weights, which the records lack")
            return
        weights = 0
        for name, then, now in _tensors(recorded, replayed):
            self.difference = _of_tensors(name, then, now)
            if self.difference is not None:
                return
            weights += int(then.numel())
        self.counts["weights"] = weights


def compare_training(
    found: Comparison, recorded: TrialDirectory, replayed: TrialDirectory, stopped_after: int | None
) -> None:
    """Compare reports, then the answers to the development questions.

    Args:
        found: takes what is found.
        recorded: the trial's records.
        replayed: those of its replay.
        stopped_after: updates after which a trial scheduler stopped it; None where none did. Several workers make some
            more before they are ended, and chance decides how many: reports of these are not compared.
    """
    all_reports = (journal.read(recorded.reports), journal.read(replayed.reports))
    reports = tuple(until_stopped(rows, stopped_after) for rows in all_reports)
    found.rows("reports", reports[0], reports[1], lambda row: f"report after {row['updates']} updates")
    answers = (journal.read(recorded.development), journal.read(replayed.development))
    if any(len(rows) > len(kept) for rows, kept in zip(all_reports, reports, strict=True)):
        found.left_out.append("the answers to the development questions, as its workers went on after the stop")
    elif answers[0] or not reports[0]:
        found.rows("development answers", *answers, lambda row: f"development answer {_place(row)}")
    else:
        found.left_out.append("the answers to the development questions, which the records lack")


def until_stopped(reports: Sequence[Row], stopped_after: int | None) -> list[Row]:
    """The reports that the trial scheduler had heard when it stopped a trial; all where it did not."""
    return [row for row in reports if stopped_after is None or row["updates"] <= stopped_after]


def _place(row: Row) -> str:
    return f"{row.get('id')} ({row.get('set')}, {row.get('language')})"


def _first(where: str, then: Row, now: Row) -> Difference | None:
    before, after = dict(_leaves(then)), dict(_leaves(now))
    for name in {**before, **after}:
        if name not in TIMES and _text(before.get(name)) != _text(after.get(name)):
            return Difference(where, name, before.get(name), after.get(name))
    return None


def _leaves(row: Row, path: str = "") -> Iterator[tuple[str, Any]]:
    """The fields of a row, those of a field's own fields by path."""
    for name, value in row.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{path}{name}.")
        else:
            yield f"{path}{name}", value


def _text(value: Any) -> str:
    """A value such that two of them are equal if all their bits are: minus zero is not zero."""
    return json.dumps(value, sort_keys=True)


def _tensors(recorded: Path, replayed: Path) -> Iterable[tuple[str, Any, Any]]:
    """Tensors of two models by name, None where one lacks it; one pair is in memory at a time."""
    from safetensors import safe_open

    def names(folder: Path) -> dict[str, Path]:
        found: dict[str, Path] = {}
        for path in sorted(folder.glob("*.safetensors")):
            with safe_open(path, framework="pt") as stream:
                found |= dict.fromkeys(stream.keys(), path)
        return found

    def tensor(path: Path | None, name: str) -> Any:
        if path is None:
            return None
        with safe_open(path, framework="pt") as stream:
            return stream.get_tensor(name)

    then, now = names(recorded), names(replayed)
    for name in {**then, **now}:
        yield name, tensor(then.get(name), name), tensor(now.get(name), name)


def _of_tensors(name: str, then: Any, now: Any) -> Difference | None:
    import torch

    if then is None or now is None or then.shape != now.shape or then.dtype != now.dtype:
        return Difference("model", name, _kind(then), _kind(now))
    bits = [one.contiguous().reshape(-1).view(torch.uint8).reshape(then.numel(), -1) for one in (then, now)]
    differ = (bits[0] != bits[1]).any(dim=1)
    if not bool(differ.any()):
        return None
    first, count = int(differ.nonzero()[0, 0]), int(differ.sum())
    where = f"model, {count} of {then.numel()} weights of {name}, the first of them"
    values = (float(one.reshape(-1)[first]) for one in (then, now))
    return Difference(where, f"number {first}", *values)


def _kind(tensor: Any) -> str | None:
    return None if tensor is None else f"{tensor.dtype} {tuple(tensor.shape)}"


def _shown(value: Any) -> str:
    if value is None:
        return "absent"
    text = repr(value) if isinstance(value, float) else value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= 200 else f"{text[:200]}..."
