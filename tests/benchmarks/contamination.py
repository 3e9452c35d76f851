"""The check for overlap with XQuAD: recall, false alarms and speed.

    python tests/benchmarks/contamination.py [--data XQUAD_DIR] [--clean FILE ...] [--rows 1000000] [--runs 3]

Three parts. Recall: every paragraph of the test set, changed in each of several ways, and how many are found by their
text alone (no title, id or question is given). False alarms: files that share no text with the test set, as far as one
knows, and each article of the test set against the others in its language; the longest stretches in common say how far
off an alarm is. Speed: rows of 250 to 400 characters, sentences of the clean files, as a stream through the filter of
FAQ rows, drawn before the clock starts (20,000, again and again); memory after a tenth of the rows and at the end.
Without --data and --clean all is done on the toy world.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import numpy as np
import sentencex
from harness import machine, shown, wide_console
from rich.table import Table

from xlingual.data.contamination import ContaminationFilter, ContaminationIndex, TrainingText, index_of_test_sets
from xlingual.data.contamination.joint_index import available_languages
from xlingual.data.contamination.training_files import texts_of_file
from xlingual.data.examples import Example
from xlingual.data.faq.rows import FaqRow
from xlingual.data.test_sets.xquad import load_xquad
from xlingual.study.benchmarks import BENCHMARKS

Sets = dict[str, list[Example]]
"""One example of each paragraph, by language."""

NEW = {"zh": "这句话是新写的，说的完全是另外一回事，和原来的文章没有任何关系。"}
NEW_ENGLISH = "This sentence was written for this purpose and says something else altogether."
POOL, CHARACTERS = 20_000, 300


def sentence_replaced(code: str, text: str) -> list[str]:
    """The text with one sentence replaced, each in turn; none for a text of one sentence."""
    parts = [part for part in sentencex.segment(code, text) if part.strip()]
    if len(parts) < 2:
        return []
    new = NEW.get(code, NEW_ENGLISH)
    return [" ".join(new if at == place else part for at, part in enumerate(parts)) for place in range(len(parts))]


def words_replaced(every: int) -> Callable[[str, str], list[str]]:
    """Replace every n-th word."""
    return lambda code, text: [
        " ".join("zzqx" if at % every == every - 1 else word for at, word in enumerate(text.split()))
    ]


CHANGES: dict[str, Callable[[str, str], list[str]]] = {
    "original": lambda code, text: [text],
    "upper case": lambda code, text: [text.upper()],
    "title case": lambda code, text: [text.title()],
    "no spaces": lambda code, text: [re.sub(r"\s+", "", text)],
    "a space behind each letter": lambda code, text: [" ".join(text)],
    "ASCII punctuation gone": lambda code, text: [re.sub(r"[!-/:-@\[-`{-~]", "", text)],
    "one sentence replaced": sentence_replaced,
    "every 10th word replaced": words_replaced(10),
}


def recall(index: ContaminationIndex, sets: Sets) -> dict[str, dict[str, Any]]:
    """By change and language: planted texts, those found, and the minimum over texts of the longest run, in letters."""
    found: dict[str, dict[str, Any]] = {}
    for name, change in CHANGES.items():
        found[name] = {}
        for code, examples in sets.items():
            planted = [text for example in examples for text in change(code, example.context)]
            matches = index.check_many(planted)
            caught = int(matches.overlapping.sum())
            found[name][code] = {"planted": len(planted), "found": caught, "run": int(matches.run.min(initial=10**9))}
    return found


def false_alarms(index: ContaminationIndex, files: Sequence[Path]) -> dict[str, dict[str, Any]]:
    """By file: pieces, those with an overlap in text, title, id or question, and the longest three runs."""
    found = {}
    for file in files:
        data = list(texts_of_file(file))
        verdicts = [verdict for verdict in index.overlaps(data) if verdict]
        runs = index.check_many([text for each in data for text in (*each.texts, *each.questions)]).run
        by_reason = {
            name: sum(name in each.reasons for each in verdicts) for name in ("text", "id", "title", "question")
        }
        found[file.name] = {"pieces": len(data), **by_reason, "longest": sorted(runs.tolist(), reverse=True)[:3]}
    return found


def leave_one_out(sets: Sets) -> dict[str, dict[str, Any]]:
    """By language: paragraphs, those that overlap another article of the test set, the longest run."""
    found = {}
    for code, examples in sets.items():
        runs, alarms = [], 0
        for title in dict.fromkeys(example.title for example in examples):
            index = ContaminationIndex.of(example for example in examples if example.title != title)
            matches = index.check_many([example.context for example in examples if example.title == title])
            runs += matches.run.tolist()
            alarms += int(matches.overlapping.sum())
        found[code] = {"pieces": len(runs), "text": alarms, "longest": sorted(runs, reverse=True)[:3]}
    return found


def pool_of_rows(data: Sequence[TrainingText]) -> list[FaqRow]:
    """Rows whose answers are sentences of the data, drawn at random, of about 300 characters."""
    pieces = [piece for each in data for text in each.texts for piece in re.split(r"(?<=[.!?。؟।])\s+", text) if piece]
    rng = np.random.Generator(np.random.PCG64(0))
    rows = []
    for number in range(POOL):
        answer = ""
        while len(answer) < CHARACTERS - 50:
            answer += pieces[int(rng.integers(len(pieces)))] + " "
        question = pieces[int(rng.integers(len(pieces)))][:50]
        rows.append(FaqRow("host", f"https://host/{number}", question, answer[: CHARACTERS + 100], "en"))
    return rows


def speed(index: ContaminationIndex, rows: Sequence[FaqRow], number: int) -> dict[str, Any]:
    """Seconds, characters and resident memory in MiB for a number of rows through the filter."""
    index.check_many(["warm"])
    stream = ContaminationFilter(index).rows(islice(cycle(rows), number))
    began, busy, memory = time.perf_counter(), time.process_time(), []
    for part in (number // 10, number - number // 10):
        drain(islice(stream, part))
        memory.append(resident())
    seconds, busy = time.perf_counter() - began, time.process_time() - busy
    characters = sum(len(row.question) + len(row.answer) for row in rows) / len(rows)
    return {
        "rows_per_s": number / seconds,
        "seconds": seconds,
        "cpu_seconds": busy,
        "characters_a_row": characters,
        "memory": memory,
    }


def drain(rows: Iterator[Any]) -> None:
    """Consume a stream."""
    for _ in rows:
        pass


def resident() -> float:
    """Resident memory of this process, MiB."""
    status = Path("/proc/self/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    return int(found[1]) / 1024 if found else float("nan")


def tables(found: dict[str, Any], runs: int) -> list[Table]:
    """Draw all parts."""
    caught = Table(title="Found by text alone, of those planted (letters of the shortest longest stretch)")
    caught.add_column("language")
    for name in found["recall"]:
        caught.add_column(name, justify="right")
    for code in next(iter(found["recall"].values())):
        cells = [row[code] for row in found["recall"].values()]
        caught.add_row(
            code, *(f"{c['found']}/{c['planted']}" + (f" ({c['run']})" if c["planted"] else "") for c in cells)
        )
    alarms = Table(title="Taken for an overlap in clean data")
    for name in ("data", "pieces", "text", "id", "title", "question", "longest stretches, letters"):
        alarms.add_column(name, justify="left" if name == "data" else "right")
    others = {f"test set, {code}: each article against the others": row for code, row in found["leave_one_out"].items()}
    for name, row in {**found["false_alarms"], **others}.items():
        counts = (str(row.get(key, "")) for key in ("pieces", "text", "id", "title", "question"))
        alarms.add_row(name, *counts, ", ".join(map(str, row["longest"])))
    fast = Table(title=f"Speed and memory, {runs} runs: median (range)")
    for name in ("what", "value"):
        fast.add_column(name)
    each = found["speed"]
    fast.add_row("test set read, s", shown(found["read_seconds"]))
    fast.add_row("index built, s", shown(found["index_seconds"]))
    fast.add_row("n-grams in it", f"{found['ngrams']:,}")
    fast.add_row("rows per second", shown([run["rows_per_s"] for run in each]))
    fast.add_row(f"seconds for {found['rows']:,} rows", shown([run["seconds"] for run in each]))
    fast.add_row("of a processor's time, s", shown([run["cpu_seconds"] for run in each]))
    fast.add_row("characters a row", f"{each[0]['characters_a_row']:.0f}")
    fast.add_row("resident memory before, MiB", f"{found['memory_before']:.0f}")
    fast.add_row("after a tenth of the rows, MiB", shown([run["memory"][0] for run in each]))
    fast.add_row("after all rows, MiB", shown([run["memory"][1] for run in each]))
    return [caught, alarms, fast]


def measure(options: argparse.Namespace, data: str, clean: Sequence[Path]) -> dict[str, Any]:
    """Everything, as plain values."""
    read, built = [], []
    for _ in range(options.runs):
        began = time.perf_counter()
        loaded = load_xquad(data, available_languages(BENCHMARKS["xquad"], data))
        read.append(time.perf_counter() - began)
        began = time.perf_counter()
        index = ContaminationIndex.of(example for examples in loaded.values() for example in examples.examples)
        built.append(time.perf_counter() - began)
    sets = {
        code: list({example.context: example for example in examples.examples}.values())
        for code, examples in loaded.items()
    }
    assert index.fingerprint == index_of_test_sets({"xquad": (BENCHMARKS["xquad"], data, None)}).fingerprint
    found = {"recall": recall(index, sets), "false_alarms": false_alarms(index, clean), "rows": options.rows}
    found |= {"leave_one_out": leave_one_out(sets), "read_seconds": read, "index_seconds": built}
    rows = pool_of_rows([text for file in clean for text in texts_of_file(file)])
    found |= {"ngrams": len(index.ngrams), "memory_before": resident()}
    return found | {"speed": [speed(index, rows, options.rows) for _ in range(options.runs)]}


def main() -> int:
    """Measure and print."""
    made = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--data", help="directory with xquad.LANGUAGE.json, or hub id (else the toy world)")
    made.add_argument("--clean", nargs="+", type=Path, metavar="FILE", help="files that share no text with it")
    made.add_argument("--rows", type=int, default=1_000_000, help="rows that are timed (1,000,000)")
    made.add_argument("--runs", type=int, default=3, help="how often speed is measured (3)")
    made.add_argument("--json", metavar="FILE", help="also write all numbers there")
    options = made.parse_args()
    if bool(options.data) != bool(options.clean):
        raise SystemExit("name both --data and --clean, or neither to use the toy world")
    with tempfile.TemporaryDirectory(prefix="xlingual-benchmark-") as folder:
        data, clean = options.data, options.clean
        if not data:
            from xlingual.data.toy import ToyWorld, write_toy_world

            paths = write_toy_world(Path(folder) / "world", ToyWorld())
            data, clean = str(paths.xquad), [paths.train, paths.dev, *sorted(paths.faq.glob("*.jsonl"))]
        found = measure(options, data, clean)
    console = wide_console()
    for table in tables(found, options.runs):
        console.print(table)
    console.print("machine: " + ", ".join(f"{name} {value}" for name, value in machine(1).items()), style="dim")
    if options.json:
        Path(options.json).write_text(json.dumps({"machine": machine(1), **found}, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
