"""First window ready: tokenising again against opening the store of windows; then tokenising on one and on all cores.

    python tests/benchmarks/features.py [--model DIR --train FILE.json] [--threads 2] [--runs 5]

Both sides begin with the tokenizer loaded and the examples parsed, and end when the last window's tokens have been
summed, so that mapped pages count as read. The store is the one that a study uses, written before the first run: a
second study, a second start and a second model with the same tokenizer find it so. Its files are in the page cache, as
on a node that has just written or read them. The second row hashes the examples' text too, which a study does once
anyway to know whether its data changed. Trials get the arrays from Ray's object store and do neither.

In the third row the reference is this package itself on one core.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from harness import OURS, REFERENCE, Comparison, chosen_task, interleaved, parser, publish, say

GOAL = 20.0


def seconds(work: Callable[[], Any]) -> float:
    """Seconds until all windows of `work` have been read."""
    began = time.perf_counter()
    windows = work()
    int(windows.input_ids.sum()) + int(windows.pointers[-1]) + int(windows.start.sum())
    return time.perf_counter() - began


def main() -> int:
    """Measure and print."""
    options = parser(__doc__).parse_args()
    with chosen_task(options) as task, tempfile.TemporaryDirectory(prefix="xlingual-features-") as folder:
        from xlingual.data.examples import ExampleSet
        from xlingual.data.squad import load_squad
        from xlingual.models.checkpoint_directory import resolve_checkpoint
        from xlingual.models.encoder import load_tokenizer
        from xlingual.tokens.feature_store import fingerprint_tokenizer, stored_windows
        from xlingual.tokens.windows import make_windows

        directory = resolve_checkpoint(task.model)
        tokenizer, examples = load_tokenizer(directory), load_squad(task.train)
        lengths = {"max_length": task.max_length, "stride": task.stride}

        def tokenised(run: int, threads: int) -> float:
            return seconds(lambda: make_windows(tokenizer, examples.examples, **lengths, threads=threads))

        def opened(run: int, hashed: bool) -> float:
            known = ExampleSet(examples.examples, {}) if hashed else examples
            store = partial(stored_windows, Path(folder), tokenizer)
            return seconds(lambda: store(fingerprint_tokenizer(directory), known, **lengths))

        first = seconds(
            lambda: stored_windows(Path(folder), tokenizer, fingerprint_tokenizer(directory), examples, **lengths)
        )
        windows = make_windows(tokenizer, examples.examples, **lengths)
        sides = {
            "again": partial(tokenised, threads=options.threads),
            "open": partial(opened, hashed=False),
            "open, hashed": partial(opened, hashed=True),
            "one core": partial(tokenised, threads=1),
        }
        found = interleaved(options.runs, sides, say)
    tokens = len(windows.input_ids)
    speeds = {name: [tokens / each for each in found[name]] for name in ("one core", "again")}
    rows = [
        Comparison("first window ready, s", found["again"], found["open"], larger_is_better=False, goal=GOAL),
        Comparison("the same, text hashed too, s", found["again"], found["open, hashed"], larger_is_better=False),
        Comparison(f"tokens/s, 1 and {options.threads} threads", speeds["one core"], speeds["again"]),
    ]
    contexts = len({example.context for example in examples.examples})
    counts = {"examples": len(examples), "contexts": contexts, "windows": len(windows), "tokens": tokens}
    note = ", ".join(f"{count:,} {name}" for name, count in counts.items())
    note += f"; tokenising and writing the store took {first:.2f} s"
    title = f"Features once ({REFERENCE}: tokenise again; {OURS}: open the store)"
    publish(options, title, rows, {"counts": counts, "write_seconds": first}, note)
    return 0


if __name__ == "__main__":
    sys.exit(main())
