"""What a trial trains on and is scored on while it trains."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from xlingual.data.windows import Windows, used_tokens
from xlingual.evaluation.scoring import ScoringSet


@dataclass(frozen=True)
class TrialInputs:
    """What a trial trains on and is scored on while it trains; the same for all trials of a model.

    Attributes:
        train: windows of the English training data.
        faq: windows of FAQ passages by two-letter language.
        development: questions by two-letter language (English alone, unless the study is an oracle).
        pad_token: the tokenizer's padding id.
        used: token ids that occur, by part (`train`, `dev`, a language of `faq`); counted once, as they are asked for
            by every trial. Parts that are not there are counted when they are asked for.
    """

    train: Windows
    faq: Mapping[str, Windows]
    development: Mapping[str, ScoringSet]
    pad_token: int
    used: Mapping[str, NDArray[np.int64]] = field(default_factory=dict)

    def counted(self) -> TrialInputs:
        """The same, with the token ids of every part counted."""
        names = ("train", "dev", *self.faq)
        return TrialInputs(
            self.train, self.faq, self.development, self.pad_token, {name: self._used(name) for name in names}
        )

    def used_tokens(self, languages: Iterable[str]) -> NDArray[np.int64]:
        """Token ids of all windows that a trial reads whose mixture draws on these languages, ascending, each once."""
        return reduce(np.union1d, map(self._used, ("train", "dev", *languages)))

    def development_sample(self, questions: int) -> dict[str, ScoringSet]:
        """The same so many development questions of each language for every trial, whatever their order."""
        return {language: part.sample(questions) for language, part in self.development.items()}

    def _used(self, name: str) -> NDArray[np.int64]:
        if name in self.used:
            return self.used[name]
        if name == "dev":
            return used_tokens(part.windows for part in self.development.values())
        return used_tokens([self.train if name == "train" else self.faq[name]])

    def summary(self) -> str:
        """Say how many windows there are, how long they are on average, and whether questions had to be cut."""
        parts = {"train": [self.train], "dev": [part.windows for part in self.development.values()]}
        parts |= {"faq": list(self.faq.values())} if self.faq else {}
        texts = []
        for name, windows in parts.items():
            count = sum(map(len, windows))
            tokens = sum(len(part.input_ids) for part in windows)
            texts.append(f"{name} {count} of {tokens / max(1, count):.0f} tokens on average")
        cut = sum(part.questions_cut for windows in parts.values() for part in windows)
        return ", ".join(texts) + (f"; {cut} questions were too long and lost their end" if cut else "")
