"""What a trial trains on and is scored on while it trains."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from xlingual.data.mixture import BITEXT_PREFIX
from xlingual.families import Inputs, ScoringSet
from xlingual.study import Mixture
from xlingual.study.objectives import DEFAULT_OBJECTIVE
from xlingual.tasks import QUESTION_ANSWERING, Task
from xlingual.tokens.pairs import Pairs
from xlingual.tokens.rewritable import Rewritable
from xlingual.tokens.windows import used_tokens

Part: TypeAlias = tuple[str, ...]
FaqExamples: TypeAlias = Inputs | Pairs


@dataclass(frozen=True)
class TrialInputs:
    """What a trial trains on and is scored on while it trains; the same for all trials of a model.

    Attributes:
        train: the model's inputs of the training data; where some arm alters texts, with these texts and
            lexicons.
        faq: by variant (`xlingual.study.recipes.variant`), FAQ examples by two-letter language: inputs of passages or
            of texts, or pairs; pairs of bitext rows under `bitext-LANGUAGE`.
        development: the sets of questions that trials are scored on by name (`dev`, `webfaq_dev`; an oracle's `test`),
            each by two-letter language.
        pad_token: the tokenizer's padding id.
        objective: scores and their weights, whose sum a trial is judged by.
        used: token ids that occur, by part; counted once, as they are asked for by every trial. Parts that are not
            there are counted when they are asked for.
        task: what trials are trained for; it scores the development questions.
    """

    train: Inputs | Rewritable
    faq: Mapping[str, Mapping[str, FaqExamples]]
    development: Mapping[str, Mapping[str, ScoringSet]]
    pad_token: int
    objective: Mapping[str, float] = field(default_factory=lambda: {DEFAULT_OBJECTIVE: 1.0})
    used: Mapping[Part, NDArray[np.int64]] = field(default_factory=dict)
    task: Task = QUESTION_ANSWERING

    def counted(self) -> TrialInputs:
        """The same, with the token ids of every part counted."""
        parts: list[Part] = [("train",), ("dev",)]
        parts += [(variant, language) for variant, languages in self.faq.items() for language in languages]
        return replace(self, used={part: self._used(part) for part in parts})

    def of_mixture(self, mixture: Mixture | None) -> Mapping[str, FaqExamples]:
        """The FAQ examples that a mixture draws from, by language; nothing without a mixture.

        Bitext pairs are added under `bitext-LANGUAGE` where the mixture asks for them and they are there.
        """
        if mixture is None:
            return {}
        examples = self.faq[mixture.variant]
        names = list(mixture.names)
        if mixture.recipe.settings.uses_bitexts:
            names += [bitext for name in mixture.names if (bitext := BITEXT_PREFIX + name) in examples]
        return {name: examples[name] for name in names}

    def used_tokens(self, mixture: Mixture | None) -> NDArray[np.int64]:
        """Token ids of all that a trial of this mixture reads, ascending, each once."""
        parts: list[Part] = [("train",), ("dev",)]
        if mixture is not None:
            parts += [(mixture.variant, name) for name in self.of_mixture(mixture)]
        return reduce(np.union1d, map(self._used, parts))

    def development_sample(self, questions: int) -> dict[str, dict[str, ScoringSet]]:
        """This number of development questions of each set and language, the same for every trial."""
        return {
            name: {language: part.sample(questions) for language, part in parts.items()}
            for name, parts in self.development.items()
        }

    def _used(self, part: Part) -> NDArray[np.int64]:
        if part in self.used:
            return self.used[part]
        if part == ("train",):
            return used_tokens([self.train])
        if part == ("dev",):
            return used_tokens(one.inputs for parts in self.development.values() for one in parts.values())
        variant, language = part
        return used_tokens([self.faq[variant][language]])

    def summary(self) -> list[str]:
        """Say of each part how many inputs there are, how long on average, and whether texts had to be cut."""
        parts: dict[str, list[FaqExamples]] = {"train": [self.train]}
        parts |= {name: [one.inputs for one in sets.values()] for name, sets in self.development.items()}
        parts |= {f"faq, {variant}": list(languages.values()) for variant, languages in self.faq.items()}
        return [f"{name}: {_summary(examples)}" for name, examples in parts.items()]


def _summary(examples: Sequence[FaqExamples]) -> str:
    count = sum(map(len, examples))
    tokens = sum(len(part.input_ids) for part in examples)
    (unit,) = {part.unit for part in examples} or {"inputs"}
    cut = Counter[str]()
    for part in examples:
        cut.update(part.cut)
    said = [f"{lost} {what}" for what, lost in cut.items() if lost]
    return "; ".join([f"{count} {unit} of {tokens / max(1, count):.0f} tokens on average", *said])
