"""Replicates: what each search chose, trained again under seeds that no search used."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from xlingual.records.events import key_of
from xlingual.records.files import read_json
from xlingual.records.state import StudyState, read_state
from xlingual.search.queue import ReplicateSource
from xlingual.search.study_context import StudyContext
from xlingual.study import TrialConfiguration
from xlingual.study.searches import replicate_seeds


def replicate(context: StudyContext) -> None:
    """Train the configuration that each search chose under every seed.

    Raises:
        StageError: when some are to be tried again by the next command.
    """
    state = read_state(context.directory)
    items = replicate_items(context, state)
    missing = [item for item in items if not _replicated(state, item)]
    if not missing:
        return
    source = ReplicateSource(missing, state.held.paused)
    if source.left:
        context.begin("replicate", len(items), len(items) - len(missing))
        context.tell_plan(len(items), state)
        recorder = context.recorder("replicate")
        queue = context.train(source, recorder, keep_model=True, again=lambda going_on: _again(context, going_on))
        queue.check_ended("replicate")
    now = read_state(context.directory)
    context.check_not_paused(now.replicated)
    if now.replicated:
        context.end("replicate")


def _again(context: StudyContext, going_on: Collection[str]) -> ReplicateSource:
    """What is missing now; nothing where a search has trials again, which may choose another configuration."""
    state = read_state(context.directory)
    if not state.searched:
        return ReplicateSource([])
    items = replicate_items(context, state)
    context.tell_plan(len(items), state)
    missing = [item for item in items if not _replicated(state, item) and key_of(item) not in going_on]
    return ReplicateSource(missing, state.held.paused)


def replicate_items(context: StudyContext, state: StudyState) -> list[dict[str, Any]]:
    """List what each search chose under every seed: the first seed of every search, then the second."""
    found = []
    for search in state.all_searches:
        of, chosen = state.searches[search.arm], state.chosen.get(search)
        if chosen is None:
            continue
        content = read_json(context.directory.trial(chosen).configuration)
        content.pop("fingerprint")
        for index, seed in enumerate(replicate_seeds(context.study.search.seed, search.number, of.seeds)):
            configuration = TrialConfiguration.model_validate({**content, "seed": seed})
            item = {
                "arm": search.arm,
                **({"search": search.number} if of.count > 1 else {}),
                "seed": seed,
                "chosen": chosen,
                "fingerprint": configuration.fingerprint,
                "configuration": configuration.canonical(),
            }
            found.append((index, item))
    return [item for _, item in sorted(found, key=lambda pair: pair[0])]


def _replicated(state: StudyState, item: Mapping[str, Any]) -> bool:
    return any(r.fingerprint == item["fingerprint"] and r.arm == item["arm"] and not r.unfinished
               for r in state.replicates)  # fmt: skip
