"""All answers of the checklists for one study."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from xlingual.analyses.study_records import StudyRecords, read_records
from xlingual.checklist import artifacts, computation, hyperparameters, results
from xlingual.checklist.answers import UNKNOWN, Answer, Part, Statement, with_late_arms
from xlingual.checklist.questions import ASKED, YOU
from xlingual.records.layout import StudyDirectory
from xlingual.records.state import StudyState
from xlingual.report.summary import Summary

SEE: Mapping[str, tuple[str, ...]] = {
    "ARR B2": ("ARR B1",),
    "NAACL 1": ("ARR C2",),
    "NAACL 2": ("ARR C4",),
    "NAACL 3": ("ARR C1",),
    "NAACL 4": ("ARR C1",),
    "NAACL 5": ("ARR C1",),
    "NAACL 8": ("ARR C3",),
    "NAACL 9": ("ARR C2",),
    "NAACL 10": ("ARR C2",),
    "NAACL 11": ("ARR C2",),
    "NAACL 12": ("ARR C3",),
    "NAACL 13": ("ARR B1", "ARR B5", "ARR B6"),
}
"""Questions that others answer."""


@dataclass(frozen=True)
class Checklist:
    """The answers for one study.

    Attributes:
        study: its name.
        warnings: what a reader must know first: a toy world, an oracle, a study that has not ended.
        answers: to every question, in order.
        late: arms that were chosen after the test set had been read.
    """

    study: str
    warnings: tuple[str, ...]
    answers: tuple[Answer, ...]
    late: tuple[str, ...] = ()

    @property
    def drawn(self) -> tuple[Answer, ...]:
        """The answers with late arms marked."""
        return tuple(with_late_arms(one, self.late) for one in self.answers)

    @property
    def left(self) -> tuple[str, ...]:
        """Questions that the authors answer, in whole or in part."""
        return tuple(one.id for one in self.answers if one.you)

    def as_json(self) -> dict[str, Any]:
        """Plain values for `xlingual checklist --json`."""
        return {
            "study": self.study,
            "warnings": list(self.warnings),
            "answers": [one.as_json() for one in self.answers],
            "you": list(self.left),
        }


def checklist_of(place: StudyDirectory) -> Checklist:
    """Answer the checklists from a study's directory.

    Raises:
        RecordError: when the directory is not a study's, or a record is broken or missing.
    """
    return checklist_from(read_records(place))


def checklist_from(records: StudyRecords) -> Checklist:
    """Answer the checklists from records that were read already."""
    place, state, summary = records.place, records.state, records.summary
    parts, you = _parts(records), YOU | _missing(place, state)
    answers = [
        Answer(key, asks, tuple(_filled(parts.get(key, ()))), SEE.get(key, ()), you.get(key, ""))
        for key, asks in ASKED.items()
    ]
    return Checklist(state.name, tuple(_warnings(state, summary)), tuple(answers), summary.late)


def _parts(records: StudyRecords) -> dict[str, list[Part]]:
    place, state, summary = records.place, records.state, records.summary
    return {
        "ARR B1": [artifacts.artifacts(state)],
        "ARR B5": [artifacts.languages(state, summary)],
        "ARR B6": [artifacts.statistics(state), artifacts.test_sizes(summary), artifacts.overlap(state)],
        "ARR C1": [
            computation.parameters(place, state),
            computation.budget(records),
            computation.wall_clock(place),
            computation.hardware(place),
        ],
        "ARR C2": [
            hyperparameters.searched(state, summary),
            hyperparameters.selection(state, summary),
            hyperparameters.fixed(summary),
        ],
        "ARR C3": [
            *hyperparameters.runs(state, summary),
            hyperparameters.requests(state),
            results.spread(summary),
            results.units(summary),
            hyperparameters.readings(summary),
        ],
        "ARR C4": [computation.versions(place), results.measure(summary)],
        "NAACL 6": [results.development(place, state, summary)],
        "NAACL 7": [results.measure(summary)],
    }


def _filled(parts: list[Part] | tuple[()]) -> list[Part]:
    """Parts that say something."""
    return [part for part in parts if isinstance(part, Statement) or part.rows]


def _missing(place: StudyDirectory, state: StudyState) -> dict[str, str]:
    """What the records of this very study lack."""
    found = {}
    unknown = artifacts.without_licence(state)
    if unknown:
        found["ARR B2"] = f"Look up and write the licence and citation of {', '.join(unknown)}."
    numbers = computation.parameters(place, state)
    absent = [row[0] for row in numbers.rows if row[-1] == UNKNOWN]
    if absent:
        said = f"Write the number of parameters of {', '.join(absent)}: no exported model of it says it."
        found["ARR C1"] = f"{said} {YOU['ARR C1']}"
    return found


def _warnings(state: StudyState, summary: Summary) -> list[str]:
    warnings = []
    if summary.toy or state.study.get("model") in ("toy", "toy_text_to_text"):
        warnings.append("TOY WORLD: made-up languages; nothing of this belongs in a paper")
    if state.oracle:
        warnings.append("ORACLE: the search saw the test set; say so wherever a score stands")
    if not all(one.complete for one in (summary, *summary.others)):
        warnings.append(f"INCOMPLETE: the study has not ended (stage: {state.stage}); numbers will change")
    return warnings
