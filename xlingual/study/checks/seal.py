"""Checks that keep the test sets sealed until the search is over, and that they are of one task."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from typing import Any

from xlingual.study.benchmarks import BENCHMARKS
from xlingual.study.benchmarks.own import LANGUAGE
from xlingual.study.data import HELD_OUT_ARTICLES, NOTHING_LEFT, TOY, DataSettings, path_of_test
from xlingual.study.document import Path
from xlingual.study.draft import Draft
from xlingual.study.finding import Finding
from xlingual.study.messages import did_you_mean
from xlingual.study.objectives import DEFAULT_OBJECTIVE, DEV_OBJECTIVES, TEST_OBJECTIVES, WEBFAQ_DEV
from xlingual.study.test_sets import USUAL

_REMEDIES = {"train": "train: rajpurkar/squad", "dev": f"dev: {HELD_OUT_ARTICLES}", "faq": "source: PaDaS-Lab/webfaq"}
_OBJECTIVE = ("search", "objective")
_SEAL = (
    "the test set is sealed: a search that sees it would overfit to it, and the final scores would mean "
    f"nothing; write objective: {DEFAULT_OBJECTIVE} (or oracle: true, and every table will say ORACLE)"
)
_HUB = re.compile(r"(hf://datasets/|https://huggingface\.co/datasets/)?([\w.-]+/)?([\w.-]+?)/?", re.IGNORECASE)
_XQUAD_FILE = re.compile(r"xquad(\.[a-z]{2})?(\.json)?", re.IGNORECASE)


def objective_is_known(draft: Draft) -> Iterator[Finding]:
    """The objective is made of development scores, or with `oracle: true` of test scores."""
    if draft.objective is None or draft.oracle is None:
        return
    for path, score in _scores(draft.objective):
        if draft.oracle and score not in TEST_OBJECTIVES:
            yield Finding(path if _names_test_set(draft, score) else ("oracle",), _pointless(score))
        elif not draft.oracle and _names_test_set(draft, score):
            yield Finding(path, f"{score!r} names the test set; {_SEAL}")
        elif not draft.oracle and score not in DEV_OBJECTIVES:
            yield Finding(path, f"unknown objective {score!r}; {did_you_mean(score, DEV_OBJECTIVES)}")
        elif score.startswith(f"{WEBFAQ_DEV}.") and draft.data is not None and draft.data.faq is None:
            remedy = f"write data.faq: {{source: PaDaS-Lab/webfaq}}, or objective: {DEFAULT_OBJECTIVE}"
            yield Finding(path, f"{score!r} is scored on held-out FAQ hosts, but data.faq is missing; {remedy}")


def _scores(objective: str | Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    if isinstance(objective, str):
        yield _OBJECTIVE, objective
    else:
        yield from (((*_OBJECTIVE, str(score)), str(score)) for score in objective)


def sealed_set_apart(draft: Draft) -> Iterator[Finding]:
    """Nothing that is trained on or searched on is a test set."""
    data = draft.data
    if data is None:
        return
    sealed = {name: test.source for name, test in data.test.by_name.items()}
    for path, source in _other_sources(data):
        role = str(path[1])
        name = next((name for name, test in sealed.items() if _is_test_set(source, name, test)), None)
        if source != TOY and name is not None:
            remedy = f"write for example {_REMEDIES[role]}"
            which = "the sealed test set" if len(sealed) == 1 else f"the sealed test set {name}"
            yield Finding(path, f"{source!r} is {which}, it cannot be {role} data too; {remedy}")


def test_sets_are_of_one_task(draft: Draft) -> Iterator[Finding]:
    """A model answers all test sets of a study, so that they have one task."""
    if draft.data is None:
        return
    sets = draft.data.test.sets
    tasks = {name: test.benchmark.metrics.task for name, test in sets.items()}
    headline = draft.data.test.set
    for name, task in tasks.items():
        if task != tasks[headline]:
            message = f"is a test set of {_words(task)}, and {headline} one of {_words(tasks[headline])}"
            remedy = "a study's models perform one task; write a study for each"
            yield Finding(path_of_test(draft.data, name), f"{name} {message}; {remedy}")


def development_set_is_not_empty(draft: Draft) -> Iterator[Finding]:
    """SQuAD's dev set without the articles of XQuAD is empty."""
    if draft.data is not None and draft.data.dev == NOTHING_LEFT:
        message = "nothing is left of SQuAD's dev set without XQuAD's articles: XQuAD has all 48 of them"
        yield Finding(("data", "dev"), f"{message}; write dev: {HELD_OUT_ARTICLES}")


CHECKS = (objective_is_known, sealed_set_apart, test_sets_are_of_one_task, development_set_is_not_empty)


def _words(task: str) -> str:
    return task.replace("_", " ")


def _names_test_set(draft: Draft, objective: str) -> bool:
    words = {"test", "sealed", "zero", *BENCHMARKS}
    if draft.data is not None:
        words |= {name.lower() for name in draft.data.test.by_name}
        words |= {test.source.lower() for test in draft.data.test.by_name.values() if test.source != TOY}
    return any(word in objective.lower() for word in words)


def _pointless(objective: str) -> str:
    if objective in DEV_OBJECTIVES:
        return f"opens the test set to the search, but the objective is {objective}; delete oracle: true, or {_WRITE}"
    return f"unknown objective {objective!r}; {_WRITE}"


_WRITE = f"write objective: {' or '.join(TEST_OBJECTIVES)}"


def _other_sources(data: DataSettings) -> Iterator[tuple[Path, str]]:
    yield ("data", "train"), data.train
    yield ("data", "dev"), data.dev
    if data.faq is not None:
        yield ("data", "faq", "source"), data.faq.source
        if data.faq.bitexts is not None:
            yield ("data", "faq", "bitexts", "source"), data.faq.bitexts.source


def _is_test_set(source: str, name: str, test: str) -> bool:
    """Whether a source lies in a test set's, is its hub id in another spelling, or a file of a user's own set."""
    place, sealed = _place(source), _place(test)
    if place == sealed or place.startswith(sealed + os.sep) or _is_of_pattern(place, sealed):
        return True
    if name == USUAL and _XQUAD_FILE.fullmatch(os.path.basename(place)):
        return True
    hub, known = _HUB.fullmatch(source), BENCHMARKS[name].source if name in BENCHMARKS else ""
    words = {known.lower(), known.lower().rpartition("/")[2]} - {""}
    return hub is not None and f"{hub.group(2) or ''}{hub.group(3)}".lower() in words


def _is_of_pattern(place: str, pattern: str) -> bool:
    before, found, after = pattern.partition(LANGUAGE)
    return bool(found) and re.fullmatch(f"{re.escape(before)}[A-Za-z_-]+{re.escape(after)}", place) is not None


def _place(source: str) -> str:
    return os.path.realpath(os.path.expanduser(source.strip()))
