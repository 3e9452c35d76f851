"""Shared by all comparisons: interleaved runs of two sides, ratios with their spread, the machine, the task."""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console
from rich.table import Table

REFERENCE, OURS = "reference", "xlingual"
SIDES = (REFERENCE, OURS)
LIBRARIES = ("torch", "transformers", "tokenizers", "accelerate", "datasets", "numpy", "ray")
THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS")


class Spread(NamedTuple):
    """Median and range of several runs."""

    median: float
    low: float
    high: float


def spread(values: Sequence[float]) -> Spread:
    """Median, smallest and largest of at least one value."""
    return Spread(statistics.median(values), min(values), max(values))


class Timed:
    """Measures the processor time that the calling thread spends on what is asked of an object."""

    def __init__(self, asked: Any = None) -> None:
        self._asked, self.seconds = asked, 0.0

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._asked, name)
        return self.timed(found) if callable(found) else found

    def timed(self, call: Any) -> Any:
        """The same function, measured."""

        def measured(*arguments: Any, **named: Any) -> Any:
            began = time.thread_time()
            try:
                return call(*arguments, **named)
            finally:
                self.seconds += time.thread_time() - began

        return measured


@dataclass(frozen=True)
class Comparison:
    """One quantity, measured in pairs: run i of one side with run i of the other.

    Attributes:
        name: the quantity, with its unit.
        reference: values of the reference, (runs,).
        ours: values of this package, (runs,).
        larger_is_better: decides which way the ratio is taken: above 1 this package is the better one.
        goal: ratio to reach; None if the project has none.
    """

    name: str
    reference: Sequence[float]
    ours: Sequence[float]
    larger_is_better: bool = True
    goal: float | None = None

    @property
    def ratios(self) -> list[float]:
        """One ratio per pair, (runs,)."""
        pairs = zip(self.reference, self.ours, strict=True)
        return [ours / theirs if self.larger_is_better else theirs / ours for theirs, ours in pairs]

    def as_json(self) -> dict[str, Any]:
        """Every run, and the spreads."""
        sides = {"reference": self.reference, "ours": self.ours, "ratio": self.ratios}
        spreads = {name: {"runs": list(values), **spread(values)._asdict()} for name, values in sides.items()}
        return {"name": self.name, "larger_is_better": self.larger_is_better, "goal": self.goal, **spreads}


def print_comparison(title: str, rows: Sequence[Comparison], console: Console | None = None) -> None:
    """Print both sides, the ratio and the goal; each as median and range over the runs."""
    table = Table(title=title, title_justify="left", title_style="bold")
    for column in ("what", "runs", REFERENCE, OURS, "ratio", "goal"):
        table.add_column(column, justify="left" if column == "what" else "right")
    for row in rows:
        goal = "" if row.goal is None else f"{row.goal:g}"
        table.add_row(
            row.name,
            str(len(row.ours)),
            shown(row.reference),
            shown(row.ours),
            shown(row.ratios),
            goal if not goal or spread(row.ratios).median >= (row.goal or 0) else f"{goal} (missed)",
        )
    (console or wide_console()).print(table)


def wide_console() -> Console:
    """A console whose tables keep their width when written to a file."""
    return Console(width=150)


def say(text: str) -> None:
    """Report progress on standard error."""
    print(text, file=sys.stderr, flush=True)


def shown(values: Sequence[float]) -> str:
    """Write values as `median (low to high)`, three digits."""
    median, low, high = (f"{value:,.3g}" if abs(value) < 1000 else f"{value:,.0f}" for value in spread(values))
    return median if len(values) == 1 else f"{median} ({low} to {high})"


def interleaved(
    runs: int, sides: Mapping[str, Callable[[int], Any]], note: Callable[[str], None] = lambda text: None
) -> dict[str, list[Any]]:
    """Run both sides alternately, A B A B, so that disturbances of the machine affect both alike.

    Args:
        runs: how often each side runs.
        sides: functions of the run's number, by name.
        note: called before each run.

    Returns:
        The results of each run, (runs,), by name.
    """
    found: dict[str, list[Any]] = {name: [] for name in sides}
    for number in range(runs):
        for name, run in sides.items():
            note(f"run {number + 1} of {runs}: {name}")
            found[name].append(run(number))
    return found


def run_fresh(script: str, side: str, settings: Mapping[str, Any], options: argparse.Namespace) -> Any:
    """Run one side of a script in a new process, which inherits no memory, warm cache or thread pool.

    The script's `main` hands over to `answer_as_side` when it is called this way. Fails with the child's message.
    """
    environment = os.environ | dict.fromkeys(THREAD_VARIABLES, str(options.threads))
    if side == OURS:
        from xlingual.search.cluster import ENVIRONMENT

        environment = {**ENVIRONMENT, **environment}  # like a study's processes
    with tempfile.TemporaryDirectory(prefix="xlingual-benchmark-") as folder:
        answer = Path(folder) / "answer.json"
        request = json.dumps({"side": side, "settings": settings, "answer": str(answer), "threads": options.threads})
        done = subprocess.run(
            [sys.executable, script, "--as-side", request], env=environment, capture_output=True, text=True
        )
        if done.returncode:
            raise SystemExit(f"{Path(script).name}, side {side}, ended with {done.returncode}:\n{done.stderr[-4000:]}")
        return json.loads(answer.read_text())


def answer_as_side(sides: Mapping[str, Callable[[dict[str, Any]], Any]]) -> bool:
    """Run the side requested by `run_fresh`, if any; return whether there was one."""
    if sys.argv[1:2] != ["--as-side"]:
        return False
    import torch

    request = json.loads(sys.argv[2])
    torch.set_num_threads(request["threads"])
    answer = sides[request["side"]](request["settings"])
    Path(request["answer"]).write_text(json.dumps(answer))
    return True


def matrix_gflops(sizes: Sequence[int] = (1024, 2048, 4096), repeats: int = 4) -> float:
    """This machine's own speed of a float32 matrix product, the best of several sizes and tries, in GFLOP/s."""
    import time

    import torch

    best = 0.0
    for size in sizes:
        one, other = torch.rand(size, size), torch.rand(size, size)
        for _ in range(repeats):
            began = time.perf_counter()
            torch.mm(one, other)
            best = max(best, 2 * size**3 / (time.perf_counter() - began) / 1e9)
    return best


def machine(threads: int) -> dict[str, Any]:
    """The machine and versions of the measurements."""
    versions = {}
    for name in LIBRARIES:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            versions[name] = "absent"
    return {
        "cpu": _cpu_model(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "threads": threads,
        "load_average": [round(value, 2) for value in os.getloadavg()],
        "python": platform.python_version(),
        **versions,
    }


def _cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    fields = dict(line.split(":", 1) for line in lines if ":" in line)
    stripped = {name.strip(): value.strip() for name, value in fields.items()}
    numbers = "/".join(stripped.get(name, "?") for name in ("cpu family", "model", "stepping"))
    return f"{stripped.get('model name', platform.machine())} (family/model/stepping {numbers})"


@dataclass(frozen=True)
class Task:
    """Model and data of a comparison, and how windows are cut: the same on both sides."""

    model: str
    train: str
    dev: str
    xquad: str
    max_length: int
    stride: int
    max_answer_tokens: int


def parser(description: str | None, *, runs: int = 5, batch: int = 16) -> argparse.ArgumentParser:
    """Create the options shared by all comparisons."""
    made = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--model", help="directory of a checkpoint; without it the toy world's encoder and data are used")
    made.add_argument("--train", help="English training questions, SQuAD format")
    made.add_argument("--xquad", help="directory with xquad.LANGUAGE.json")
    made.add_argument("--max-length", type=int, help="tokens of a window (384; toy world 64)")
    made.add_argument("--stride", type=int, help="tokens that neighbouring windows share (128; toy world 16)")
    made.add_argument("--batch", type=int, default=batch, help=f"windows to an update ({batch})")
    made.add_argument("--runs", type=int, default=runs, help=f"runs of each side ({runs})")
    made.add_argument("--threads", type=int, default=os.cpu_count() or 1, help="threads of each side (all cores)")
    made.add_argument("--json", metavar="FILE", help="also write every run's numbers there")
    return made


@contextmanager
def chosen_task(options: argparse.Namespace) -> Any:
    """Yield the task of the options; the toy world is written to a temporary folder."""
    given = [getattr(options, name, None) for name in ("model", "train", "xquad")]
    if any(given) and not options.model:
        raise SystemExit("name --model as well, or leave --train and --xquad out to use the toy world")
    with tempfile.TemporaryDirectory(prefix="xlingual-benchmark-") as folder:
        if options.model:
            sources = {name: str(Path(path or "").expanduser().resolve()) if path else "" for name, path in
                       zip(("model", "train", "xquad"), given, strict=True)}  # fmt: skip
            task = Task(**sources, dev="held-out-articles", max_length=384, stride=128, max_answer_tokens=30)
        else:
            task = toy_task(Path(folder))
        lengths = {"max_length": options.max_length, "stride": options.stride}
        yield Task(**asdict(task) | {name: value for name, value in lengths.items() if value is not None})


def toy_task(folder: Path) -> Task:
    """Write a toy world and return its paths."""
    from xlingual.data.toy import ToyWorld, write_toy_world

    paths = write_toy_world(folder / "world", ToyWorld())
    places = {name: str(getattr(paths, name)) for name in ("model", "train", "dev", "xquad")}
    return Task(**places, max_length=64, stride=16, max_answer_tokens=8)


def publish(
    options: argparse.Namespace, title: str, rows: Sequence[Comparison], more: Mapping[str, Any], note: str = ""
) -> None:
    """Print the comparison, a note and the machine, and write the requested JSON file."""
    found = machine(options.threads)
    console = wide_console()
    if rows:
        print_comparison(title, rows, console)
    if note:
        console.print(note)
    console.print("machine: " + ", ".join(f"{name} {value}" for name, value in found.items()), style="dim")
    if options.json:
        content = {"title": title, "machine": found, "options": vars(options)}
        content |= {"note": note, "comparisons": [row.as_json() for row in rows], **more}
        Path(options.json).write_text(json.dumps(content, indent=2) + "\n")
