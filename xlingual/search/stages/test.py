"""The test: the sealed test set is opened, and every replicate is scored on it once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import ray

from xlingual.errors import StageError
from xlingual.evaluation.sentinels import sentinel_notes
from xlingual.export.model_card import complete_model_card
from xlingual.export.origin import origin_of
from xlingual.families import Checkpoint, ScoringSet
from xlingual.preparation.inputs import load_test_data, scoring_sets
from xlingual.preparation.sealed_test_set import source_of
from xlingual.records import journal
from xlingual.records.layout import TrialDirectory
from xlingual.records.predictions import write_predictions
from xlingual.records.state import ReplicateState, read_state
from xlingual.search.answer_tasks import find_candidates
from xlingual.search.failures import PLACE, failure_of
from xlingual.search.placement import elsewhere
from xlingual.search.recording_callback import record_reading
from xlingual.search.study_context import StudyContext
from xlingual.search.study_guard import TEST, check_sources, unread_test_set
from xlingual.search.waiting import first_ready
from xlingual.tasks import Candidates, Extras, Task, merge


@dataclass(frozen=True, slots=True)
class AnswerShare:
    """One share of a replicate's answers: its number, and the nodes it was kept away from once it was asked for."""

    replicate: ReplicateState
    number: int
    avoided: tuple[str, ...] | None = None


def test(context: StudyContext) -> None:
    """Open the sealed test set and score every replicate on it that has no scores yet."""
    state = read_state(context.directory)
    waiting = [replicate for replicate in state.replicates if replicate.state == "finished" and not replicate.scored]
    if not waiting:
        return
    done = sum(replicate.scored for replicate in state.replicates)
    context.begin("test", done + len(waiting), done)
    unread = [replicate for replicate in waiting if not _adopt_recorded_scores(context, replicate)]
    once = distinct(unread)
    for checkpoint, replicates in _by_model(context, once).items():
        _score_replicates(context, checkpoint, replicates)
    for replicate in unread:
        if replicate not in once:
            _adopt_recorded_scores(context, replicate)
    context.end("test")


def distinct(replicates: Sequence[ReplicateState]) -> list[ReplicateState]:
    """One replicate of each fingerprint: where arms chose the same configuration, one reading serves them all.

    Read side by side, their shares would be taken for those of one.
    """
    return list({replicate.fingerprint: replicate for replicate in reversed(replicates)}.values())[::-1]


def scored_answers(
    task: Task,
    directory: TrialDirectory,
    questions: Mapping[str, ScoringSet],
    parts: Sequence[Mapping[str, Candidates]],
    extras: Extras | None = None,
) -> dict[str, dict[str, float]]:
    """Join what all shares found, write each question's prediction down, and score them.

    Args:
        task: that the questions are of.
        directory: the replicate's.
        questions: by language.
        parts: what each share found.
        extras: see `Task.rows`.

    Returns:
        language -> see `Task.scores`.
    """
    scores = {}
    for language, asked in questions.items():
        rows = task.rows(asked.examples, merge(part[language] for part in parts), extras)
        write_predictions(directory.predictions(language), rows)
        scores[language] = task.scores(rows)
    return scores


def recorded_scores(task: Task, directory: TrialDirectory, languages: list[str]) -> dict[str, dict[str, float]] | None:
    """Scores from prediction files that are all there already, else None."""
    if not all(directory.predictions(language).exists() for language in languages):
        return None
    return {language: task.scores(journal.read(directory.predictions(language))) for language in languages}


def _score_replicates(context: StudyContext, checkpoint: Checkpoint, replicates: Sequence[ReplicateState]) -> None:
    """Score the replicates of one pretrained model side by side; a few of them on many machines in several shares."""
    slots = context.concurrent * context.demand.workers
    shares = max(1, slots // max(1, len(replicates)))
    waiting = [AnswerShare(replicate, number) for replicate in replicates for number in range(shares)]
    running: dict[Any, AnswerShare] = {}
    parts: dict[str, list[Any]] = defaultdict(list)
    questions, shared = None, None
    extras = checkpoint.family.row_extras
    while waiting or running:
        while waiting and len(running) < slots:
            asked = waiting.pop(0)
            if questions is None:  # before the ledger's entry, so that a test set that cannot be used may be corrected
                questions = _open_test_set(context, checkpoint)
                shared = ray.put(questions)
            if asked.number == 0 and asked.avoided is None:
                _record_reading(context, asked.replicate)
            asked = replace(asked, avoided=tuple(context.place.avoid()))
            running[_submit(context, asked, shared, shares)] = asked
        ready = first_ready(list(running), "answers to the test questions", context.listener.note)
        asked = running.pop(ready)
        answers = _answers(context, ready, asked)
        if answers is None:
            waiting.insert(0, asked)
            continue
        replicate = asked.replicate
        found = parts[replicate.fingerprint]
        found.append(answers)
        if len(found) == shares:
            directory = context.directory.trial(replicate.fingerprint)
            scores = scored_answers(context.task, directory, questions or {}, parts.pop(replicate.fingerprint), extras)
            _scored(context, replicate, scores)


def _record_reading(context: StudyContext, replicate: ReplicateState) -> None:
    languages = list(context.study.data.test.languages)
    record_reading(
        context.directory, "test", replicate.arm, replicate.fingerprint, seed=replicate.seed, languages=languages
    )


def _answers(context: StudyContext, ready: Any, asked: AnswerShare) -> dict[str, Candidates] | None:
    """Return what a task found; None where its node could not do its part, and another one is to be asked."""
    try:
        found: dict[str, Candidates] = ray.get(ready)
        return found
    except ray.exceptions.RayError as error:
        failure = failure_of(error)
        blamed = context.place.blame(failure, asked.avoided or ())
        if blamed.kind == PLACE and blamed != failure:
            return None
        raise StageError(
            f"arm {asked.replicate.arm}, seed {asked.replicate.seed}: scoring on the test set failed "
            f"({blamed.reason}); run the same command again to go on"
        ) from error


def _open_test_set(context: StudyContext, checkpoint: Checkpoint) -> dict[str, ScoringSet]:
    """Open the sealed test set, and check that it is the one of earlier readings."""
    examples = load_test_data(context.study, context.locations)
    check_sources(context.directory, {TEST: source_of(examples)}, unread_test_set(context.directory))
    lengths = checkpoint.traits(context.study.windows, context.study.text_to_text).lengths
    return scoring_sets(checkpoint, examples, lengths, context.directory.features)


def _submit(context: StudyContext, asked: AnswerShare, questions: Any, shares: int) -> Any:
    """Ask for a share of a replicate's answers; Ray starts as many such tasks as there is room for."""
    replicate, share = asked.replicate, (asked.number, shares)
    where = {"label_selector": elsewhere(asked.avoided)} if asked.avoided else {}
    demand, lengths = context.demand, context.traits[replicate.arm].lengths
    task = ray.remote(find_candidates).options(
        num_cpus=demand.cpus_per_worker, num_gpus=demand.gpus_per_worker, **where
    )
    return task.remote(context.directory.trial(replicate.fingerprint), questions, lengths, demand, share)


def _adopt_recorded_scores(context: StudyContext, replicate: ReplicateState) -> bool:
    """Take scores that were written just before a crash, instead of opening the test set again."""
    scores = recorded_scores(
        context.task, context.directory.trial(replicate.fingerprint), list(context.study.data.test.languages)
    )
    if scores is not None:
        _scored(context, replicate, scores)
    return scores is not None


def _scored(context: StudyContext, replicate: ReplicateState, scores: dict[str, dict[str, float]]) -> None:
    directory = context.directory.trial(replicate.fingerprint)
    complete_model_card(directory, origin_of(context.study, context.locations, replicate.of, scores))
    named = {"arm": replicate.arm, "seed": replicate.seed, "fingerprint": replicate.fingerprint}
    context.event("test_scored", **named, scores=scores)
    context.listener.test_scored(replicate.arm, replicate.seed, scores)
    for line in sentinel_notes(scores):
        context.listener.note(f"arm {replicate.arm}, seed {replicate.seed}: {line}")


def _by_model(context: StudyContext, replicates: Sequence[ReplicateState]) -> dict[Checkpoint, list[ReplicateState]]:
    groups: dict[Checkpoint, list[ReplicateState]] = defaultdict(list)
    for replicate in replicates:
        groups[context.checkpoints[replicate.arm]].append(replicate)
    return groups
