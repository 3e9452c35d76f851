"""Memory of a second concurrent trial on a node, beside the first: what is its own, and what is shared.

    python tests/benchmarks/memory.py [--model DIR --train FILE.json] [--megabytes 500] [--runs 5]

Trials run as a study runs them: Tune actors that read their windows from Ray's object store. The windows are those of
`--train`, repeated until they take `--megabytes`. A run starts Tune three times: with one trial on little data (its
windows once), with one trial on all data, with two trials side by side on all data. While they train, the kernel's
account of each actor (/proc/PID/smaps_rollup) is read several times a second; the reading with the largest proportional
set size counts. Columns, in MiB of one actor:

- PSS: the proportional set size: what is the actor's own, and its part of what it shares;
- private: pages that no other process maps;
- anonymous: its heap: weights, gradients, optimiser state, activations, Python objects, and a copy of the data if there
  were one;
- shared memory: the part of the PSS that lies in the object store. Only windows that were read count.

Below the table: the heap of an actor that has only imported what a trial imports; 16 bytes a parameter, which weights,
gradients and AdamW's two moments take in float32; what is left, activations above all; how much larger the heap is
with all data than with little: `--megabytes` if it were copied. A reading every 0.2 s can miss a short peak, and with
few updates the heap depends on which windows were drawn. Linux only.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import sys
import tempfile
import threading
import warnings
from pathlib import Path
from statistics import median
from typing import Any

import hf_recipe
import numpy as np
import ray
import sides
from harness import chosen_task, interleaved, parser, publish, say, shown, wide_console
from rich.table import Table
from trial_cost import Clock, make_task, train_with_ours, trial_items

FIELDS = {"PSS": ("Pss",), "private": ("Private_Clean", "Private_Dirty"), "anonymous": ("Pss_Anon",),
          "shared memory": ("Pss_Shmem",)}  # fmt: skip
PERIOD = 0.2
"""Seconds between two readings."""

Reading = dict[str, float]


def read_memory(process: int | str) -> Reading:
    """A process's memory by the kernel's account, MiB."""
    lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()[1:]
    kibibytes = {line.split(":")[0]: int(line.split()[1]) for line in lines}
    return {name: sum(kibibytes[field] for field in fields) / 1024 for name, fields in FIELDS.items()}


def descendants(root: int) -> list[int]:
    """Ids of all processes below one."""
    children: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(path.read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError):  # the process has ended
            continue
        children.setdefault(parent, []).append(int(path.parent.name))
    found, waiting = [], [root]
    while waiting:
        below = children.get(waiting.pop(), [])
        found += below
        waiting += below
    return found


def trial_actors() -> list[int]:
    """Ids of the processes that run a Tune trial."""
    actors = []
    for process in descendants(os.getpid()):
        try:
            title = Path(f"/proc/{process}/cmdline").read_bytes().split(b"\0")[0].decode(errors="replace")
        except OSError:
            continue
        if title.startswith("ray::") and "train" in title:
            actors.append(process)
    return actors


class Watch:
    """Reads the memory of trial actors in a thread within the context; keeps the largest PSS of each."""

    def __init__(self) -> None:
        self.largest: dict[int, Reading] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(PERIOD):
            for process in trial_actors():
                try:
                    reading = read_memory(process)
                except (OSError, KeyError):  # the process has ended
                    continue
                if reading["PSS"] > self.largest.get(process, {"PSS": 0.0})["PSS"]:
                    self.largest[process] = reading


def repeated(windows: Any, megabytes: float) -> Any:
    """The same windows repeated until they take that much memory."""
    names = [
        field.name for field in dataclasses.fields(windows) if isinstance(getattr(windows, field.name), np.ndarray)
    ]
    once = sum(getattr(windows, name).nbytes for name in names)
    times = max(1, round(megabytes * 1e6 / once))
    pointers = np.concatenate([[0], np.cumsum(np.tile(windows.lengths, times))]).astype(windows.pointers.dtype)
    arrays = {name: np.concatenate([getattr(windows, name)] * times) for name in names if name != "pointers"}
    return dataclasses.replace(windows, **arrays, pointers=pointers)


def imported_memory() -> Reading:
    """Memory of a Ray worker that has imported what a trial imports, and trained nothing."""

    @ray.remote
    def imported() -> Reading:
        import torch
        from transformers import AutoModelForQuestionAnswering

        import xlingual.search.trial

        assert torch and AutoModelForQuestionAnswering and xlingual.search.trial
        return read_memory("self")

    reading: Reading = ray.get(imported.remote())
    return reading


def watched(settings: sides.Settings, inputs: Any, trials: int) -> list[Reading]:
    """The largest reading of each actor of a number of concurrent trials."""
    clock = Clock()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as storage, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        task = make_task(settings, inputs, Path(storage))
        with Watch() as watch:
            train_with_ours(trial_items(settings, trials), task, clock, concurrent=trials)
    if len(clock.ends) != trials or len(watch.largest) != trials:
        raise SystemExit(f"of {trials} trials {len(clock.ends)} finished, and {len(watch.largest)} actors were seen")
    return list(watch.largest.values())


def show(runs: dict[str, list[list[Reading]]], title: str) -> None:
    """Print the readings, median and range over the runs; of two trials, the mean of both actors."""
    table = Table(title=title, title_justify="left", title_style="bold")
    for column in ("MiB of one actor", *FIELDS):
        table.add_column(column, justify="left" if column == "MiB of one actor" else "right")
    for name, found in runs.items():
        table.add_row(name, *(shown([_mean(run, field) for run in found]) for field in FIELDS))
    wide_console().print(table)


def _mean(run: list[Reading], field: str) -> float:
    return sum(reading[field] for reading in run) / len(run)


def account(runs: dict[str, list[list[Reading]]], imports: Reading, parameters: int) -> dict[str, float]:
    """Where a second trial's heap goes, MiB, medians over the runs."""
    little, alone, beside = (median(_mean(run, "anonymous") for run in found) for found in runs.values())
    state = 16 * parameters / 2**20
    one, two = ([sum(reading["PSS"] for reading in run) for run in found] for found in list(runs.values())[1:])
    return {
        "second trial adds (PSS of two less PSS of one)": median(b - a for a, b in zip(one, two, strict=True)),
        "heap of each of two": beside,
        "  imports": imports["anonymous"],
        "  weights, gradients, two moments (16 bytes a parameter)": state,
        "  the rest: activations, allocator, Python": beside - imports["anonymous"] - state,
        "heap, all data less little data": alone - little,
    }


def main() -> int:
    if not Path("/proc/self/smaps_rollup").exists():
        raise SystemExit("memory.py reads /proc/PID/smaps_rollup, which this system does not have; run it on Linux")
    options = options_of_command()
    from xlingual.search.cluster import connected
    from xlingual.search.placement import Demand

    with chosen_task(options) as task, connected("local", Demand(1, 1, 0)):
        settings = dataclasses.asdict(task) | {"updates": options.updates, "batch": options.batch}
        settings |= {"learning_rate": 3e-5, "train_examples": options.examples, "dev_examples": 8}
        little = sides.our_inputs(*sides.load_examples(settings), settings)
        full = dataclasses.replace(little, train=repeated(little.train, options.megabytes))
        few, all_data = ray.put(little), ray.put(full)
        del full
        imports = imported_memory()
        runs = interleaved(
            options.runs,
            {
                "1 trial, little data": lambda number: watched(settings, few, 1),
                f"1 trial, {options.megabytes:g} MB": lambda number: watched(settings, all_data, 1),
                f"2 trials at a time, {options.megabytes:g} MB": lambda number: watched(settings, all_data, 2),
            },
            say,
        )
        model = hf_recipe.load_model(task.model, seed=0)
        found = account(runs, imports, sum(parameter.numel() for parameter in model.parameters()))
    show(runs, f"memory of concurrent trials, batch {options.batch}")
    note = "\n".join(f"{name}: {value:,.0f} MiB" for name, value in found.items())
    publish(options, "", [], {"runs": runs, "account": found, "imports": imports}, note)
    return 0


def options_of_command() -> argparse.Namespace:
    made = parser(__doc__)
    made.add_argument("--megabytes", type=float, default=500, help="size of the windows in the object store (500)")
    made.add_argument("--updates", type=int, default=30, help="updates of a trial (30)")
    made.add_argument("--examples", type=int, default=1000, help="examples that the windows are made of (1000)")
    return made.parse_args()


if __name__ == "__main__":
    sys.exit(main())
