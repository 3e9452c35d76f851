"""The texts of a test set, which records do not hold: read again, and compared with those that were scored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from xlingual.data.examples import Example, ExampleSet, SentencePair
from xlingual.errors import XlingualError
from xlingual.records.layout import StudyDirectory
from xlingual.records.state import StudyState
from xlingual.study.test_sets import RecordedTestSet, benchmark_of

TOY = "toy"


@dataclass(frozen=True)
class Texts:
    """The texts of the languages that are shown, as far as they are those that were scored.

    Attributes:
        source: where they were looked for.
        examples: by language, or pair of two, from the id to the example.
        problem: why some are absent, in one line; None where all are there.
    """

    source: str
    examples: Mapping[str, Mapping[str, Example | SentencePair]] = field(default_factory=dict)
    problem: str | None = None

    def of(self, key: str, identifier: str) -> Example | SentencePair | None:
        """The text of one question; None where it is absent."""
        return self.examples.get(key, {}).get(identifier)


def read_texts(
    place: StudyDirectory, state: StudyState, test: RecordedTestSet, keys: Iterable[str], data: str | None
) -> Texts:
    """Read the examples of languages and pairs of them; what differs from the recorded fingerprints is left out.

    Args:
        place: of the study.
        state: the study's.
        test: the set.
        keys: codes, and pairs as `A-B`.
        data: where the texts are now; None for the place that the study names.
    """
    source = data or _place(place, state, test)
    wanted = list(keys)
    try:
        sets = _read(test, source, wanted)
    except XlingualError as error:
        first_line = str(error).splitlines()[0]
        return Texts(source, problem=f"the texts of {test.name} cannot be read, so answers stand alone: {first_line}")
    recorded = dict(state.sources.get(f"test set {test.name}", {}).get("languages", {}))
    changed = [key for key in wanted if recorded.get(key, sets[key].fingerprint) != sets[key].fingerprint]
    found = {key: {one.id: one for one in sets[key].examples} for key in wanted if key not in changed}
    problem = None
    if changed:
        problem = (
            f"the texts at {source} are not those that were scored ({_differ(changed, recorded, sets)}), so answers "
            "stand alone; name the files of then with --data"
        )
    return Texts(source, found, problem)


def _place(place: StudyDirectory, state: StudyState, test: RecordedTestSet) -> str:
    """Where the study's texts are: as it says, or in its toy world."""
    if test.source != TOY:
        return test.source
    from xlingual.data.toy import ToyWorld

    world = place.path.parent / "toy_worlds" / ToyWorld(**(state.study.get(TOY) or {})).fingerprint
    return str(world / (test.name if test.benchmark and test.benchmark.of_pairs else "xquad"))


def _read(test: RecordedTestSet, source: str, keys: Iterable[str]) -> dict[str, ExampleSet[Any]]:
    benchmark = test.benchmark or benchmark_of(test.name, source)
    plain = [key for key in keys if "-" not in key]
    pairs = [tuple(key.split("-")) for key in keys if "-" in key]
    found: dict[str, ExampleSet[Any]] = {}
    if plain:
        found |= benchmark.load(benchmark.reader)(source, plain, test.paragraphs)
    if pairs:
        found |= benchmark.load(benchmark.crossed)(source, pairs, test.paragraphs)
    return found


def _differ(changed: Iterable[str], recorded: Mapping[str, str], sets: Mapping[str, ExampleSet[Any]]) -> str:
    return ", ".join(f"{key}: fingerprint {recorded[key]} then, {sets[key].fingerprint} now" for key in changed)
