"""Labels of sentence pairs: rows, accuracy, and answers that are no label."""

from __future__ import annotations

from typing import Any

import pytest

from xlingual.data.examples import SentencePair
from xlingual.errors import DataError
from xlingual.tasks import Candidate, SentencePairTask, Task
from xlingual.tasks.pawsx import PAWSX
from xlingual.tasks.xnli import XNLI

TASKS = [PAWSX, XNLI]


def pair(label: str, identifier: str = "1", **more: str) -> SentencePair:
    return SentencePair(identifier, "A b .", "B a .", label, "en", paragraph=f"p{identifier}", **more)


def answered(task: SentencePairTask, label: str, *texts: str) -> dict[str, Any]:
    (row,) = task.rows([pair(label)], {0: [Candidate(-float(n), text) for n, text in enumerate(texts)]})
    return row


def test_input_and_words_of_paraphrases_are_those_of_mt5() -> None:
    assert PAWSX.prompt(pair("0")) == "paws sentence1: A b . sentence2: B a ."
    assert PAWSX.words == {"0": "different_meaning", "1": "paraphrase"}


def test_input_and_words_of_inference_are_those_of_mt5() -> None:
    assert XNLI.prompt(pair("neutral")) == "xnli: premise: A b . hypothesis: B a ."
    assert XNLI.words == {"entailment": "0", "neutral": "1", "contradiction": "2"}


def test_braces_and_quotes_of_sentences_stay_as_they_are() -> None:
    odd = SentencePair("1", "{second} {0}", '"{first}"', "1", "en")
    assert PAWSX.prompt(odd) == 'paws sentence1: {second} {0} sentence2: "{first}"'


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_no_word_of_a_task_is_another_label(task: SentencePairTask) -> None:
    for label, word in task.words.items():
        assert task.label_of(label) == task.label_of(word) == label
    assert len({*task.labels, *task.words.values()}) == 2 * len(task.labels)
    held: Task = task
    assert held.metrics.headline.name == "accuracy"


def test_a_row_has_the_label_the_prediction_and_all_answers() -> None:
    assert answered(PAWSX, "1", "paraphrase", "different_meaning") == {
        "id": "1",
        "paragraph": "p1",
        "prediction": "1",
        "label": "1",
        "accuracy": 100.0,
        "n_best": [{"text": "paraphrase", "score": 0.0}, {"text": "different_meaning", "score": -1.0}],
    }
    assert answered(PAWSX, "1", "0")["accuracy"] == 0.0


@pytest.mark.parametrize("text", ["paraphrases", "", "10", "yes"])
def test_an_answer_that_is_no_label_is_wrong_and_marked(text: str) -> None:
    row = answered(PAWSX, "1", text)
    assert (row["prediction"], row["accuracy"], row["illegal"]) == (text, 0.0, True)


def test_a_pair_without_an_answer_is_wrong() -> None:
    (row,) = PAWSX.rows([pair("0")], {})
    assert (row["prediction"], row["accuracy"], row["illegal"], row["n_best"]) == ("", 0.0, True, [])


def test_extras_and_marks_are_columns() -> None:
    found = {0: [Candidate(0.0, "0", ("sentinels",))]}
    (row,) = PAWSX.rows([pair("0", title="Rivers")], found, lambda example, text: {"of": f"{example.id} {text}"})
    assert (row["article"], row["of"], row["sentinels"]) == ("Rivers", "1 0", True)


def test_accuracy_is_the_share_of_right_labels() -> None:
    examples = [pair("1", str(number)) for number in range(4)]
    texts = ["1", "0", "paraphrase", "different_meaning"]
    rows = PAWSX.rows(examples, {n: [Candidate(0.0, text)] for n, text in enumerate(texts)})
    assert PAWSX.scores(rows) == {"accuracy": 50.0, "questions": 4}


def test_the_share_of_illegal_answers_is_told_where_there_is_one() -> None:
    rows = [answered(PAWSX, "1", text) for text in ("1", "what", "0", "1")]
    assert PAWSX.scores(rows) == {"accuracy": 50.0, "questions": 4, "illegal": 25.0}


def test_no_row_has_no_score() -> None:
    with pytest.raises(DataError, match="no pair to score"):
        PAWSX.scores([])
