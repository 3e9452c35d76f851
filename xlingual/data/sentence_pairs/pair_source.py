"""Where the pairs of a test set lie in the published layouts, and how labels are spelled there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Split = Literal["train", "dev", "test"]


@dataclass(frozen=True, slots=True)
class HubLayout:
    """How a data set is divided on the hub.

    Attributes:
        configuration: of a language, with the code as `{language}`; empty where there is a single one.
        dev: split with development data.
    """

    configuration: str = "{language}"
    dev: str = "validation"


@dataclass(frozen=True, kw_only=True)
class PairSource:
    """The published layouts of one test set and of its training data. A second test set is one of these.

    Attributes:
        title: for messages.
        languages: two-letter codes; of those that are loaded, the first decides which pairs belong together.
        spellings: from each spelling of a label to the label; labels come in the order of class ids on the hub.
        files: from a split to names of its files in a local directory, with the code as `{language}`.
        hubs: data sets on the hub that are not divided as `HubLayout` has it by default.
        untranslated: what is written where a sentence was not translated; empty where nothing is.
        untranslated_label: label of every pair with such a sentence.
    """

    title: str
    languages: tuple[str, ...]
    spellings: Mapping[str, str]
    files: Mapping[Split, tuple[str, ...]]
    hubs: Mapping[str, HubLayout] = field(default_factory=dict)
    untranslated: str = ""
    untranslated_label: str = ""

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels, each once, in the order of class ids."""
        return tuple(dict.fromkeys(self.spellings.values()))

    def is_whole(self, *sentences: str) -> bool:
        """Whether all of these sentences were translated."""
        return not self.untranslated or self.untranslated not in sentences
