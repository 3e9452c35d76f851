"""What changed between two versions of a study's definition, and which changes would invalidate recorded results.

Both are what `resolved` returns. What an arm's trials are drawn from may change: `xlingual.study.legality` tells which
of its trials could still be drawn.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

FREE = (
    "question",
    "storage",
    "trackers",
    "scaling",
    "search.trials_per_arm",
    "replicates.searches",
    "replicates.seeds",
    "data.faq.allow_shortage",
    "data.contamination",
)
"""Keys without influence on recorded results."""

COMPARED_BY_CONTENT = (
    "model",
    "data.train",
    "data.dev",
    "data.faq.source",
    "data.faq.bitexts.source",
    "data.synonyms",
)
"""Names of data and models: the fingerprints of their content are compared when they are loaded."""

TEST = "data.test"
"""Test sets, without influence on recorded results until they are read."""

COMPARED_BY_ARM = ("arms", "training")

DRAWN = ("training", "mixture", "robust")
"""Keys of an arm that its trials are drawn from."""

FIRST = "first"
"""The key of an arm that says which trial its searches begin with; it comes too late for a search that has begun."""

DICTIONARIES = "data.dictionaries"
OPTIONAL = {"data.faq": ("faq", "webfaq_dev"), DICTIONARIES: ("dictionary of ",)}
"""Keys of data that only some trials use, and how the sources begin that these trials' configurations name."""
ABSENT = object()


@dataclass(frozen=True, slots=True)
class Changes:
    """What differs between two versions of a study.

    Attributes:
        refused: a text for each setting that would change recorded numbers: "search.seed was 0, is now 1".
        renamed: old name -> new name of arms whose definition did not change.
        gone: arms that are no longer there.
        new: arms that were not there.
        respaced: arms (by their name now) whose trials are drawn from another space.
        baseline: the baseline now, where that is another arm than before; else None.
        refirst: arms (by their name now) of the same space whose searches would begin with another trial.
    """

    refused: tuple[str, ...]
    renamed: Mapping[str, str]
    gone: tuple[str, ...]
    new: tuple[str, ...]
    respaced: tuple[str, ...]
    baseline: str | None
    refirst: tuple[str, ...] = ()


def changes(
    before: Mapping[str, Any], now: Mapping[str, Any], used: Collection[str] = (), read: Collection[str] = ()
) -> Changes:
    """Compare two versions of a study.

    Args:
        before: the older one.
        now: the newer one.
        used: names of the sources that recorded trials were made with, as their configurations have them.
        read: names of the test sets that were read.
    """
    old, new = before["arms"], now["arms"]
    renamed = _renamed(old, new)
    kept = {**{name: name for name in old if name in new}, **renamed}
    bases = [next((name for name, arm in arms.items() if arm.get("baseline")), None) for arms in (old, new)]
    respaced = [kept[name] for name in old if name in kept and drawn(old[name]) != drawn(new[kept[name]])]
    refirst = [kept[name] for name in old if name in kept and old[name].get(FIRST) != new[kept[name]].get(FIRST)]
    return Changes(
        refused=(*_refused(before, now, [*_unused(used), TEST]), *_refused_tests(before, now, read)),
        renamed=renamed,
        gone=tuple(name for name in old if name not in kept),
        new=tuple(name for name in new if name not in kept.values()),
        respaced=tuple(respaced),
        baseline=None if kept.get(str(bases[0])) == bases[1] else bases[1],
        refirst=tuple(name for name in refirst if name not in respaced),
    )


def drawn(arm: Mapping[str, Any]) -> dict[str, Any]:
    """What an arm's trials are drawn from, as a study writes it."""
    return {key: arm.get(key) for key in DRAWN}


def _renamed(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, str]:
    """Arms that were renamed: same model and space, and only one such arm."""
    vanished = {name: _definition(arm) for name, arm in old.items() if name not in new}
    appeared = {name: _definition(arm) for name, arm in new.items() if name not in old}
    found = {}
    for name, definition in vanished.items():
        same = [other for other, one in appeared.items() if one == definition]
        if len(same) == 1 and list(vanished.values()).count(definition) == 1:
            found[name] = same[0]
    return found


def _definition(arm: Mapping[str, Any]) -> dict[str, Any]:
    return {"model": arm.get("model"), **drawn(arm)}


def _unused(used: Collection[str]) -> Iterator[str]:
    """Keys of data that no recorded trial used."""
    for key, prefixes in OPTIONAL.items():
        if not any(name.startswith(prefixes) for name in used):
            yield key


def _refused(before: Mapping[str, Any], now: Mapping[str, Any], free: Sequence[str]) -> Iterator[str]:
    for key, old, new in _different(before, now):
        if not _is_of(key, free) and not _may_change(key, old, new):
            yield f"{key} was {_shown(old)}, is now {_shown(new)}"


def _refused_tests(before: Mapping[str, Any], now: Mapping[str, Any], read: Collection[str]) -> Iterator[str]:
    """Differences of test sets that were read, and of the headline once any was read; sources by their content.

    Languages may be added: what was scored stays as it is. An oracle's objective is made of them all.
    """
    old, new = before["data"]["test"], now["data"]["test"]
    if read and old["set"] != new["set"]:
        yield f"{TEST}.set was {old['set']}, is now {new['set']}"
        return
    sets, others = _by_name(old), _by_name(new)
    for name in sets:
        if name not in read:
            continue
        path = TEST if name == old["set"] else f"{TEST}.also.{name}"
        if name not in others:
            yield f"{path} was given, is now absent"
            continue
        for key, was, is_now in _different(sets[name], others[name], path):
            is_added = key == f"{path}.languages" and not before.get("oracle") and set(was) <= set(is_now)
            if key != f"{path}.source" and not is_added:
                yield f"{key} was {_shown(was)}, is now {_shown(is_now)}"


def _by_name(test: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """What a study says of each test set, by name."""
    headline = {key: value for key, value in test.items() if key not in ("set", "also")}
    return {test["set"]: headline, **test["also"]}


def _different(before: Any, now: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Yield what differs: the path of a leaf, or of all that one version lacks, with both values."""
    if isinstance(before, Mapping) and isinstance(now, Mapping):
        for key in dict.fromkeys((*before, *now)):
            inner = f"{path}.{key}" if path else str(key)
            yield from _different(before.get(key, ABSENT), now.get(key, ABSENT), inner)
    elif before != now and not {_kind(before), _kind(now)} <= {"absent"}:
        yield path, before, now


def _may_change(key: str, old: Any, new: Any) -> bool:
    if key.startswith(f"{DICTIONARIES}."):  # a language that came or went changes what an arm switches to
        return "absent" not in (_kind(old), _kind(new))
    return _is_of(key, (*FREE, *COMPARED_BY_CONTENT, *COMPARED_BY_ARM))


def _is_of(key: str, names: Sequence[str]) -> bool:
    """Whether a key is one of these, or below one of them."""
    return any(key == name or key.startswith(f"{name}.") for name in names)


def _kind(value: Any) -> str:
    if value is None or value is ABSENT:
        return "absent"
    return "given" if isinstance(value, Mapping) else "plain"


def _shown(value: Any) -> str:
    return str(value) if _kind(value) == "plain" else _kind(value)
