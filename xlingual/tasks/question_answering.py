"""Question answering on a context: exact match and F1 as SQuAD v1.1's official script computes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, TypeAlias

import numpy as np

from xlingual import metrics, task_metrics
from xlingual.data.examples import Example
from xlingual.data.scorable import first_ids, refuse_unscorable
from xlingual.data.scripts import UNSPACED_SCRIPTS, main_script
from xlingual.data.stated_questions import Question, questions_of_file
from xlingual.data.texts import mended
from xlingual.errors import DataError
from xlingual.languages import UNSPACED
from xlingual.metrics import mlqa
from xlingual.metrics.squad import vanish
from xlingual.task_metrics import EMPTY_GOLD, SQUAD, TaskMetrics, counted
from xlingual.tasks.task import Candidate, Extras

EXACT_MATCH, F1 = SQUAD.names

(CHARACTER_F1,) = SQUAD.partial_names
"""Rows hold it where their language is written without spaces; it enters no mean of the official F1."""

SHARES = SQUAD.share_names
"""Rows of models that write their answers hold these: true or false."""

SENTINELS = "sentinels"
"""Mark of an answer from which sentinels of masked spans were left out. Its share is shown if any answer has it."""


Measure: TypeAlias = Callable[[str, Sequence[str], str], float]
"""From a prediction, its gold answers and their language to a score, 0..1."""


class QuestionAnswering:
    """An example is a question, its context and its gold answers; an answer is a text.

    Attributes:
        metrics: see `Task`.

    Args:
        metrics: SQuAD's, which every row has, and others.
        others: from the names of the others to how they are computed.
    """

    name: ClassVar[str] = SQUAD.task

    def __init__(self, metrics: TaskMetrics = SQUAD, others: Mapping[str, Measure] | None = None) -> None:
        self.metrics = metrics
        self._others = dict(others or {})

    def rows(
        self, examples: Sequence[Example], found: Mapping[int, Sequence[Candidate]], extras: Extras | None = None
    ) -> list[dict[str, Any]]:
        """See `answer_rows`."""
        return answer_rows(examples, found, extras, self._others)

    def scores(self, rows: Sequence[Mapping[str, Any]]) -> dict[str, float]:
        """See `mean_scores`."""
        return mean_scores(rows, self.metrics)


QUESTION_ANSWERING = QuestionAnswering()

MLQA = QuestionAnswering(task_metrics.MLQA, {"mlqa_exact_match": mlqa.exact_match, "mlqa_f1": mlqa.f1})
"""The same task with MLQA's metrics beside SQuAD's. The language of an answer is that of its context."""


def answer_rows(
    examples: Sequence[Example],
    found: Mapping[int, Sequence[Candidate]],
    extras: Extras | None = None,
    others: Mapping[str, Measure] | None = None,
) -> list[dict[str, Any]]:
    """Score every question: id, paragraph, prediction, its exact match and F1 in percent, and the n best answers.

    The row names the article if the data does, and where the prediction is (`SpanLocation`) if it is a span. A question
    without candidates gets the empty answer. Languages written without spaces also get `character_f1`. `others` adds
    metrics in percent, `extras` other columns; the marks of a prediction are recorded too, and `empty_gold` where
    SQuAD's rule leaves nothing of the gold answers.
    """
    rows = []
    for index, example in enumerate(examples):
        candidates = found.get(index, ())
        prediction = candidates[0].text if candidates else ""
        rows.append(
            {
                "id": example.id,
                "paragraph": example.paragraph,
                **({"article": example.title} if example.title else {}),
                "prediction": prediction,
                EXACT_MATCH: 100.0 * metrics.exact_match(prediction, example.answers),
                F1: 100.0 * metrics.f1(prediction, example.answers),
                **{
                    name: 100.0 * measure(prediction, example.answers, example.language)
                    for name, measure in (others or {}).items()
                },
                **_characters(example, prediction),
                **({EMPTY_GOLD: True} if vanish(example.answers) else {}),
                **{
                    name: value
                    for one in candidates[:1]
                    if one.location
                    for name, value in one.location._asdict().items()
                },
                "n_best": [{"text": one.text, "score": round(one.score, 4)} for one in candidates],
                **(extras(example, prediction) if extras else {}),
                **{mark: True for one in candidates[:1] for mark in one.marks},
            }
        )
    return rows


def mean_scores(rows: Sequence[Mapping[str, Any]], task: TaskMetrics = SQUAD) -> dict[str, float]:
    """Mean of each metric of the task over the questions in percent, and the number of questions.

    Character F1 and SHARES (answers that are not in their context, see `xlingual.families.text_to_text`) are included
    if all rows hold them, and the share of SENTINELS if any answer has them.

    Raises:
        DataError: when there are no rows.
    """
    if not rows:
        raise DataError("there is no question to score; name data with at least one question in every language")
    characters = [CHARACTER_F1] if all(CHARACTER_F1 in row for row in rows) else []
    shares = [name for name in SHARES if all(name in row for row in rows)]
    shares += [SENTINELS] if any(row.get(SENTINELS) for row in rows) else []
    return {
        **{name: float(np.mean([row[name] for row in rows])) for name in (*task.names, *characters)},
        "questions": len(rows),
        **{name: 100.0 * float(np.mean([row.get(name, False) for row in rows])) for name in shares},
    }


def file_scores(gold: Path, predictions: Any, note: Callable[[str], None] | None = None) -> dict[str, float]:
    """Scores of a whole SQuAD file in percent: the official two, and `character_f1` for scripts without spaces.

    The script is that of most letters in the gold answers, because a SQuAD file does not name its language.

    Args:
        gold: see `questions_of_file`; contexts and questions may be absent.
        predictions: maps a question's id to its answer.
        note: called about questions without an answer, which score 0 as in the official script.

    Raises:
        DataError: see `questions_of_file`, `refuse_unscorable` and `xlingual.metrics.score_predictions`; also when no
            answer belongs to a question of the file.
    """
    return answer_scores(gold, questions_of_file(gold, texts=False), predictions, note)


def answer_scores(
    gold: Path | str, questions: Sequence[Question], predictions: Any, note: Callable[[str], None] | None = None
) -> dict[str, float]:
    """The same of questions that were read already; `gold` is their name in messages."""
    refuse_unscorable(gold, questions)
    golds = [(question.id, question.answers) for question in questions]
    given = {mended(key): text for key, text in predictions.items()} if isinstance(predictions, dict) else predictions
    try:
        scores = metrics.score_predictions(golds, given)
    except DataError as error:
        raise DataError(f"{gold}: {error}") from None
    absent = [identifier for identifier, _ in golds if identifier not in given]
    if given and len(absent) == len(golds):
        raise DataError(
            f"{gold}: none of the {len(given)} answers belongs to its questions; found {first_ids(list(given))}, "
            f"looked for {first_ids(absent)}"
        )
    if absent and note is not None:
        verbs = "has no answer and scores 0" if len(absent) == 1 else "have no answer and score 0"
        note(f"{len(absent)} of {counted(len(golds), 'questions')} {verbs}: {first_ids(absent)}")
    if main_script("".join(text for _, answers in golds for text in answers)) not in UNSPACED_SCRIPTS:
        return scores
    found = [metrics.character_f1(given.get(identifier, ""), answers) for identifier, answers in golds]
    return {**scores, CHARACTER_F1: 100.0 * float(np.mean(found))}


def _characters(example: Example, prediction: str) -> dict[str, float]:
    if example.language not in UNSPACED:
        return {}
    return {CHARACTER_F1: 100.0 * metrics.character_f1(prediction, example.answers)}
