"""A study read from its records, finished or running."""

from __future__ import annotations

import time
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Group

from xlingual.activity import doing
from xlingual.api.numbers import Numbers
from xlingual.records.attached import refresh, study_directory, url_of
from xlingual.records.layout import StudyDirectory
from xlingual.records.state import StudyState, read_state

if TYPE_CHECKING:
    import pandas

    from xlingual.records.requests import Asked

BETWEEN_REFRESHES = 5.0
"""Seconds for which records fetched from a URL count as the present ones: asking again takes several requests."""


def open_study(directory: str | PathLike[str]) -> OpenedStudy:
    """Open a study's records to read them; it may be running, here or elsewhere.

    Args:
        directory: STORAGE/NAME, a local directory or a URL such as `s3://BUCKET/studies/NAME`. Of a study at a URL,
            the records but no models are copied to this user's cache.

    Raises:
        RecordError: when no study is there, or a record is broken.
        StorageError: when the records cannot be read.
    """
    study = OpenedStudy(Path(study_directory(str(directory))).expanduser())
    study._state()
    return study


class OpenedStudy:
    """A study's records, made by `open_study` or `run_study`.

    Every attribute and method reads the records as they are at that moment, so one object follows a running study.
    Only `request` writes. Reading changes nothing, except that missing Parquet copies of predictions are made again
    where that is possible.
    What depends on the test set is there once the study's test stage has recorded it, not before.

    Attributes:
        path: the study's directory; of one at a URL this machine's copy.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self._fetched = time.monotonic()

    @property
    def name(self) -> str:
        """The study's name."""
        return self._state().name

    @property
    def question(self) -> str:
        """The question that the study asks; empty if it states none."""
        return str(self._state().study.get("question") or "")

    @property
    def arms(self) -> tuple[str, ...]:
        """Names of the arms, in the study file's order."""
        return self._state().arms

    @property
    def baseline(self) -> str:
        """Name of the arm that the others are compared with."""
        return self._state().baseline

    @property
    def test_sets(self) -> tuple[str, ...]:
        """Names of the test sets, the headline first."""
        return tuple(self._state().test_sets)

    @property
    def stage(self) -> str:
        """The stage that was begun last: `search`, `replicate` or `test`; `report` once the study is complete."""
        return self._state().stage

    @property
    def state(self) -> str:
        """`running` while a command works on the study, `complete` when nothing is missing, else `stopped`."""
        state = self._state()
        return "running" if state.active else "complete" if state.complete else "stopped"

    @property
    def failures(self) -> tuple[str, ...]:
        """Arms without a finished trial and replicates that failed for good, a line each."""
        return self._state().failures

    def status(self) -> Numbers:
        """Count trials and replicates, in all and per arm: the values of `xlingual status --json`."""
        from xlingual.report.chosen import chosen_configurations
        from xlingual.report.status import search_table, status, status_table

        state = self._state()
        chosen = chosen_configurations(StudyDirectory(self.path), state)
        return Numbers(status(state), Group(status_table(state), search_table(state, chosen)))

    def report(self) -> Numbers:
        """Compute the report: the values of `xlingual report --json`; scores are in percent.

        Raises:
            RecordError: when a record is broken or missing.
        """
        from xlingual.report.summary import summarize
        from xlingual.report.table import report_tables

        self._refresh()
        with doing("reading the records"):
            summary = summarize(StudyDirectory(self.path))
        return Numbers(summary.as_json(), report_tables(summary))

    def request(self, action: str, value: str | int | None = None) -> Asked:
        """Ask something of the study, as `xlingual control` does: the command that runs it does it within seconds.

        Where no command runs, the next one does it. The same request is not made again while it is pending.

        Args:
            action: `stop`, `pause` or `resume` an arm; `trials` (of each arm in all), `seeds` (of each search's winner)
                or `concurrent` (trials side by side); `retry` a trial that failed.
            value: the arm, the number (or `auto` for `concurrent`), or the trial's name; None to retry all that failed.

        Returns:
            The request, and what became of it (`state`: `pending`, `applied` or `refused`).

        Raises:
            RecordError: when it cannot be done, as far as the records tell now.
            StorageError: when it cannot be written.
        """
        from xlingual.records.control import request

        self._refresh()
        return request(StudyDirectory(self.path), action, value)

    @property
    def requests(self) -> tuple[Asked, ...]:
        """What was asked of the study so far, and what became of it, the earliest first."""
        from xlingual.records.control import requests

        self._refresh()
        return requests(StudyDirectory(self.path))

    def to_dataframe(self, *, pairs: bool = False) -> pandas.DataFrame:
        """Return the score of every test question: one row a replicate, test set, language and question.

        It has no rows before the test stage, and only languages in which every scored replicate has answered. Over the
        rows of a replicate and language, the mean of a score is what the report is made of.

        | column | type | |
        |---|---|---|
        | `arm`, `test_set`, `language` | category | in the order of the study, the set and its tables |
        | `search` | int64 | the search whose winner was trained again, from 1 |
        | `seed` | int64 | of this training |
        | `question` | str | id in the test set |
        | `paragraph` | str | id of the first question of its paragraph |
        | `article` | str | title; missing unless the data names all |
        | `exact_match`, `f1`, ... | float64 | percent; the metrics of the test sets' task |

        Metrics that only some rows have (`character_f1`, those of one test set, shares of illegal answers, which are 0
        or 100) follow, and are NaN elsewhere.

        Args:
            pairs: also give the scores of questions in one language on texts in another; `language` is `A-B` there.

        Raises:
            RecordError: when a record is broken or missing.
        """
        from xlingual.api.data_frames import answers_frame

        state = self._state()
        with doing("reading the records"):
            return answers_frame(StudyDirectory(self.path), state, pairs=pairs)

    def trials_dataframe(self) -> pandas.DataFrame:
        """Return the trials of all searches, one a row; those that the present search space excludes are left out.

        | column | type | |
        |---|---|---|
        | `arm` | category | in the study file's order |
        | `search`, `trial` | int64 | number of the search, from 1, and of the trial in it, from 0 |
        | `state` | category | `finished`, `pruned` (by the trial scheduler), `failed` or `running` |
        | `chosen` | bool | whether its search has chosen it |
        | `objective` | float64 | development score of its last report, percent; missing while it runs |
        | `updates` | Int64 | updates that it was trained for; missing while it runs |
        | `reason` | str | why it failed |
        | `fingerprint` | str | of its configuration, and its folder's name under `trials/` |
        | `training.learning_rate`, ... | float64, Int64 or str | a column for every searched setting, in the study file's units; missing where the arm does not search it |
        """  # noqa: E501
        from xlingual.api.data_frames import trials_frame

        return trials_frame(self._state())

    def reports_dataframe(self) -> pandas.DataFrame:
        """Return what trials and replicates reported while they trained, one report a row.

        | column | type | |
        |---|---|---|
        | `arm` | category | in the study file's order |
        | `stage` | category | `search` for trials, `replicate` for replicates |
        | `search` | int64 | from 1 |
        | `trial` | Int64 | of trials |
        | `seed` | Int64 | of replicates |
        | `fingerprint` | str | of the configuration |
        | `updates`, `total_updates` | int64 | done at the report, and of a whole training |
        | `passes` | int64 | of each example of an update through the model, so far |
        | `share` | float64 | of the training that is done, from 0 to 1 |
        | `objective` | float64 | development score, percent |
        | `f1`, `exact_match`, `webfaq_dev.*`, ... | float64 | parts of the score, percent |
        | `loss` | float64 | mean over the updates since the last report |
        | `learning_rate` | float64 | of the last update |
        | `seconds` | float64 | of training since the last report |

        Whatever else the reports hold (`perturbation`, `padding_share`, `losses.*`) follows as float64.
        """
        from xlingual.api.data_frames import reports_frame

        state = self._state()
        with doing("reading the records"):
            return reports_frame(StudyDirectory(self.path), state)

    def __repr__(self) -> str:
        state = self._state()
        return f"<study {state.name}: {_progress(state)}>"

    def _repr_html_(self) -> str:
        """The study in a notebook: its question, and how far it is."""
        from xlingual.page.fragment import fragment
        from xlingual.report.status import status_table

        state = self._state()
        question = str(state.study.get("question") or "")
        return fragment(status_table(state), f"Study {state.name}", [*filter(None, [question]), _progress(state)])

    def _state(self) -> StudyState:
        self._refresh()
        return read_state(StudyDirectory(self.path))

    def _refresh(self) -> None:
        """Fetch what is new of a study at a URL, unless that was done a moment ago."""
        if url_of(self.path) is not None and time.monotonic() - self._fetched > BETWEEN_REFRESHES:
            refresh(self.path)
            self._fetched = time.monotonic()


def _progress(state: StudyState) -> str:
    """How far a study is: "search, running: 3 of 8 trials ended, 0 of 4 replicates trained"."""
    ended = sum(not trial.unfinished for trial in state.trials)
    trained = sum(not replicate.unfinished for replicate in state.replicates)
    planned = sum(state.searches[search.arm].seeds for search in state.all_searches)
    counts = f"{ended} of {state.trials_planned} trials ended, {trained} of {planned} replicates trained"
    if state.complete:
        return f"complete: {counts}"
    return f"{state.stage}, {'running' if state.active else 'stopped'}: {counts}"
