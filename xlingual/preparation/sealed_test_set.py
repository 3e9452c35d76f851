"""The test sets before they are read: whether the test stage will be able to score every question.

A reading of a test set is the scoring of a model's answers, and is entered in the study's ledger first. A look is no
reading: no model answers, and all that comes out are counts of questions and fingerprints, which tell no result.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from xlingual.data.examples import ExampleSet
from xlingual.data.scorable import notes_of
from xlingual.preparation.inputs import Locations, load_test_data
from xlingual.study.test_sets import TestSet


def look_at_test_set(test: TestSet, locations: Locations) -> tuple[dict[str, Any], list[str]]:
    """Check that every language of a test set is there and that each question can be scored.

    Returns:
        what the records keep of it (see `source_of`), and lines on its gold answers and files.

    Raises:
        DataError: when the test stage could not score some question.
    """
    sets = load_test_data(test, locations, crossed=True)
    plain = {language: sets[language] for language in test.languages}
    notes = [*notes_of(plain), *dict.fromkeys(note for part in plain.values() for note in part.notes)]
    return source_of(sets), [f"test set {test.name}, {line}" for line in notes]


def source_of(sets: Mapping[str, ExampleSet[Any]]) -> dict[str, Any]:
    """What the records keep of a test set: fingerprints of its questions by language, counts over all languages."""
    languages = {code: sets[code].fingerprint for code in sorted(sets)}
    counts: Counter[str] = Counter()
    for part in sets.values():
        counts.update(part.counts)
    return {"fingerprint": " ".join(languages.values()), "counts": dict(counts), "languages": languages}
