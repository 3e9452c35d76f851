"""The check of first configurations: each is one that its arm may draw."""

from __future__ import annotations

from collections.abc import Iterator

from xlingual.study.configuration import merged_space
from xlingual.study.draft import Draft
from xlingual.study.finding import Finding
from xlingual.study.first import InvalidFirst, given_values


def first_is_in_the_space(draft: Draft) -> Iterator[Finding]:
    """An arm's first configuration gives values that the arm searches and may draw."""
    if draft.training is None or draft.data is None:
        return
    languages = draft.data.faq.languages if draft.data.faq is not None else ()
    for name, arm in draft.arms.items():
        if arm.first is None or (arm.mixture is not None and not languages):
            continue
        try:
            given_values(merged_space(arm, draft.training, languages), arm.first)
        except InvalidFirst as invalid:
            yield from (Finding(("arms", name, "first", *path), message) for path, message in invalid.faults)


CHECKS = (first_is_in_the_space,)
