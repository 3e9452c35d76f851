"""A study's searches as a database of Optuna, which `optuna-dashboard` shows."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from xlingual.activity import Activity, doing
from xlingual.analyses.trial_table import Axis, TrialRow, trial_table
from xlingual.records import journal
from xlingual.records.files import check_new, write_whole
from xlingual.records.layout import StudyDirectory
from xlingual.records.state import ArmSearch, StudyState, TrialState, state_of
from xlingual.study.objectives import recorded_objective

ENDINGS = (".db", ".sqlite", ".sqlite3")


@dataclass(frozen=True, slots=True)
class OptunaFile:
    """A database that was written.

    Attributes:
        study: name of the study.
        file: where it lies.
        studies: one for each search of each arm.
        trials: of all of them.
    """

    study: str
    file: str
    studies: int
    trials: int

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def write_optuna(directory: StudyDirectory, target: Path) -> OptunaFile:
    """Write a study's searches as an SQLite database of Optuna.

    Each search of an arm is a study of Optuna. A finished trial is COMPLETE, a pruned one PRUNED, a failed one FAIL,
    and one that has not ended RUNNING, so that numbers are those of the records. Weights of a mixture are parameters as
    they were used, not as they were drawn.

    Args:
        directory: the study's; another process may be running it.
        target: the file, which must not be there.

    Raises:
        RecordError: when there is no study, or the file has another ending or is there already.
        StorageError: when something cannot be read or written.
    """
    check_new(target, ENDINGS, "Optuna's database is an SQLite file; write a name that ends in .db")
    events = journal.read(directory.journal)
    state, times = state_of(directory, events), _times(events)
    counted = [0, 0]

    def write(partial: Path) -> None:
        with doing(f"writing {target.name}", len(state.trials)) as activity:
            counted[:] = _fill(partial, state, times, activity)

    write_whole(target, write)
    return OptunaFile(state.name, str(target), *counted)


def _fill(file: Path, state: StudyState, times: Mapping[str, list[float]], activity: Activity) -> tuple[int, int]:
    import optuna
    import sqlalchemy

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    storage = optuna.storages.RDBStorage(f"sqlite:///{file.absolute()}")
    storage.engine.dispose()
    sqlalchemy.event.listen(storage.engine, "connect", _without_syncing)
    studies = trials = 0
    try:
        for search in state.all_searches:
            study = optuna.create_study(
                storage=storage, study_name=f"{state.name}/{state.name_of(search)}", direction="maximize"
            )
            with warnings.catch_warnings():  # names are marked experimental
                warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
                study.set_metric_names([recorded_objective(state.study)])
            facts = {"question": state.study.get("question", ""), "arm": search.arm, "search": search.number}
            for name, value in facts.items():
                study.set_user_attr(name, value)
            studies += 1
            for frozen in _trials(state, search, times):
                study.add_trial(frozen)
                activity.advance()
                trials += 1
    finally:
        storage.remove_session()
        storage.engine.dispose()
    return studies, trials


def _without_syncing(connection: Any, _record: Any) -> None:
    """Write to the disk when the system likes: the file is no one's before it is whole."""
    connection.execute("PRAGMA synchronous=OFF")
    connection.execute("PRAGMA journal_mode=MEMORY")


def _trials(state: StudyState, search: ArmSearch, times: Mapping[str, list[float]]) -> Iterator[Any]:
    """The trials of one search as Optuna has them, by number."""
    table = trial_table(state, search.arm)
    rows = {row.number: row for row in table.rows if row.search == search.number}
    axes = {axis.name: axis for axis in table.axes}
    for trial in state.trials_of(search):
        yield _frozen(trial, rows.get(trial.number), axes, times.get(trial.fingerprint, []))


def _frozen(trial: TrialState, row: TrialRow | None, axes: Mapping[str, Axis], times: list[float]) -> Any:
    from optuna.trial import TrialState as OptunaState
    from optuna.trial import create_trial

    states = {"finished": OptunaState.COMPLETE, "pruned": OptunaState.PRUNED, "failed": OptunaState.FAIL}
    present = OptunaState.RUNNING if trial.unfinished else states[trial.state]
    values = row.values if row is not None else {}
    params = {name: _inside(axes[name], value) for name, value in values.items() if name in axes}
    frozen = create_trial(
        state=present,
        value=trial.objective if present in (OptunaState.COMPLETE, OptunaState.PRUNED) else None,
        params=params,
        distributions={name: _distribution(axes[name]) for name in params},
        user_attrs={
            "number": trial.number,
            "fingerprint": trial.fingerprint,
            "updates": trial.updates,
            **({"reason": trial.reason} if trial.reason else {}),
        },
        intermediate_values={updates: objective for updates, objective in trial.reports},
    )
    began = times or [0.0]
    frozen.datetime_start = datetime.fromtimestamp(began[0])
    frozen.datetime_complete = datetime.fromtimestamp(began[-1]) if present.is_finished() else None
    return frozen


def _distribution(axis: Axis) -> Any:
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if axis.low is None or axis.high is None:
        return CategoricalDistribution(axis.options)
    if axis.whole:
        return IntDistribution(int(axis.low), int(axis.high))
    return FloatDistribution(axis.low, axis.high, log=axis.log)


def _inside(axis: Axis, value: float | str) -> float | str:
    """A value of the axis: rounding may have moved a number off its end."""
    if isinstance(value, str) or axis.low is None or axis.high is None:
        return value
    inside = min(max(value, axis.low), axis.high)
    return int(inside) if axis.whole else inside


def _times(events: list[dict[str, Any]]) -> dict[str, list[float]]:
    """By fingerprint, the times at which a trial's events were recorded."""
    found: dict[str, list[float]] = {}
    for event in events:
        if event["event"].startswith("trial_"):
            found.setdefault(event["fingerprint"], []).append(event["time"])
    return found
