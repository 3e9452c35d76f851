"""Checks of the toy world: its words are invented, so a study is toy as a whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator

from xlingual.languages import NON_ENGLISH
from xlingual.study.data import HELD_OUT, TOY, TOY_MODELS, path_of_test
from xlingual.study.document import Path
from xlingual.study.draft import Draft
from xlingual.study.finding import Finding


def toy_as_a_whole(draft: Draft) -> Iterator[Finding]:
    """The model and every source are toy, or none is."""
    if draft.data is None:
        return
    train = draft.data.train
    for path, source in _sources(draft):
        if _is_toy(path, source) != (train == TOY):
            message = f"{source!r} does not go with data.train: {train}, as a toy model only knows toy words"
            yield Finding(path, f"{message}; write toy in both places or in neither")


def toy_section_is_used(draft: Draft) -> Iterator[Finding]:
    """The toy section is there only where a source is toy."""
    if not draft.document.writes(("toy",)) or draft.data is None:
        return
    if draft.data.train != TOY and not any(_is_toy(path, source) for path, source in _sources(draft)):
        yield Finding(("toy",), "no source is toy, so this section has no effect; delete it, or write data.train: toy")


def toy_faq_languages(draft: Draft) -> Iterator[Finding]:
    """The toy world has FAQ pages in the non-English languages of XQuAD."""
    faq = draft.data.faq if draft.data is not None else None
    if faq is None or faq.source != TOY:
        return
    for place, code in enumerate(faq.languages):
        if code not in NON_ENGLISH:
            message = f"the toy world has no FAQ pages in {code!r}; it has {', '.join(NON_ENGLISH)}"
            yield Finding(("data", "faq", "languages", place), message)


CHECKS = (toy_as_a_whole, toy_section_is_used, toy_faq_languages)


def _is_toy(path: Path, source: str) -> bool:
    """Whether a source is part of the toy world: toy models as models, toy data as data."""
    return source in TOY_MODELS if path[-1] == "model" else source == TOY


def _sources(draft: Draft) -> Iterator[tuple[Path, str]]:
    """Yield every source but data.train and those derived from it."""
    data = draft.data
    if draft.model is not None:
        yield ("model",), draft.model
    for name, arm in draft.arms.items():
        if arm.model is not None:
            yield ("arms", name, "model"), arm.model
    if data is not None:
        if draft.document.writes(("data", "dev")) and data.dev not in HELD_OUT:
            yield ("data", "dev"), data.dev
        for name, test in data.test.by_name.items():
            yield (*path_of_test(data, name), "source"), test.source
        if data.faq is not None:
            yield ("data", "faq", "source"), data.faq.source
            if data.faq.bitexts is not None:
                yield ("data", "faq", "bitexts", "source"), data.faq.bitexts.source
