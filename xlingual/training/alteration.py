"""English examples rewritten while a trial trains: other words, other segmentations, anew in every epoch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from xlingual.data.augmentation.example import TextAlteration
from xlingual.errors import ExtensionError
from xlingual.seeds import stream_seed
from xlingual.study import Robust, TrialConfiguration
from xlingual.study.methods import TextMethod
from xlingual.study.robust import methods_of
from xlingual.tokens.rewritable import Rewritable
from xlingual.training.objectives.objective import ItemRef, Source


class Alteration:
    """Rewrites the inputs of English training examples.

    Methods apply in the registry's order: words are substituted first, then switched to other languages (a substituted
    word is looked up as it is then); segmentations are drawn last, of the rewritten texts. What becomes of an example
    follows from the trial's seed, the method, the example and the epoch (with `copies`, the epoch modulo these) alone:
    neither from the update that draws it nor from the worker, and windows of one example and epoch are cut from one
    rewritten example. Targets that are written stay as they are, and so do the questions and answers of FAQ pages.

    Args:
        robust: the trial's methods.
        seed: of the trial.
        inputs: of the English training data.

    Raises:
        ExtensionError: when two methods draw tokens.
    """

    def __init__(self, robust: Robust, seed: int, inputs: Rewritable) -> None:
        self.inputs, self._seed = inputs, seed
        self._recutter = inputs.recutter()
        self._rewriting: list[tuple[str, TextAlteration, int | None]] = []
        self._segmenting: tuple[str, TextAlteration] | None = None
        for method, settings in methods_of(robust, TextMethod):
            made: TextAlteration = method.load().of(settings, inputs.lexicons, self._recutter.backend)
            if made.segments and self._segmenting is not None:
                raise ExtensionError(
                    f"robust: {self._segmenting[0]} and {method.name} both draw tokens, which one method of a trial "
                    "can do; delete one of them, and give both the same `once`, so that study files are refused"
                )
            if made.segments:
                self._segmenting = (method.name, made)
            else:
                self._rewriting.append((method.name, made, method.copies(settings)))

    def places(self, drawn: Sequence[tuple[int, int]]) -> list[ItemRef]:
        """Rewrite examples, all of them tokenised together.

        Args:
            drawn: input (a window, or a sequence) and epoch (how often the trial drew it before) of each.

        Returns:
            An input for each: the very one that was drawn where nothing changes, or where it holds the answer and no
            input of the rewritten example does any more; else one of the rewritten example, see `counterpart`.
        """
        wanted = [(int(self.inputs.example[one]), epoch) for one, epoch in drawn]
        rewritten = {key: self._rewritten(*key) for key in dict.fromkeys(wanted)}
        number = {key: i for i, key in enumerate(key for key, example in rewritten.items() if example is not None)}
        if not number:
            return [(self.inputs, one) for one, _ in drawn]
        examples = [example for example in rewritten.values() if example is not None]
        made = self._recutter.inputs(examples, self._segment(list(number)))
        places: list[ItemRef] = []
        for (one, _), key in zip(drawn, wanted, strict=True):
            found = self.inputs.counterpart(one, made, number[key]) if key in number else None
            places.append((self.inputs, one) if found is None else (made, found))
        return places

    def _rewritten(self, number: int, epoch: int) -> Any:
        """An example as it is to be read in an epoch; None where its inputs stay."""
        example: Any = self.inputs.texts[number]
        plain = example
        for name, method, copies in self._rewriting:
            version = epoch if copies is None else epoch % copies
            example = method.altered(example, self._generator(name, number, version))
        return None if example is plain and self._segmenting is None else example

    def _segment(self, keys: Sequence[tuple[int, int]]) -> Any:
        """What draws segmentations of examples, given by number and epoch; None where nothing is drawn."""
        if self._segmenting is None:
            return None
        name, method = self._segmenting
        generators = [self._generator(name, number, epoch) for number, epoch in keys]
        return lambda place, encoding, text: method.encoded(encoding, text, generators[place])

    def _generator(self, method: str, number: int, version: int) -> np.random.Generator:
        return np.random.Generator(np.random.PCG64(stream_seed(self._seed, method, number, version)))


def alteration(configuration: TrialConfiguration, sources: Iterable[Source]) -> Alteration | None:
    """Build what rewrites the English examples among a trial's sources; None where it leaves texts as they are."""
    if configuration.robust is None or not configuration.robust.alters_text:
        return None
    english = [found for source in sources if (found := source.as_rewritable()) is not None]
    assert len(english) == 1, "inputs of a study whose arms alter texts hold these texts"
    return Alteration(configuration.robust, configuration.seed, english[0])
