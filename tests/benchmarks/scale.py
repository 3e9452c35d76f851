"""What a study of many trials costs the driver, by the number of its trials, on a simulated cluster of many nodes.

    python tests/benchmarks/scale.py [--trials 125,250,500,1000] [--nodes 100] [--searches 4] [--faults]

Simulated are Ray, the nodes, the trials and time (`tests/simulated_world.py`): a trial writes the records of a real
one, with made-up scores, into a folder in memory. Real are the driver from its first line to the report, its queue,
Optuna, ASHA, the journal and all other records, its lines of progress, and the commands `xlingual status` and
`xlingual report` that read them. What Ray Tune itself costs is not in these figures: see `driver_cost.py`.

Each size is a process of its own. `draws` is what Optuna takes of the processor: TPE looks at all earlier trials of a
search, so it alone grows with the square of the trials of a search.
"""

from __future__ import annotations

import argparse
import io
import json
import multiprocessing
import os
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from harness import Timed, say
from rich.console import Console
from rich.table import Table

TESTS = Path(__file__).parents[1]
REPORTS = 4
FAULTS = frozenset({"worker dies", "node dies", "node cut off", "node preempted", "call fails", "wall clock differs"})
RATE = 1e-3
MIB = 1 << 20


def cost_of(trials: int, nodes: int, searches: int, faults: bool, folder: Path) -> dict[str, float]:
    """Run a study of two arms to its report; what it cost."""
    sys.path[:0] = [str(TESTS), str(TESTS.parent)]
    import simulated_study
    from simulated_study import Asked, Commands
    from simulated_trials import Trainer
    from simulated_world import Plan

    from xlingual.progress.plain import PlainView
    from xlingual.records.state import read_state
    from xlingual.search.sampler import ArmSampler

    class Large(Asked):
        """Two arms with a continuum each."""

        @property
        def definition(self) -> dict[str, Any]:
            """The study file."""
            noise = {"embedding_noise": {"distribution": "gaussian", "magnitude": {"log_uniform": [1e-3, 1.0]}}}
            return {**super().definition, "arms": {"plain": {"baseline": True}, "noise": {"robust": noise}}}

    class Apart(Trainer):
        """Measures itself, and what the driver does for it."""

        seconds = 0.0

        def __call__(self, queue: Any, task: Any, **more: Any) -> None:
            began = time.thread_time()
            super().__call__(timed := Timed(queue), task, **more)
            self.seconds += time.thread_time() - began - timed.seconds

    draws = Timed()
    drawn, ArmSampler.draw = ArmSampler.draw, draws.timed(ArmSampler.draw)  # type: ignore[method-assign]
    asked = Large(
        seed=1,
        arms=("plain",),
        searches=searches,
        trials=-(-trials // (2 * searches)),
        seeds=1,
        reports=REPORTS,
        sampler="tpe",
        scheduler="asha",
        sets=1,
        machines=(1,) * nodes,
        cluster=True,
        plan=Plan(FAULTS if faults else frozenset(), RATE),
    )
    shown = PlainView(io.StringIO())
    simulated_study.Listener = lambda step: shown  # type: ignore[misc, assignment]
    before, began = peak(), time.process_time()
    commands = Commands(asked, folder / str(trials))
    commands.trainer = trainer = Apart(commands.world)
    commands.until_done()
    whole, after = time.process_time() - began, peak()
    ArmSampler.draw = drawn  # type: ignore[method-assign]
    state, made = read_state(commands.directory), 2 * searches * asked.trials
    if len(state.trials) != made or not state.complete:
        raise SystemExit(f"{made} trials asked, {len(state.trials)} made, {state.failures}")
    driver = whole - trainer.seconds - draws.seconds
    return {
        "trials": made,
        "commands": commands.ends.total(),
        "retried": sum(event.endswith("_retried") for event in events_of(commands.directory.journal)),
        "driver_ms_per_trial": 1000 * driver / made,
        "draws_ms_per_trial": 1000 * draws.seconds / made,
        "peak_mib": (after - before) / MIB,
        "journal_bytes_per_trial": commands.directory.journal.stat().st_size / made,
        "records_bytes_per_trial": sum(p.stat().st_size for p in commands.directory.path.rglob("*") if p.is_file())
        / made,
    }


def events_of(journal: Path) -> list[str]:
    """The names of a journal's events."""
    return [json.loads(line)["event"] for line in journal.read_text().splitlines()]


def read_by(command: str, study: Path) -> dict[str, float]:
    """Processor seconds and peak memory of a command that reads a study's records."""
    arguments = [sys.executable, "-m", "xlingual", command, str(study)]
    quiet = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    _, status, used = os.wait4(os.posix_spawn(sys.executable, arguments, os.environ, file_actions=quiet), 0)
    if status:
        raise SystemExit(f"{' '.join(arguments)} ended with status {os.waitstatus_to_exitcode(status)}")
    return {f"{command}_cpu_s": used.ru_utime + used.ru_stime, f"{command}_peak_mib": used.ru_maxrss / 1024}


def peak() -> float:
    """Peak memory of this process in bytes."""
    return 1024.0 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def main() -> int:
    """Measure each size, and print a table."""
    made = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--trials", default="125,250,500,1000", help="trials of the studies (125,250,500,1000)")
    made.add_argument("--nodes", type=int, default=100, help="nodes, with a place for one trial each (100)")
    made.add_argument("--searches", type=int, default=4, help="searches of each of the two arms (4)")
    made.add_argument("--faults", action="store_true", help=f"let things go wrong: {', '.join(sorted(FAULTS))}")
    made.add_argument("--json", type=Path, help="file for the figures")
    options = made.parse_args()
    found = []
    for trials in map(int, options.trials.split(",")):
        with (
            tempfile.TemporaryDirectory(prefix="xlingual-benchmark-", dir="/dev/shm") as folder,
            multiprocessing.get_context("spawn").Pool(1) as pool,
        ):
            one = pool.apply(cost_of, (trials, options.nodes, options.searches, options.faults, Path(folder)))
            (study,) = Path(folder).glob("*/storage/made_up")
            found.append({**one, **read_by("status", study), **read_by("report", study)})
        say(", ".join(f"{name} {value:.4g}" for name, value in found[-1].items()))
    table = Table(title=f"{options.nodes} simulated nodes, {2 * options.searches} searches", show_header=False)
    for name in found[0]:
        table.add_row(name.replace("_", " "), *(f"{one[name]:.4g}" for one in found))
    Console().print(table)
    if options.json:
        options.json.write_text(json.dumps(found, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
