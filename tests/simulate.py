"""Simulate studies with faults, and check what is promised of each:

    python tests/simulate.py --studies 10000 --jobs 2
    python tests/simulate.py --seed 17

Every study follows from its seed. One that fails is named with the command that repeats it.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1])]


def one(seed: int) -> tuple[int, str, float, Any]:
    """Simulate one study: its seed, what failed, seconds of CPU, and how often each fault happened."""
    from simulated_study import run

    warnings.simplefilter("ignore")
    began = time.process_time()
    happened: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(dir=_memory()) as folder:
        try:
            happened = run(seed, Path(folder)).world.happened
            failed = ""
        except Exception:
            failed = traceback.format_exc()
    return seed, failed, time.process_time() - began, happened


def _memory() -> str | None:
    """A folder in memory, where there is one."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


def main() -> int:
    """Simulate, and return the exit status: 1 when a study failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--studies", type=int, default=100)
    parser.add_argument("--seed", type=int, help="of one study")
    parser.add_argument("--first", type=int, default=0, help="seed of the first study")
    parser.add_argument("--jobs", type=int, default=1)
    asked = parser.parse_args()
    seeds = [asked.seed] if asked.seed is not None else range(asked.first, asked.first + asked.studies)
    began, cpu, count, failures = time.monotonic(), 0.0, 0, 0
    happened: Counter[str] = Counter()
    with multiprocessing.get_context("spawn").Pool(asked.jobs) as pool:
        for seed, failed, seconds, faults in pool.imap_unordered(one, seeds, chunksize=10):
            count, cpu, happened = count + 1, cpu + seconds, happened + faults
            if failed:
                failures += 1
                print(f"{failed}repeat it with: python tests/simulate.py --seed {seed}", flush=True)
            if count % 500 == 0:
                print(f"{count} studies, {failures} failed, {time.monotonic() - began:.0f} s", flush=True)
    print(
        f"{count} studies, {failures} failed; {cpu:.0f} s of CPU, "
        f"{time.monotonic() - began:.0f} s with {asked.jobs} jobs"
    )
    print("\n".join(f"  {number:7} {name}" for name, number in happened.most_common()))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
