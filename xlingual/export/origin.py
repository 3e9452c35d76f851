"""What a study knows of a model that its training does not: for the model's card."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from xlingual.data.hub import hub_commit
from xlingual.preparation.inputs import Locations
from xlingual.study import Study, arm_space, parameters
from xlingual.study.benchmarks import Benchmark
from xlingual.study.licences import licence_of
from xlingual.study.searches import ArmSearch, searches_of
from xlingual.study.test_sets import TestSet
from xlingual.tasks import QUESTION_ANSWERING, Task
from xlingual.tasks.named import task_of


@dataclass(frozen=True)
class ScoredSet:
    """Scores of a model on one test set.

    Attributes:
        benchmark: facts of the test set.
        scores: language, or pair of two as `A-B` -> metrics in percent and the number of `questions`.
        paragraphs: how many of the test set's were asked; None for all.
        hub: id of the data set on the hub that it was read from; empty for a local copy.
        revision: commit of the hub that was read; None where it is not known.
    """

    benchmark: Benchmark
    scores: Mapping[str, Mapping[str, float]]
    paragraphs: int | None = None
    hub: str = ""
    revision: str | None = None


@dataclass(frozen=True)
class Origin:
    """Where a model comes from.

    Attributes:
        study: its name.
        question: the study's.
        arm: that it was trained for.
        names: part of the data ("model", "train", ...) -> how the study calls it.
        hub: parts whose names are ids on the hub.
        licences: of parts that are published, as far as they are known, in words.
        toy: whether this is the toy world.
        oracle: whether the search saw the test set.
        chosen: how the configuration was chosen, in a sentence; empty where nothing was searched.
        tests: scores on each test set, the headline first; empty before the test.
        source: language of the training data.
        task: that it was trained for.
    """

    study: str
    question: str
    arm: str
    names: Mapping[str, str] = field(default_factory=dict)
    hub: frozenset[str] = frozenset()
    licences: Mapping[str, str] = field(default_factory=dict)
    toy: bool = False
    oracle: bool = False
    chosen: str = ""
    tests: tuple[ScoredSet, ...] = ()
    source: str = "en"
    task: Task = QUESTION_ANSWERING


def origin_of(
    study: Study, locations: Locations, search: ArmSearch, scores: Mapping[str, Mapping[str, Mapping[str, float]]]
) -> Origin:
    """Gather what a study knows of a model that is trained with what a search of an arm chose.

    A source that lies on this machine is called by the last part of its path alone: no other machine has its folders.

    Args:
        study: the model's.
        locations: where its data lies.
        search: that chose the configuration.
        scores: by test set, of those that the model is scored on.
    """
    data, arm = study.data, search.arm
    said = {
        "model": (study.arms[arm].model or study.model, locations.models[arm]),
        "train": (data.train, locations.train),
        "dev": (data.dev, locations.dev),
        **{part: (data.faq.source, locations.faq or "") for part in ("faq", "webfaq_dev") if data.faq is not None},
        **({"synonyms": (data.synonyms, locations.synonyms or "")} if data.synonyms else {}),
        **{
            f"dictionary of {language}": (path, locations.dictionaries.get(language, ""))
            for language, path in (data.dictionaries or {}).items()
        },
    }
    hub = {part for part, (name, place) in said.items() if name == place and _is_hub_id(name)}
    return Origin(
        study=study.name,
        question=study.question,
        arm=arm,
        names={
            part: name if part in hub else re.split(r"[/\\]", name.rstrip("/"))[-1] for part, (name, _) in said.items()
        },
        hub=frozenset(hub),
        licences={
            part: licence.terms
            for part, (name, place) in said.items()
            if name == place and (licence := licence_of(name)) is not None
        },
        toy=study.uses_toy,
        oracle=study.oracle,
        chosen=_chosen(study, search),
        tests=tuple(_scored_set(test, scores[name]) for name, test in data.test.sets.items() if name in scores),
        source=data.source_language,
        task=task_of(study.task_benchmark),
    )


def _scored_set(test: TestSet, scores: Mapping[str, Mapping[str, float]]) -> ScoredSet:
    hub = test.source if _is_hub_id(test.source) and not Path(test.source).expanduser().exists() else ""
    return ScoredSet(test.benchmark, scores, test.paragraphs, hub, hub_commit(hub) if hub else None)


def _chosen(study: Study, search: ArmSearch) -> str:
    space, replicates = arm_space(study, search.arm), study.replicates
    if not any(parameters(space)):
        return ""
    of = searches_of(space, study.search.trials_per_arm, replicates.searches, replicates.seeds)
    which = f"search {search.number} of {of.count}" if of.count > 1 else "the arm's only search"
    trials = "1 trial" if of.trials == 1 else f"{of.trials} trials"
    return f"Its configuration is what {which} found best in {trials}, by {study.search.objective_text}."


def _is_hub_id(name: str) -> bool:
    return re.fullmatch(r"[\w.-]+/[\w.-]+(@[\w./-]+)?", name) is not None and not name.startswith(".")
