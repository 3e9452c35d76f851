"""Benchmarks: what a checkpoint can be scored on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from xlingual.data.examples import ExampleSet
from xlingual.data.location import local_path
from xlingual.data.xquad import load_xquad
from xlingual.errors import DataError, XlingualError
from xlingual.languages import XQUAD_LANGUAGES, two_letter
from xlingual.tasks import QUESTION_ANSWERING, Task


@dataclass(frozen=True)
class Benchmark:
    """A test set in several languages, and the task that it tests. One that joins is an entry of BENCHMARKS.

    Attributes:
        name: as `--on` says it.
        title: as tables say it.
        task: what its examples are, and how answers are scored.
        languages: two-letter codes, English first.
        source: hub id of its data.
        file: name of a language's file in a local directory, with the code as `{}`.
        load: from a source, codes and a number of paragraphs (None for all) to examples by code.
        averages: from the words for a set of languages to the set, of published averages.
    """

    name: str
    title: str
    task: Task
    languages: tuple[str, ...]
    source: str
    file: str
    load: Callable[[str, Sequence[str], int | None], dict[str, ExampleSet]]
    averages: Mapping[str, tuple[str, ...]]

    def codes(self, asked: str) -> list[str]:
        """Two-letter codes of the languages that a user asks for.

        Args:
            asked: comma-separated codes, or `all` for the benchmark's own.

        Raises:
            DataError: for a code that is none, or none at all.
        """
        if asked.strip() == "all":
            return list(self.languages)
        written = [code.strip() for code in asked.split(",") if code.strip()]
        if not written:
            raise DataError(f"--languages: no language in {asked!r}; write codes such as de,es, or all")
        try:
            return list(dict.fromkeys(two_letter(code) for code in written))
        except DataError as error:
            raise DataError(f"--languages: {error}") from None

    def examples(
        self, source: str | None, codes: Sequence[str], limit: int | None = None, paragraphs: int | None = None
    ) -> dict[str, ExampleSet]:
        """Load the examples of some languages, by code.

        Args:
            source: hub id or local directory; None for the benchmark's own.
            codes: two-letter.
            limit: number of examples of each language, from the first; None for all.
            paragraphs: number of paragraphs of each, as `data.test.paragraphs` of a study; None for all.

        Raises:
            DataError: when a language, or the source, is not there.
        """
        if limit is not None and limit < 1:
            raise XlingualError(f"--limit: {limit} asked; write 1 or more, or leave it out for all questions")
        name = source or self.source
        absent = [code for code in codes if code not in self.languages]
        try:
            if absent and local_path(name) is None:  # a directory may well hold more languages than the hub's copy
                raise DataError(
                    f"{self.title} has no {', '.join(absent)}; write --languages with codes out of "
                    f"{','.join(self.languages)}, or --data with a directory that holds {self.file.format(absent[0])}"
                )
            sets = self.load(name, codes, paragraphs)
        except DataError as error:
            raise DataError(f"--data: {error}") from None
        return {
            code: part if limit is None or limit >= len(part) else part.choose(range(limit), "dropped_limit")
            for code, part in sets.items()
        }


_ELEVEN = tuple(code for code in XQUAD_LANGUAGES if code != "ro")

XQUAD = Benchmark(
    name="xquad",
    title="XQuAD",
    task=QUESTION_ANSWERING,
    languages=XQUAD_LANGUAGES,
    source="google/xquad",
    file="xquad.{}.json",
    load=load_xquad,
    averages={
        "11 languages with English, without Romanian": _ELEVEN,
        "12 languages with English and Romanian": XQUAD_LANGUAGES,
    },
)

BENCHMARKS: dict[str, Benchmark] = {XQUAD.name: XQUAD}
"""From what `--on` says to the benchmark."""
