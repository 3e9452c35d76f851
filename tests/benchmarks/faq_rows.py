"""Rows per second from raw FAQ rows to windows, in one process and in several; peak memory at N and at 10 N rows.

    python tests/benchmarks/faq_rows.py [--model DIR --rows DIR] [--languages de,tr,zh,ru] [--number 5000] [--runs 3]

The raw rows are JSON lines on disk, `--number` of each language, made before anything is timed: the real rows of
`--rows` (one CODE.jsonl for each language) again and again, each time from other hosts (20 rows each) and with the
words of question and answer (characters where words have no spaces) in another seeded order, final marks in their
places, so that few rows are duplicates; without `--rows` the toy world's. A run starts a fresh process, imports, and
goes from there: draw, filters with the defaults of a study (for toy rows those that toy rows pass), the check against
the test set of `--xquad` where it is given, the store; then the passage recipe and windows on disk. On the one side
one process with one thread does it all, on the other languages are shared out to `--processes`; starting these is
timed, as a study has to start them.

Then, in one process, the peak resident size (VmHWM, less what it was after the imports) at `--memory-rows` and ten
times as many rows of the first language, with all filters and without the two that remember rows: exact and near
duplicates.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import Any

from harness import (
    OURS,
    REFERENCE,
    Comparison,
    answer_as_side,
    chosen_task,
    interleaved,
    parser,
    publish,
    run_fresh,
    say,
    wide_console,
)
from rich.table import Table

ROWS_PER_HOST = 20
MARKS = (".", "!", "?", ",", ":", ";", "。", "！", "？", "，", "؟", "।")
UNSPACED = ("zh", "ja", "th", "km", "lo", "my")
TOY_OFF = ("question_length", "answer_length", "script", "templates", "exact_duplicates", "near_duplicates",
           "rows_per_host", "boilerplate")  # fmt: skip
REMEMBERING = ("exact_duplicates", "near_duplicates")
STEPS = ("rows to store", "store to windows", "rows to windows")


def write_rows(target: Path, rows: list[dict[str, Any]], language: str, number: int) -> None:
    """Write a number of rows of one language: the given ones, then repetitions with another word order."""
    shuffled = random.Random(language)
    join = "" if language in UNSPACED else " "
    with target.open("w", encoding="utf-8") as lines:
        for place in range(number):
            row = dict(rows[place % len(rows)])
            host = f"site-{place // ROWS_PER_HOST}.example"
            row |= {"origin": host, "url": f"https://{host}/faq"}
            for side in ("question", "answer") if place >= len(rows) else ():
                row[side] = join.join(mixed(list(row[side]) if join == "" else row[side].split(), shuffled))
            lines.write(json.dumps(row, ensure_ascii=False) + "\n")


def mixed(words: list[str], shuffled: random.Random) -> list[str]:
    """The words in another order, except those that end a sentence or clause, so that sentences keep their lengths."""
    places = [place for place, word in enumerate(words) if not word.endswith(MARKS)]
    order = list(places)
    shuffled.shuffle(order)
    for place, word in zip(places, [words[other] for other in order], strict=True):
        words[place] = word
    return words


def raw_rows(options: argparse.Namespace, folder: Path, model: str, languages: list[str], number: int) -> Path:
    """A directory with a file for each language."""
    from xlingual.languages import ISO_639_3

    source = Path(options.rows) if options.rows else Path(model).parent / "faq"
    folder.mkdir()
    for language in languages:
        lines = (source / f"{ISO_639_3[language]}.jsonl").read_text(encoding="utf-8").splitlines()
        write_rows(folder / f"{ISO_639_3[language]}.jsonl", [json.loads(line) for line in lines], language, number)
    return folder


@dataclass(frozen=True)
class Passages:
    """The examples of one language, created lazily from the store."""

    stored: Any
    settings: Any

    @property
    def fingerprint(self) -> str:
        return f"{self.stored.fingerprint} {self.settings.model_dump_json()}"

    @property
    def examples(self) -> Any:
        from xlingual.data.recipes.passage import PassageRecipe

        return PassageRecipe(self.settings, self.stored.language, seed=0).examples(self.stored)


def cut(stored: Any, settings: dict[str, Any], folder: str) -> tuple[str, int]:
    """Create and store the windows of one language; return their number."""
    from xlingual.models.checkpoint_directory import resolve_checkpoint
    from xlingual.models.encoder import load_tokenizer
    from xlingual.study import PassageSettings
    from xlingual.tokens.feature_store import fingerprint_tokenizer, stored_windows

    passages = {"span": "answer", "answers": 4, "min_passage_characters": 1} if settings["toy"] else {}
    directory = resolve_checkpoint(settings["model"])
    windows = stored_windows(
        Path(folder),
        load_tokenizer(directory),
        fingerprint_tokenizer(directory),
        Passages(stored, PassageSettings(**passages)),
        max_length=settings["max_length"],
        stride=settings["stride"],
        threads=1,
    )
    return stored.language, len(windows)


def from_rows_to_windows(settings: dict[str, Any]) -> dict[str, Any]:
    """One run, in this process and its children: seconds of each step, results, peak memory in MiB."""
    import datasets  # noqa: F401
    import pyarrow.parquet  # noqa: F401
    import transformers  # noqa: F401

    from xlingual.data.contamination import index_of_test_sets
    from xlingual.data.faq.preparation import prepare_faq
    from xlingual.data.faq.sampling import Draw
    from xlingual.data.faq.steps import faq_steps
    from xlingual.study import FaqFilters
    from xlingual.study.benchmarks import BENCHMARKS

    filters = FaqFilters(**dict.fromkeys(settings["off"], False))
    sets = {"xquad": (BENCHMARKS["xquad"], settings["xquad"], None)} if settings["xquad"] else {}
    index = index_of_test_sets(sets) if sets else None
    before, processes = peak_mebibytes(), settings["processes"]
    with tempfile.TemporaryDirectory(dir=settings["folder"]) as folder:
        began = time.perf_counter()
        stored = prepare_faq(
            settings["rows"],
            settings["languages"],
            Draw(settings["number"]),
            folder=Path(folder) / "rows",
            steps=faq_steps(filters, index),
            processes=processes,
        )
        filtered = time.perf_counter()
        jobs = [(rows, settings, str(Path(folder) / "windows")) for rows in stored.values()]
        if processes == 1:
            windows = dict(cut(*job) for job in jobs)
        else:
            with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
                windows = dict(pool.map(cut, *zip(*jobs, strict=True)))
        ended = time.perf_counter()
    return {
        "seconds": [filtered - began, ended - filtered, ended - began],
        "kept": {code: len(rows) for code, rows in stored.items()},
        "fingerprints": [rows.fingerprint for rows in stored.values()],
        "windows": windows,
        "memory": peak_mebibytes() - before,
    }


def peak_mebibytes() -> float:
    """Largest resident size of this process so far."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def compare(run: Callable[..., dict[str, Any]], options: argparse.Namespace) -> tuple[list[Comparison], dict[str, Any]]:
    """Rows per second of both sides; fails if they do not make the same rows and windows."""
    sides = {"one process": lambda _: run(1), "several": lambda _: run(options.processes)}
    found = interleaved(options.runs, sides, say)
    one, several = found["one process"], found["several"]
    if any(a[key] != b[key] for a, b in zip(one, several, strict=True) for key in ("fingerprints", "windows")):
        raise SystemExit("one process and several made other rows or windows")
    rows = options.number * len(one[0]["kept"])
    speeds = [[[rows / each["seconds"][step] for each in side] for side in (one, several)] for step in range(3)]
    comparisons = [Comparison(f"{name}, rows/s", *speed) for name, speed in zip(STEPS, speeds, strict=True)]
    return comparisons, one[0]


def print_memory(readings: dict[str, dict[int, list[float]]]) -> None:
    table = Table(title="Peak memory less that after imports, MiB, median of the runs", title_justify="left")
    for column in ("filters", *(f"{number:,} rows" for number in next(iter(readings.values()))), "bytes a further row"):
        table.add_column(column, justify="left" if column == "filters" else "right")
    for name, sizes in readings.items():
        (few, small), (many, large) = [(number, median(values)) for number, values in sizes.items()]
        table.add_row(name, f"{small:.1f}", f"{large:.1f}", f"{(large - small) * 2**20 / (many - few):.0f}")
    wide_console().print(table)


def main() -> int:
    """Measure and print."""
    if answer_as_side({REFERENCE: from_rows_to_windows, OURS: from_rows_to_windows}):
        return 0
    made = parser(__doc__, runs=3)
    made.add_argument("--rows", help="directory with CODE.jsonl of real FAQ rows; without it the toy world's")
    made.add_argument("--languages", default="de,tr,zh,ru", help="codes (de,tr,zh,ru)")
    made.add_argument("--number", type=int, default=5000, help="raw rows of each language (5000)")
    made.add_argument("--processes", type=int, default=2, help="processes of the second side (2)")
    made.add_argument("--memory-rows", type=int, default=5000, help="rows of the smaller reading of memory (5000)")
    made.add_argument("--memory-runs", type=int, default=1, help="readings of memory of each kind (1)")
    options = made.parse_args()
    options.threads = 1  # of each process
    if bool(options.rows) != bool(options.model):
        raise SystemExit("name both --model and --rows, or neither to use the toy world")
    languages = options.languages.split(",")
    with chosen_task(options) as task, tempfile.TemporaryDirectory(prefix="xlingual-faq-rows-") as place:
        folder = Path(place)
        settings = {
            "model": task.model,
            "xquad": options.xquad,
            "toy": not options.model,
            "folder": place,
            "max_length": task.max_length,
            "stride": task.stride,
            "off": [] if options.model else TOY_OFF,
        }

        def run(processes: int, number: int, languages: list[str], off: tuple[str, ...] = ()) -> dict[str, Any]:
            rows = folder / f"{number}-{'-'.join(languages)}"
            if not rows.exists():
                raw_rows(options, rows, task.model, languages, number)
            stated = {"rows": str(rows), "languages": languages, "number": number, "processes": processes}
            return run_fresh(__file__, OURS, settings | stated | {"off": [*settings["off"], *off]}, options)

        comparisons, first = compare(lambda processes: run(processes, options.number, languages), options)
        readings: dict[str, dict[int, list[float]]] = {}
        for name, off in {"all": (), "none that remembers rows": REMEMBERING}.items():
            for number in (options.memory_rows, 10 * options.memory_rows):
                say(f"memory of {number} rows, filters: {name}")
                values = [run(1, number, languages[:1], off)["memory"] for _ in range(options.memory_runs)]
                readings.setdefault(name, {})[number] = values
    note = f"{options.number:,} raw rows a language; kept {first['kept']}; windows {first['windows']}"
    title = f"From raw FAQ rows to windows ({REFERENCE}: one process; {OURS}: {options.processes})"
    publish(options, title, comparisons, {"memory": readings}, note)
    print_memory(readings)
    return 0


if __name__ == "__main__":
    sys.exit(main())
