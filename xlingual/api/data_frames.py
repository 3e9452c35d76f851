"""A study's records as pandas data frames, tidy: one observation a row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from xlingual.analyses.trial_table import Axis, trial_table
from xlingual.records import journal
from xlingual.records.layout import StudyDirectory
from xlingual.records.state import ReplicateState, StudyState, TrialState
from xlingual.report.scores import Floats, Questions
from xlingual.report.set_reading import SetReading
from xlingual.task_metrics import SQUAD, TaskMetrics

if TYPE_CHECKING:
    import pandas

TRIAL_STATES = ("finished", "pruned", "failed", "running")
STAGES = ("search", "replicate")
WHOLE = ("updates", "total_updates", "passes")
"""Columns of reports that are counts."""


@dataclass(frozen=True)
class _Answered:
    """One replicate's scores on the questions of one language: name of a metric -> (questions,)."""

    replicate: ReplicateState
    test_set: str
    language: str
    questions: Questions
    scores: Mapping[str, Floats]


def answers_frame(place: StudyDirectory, state: StudyState, *, pairs: bool) -> pandas.DataFrame:
    """One row a replicate, test set, language and question; see `OpenedStudy.to_dataframe`."""
    import numpy as np
    import pandas as pd

    sets = {name: test.benchmark.metrics if test.benchmark else SQUAD for name, test in state.test_sets.items()}
    found = [one for name, metrics in sets.items() for one in _answered(place, state, name, metrics, pairs)]
    languages = list(dict.fromkeys(one.language for one in found))
    names, arms = list(sets), list(state.arms)
    found.sort(
        key=lambda one: (
            arms.index(one.replicate.arm), names.index(one.test_set), one.replicate.search, one.replicate.seed,
            languages.index(one.language),
        )
    )  # fmt: skip
    sizes = [len(one.questions.ids) for one in found]

    def each(values: Iterable[int]) -> Any:
        return np.repeat(np.fromiter(values, dtype=np.int64), sizes)

    def categories(of: Sequence[str], values: Iterable[str]) -> Any:
        return pd.Categorical.from_codes(each(of.index(value) for value in values), categories=of)

    def scores(metric: str) -> Any:
        columns = (one.scores.get(metric, np.full(size, np.nan)) for one, size in zip(found, sizes, strict=True))
        return np.concatenate([np.empty(0), *columns])

    return pd.DataFrame(
        {
            "arm": categories(arms, (one.replicate.arm for one in found)),
            "test_set": categories(names, (one.test_set for one in found)),
            "search": each(one.replicate.search for one in found),
            "seed": each(one.replicate.seed for one in found),
            "language": categories(languages, (one.language for one in found)),
            "question": _texts(text for one in found for text in one.questions.ids),
            "paragraph": _texts(text for one in found for text in one.questions.paragraphs),
            "article": _texts(
                text for one in found for text in one.questions.articles or [None] * len(one.questions.ids)
            ),
            **{metric: scores(metric) for metric in _metrics(sets.values(), found)},
        }
    )


def trials_frame(state: StudyState) -> pandas.DataFrame:
    """One row a search trial; see `OpenedStudy.trials_dataframe`."""
    import pandas as pd

    tables = {arm: trial_table(state, arm, unended=True) for arm in state.arms}
    values = {(arm, row.search, row.number): row.values for arm, table in tables.items() for row in table.rows}
    axes: dict[str, list[Axis]] = {}
    for table in tables.values():
        for axis in table.axes:
            axes.setdefault(axis.name, []).append(axis)
    trials = state.trials
    drawn = [values[one.arm, one.search, one.number] for one in trials]
    return pd.DataFrame(
        {
            "arm": pd.Categorical([one.arm for one in trials], categories=list(state.arms)),
            "search": pd.Series([one.search for one in trials], dtype="int64"),
            "trial": pd.Series([one.number for one in trials], dtype="int64"),
            "state": pd.Categorical([one.state for one in trials], categories=list(TRIAL_STATES)),
            "chosen": pd.Series([state.chosen.get(one.of) == one.fingerprint for one in trials], dtype="bool"),
            "objective": pd.Series([one.objective for one in trials], dtype="float64"),
            "updates": pd.Series([None if one.state == "running" else one.updates for one in trials], dtype="Int64"),
            "reason": _texts(one.reason for one in trials),
            "fingerprint": _texts(one.fingerprint for one in trials),
            **{name: _values(of, [one.get(name) for one in drawn]) for name, of in axes.items()},
        }
    )


def reports_frame(place: StudyDirectory, state: StudyState) -> pandas.DataFrame:
    """One row a report of a trial or replicate; see `OpenedStudy.reports_dataframe`."""
    import pandas as pd

    trained: list[TrialState | ReplicateState] = [*state.trials, *state.replicates]
    told = [(one, _flat(report)) for one in trained for report in journal.read(place.trial(one.fingerprint).reports)]
    of = [one for one, _ in told]
    stages = [STAGES[isinstance(one, ReplicateState)] for one in of]
    first = {"updates": None, "total_updates": None, "passes": None, "share": None, "objective": None}
    names = list(dict.fromkeys([*first, *(name for _, report in told for name in report)]))
    return pd.DataFrame(
        {
            "arm": pd.Categorical([one.arm for one in of], categories=list(state.arms)),
            "stage": pd.Categorical(stages, categories=list(STAGES)),
            "search": pd.Series([one.search for one in of], dtype="int64"),
            "trial": pd.Series([one.number if isinstance(one, TrialState) else None for one in of], dtype="Int64"),
            "seed": pd.Series([one.seed if isinstance(one, ReplicateState) else None for one in of], dtype="Int64"),
            "fingerprint": _texts(one.fingerprint for one in of),
            **{
                name: pd.Series([report.get(name) for _, report in told], dtype="int64" if name in WHOLE else "float64")
                for name in names
            },
        }
    )


def _answered(
    place: StudyDirectory, state: StudyState, test_set: str, metrics: TaskMetrics, pairs: bool
) -> Iterator[_Answered]:
    """What every replicate that was scored on a test set answered, in the languages that all of them have."""
    reading = SetReading(place, state, state.test_sets[test_set], metrics)
    for kind in (False, True) if pairs else (False,):
        for read in reading.answers(pairs=kind):
            for one in reading.scored:
                scores, shares = read.cells[one.fingerprint]
                yield _Answered(one, test_set, read.key, read.questions, {**scores, **shares})


def _metrics(sets: Iterable[TaskMetrics], found: Iterable[_Answered]) -> list[str]:
    """Columns of scores: the metrics of every test set, then those that some rows have."""
    always = (name for metrics in sets for name in metrics.names)
    return list(dict.fromkeys([*always, *(name for one in found for name in one.scores)]))


def _texts(texts: Iterable[str | None]) -> Any:
    import pandas as pd

    return pd.Series(list(texts), dtype="str")


def _values(axes: Sequence[Axis], values: Sequence[Any]) -> Any:
    """A column of one searched parameter: numbers, if all that any arm may choose are numbers."""
    import pandas as pd

    words = [word for axis in axes for word in axis.options]
    if not all(map(_is_number, words)):
        return _texts(None if value is None else str(value) for value in values)
    whole = all(axis.whole or (axis.options and all(word.isdigit() for word in axis.options)) for axis in axes)
    numbers = [None if value is None else float(value) for value in values]
    return pd.Series(numbers, dtype="Int64" if whole else "float64")


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def _flat(report: Mapping[str, Any], above: str = "") -> dict[str, float]:
    """The numbers of a report, those of mappings under dotted names: "webfaq_dev.f1.de"."""
    found: dict[str, float] = {}
    for name, value in report.items():
        if isinstance(value, Mapping):
            found |= _flat(value, f"{above}{name}.")
        elif isinstance(value, int | float):
            found[f"{above}{name}"] = value
    return found
