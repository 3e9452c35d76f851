"""What a study says of words that nothing reads."""

from __future__ import annotations

from collections.abc import Iterator

from xlingual.study.checks.options import options
from xlingual.study.methods.method import TextMethod
from xlingual.study.methods.registry import METHODS
from xlingual.study.robust import methods_of
from xlingual.study.schema import Study


def unused_lexicons(study: Study) -> Iterator[str]:
    """Yield a note for each source of words in `data` whose method no arm may use."""
    every = [robust for arm in study.arms.values() for _, robust in options(arm.robust, ())]
    read = {method.words for robust in every for method, _ in methods_of(robust, TextMethod)}
    for words in dict.fromkeys(method.words for method in METHODS.values() if isinstance(method, TextMethod)):
        if words is not None and words not in read and getattr(study.data, words.key) is not None:
            readers = " or ".join(
                name for name, one in METHODS.items() if isinstance(one, TextMethod) and one.words is words
            )
            yield f"no arm has {readers}, so data.{words.key} is not read"
