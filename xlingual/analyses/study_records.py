"""What every analysis of a finished study is computed from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from xlingual.records.layout import StudyDirectory
from xlingual.records.state import StudyState, read_state
from xlingual.report.scores import TestScores
from xlingual.report.set_reading import SetReading
from xlingual.report.summary import Summary, summarize


@dataclass(frozen=True)
class StudyRecords:
    """A study's records, on one of its test sets.

    Attributes:
        place: its directory.
        state: folded from its journal.
        summary: the numbers of its report on the test set; on the headline set with those of the others.
    """

    place: StudyDirectory
    state: StudyState
    summary: Summary

    @cached_property
    def scores(self) -> TestScores:
        """Scores of every test question, read when they are first asked for."""
        test = self.state.test_sets[self.summary.test_set]
        return SetReading(self.place, self.state, test, self.summary.metrics).languages()


def read_records(directory: StudyDirectory | Path | str, test_set: str | None = None) -> StudyRecords:
    """Read a study on one of its test sets, the headline if none is named.

    Raises:
        RecordError: when the directory is not a study's, has no such test set, or a record is broken or missing.
    """
    place = directory if isinstance(directory, StudyDirectory) else StudyDirectory(Path(directory))
    return StudyRecords(place, read_state(place), summarize(place, test_set))
