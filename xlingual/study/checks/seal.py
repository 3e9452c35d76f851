"""Checks that keep the test sets sealed until the search is over, and that they are of one task."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from typing import Any

from xlingual.study.benchmarks import BENCHMARKS, Benchmark
from xlingual.study.benchmarks.own import LANGUAGE, code_in, file_alone, is_pattern
from xlingual.study.data import (
    HELD_OUT,
    HELD_OUT_ARTICLES,
    HELD_OUT_PAIRS,
    NOTHING_LEFT,
    TOY,
    DataSettings,
    path_of_test,
)
from xlingual.study.document import Path
from xlingual.study.draft import Draft
from xlingual.study.finding import Finding
from xlingual.study.messages import did_you_mean
from xlingual.study.objectives import WEBFAQ_DEV, default_objective, development_objectives, oracle_objectives
from xlingual.study.test_sets import USUAL, TestSet
from xlingual.task_metrics import SQUAD, TaskMetrics

_OF_ANOTHER = "xlingual.data.squad:load_squad"
"""What reads training data for a test set that comes with none."""

_OBJECTIVE = ("search", "objective")
_SEAL = (
    "the test set is sealed: a search that sees it would overfit to it, and the final scores would mean "
    "nothing; write objective: {default} (or oracle: true, and every table will say ORACLE)"
)
_HUB = re.compile(r"(hf://datasets/|https://huggingface\.co/datasets/)?([\w.-]+/)?([\w.-]+?)/?", re.IGNORECASE)
_XQUAD_FILE = re.compile(r"xquad(\.[a-z]{2})?(\.json)?", re.IGNORECASE)


def objective_is_known(draft: Draft) -> Iterator[Finding]:
    """The objective is made of development scores, or with `oracle: true` of test scores."""
    if draft.objective is None or draft.oracle is None:
        return
    metrics = SQUAD if draft.data is None else draft.data.test.headline.benchmark.metrics
    dev, default = development_objectives(metrics), default_objective(metrics)
    for path, score in _scores(draft.objective):
        if draft.oracle and score not in oracle_objectives(metrics):
            yield Finding(path if _names_test_set(draft, score) else ("oracle",), _pointless(score, metrics))
        elif not draft.oracle and score not in dev and _names_test_set(draft, score):
            yield Finding(path, f"{score!r} names the test set; {_SEAL.format(default=default)}")
        elif not draft.oracle and score not in dev:
            yield Finding(path, f"unknown objective {score!r}; {did_you_mean(score, dev)}")
        elif score.startswith(f"{WEBFAQ_DEV}.") and draft.data is not None and draft.data.faq is None:
            remedy = f"write data.faq: {{source: PaDaS-Lab/webfaq}}, or objective: {default}"
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
    sealed = data.test.sets
    for path, source in _other_sources(data):
        role = str(path[1])
        name = next((name for name, test in sealed.items() if _is_test_set(source, test, role)), None)
        if source != TOY and name is not None:
            remedy = f"write for example {_remedy(role, sealed[name].benchmark)}"
            which = "the sealed test set" if len(sealed) == 1 else f"the sealed test set {name}"
            yield Finding(path, f"{source!r} is {which}, it cannot be {role} data too; {remedy}")


def test_sets_are_of_one_task(draft: Draft) -> Iterator[Finding]:
    """A model answers all test sets of a study, so that they have one task."""
    if draft.sets is None:
        return
    sets = draft.sets.test.sets
    tasks = {name: test.benchmark.metrics.task for name, test in sets.items()}
    headline = draft.sets.test.set
    for name, task in tasks.items():
        if task != tasks[headline]:
            message = f"is a test set of {_words(task)}, and {headline} one of {_words(tasks[headline])}"
            remedy = "a study's models perform one task; write a study for each"
            yield Finding(path_of_test(draft.sets, name), f"{name} {message}; {remedy}")


def development_set_is_not_empty(draft: Draft) -> Iterator[Finding]:
    """Development data is held out of training data of its kind; SQuAD's dev set without XQuAD's articles is empty."""
    if draft.sets is not None and draft.sets.dev in HELD_OUT:
        task = draft.sets.test.headline.benchmark.metrics.task
        fitting = HELD_OUT_ARTICLES if task == SQUAD.task else HELD_OUT_PAIRS
        if draft.sets.dev != fitting:
            message = f"{draft.sets.dev} does not go with {draft.sets.test.set}, a test set of {_words(task)}"
            yield Finding(("data", "dev"), f"{message}; write dev: {fitting}")
    if draft.sets is not None and draft.sets.dev == NOTHING_LEFT:
        message = "nothing is left of SQuAD's dev set without XQuAD's articles: XQuAD has all 48 of them"
        yield Finding(("data", "dev"), f"{message}; write dev: {HELD_OUT_ARTICLES}")


CHECKS = (objective_is_known, sealed_set_apart, test_sets_are_of_one_task, development_set_is_not_empty)


def _remedy(role: str, benchmark: Benchmark) -> str:
    """Data to write instead."""
    if role == "faq":
        return "source: PaDaS-Lab/webfaq"
    if benchmark.metrics.task == SQUAD.task:
        return {"train": "train: rajpurkar/squad", "dev": f"dev: {HELD_OUT_ARTICLES}"}[role]
    return {"train": f"train: {benchmark.source}", "dev": f"dev: {HELD_OUT_PAIRS}"}[role]


def _words(task: str) -> str:
    return task.replace("_", " ")


def _names_test_set(draft: Draft, objective: str) -> bool:
    words = {"test", "sealed", "zero", *BENCHMARKS}
    if draft.data is not None:
        words |= {name.lower() for name in draft.data.test.by_name}
        words |= {test.source.lower() for test in draft.data.test.by_name.values() if test.source != TOY}
    return any(word in objective.lower() for word in words)


def _pointless(objective: str, metrics: TaskMetrics) -> str:
    write = f"write objective: {' or '.join(oracle_objectives(metrics))}"
    if objective in development_objectives(metrics):
        return f"opens the test set to the search, but the objective is {objective}; delete oracle: true, or {write}"
    return f"unknown objective {objective!r}; {write}"


def _other_sources(data: DataSettings) -> Iterator[tuple[Path, str]]:
    yield ("data", "train"), data.train
    yield ("data", "dev"), data.dev
    if data.faq is not None:
        yield ("data", "faq", "source"), data.faq.source
        if data.faq.bitexts is not None:
            yield ("data", "faq", "bitexts", "source"), data.faq.bitexts.source


def _is_test_set(source: str, test: TestSet, role: str) -> bool:
    """Whether a source is a test set, a part of one, or a file of a user's own.

    Where a test set comes with training data, its folder and hub id are of both, and its test files alone are sealed.
    """
    benchmark, places = test.benchmark, _places(source)
    if alone := file_alone(test.source):
        return not {*_places(alone)}.isdisjoint(places)
    if is_pattern(test.source):
        return any(code_in(*each) is not None for each in zip(_places(test.source), places, strict=True))
    names = (os.path.basename(benchmark.file), *benchmark.other_files)
    if any(_is_of_pattern(os.path.basename(place), name) for place in places for name in names):
        return True
    place, sealed = places[-1], _places(test.source)[-1]
    if _has(role, benchmark):
        return place == sealed and os.path.isfile(place)
    if place == sealed or place.startswith(sealed + os.sep) or (test.name == USUAL and any(map(_is_xquad, places))):
        return True
    hub, ids = _HUB.fullmatch(source), [one.lower() for one in (benchmark.source, *benchmark.hub_ids)]
    words = {word for one in ids for word in (one, one.rpartition("/")[2])} - {""}
    return hub is not None and f"{hub.group(2) or ''}{hub.group(3)}".lower() in words


def _has(role: str, benchmark: Benchmark) -> bool:
    """Whether a test set comes with training or development data, apart from what is scored."""
    scored = role == "dev" and ".dev." in benchmark.file
    return role != "faq" and benchmark.training_reader != _OF_ANOTHER and not scored


def _is_of_pattern(place: str, pattern: str) -> bool:
    parts = map(re.escape, pattern.split(LANGUAGE))
    return re.fullmatch("[A-Za-z_-]+".join(parts), place) is not None


def _is_xquad(place: str) -> bool:
    return _XQUAD_FILE.fullmatch(os.path.basename(place)) is not None


def _places(source: str) -> tuple[str, str]:
    """The absolute path of a source, and where it leads to if it is a link, as files in the hub's cache are."""
    path = os.path.expanduser(source.strip())
    return os.path.abspath(path), os.path.realpath(path)
