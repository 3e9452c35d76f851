"""The command line: `xlingual COMMAND`; each command in a few lines over the library."""

from __future__ import annotations

import shlex
import signal
import sys
import time
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console

from xlingual.activity import doing
from xlingual.cli import statuses
from xlingual.cli.checklist_command import checklist
from xlingual.cli.control_command import control
from xlingual.cli.convert import convert
from xlingual.cli.doctor_command import doctor
from xlingual.cli.evaluate_command import evaluate
from xlingual.cli.export_command import export
from xlingual.cli.global_options import global_options
from xlingual.cli.init_command import init
from xlingual.cli.inspect_command import inspect
from xlingual.cli.options import AsJson, Overrides, StudyDir, StudyFile, local_path
from xlingual.cli.output import prepare_output, print_json
from xlingual.cli.plan_command import plan
from xlingual.cli.push_command import push
from xlingual.cli.replay_command import replay
from xlingual.cli.schema_command import schema
from xlingual.cli.study_report import opened, show, show_report, write_html
from xlingual.cli.submit_command import submit
from xlingual.cli.track_command import track
from xlingual.cli.validate_command import validate
from xlingual.errors import StudyFileError, XlingualError

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    help="Hyperparameter studies for zero-shot cross-lingual question answering.",
    epilog=statuses.IN_WORDS,
)
app.callback()(global_options)
app.command()(init)


app.command()(validate)
app.command()(schema)
app.command()(plan)
app.command(epilog=statuses.IN_WORDS)(doctor)


@app.command(epilog=statuses.IN_WORDS)
def run(
    study: StudyFile,
    storage: Annotated[
        str | None, typer.Option(help="Directory or URL of studies [default: the study's own `storage`].")
    ] = None,
    until: Annotated[str, typer.Option(help="Last stage: search, replicate, test or report.")] = "report",
    address: Annotated[str, typer.Option(help="Ray cluster: local (embedded), auto, or HOST:PORT.")] = "local",
    overrides: Overrides = None,
    as_json: AsJson = False,
) -> None:
    """Run a study, or resume it: the same command again does only what is missing."""
    from xlingual.api.running import run_study
    from xlingual.study import load_study

    checked = load_study(study, overrides or ())
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        ran = run_study(checked, storage, until, address, "json" if as_json else "auto")
    except KeyboardInterrupt:
        again = shlex.join(["xlingual", *sys.argv[1:]])
        _fail(f"interrupted; what is finished is kept. Go on with: {again}", statuses.INTERRUPTED)
    if until == "report":
        show_report(ran, as_json)
    if failures := ran.failures:
        _fail("\n".join(f"failed: {line}" for line in failures), statuses.FAILED)


app.command(epilog=statuses.IN_WORDS)(submit)


@app.command()
def status(
    study_dir: StudyDir,
    follow: Annotated[bool, typer.Option("--follow", help="Go on showing it until its command has ended.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show how far a study is, from its records alone."""
    found = opened(study_dir)
    if follow:
        _follow(found.path, as_json)
    show(found.status(), as_json, indent=None if follow else 2)


app.command()(control)


@app.command()
def report(
    study_dir: StudyDir,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write one HTML page with figures, and print no table.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Print a study's tables again, from its records alone."""
    found = opened(study_dir)
    if html is not None:
        write_html(found.path, html, sys.stderr if as_json else sys.stdout)
    if html is None or as_json:
        show_report(found, as_json)


app.command()(inspect)
app.command(epilog=statuses.IN_WORDS)(replay)
app.command()(export)
app.command()(push)
app.command()(track)
app.command()(checklist)
app.command()(evaluate)
app.command()(convert)


@app.command()
def bench(
    model: Annotated[
        str | None, typer.Argument(metavar="[MODEL]", help="Hub id, directory, toy or toy_text_to_text [default: toy].")
    ] = None,
    train: Annotated[str | None, typer.Option(help="SQuAD file to train on [default: the toy world's].")] = None,
    score: Annotated[str | None, typer.Option(help="Directory with xquad.LANGUAGE.json [default: --train].")] = None,
    languages: Annotated[str, typer.Option(help="Comma-separated codes, or all.")] = "all",
    questions: Annotated[
        int | None, typer.Option(help="First N questions of each language [default: 240 in all].")
    ] = None,
    updates: Annotated[int, typer.Option(help="Updates to time, after one to warm up.")] = 8,
    batch: Annotated[int | None, typer.Option(help="Windows or inputs per update [default: 16].")] = None,
    precision: Annotated[
        str, typer.Option(help="Precision of the headline figures: auto (as in a study), fp32, tf32 or bf16.")
    ] = "auto",
    threads: Annotated[int | None, typer.Option(help="CPU threads [default: all cores].")] = None,
    max_length: Annotated[
        int | None, typer.Option(help="Tokens per window or text-to-text input [default: 384 or 1024].")
    ] = None,
    stride: Annotated[
        int | None, typer.Option(help="Overlap of neighbouring windows in tokens [default: 128]; encoders only.")
    ] = None,
    max_train_examples: Annotated[int, typer.Option(help="Number of examples of --train to tokenise.")] = 4000,
    study: Annotated[
        str | None,
        typer.Option(metavar="STUDY", help="Estimate this study's hours; options that are left out are taken from it."),
    ] = None,
    overrides: Overrides = None,
    as_json: AsJson = False,
) -> None:
    """Measure this machine: training and scoring speed, memory, matrix products, the hours of a study."""
    from xlingual.study import load_study

    checked = load_study(study, overrides or ()) if study else None
    from xlingual.progress.activities import activities_shown

    with activities_shown():
        with doing("loading PyTorch"):
            from xlingual.report.speed import speed_tables
            from xlingual.speed.bench_task import BenchRequest
            from xlingual.speed.estimate import Rates, estimate
            from xlingual.speed.measurement import measure

        asked = BenchRequest(
            model, train, score, languages, questions, updates, batch, precision, threads, max_length, stride,
            max_train_examples,
        )  # fmt: skip
        speed = measure(asked.or_as_in(checked) if checked else asked, lambda line: print(line, file=sys.stderr))
        hours = estimate(checked, Rates.of_json(speed.as_json(), "bench")) if checked else None
    if as_json:
        print_json(speed.as_json() | ({"estimate": hours.as_json()} if hours else {}))
    else:
        Console().print(speed_tables(speed, hours))


@app.command()
def score(
    gold: Annotated[
        Path,
        typer.Argument(metavar="GOLD.json", parser=local_path, help="Gold answers: SQuAD's format or flat rows."),
    ],
    predictions: Annotated[
        Path, typer.Argument(metavar="PREDICTIONS.json", parser=local_path, help="Answers as {id: text}.")
    ],
    as_json: AsJson = False,
) -> None:
    """Print SQuAD v1.1's official exact match and F1 in percent, as JSON; character F1 in scripts without spaces."""
    from xlingual.api.scoring import score as scored
    from xlingual.progress.activities import activities_shown

    with activities_shown():
        scores = scored(gold, predictions, lambda line: print(line, file=sys.stderr))
    print_json(scores, indent=None)


def main() -> None:
    """Run the command line; a user's mistake gives one message and exit status 1."""
    prepare_output()
    try:
        app()
    except StudyFileError as error:
        _fail(str(error), statuses.ERROR)
    except XlingualError as error:
        _fail(f"error: {error}", statuses.ERROR)
    except UnicodeEncodeError as error:  # such as a file name
        found = error.object[error.start : error.end]
        _fail(
            f"error: {found!r} cannot be printed in this terminal's encoding ({error.encoding}); set PYTHONUTF8=1 or "
            "LC_ALL=C.UTF-8 and run the same command again",
            statuses.ERROR,
        )
    except BrokenPipeError:  # the reader of our output has gone
        sys.stderr.close()
        sys.exit(statuses.READER_LEFT)


def _follow(path: Path, as_json: bool) -> None:
    """Show what happens to a study, until its command has ended or the user has seen enough."""
    from xlingual.progress import ScoreNames, study_shown
    from xlingual.progress.followed import follow
    from xlingual.records.layout import StudyDirectory
    from xlingual.records.state import read_state

    directory = StudyDirectory(path)
    names = ScoreNames.of_record(read_state(directory).study)
    try:
        with study_shown(as_json, Console(), names, "reading the records", follows=True) as view:
            state = follow(directory, view, lambda: _look_again(path))
    except KeyboardInterrupt:
        _fail("no longer followed; the study goes on", statuses.INTERRUPTED)
    if not state.complete and not as_json:
        print(f"{path}: no command runs this study now; the command that did continues it", file=sys.stderr)


def _look_again(path: Path) -> None:
    """Wait before records are looked at again; those at a URL are asked for, which takes several requests."""
    from xlingual.records.attached import refresh, url_of

    time.sleep(5.0 if url_of(path) else 1.0)
    refresh(path)


def _interrupt(_signal: int, _frame: Any) -> None:
    raise KeyboardInterrupt


def _fail(message: str, status: int) -> NoReturn:
    print(message, file=sys.stderr)
    sys.exit(status)
