"""Checks of arms that are compared with another arm than the baseline."""

from __future__ import annotations

from collections.abc import Iterator

from xlingual.study.draft import Draft
from xlingual.study.finding import Finding
from xlingual.study.messages import did_you_mean


def compared_with_an_arm(draft: Draft) -> Iterator[Finding]:
    """What an arm is compared with is another arm of the study; the baseline is compared with nothing."""
    arms = draft.document.value.get("arms") or {}
    for name, arm in draft.arms.items():
        path = ("arms", name, "against")
        if arm.against is None:
            continue
        if arm.baseline:
            yield Finding(path, "the baseline is compared with no arm; delete this line")
        elif arm.against == name:
            yield Finding(path, "an arm cannot be compared with itself; name another, or delete this line")
        elif arm.against not in arms:
            others = tuple(other for other in arms if other != name)
            yield Finding(path, f"no arm is called {arm.against!r}; {did_you_mean(arm.against, others)}")


CHECKS = (compared_with_an_arm,)
