"""A pair as its source states it: nothing is checked yet."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StatedPair:
    """Two sentences and a label as written in a file or a row of the hub.

    Attributes:
        source: the file, or the data set with its split.
        line: of the file, from 1; of a data set the row, from 1.
        first: first sentence, without white space around it.
        second: second sentence.
        label: as it is spelled.
        id: as given; empty where the layout has none.
        language: as given; empty where the layout has none.
    """

    source: str
    line: int
    first: str
    second: str
    label: str
    id: str = ""
    language: str = ""

    @property
    def where(self) -> str:
        """The place for messages: "test_2k.tsv:12"."""
        return f"{self.source}:{self.line}"

    @property
    def sentences(self) -> tuple[str, str]:
        """Both."""
        return self.first, self.second
