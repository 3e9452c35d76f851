"""How many questions have gold answers that SQuAD's official rule normalises to nothing, such as "A", "The" or "?".

The rule deletes English articles and punctuation in every language, so that the Spanish answer "a" vanishes too. Such a
question has F1 0 whatever is answered, and exact match only for an answer that vanishes as well.
"""

from __future__ import annotations

from pathlib import Path

from xlingual.analyses.study_records import StudyRecords
from xlingual.records.predictions import read_columns, read_rows
from xlingual.task_metrics import EMPTY_GOLD


def empty_golds(records: StudyRecords) -> dict[str, int] | None:
    """The number of such questions by language, as recorded when the test set was read.

    None where nothing was scored, or where answers are labels.
    """
    summary = records.summary
    scored = [one for one in records.state.replicates if summary.test_set in one.scores]
    if not scored or summary.metrics.labels:
        return None
    directory = records.place.trial(scored[0].fingerprint)
    return {language: _count(directory.predictions(summary.test_set, language)) for language in summary.languages}


def _count(path: Path) -> int:
    names = ("id", EMPTY_GOLD)
    table = read_columns(path, names)
    if table is None:
        table = read_rows(path, names)[1]
    if table is None or EMPTY_GOLD not in table.column_names:
        return 0
    return sum(bool(mark) for mark in table.column(EMPTY_GOLD).to_pylist())
