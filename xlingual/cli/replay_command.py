"""`xlingual replay`: recorded trials trained again and compared with their records."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from xlingual.activity import doing
from xlingual.cli import statuses
from xlingual.cli.options import AsJson, StudyDir, local_path
from xlingual.cli.output import print_json
from xlingual.errors import XlingualError
from xlingual.task_metrics import counted

if TYPE_CHECKING:
    from xlingual.replay.replayer import Replay


def replay(
    study_dir: StudyDir,
    trial: Annotated[
        str | None,
        typer.Argument(
            metavar="[TRIAL]",
            help="A fingerprint or its beginning, ARM/NUMBER, ARM/search-SEARCH/NUMBER, or ARM/seed-SEED.",
        ),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Every trial and replicate that ended.")] = False,
    test: Annotated[
        bool,
        typer.Option(
            "--test", help="Compare the answers of scored replicates to the test sets, too: readings, for the ledger."
        ),
    ] = False,
    keep: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", parser=local_path, help="Train in DIR and keep it [default: a folder that is deleted]."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Train a recorded trial again and compare it with its records, field by field; exit status 1 if it differs."""
    from xlingual.progress.activities import activities_shown
    from xlingual.records.attached import study_directory
    from xlingual.records.layout import StudyDirectory
    from xlingual.records.state import read_state

    if (trial is None) != every:
        raise XlingualError("write the TRIAL to train again, such as baseline/0, or --all for every one")
    try:
        with activities_shown(), ExitStack() as stack:
            directory = StudyDirectory(study_directory(study_dir).resolve())
            state = read_state(directory)
            with doing("loading PyTorch"):
                from xlingual.replay.recorded_trials import recorded_trials, trial_named
                from xlingual.replay.replayer import Replayer

            trials = recorded_trials(directory, state) if trial is None else [trial_named(directory, state, trial)]
            left = [one.key for one in trials if one.state == "running"]
            trials = [one for one in trials if one.state != "running"]
            scratch = stack.enter_context(_folder(keep))
            replayer = Replayer(directory, state, scratch, test=test, tell=lambda line: print(line, file=sys.stderr))
            replays = []
            for one in trials:
                replays.append(replayer.replay(one))
                if not as_json:
                    print(_said(replays[-1]), flush=True)
    except KeyboardInterrupt:
        print("interrupted; the study's records are as they were", file=sys.stderr)
        raise typer.Exit(statuses.INTERRUPTED) from None
    equal = sum(one.is_equal for one in replays)
    if as_json:
        found = {"study": state.name, "equal": equal, "of": len(replays), "did_not_end": left}
        print_json(found | {"trials": [one.as_json() for one in replays]})
    elif every:
        unended = f"; {len(left)} did not end and were left out" if left else ""
        print(f"{equal} of {len(replays)} trials are equal to the bit{unended}")
    if equal < len(replays):
        raise typer.Exit(statuses.ERROR)


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    """Where trials are trained."""
    if keep is not None:
        yield keep.resolve()
        return
    with TemporaryDirectory(prefix="xlingual-replay-") as folder:
        yield Path(folder)


def _said(replay: Replay) -> str:
    """What was found of one trial, in lines."""
    found, name = replay.comparison, f"{replay.trial.key} ({replay.trial.item['fingerprint']})"
    compared = ", ".join(counted(count, part) for part, count in found.counts.items())
    left = "".join(f"\n  not compared: {what}" for what in found.left_out)
    if found.difference is None:
        return f"{name}: equal to the bit: {compared}{left}"
    before = f"\n  equal before that: {compared}" if compared else ""
    others = "; ".join(map(str, replay.environment)) or "nothing that the records name"
    return f"{name}: differs in the {found.difference}{before}{left}\n  other in the environment: {others}"
