"""Time and memory of `xlingual report` on studies far larger than usual.

    python tests/benchmarks/report.py [--studies trials,questions] [--scale 1.0] [--storage DIR] [--runs 3] [--lines]

Two studies whose records are written beforehand: 1,000 trials of 10 arms with 5 searches each, 1,190 questions in 12
languages; and 4 arms with 5 searches each, 100,000 questions in 12 languages (9 GB). `xlingual report` runs in a
process of its own each time, and prints JSON: seconds on the wall from its start to its end, imports included, seconds
of processors, and its peak of resident memory. With --lines it first runs without the Parquet files, which it makes
again from the JSON lines: this takes minutes where there are millions of answers, and both must print the same.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from harness import machine, say, shown, wide_console
from report_studies import Size, write_study
from rich.table import Table

from xlingual.records.layout import StudyDirectory

STUDIES = {
    "trials": Size(arms=10, trials=1_000, units=5, questions=1_190),
    "questions": Size(arms=4, trials=80, units=5, questions=100_000),
}
GOALS = {"trials": "30 s, 2,048 MiB", "questions": "60 s"}


@dataclass(frozen=True)
class Run:
    """One report: seconds on the wall and of processors, peak of resident memory in MiB, and what it printed."""

    seconds: float
    cpu_seconds: float
    mebibytes: float
    printed: str


def report(directory: StudyDirectory) -> Run:
    """Print a study's report in a new process."""
    with tempfile.TemporaryFile() as printed:
        began = time.perf_counter()
        command = [sys.executable, "-m", "xlingual", "report", str(directory.path), "--json"]
        process = subprocess.Popen(command, stdout=printed)
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"xlingual report ended with status {process.returncode}")
        printed.seek(0)
        mebibytes = used.ru_maxrss / (1 << (20 if sys.platform == "darwin" else 10))
        return Run(seconds, used.ru_utime + used.ru_stime, mebibytes, printed.read().decode())


def measured(directory: StudyDirectory, runs: int, lines: bool) -> dict[str, list[Run]]:
    """Reports from the columns; if asked for, one before them from the lines alone."""
    found = {}
    if lines:
        for columns in directory.path.glob("trials/*/predictions/*/*.parquet"):
            columns.unlink()
        found["JSON lines, Parquet made again"] = [report(directory)]
    found["Parquet"] = [report(directory) for _ in range(runs)]
    if len({run.printed for of_side in found.values() for run in of_side}) > 1:
        raise SystemExit(f"{directory.path}: the report from Parquet differs from that of JSON lines")
    return found


def main() -> None:
    """Write the studies, and measure their reports."""
    options = _options()
    table = Table(*("study", "answers", "read from", "seconds", "of processors", "peak MiB", "goal"))
    content: dict[str, Any] = {}
    with ExitStack() as stack:
        storage = Path(options.storage or stack.enter_context(tempfile.TemporaryDirectory()))
        for name in options.studies.split(","):
            size = STUDIES[name].scaled(options.scale)
            directory = StudyDirectory(storage / name)
            if not directory.journal.exists():
                say(f"{name}: writing {size.rows:,} answers")
                directory = write_study(storage, name, size)
            say(f"{name}: {options.runs + options.lines} reports")
            sides = measured(directory, options.runs, options.lines)
            for side, runs in sides.items():
                figures = zip(*((run.seconds, run.cpu_seconds, run.mebibytes) for run in runs), strict=True)
                table.add_row(name, f"{size.rows:,}", side, *map(shown, figures), GOALS[name])
            kept = {side: [asdict(replace(run, printed="")) for run in runs] for side, runs in sides.items()}
            content[name] = {"size": asdict(size), "runs": kept}
    found = machine(1)
    wide_console().print(table, "machine: " + ", ".join(f"{key} {value}" for key, value in found.items()))
    if options.json:
        Path(options.json).write_text(json.dumps({"machine": found, **content}, indent=2) + "\n")


def _options() -> argparse.Namespace:
    made = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--studies", default=",".join(STUDIES), help="which of them, with commas between (all)")
    made.add_argument("--scale", type=float, default=1.0, help="part of their trials and questions (1.0)")
    made.add_argument("--storage", metavar="DIR", help="keep them there, and use those that are there already")
    made.add_argument("--runs", type=int, default=3, help="reports of each study from its Parquet files (3)")
    made.add_argument("--lines", action="store_true", help="first report each study from its JSON lines alone")
    made.add_argument("--json", metavar="FILE", help="also write every run's numbers there")
    return made.parse_args()


if __name__ == "__main__":
    main()
