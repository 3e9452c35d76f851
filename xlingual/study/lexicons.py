"""What a study says of words that nothing reads."""

from __future__ import annotations

from collections.abc import Iterator

from xlingual.study.checks.options import options
from xlingual.study.schema import Study


def unused_lexicons(study: Study) -> Iterator[str]:
    """Yield a note for each source of words in `data` whose method no arm may use."""
    methods = {"synonyms": "word_substitution", "dictionaries": "code_switch"}
    every = [robust for arm in study.arms.values() for _, robust in options(arm.robust, ())]
    for key, method in methods.items():
        if getattr(study.data, key) is not None and all(getattr(robust, method) is None for robust in every):
            yield f"no arm has {method}, so data.{key} is not read"
