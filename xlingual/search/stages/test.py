"""The test: the sealed test sets are opened, and every replicate is scored on each of them once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from xlingual.activity import Activity, doing
from xlingual.errors import StageError
from xlingual.evaluation.sentinels import sentinel_notes
from xlingual.export.model_card import complete_model_card
from xlingual.export.origin import origin_of
from xlingual.families import Checkpoint, ScoringSet
from xlingual.records import journal
from xlingual.records.layout import TrialDirectory
from xlingual.records.predictions import write_predictions
from xlingual.records.state import ReplicateState, read_state
from xlingual.search.examiner import AnswerFailed
from xlingual.search.failures import PLACE
from xlingual.search.interruption import SCORING
from xlingual.search.recording_callback import record_reading
from xlingual.search.study_context import StudyContext
from xlingual.study.test_sets import TestSet
from xlingual.tasks import Candidates, Extras, Task, merge
from xlingual.tasks.named import task_of


@dataclass(frozen=True, slots=True)
class Reading:
    """What is read: a test set, and those of its languages and pairs that are to be scored."""

    test: TestSet
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AnswerShare:
    """One share of a replicate's answers: its number, and the nodes it was kept away from once it was asked for."""

    replicate: ReplicateState
    number: int
    avoided: tuple[str, ...] | None = None


def test(context: StudyContext) -> None:
    """Open one sealed test set after the other, the headline first; score every replicate in what it has no scores in.

    That is all of a set, or only languages that were added after the replicate was scored.
    """
    state, sets = read_state(context.directory), context.study.data.test.sets
    finished = [one for one in state.replicates if one.state == "finished"]
    waiting: dict[tuple[str, tuple[str, ...]], list[ReplicateState]] = {}
    for name, test_set in sets.items():
        for one in finished:
            if keys := one.unscored(name, test_set.keys):
                waiting.setdefault((name, keys), []).append(one)
    left = sum(map(len, waiting.values()))
    if not left:
        return
    done = sum(not one.unscored(name, sets[name].keys) for one in state.replicates for name in sets)
    context.begin("test", done + left, done)
    with context.interruption.drained(SCORING):
        for (name, keys), replicates in waiting.items():
            _test_on(context, Reading(sets[name], keys), replicates)
    context.end("test")


def _test_on(context: StudyContext, reading: Reading, waiting: Sequence[ReplicateState]) -> None:
    """Score replicates on one test set."""
    unread = [replicate for replicate in waiting if not _adopt_recorded_scores(context, reading, replicate)]
    once = distinct(unread)
    with doing(f"scoring replicates on {reading.test.name}", len(once)) as scoring:
        for checkpoint, replicates in _by_model(context, once).items():
            _score_replicates(context, reading, checkpoint, replicates, scoring)
    for replicate in unread:
        if replicate not in once:
            _adopt_recorded_scores(context, reading, replicate)


def distinct(replicates: Sequence[ReplicateState]) -> list[ReplicateState]:
    """One replicate of each fingerprint: where arms chose the same configuration, one reading serves them all.

    Read side by side, their shares would be taken for those of one.
    """
    return list({replicate.fingerprint: replicate for replicate in reversed(replicates)}.values())[::-1]


def scored_answers(
    task: Task,
    directory: TrialDirectory,
    test_set: str,
    questions: Mapping[str, ScoringSet],
    parts: Sequence[Mapping[str, Candidates]],
    extras: Extras | None = None,
) -> dict[str, dict[str, float]]:
    """Join what all shares found, write each question's prediction down, and score them.

    Args:
        task: that the questions are of.
        directory: the replicate's.
        test_set: name of the set that the questions are of.
        questions: by language.
        parts: what each share found.
        extras: see `Task.rows`.

    Returns:
        language -> see `Task.scores`.
    """
    scores = {}
    for language, asked in questions.items():
        rows = task.rows(asked.examples, merge(part[language] for part in parts), extras)
        write_predictions(directory.predictions(test_set, language), rows)
        scores[language] = task.scores(rows)
    return scores


def recorded_scores(
    task: Task, directory: TrialDirectory, test_set: str, languages: Sequence[str]
) -> dict[str, dict[str, float]] | None:
    """Scores from prediction files that are all there already, else None."""
    files = {language: directory.predictions(test_set, language) for language in languages}
    if not all(path.exists() for path in files.values()):
        return None
    return {language: task.scores(journal.read(path)) for language, path in files.items()}


def _score_replicates(
    context: StudyContext,
    reading: Reading,
    checkpoint: Checkpoint,
    replicates: Sequence[ReplicateState],
    scoring: Activity,
) -> None:
    """Score the replicates of one pretrained model side by side; a few of them on many machines in several shares.

    Raises:
        KeyboardInterrupt: when the user asked for an end, and replicates are left.
    """
    test = reading.test
    slots = context.parallel_trials * context.demand.workers
    shares = max(1, slots // max(1, len(replicates)))
    waiting = [AnswerShare(replicate, number) for replicate in replicates for number in range(shares)]
    running: dict[Any, AnswerShare] = {}
    parts: dict[str, list[Any]] = defaultdict(list)
    questions: Mapping[str, ScoringSet] | None = None
    begun: set[str] = set()
    extras = checkpoint.family.row_extras
    while waiting or running:
        if context.interruption.asked:
            waiting = [share for share in waiting if share.replicate.fingerprint in begun]
            if not (waiting or running):
                break
        while waiting and len(running) < context.parallel_trials * context.demand.workers:
            asked = waiting.pop(0)
            if questions is None:  # before the ledger's entry, so that a test set that cannot be used may be corrected
                questions = context.examiner.open(context, test, checkpoint, reading.keys)
            begun.add(asked.replicate.fingerprint)
            if asked.number == 0 and asked.avoided is None:
                _record_reading(context, reading, asked.replicate)
            asked = replace(asked, avoided=tuple(context.place.avoid()))
            running[context.examiner.ask(context, asked.replicate, (asked.number, shares), asked.avoided or ())] = asked
        ready = context.examiner.first(
            list(running), f"answers to the test {test.benchmark.metrics.words.examples}", context.listener.note
        )
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
            answered = parts.pop(replicate.fingerprint)
            scores = scored_answers(task_of(test.benchmark), directory, test.name, questions or {}, answered, extras)
            _scored(context, test, replicate, scores)
            scoring.advance()
    if len(begun) < len(replicates):
        context.interruption.check()


def _record_reading(context: StudyContext, reading: Reading, replicate: ReplicateState) -> None:
    named = {"seed": replicate.seed, "languages": list(reading.keys)}
    record_reading(context.directory, "test", reading.test.name, replicate.arm, replicate.fingerprint, **named)


def _answers(context: StudyContext, ready: Any, asked: AnswerShare) -> dict[str, Candidates] | None:
    """Return what a task found; None where its node could not do its part, and another one is to be asked."""
    try:
        return context.examiner.answers(ready)
    except AnswerFailed as error:
        blamed = context.place.blame(error.failure, asked.avoided or ())
        if blamed.kind == PLACE and blamed != error.failure:
            return None
        raise StageError(
            f"arm {asked.replicate.arm}, seed {asked.replicate.seed}: scoring on the test set failed "
            f"({blamed.reason}); run the same command again to go on"
        ) from error


def _adopt_recorded_scores(context: StudyContext, reading: Reading, replicate: ReplicateState) -> bool:
    """Take scores that were written just before a crash, instead of opening the test set again."""
    directory, test = context.directory.trial(replicate.fingerprint), reading.test
    scores = recorded_scores(task_of(test.benchmark), directory, test.name, reading.keys)
    if scores is not None:
        _scored(context, test, replicate, scores)
    return scores is not None


def _scored(
    context: StudyContext, test: TestSet, replicate: ReplicateState, scores: dict[str, dict[str, float]]
) -> None:
    directory = context.directory.trial(replicate.fingerprint)
    known = _known_scores(context, directory) | {test.name: scores}
    complete_model_card(directory, origin_of(context.study, context.locations, replicate.of, known))
    named = {"arm": replicate.arm, "seed": replicate.seed, "fingerprint": replicate.fingerprint}
    context.event("test_scored", **named, set=test.name, scores=scores)
    context.listener.test_scored(replicate.arm, replicate.seed, test.name, scores)
    for line in sentinel_notes(scores):
        context.listener.note(f"arm {replicate.arm}, seed {replicate.seed}, {test.name}: {line}")


def _known_scores(context: StudyContext, directory: TrialDirectory) -> dict[str, dict[str, dict[str, float]]]:
    """Scores in the languages of all test sets that a replicate's predictions are there for, for its model's card."""
    found = {
        name: recorded_scores(task_of(test.benchmark), directory, name, test.languages)
        for name, test in context.study.data.test.sets.items()
    }
    return {name: scores for name, scores in found.items() if scores is not None}


def _by_model(context: StudyContext, replicates: Sequence[ReplicateState]) -> dict[Checkpoint, list[ReplicateState]]:
    groups: dict[Checkpoint, list[ReplicateState]] = defaultdict(list)
    for replicate in replicates:
        groups[context.checkpoints[replicate.arm]].append(replicate)
    return groups
