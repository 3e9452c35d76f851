"""Checks of robust training: methods that go together, and what each method finds wrong with its own settings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any

from xlingual.study.document import Path
from xlingual.study.draft import Draft
from xlingual.study.finding import Finding
from xlingual.study.methods.method import Method, Written
from xlingual.study.robust import methods_of
from xlingual.study.section import section_options
from xlingual.study.space import smallest


def methods_go_together(draft: Draft) -> Iterator[Finding]:
    """A trial does once what only one method can do, and uses no method that another one excludes."""
    for path, robust in robusts(draft):
        methods = [method for method, _ in methods_of(robust, Method)]
        told: set[str] = set()
        for one, other in combinations(methods, 2):
            if one.once and one.once == other.once:
                rivals = [method for method in methods if method.once == one.once]
                message = "" if one.once in told else _only_one(rivals, _instead(one, other))
                told.add(one.once)
            else:
                instead = _instead(one, other)
                message = instead and f"{one.name} and {other.name} do not go together; {instead}; or delete one"
            if message:
                yield Finding((*path, other.name), message)


def settings_make_sense(draft: Draft) -> Iterator[Finding]:
    """Each method's settings fit each other and the arm's training, and change something."""
    for path, robust in robusts(draft):
        for method, space in methods_of(robust, Method):
            for place, settings in section_options(space, (*path, method.name)):
                yield from method.findings(Written(settings, place, draft.document, _fewest_reports(draft, path)))


CHECKS = (methods_go_together, settings_make_sense)


def robusts(draft: Draft) -> Iterator[tuple[Path, Any]]:
    """Yield the robust training that an arm may have, every option of it."""
    for name, arm in draft.arms.items():
        yield from section_options(arm.robust, ("arms", name, "robust"))


def _only_one(rivals: Sequence[Method[Any]], instead: str) -> str:
    names = [method.name for method in rivals]
    both = "both" if len(names) == 2 else "all"
    branches = ", ".join(f"{name}: {{{name}: {{...}}}}" for name in names)
    remedies = ", ".join([*([instead] if instead else []), "keep one"])
    return (
        f"{' and '.join(names)} {both} {rivals[0].once}, but a trial can use one of them only; {remedies}, "
        f"or search for it: robust: {{choice: {{{branches}}}}}"
    )


def _instead(one: Method[Any], other: Method[Any]) -> str:
    """What to write in place of two methods, as either of them says; empty where neither does."""
    return one.excludes.get(other.name) or other.excludes.get(one.name, "")


def _fewest_reports(draft: Draft, path: Path) -> int | None:
    own = draft.arms[str(path[1])].training
    training = own if "reports" in own.model_fields_set else draft.training
    return None if training is None else int(smallest(training.reports))
