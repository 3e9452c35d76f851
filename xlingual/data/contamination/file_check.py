"""Check files for overlap with the test set, and recognise SQuAD's development set."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from xlingual.activity import Activity, doing
from xlingual.data.contamination.index import ContaminationIndex
from xlingual.data.contamination.overlap import Contaminated, TrainingText
from xlingual.data.contamination.training_files import offset_notes, texts_of_file
from xlingual.data.xquad_articles import canonical_title, is_xquad_article, xquad_articles

_AT_A_TIME = 1024
_SQUAD_ID = re.compile(r"[0-9a-f]{24}")


@dataclass
class FileCheck:
    """The result of checking one file.

    Attributes:
        file: path as given by the user.
        checked: number of pieces: paragraphs with their questions, or rows.
        overlapping: the pieces that overlap the test set.
        titles: titles found that belong to XQuAD's 48 articles.
        squad_ids: ids found that are the test set's and look like SQuAD's.
        notes: remarks on the file for the user.
    """

    file: str
    checked: int = 0
    overlapping: list[Contaminated] = field(default_factory=list)
    titles: set[str] = field(default_factory=set)
    squad_ids: set[str] = field(default_factory=set)
    notes: tuple[str, ...] = ()

    def reasons(self) -> Counter[str]:
        """Count each reason; a piece may have several."""
        return Counter(reason for each in self.overlapping for reason in each.overlap.reasons)

    def is_squad_development(self, index: ContaminationIndex) -> bool:
        """Whether most of XQuAD's titles or question ids are in the file."""
        return index.knows_xquad and self._has_most(index)

    def _has_most(self, index: ContaminationIndex) -> bool:
        return 2 * len(self.squad_ids) > len(index.identities) or 2 * len(self.titles) > len(xquad_articles())


def check_files(files: Sequence[str], index: ContaminationIndex) -> list[FileCheck]:
    """Check each file once, in order.

    Raises:
        DataError: see `texts_of_file`.
    """
    checks = []
    for file in dict.fromkeys(files):
        with doing(f"checking {Path(file).name}") as checking:
            checks.append(_check(file, index, checking))
    return checks


def as_json(checks: Sequence[FileCheck]) -> dict[str, Any]:
    """Totals over all files, and for each file the name (an id or title) of each overlapping piece."""
    return {
        "checked": sum(check.checked for check in checks),
        "overlapping": sum(len(check.overlapping) for check in checks),
        "by_file": {check.file: [each.name for each in check.overlapping] for check in checks},
        "notes": [note for check in checks for note in check.notes],
    }


def _check(file: str, index: ContaminationIndex, checking: Activity) -> FileCheck:
    check = FileCheck(file)
    texts = texts_of_file(Path(file))
    while batch := list(islice(texts, _AT_A_TIME)):
        check.checked += len(batch)
        checking.advance(len(batch))
        for text, overlap in zip(batch, index.overlaps(batch), strict=True):
            if overlap is not None:
                check.overlapping.append(Contaminated(text.name, overlap))
                _note_origin(check, text, index)
    check.notes = offset_notes(Path(file))
    return check


def _note_origin(check: FileCheck, text: TrainingText, index: ContaminationIndex) -> None:
    if text.title and is_xquad_article(text.title):
        check.titles.add(canonical_title(text.title))
    found = (each for each in text.identities if _SQUAD_ID.fullmatch(each) and index.has_identity(each))
    check.squad_ids.update(found)
