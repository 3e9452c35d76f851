"""`xlingual submit`: run a study on a cluster that `ray up` started."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from rich.console import Console

from xlingual.activity import doing
from xlingual.cli import statuses
from xlingual.cli.options import AsJson, Overrides, StudyFile
from xlingual.cli.storage_option import absolute_storage
from xlingual.cli.study_report import opened, show_report
from xlingual.errors import XlingualError

if TYPE_CHECKING:
    from xlingual.submission.head import Head


def submit(
    study: StudyFile,
    cluster: Annotated[str, typer.Option("--cluster", metavar="CLUSTER_YAML", help="The file that `ray up` read.")],
    storage: Annotated[
        str | None,
        typer.Option(
            help="Directory of studies, as the nodes see it: an absolute path, or a URL [default: the study's]."
        ),
    ] = None,
    down_when_done: Annotated[
        bool, typer.Option("--down-when-done", help="Run `ray down` once the study has ended and its records are here.")
    ] = False,
    no_follow: Annotated[bool, typer.Option("--no-follow", help="Only start it.")] = False,
    overrides: Overrides = None,
    as_json: AsJson = False,
) -> None:
    """Run a study on a cluster, as a job on its head; the same command again follows it again.

    The project in the current directory is sent, without data. What is interrupted here goes on there. At the end the
    records, without models, are in fetched/NAME, and the exit status is that of `xlingual run`.
    """
    from xlingual.cluster_file import check_cluster_file
    from xlingual.progress import ScoreNames, study_shown
    from xlingual.study import load_study
    from xlingual.submission.head import Head
    from xlingual.submission.pack import pack
    from xlingual.submission.submit import Submission

    if no_follow and down_when_done:
        raise XlingualError("--no-follow and --down-when-done exclude each other; leave one of them out")
    loaded = load_study(study, overrides or ())
    place = absolute_storage(storage or loaded.storage, storage is not None)
    checked = check_cluster_file(cluster, loaded, place)
    if checked.findings or checked.cluster is None:
        _fail("\n".join(finding.text(cluster) for finding in checked.findings), statuses.ERROR)
    again = shlex.join(["xlingual", *sys.argv[1:]])
    packed = pack(Path.cwd(), loaded)
    for line in packed.in_words():
        print(line, file=sys.stderr)
    head = Head(cluster, checked.cluster.name)
    sent = Submission(head, loaded, place, tuple(overrides or ()), checked.cluster.dashboard_port, again)
    request = sent.request(packed, follow=not no_follow)
    try:
        with study_shown(as_json, Console(), ScoreNames.of_study(loaded), follows=True) as view:
            sent.send(packed, request)
            outcome = sent.run(request, view)
            sent.fetch(outcome)
    except KeyboardInterrupt:
        _fail(
            f"no longer followed; the study goes on on the cluster. Follow it again with `{again}`",
            statuses.INTERRUPTED,
        )
    if outcome.status is None:
        print(f"follow it with `{shlex.join(word for word in shlex.split(again) if word != '--no-follow')}`")
        return
    if outcome.status == statuses.DONE and outcome.records is not None:
        show_report(opened(outcome.records), as_json)
    if outcome.records is not None:
        print(f"records: {outcome.records} (models stay at {place}/{loaded.name})", file=sys.stderr)
    if down_when_done:
        _take_down(head, outcome.status, outcome.records is not None)
    if outcome.status != statuses.DONE:
        _fail(outcome.reason, outcome.status)


def _take_down(head: Head, status: int, has_records: bool) -> None:
    """Run `ray down`, unless the study may go on there or its records are not here."""
    ended = status in (statuses.DONE, statuses.FAILED)
    if not ended or not has_records:
        why = "its records are not here" if ended else "the study is not done"
        print(f"the cluster stays up, as {why}; `ray down {head.file}` ends it", file=sys.stderr)
        return
    with doing(f"taking {head.name} down"):
        head.take_down()
    print(f"cluster {head.name} is down", file=sys.stderr)


def _fail(message: str, status: int) -> NoReturn:
    print(message, file=sys.stderr)
    sys.exit(status)
