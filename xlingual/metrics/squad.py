"""Exact match and F1 as SQuAD v1.1's official evaluation script defines them (Rajpurkar et al. 2016).

XQuAD's authors and XTREME use the same English normalisation for every language; so does this module. In languages
written without spaces, F1 over words is all or nothing; F1 over characters is reported beside it, never instead.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from xlingual.errors import DataError

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_DELETE_PUNCTUATION = str.maketrans("", "", string.punctuation)


def normalize_answer(text: str) -> str:
    """Lower-case, delete ASCII punctuation, replace English articles by a space, join the words by one space."""
    without_punctuation = text.lower().translate(_DELETE_PUNCTUATION)
    return " ".join(_ARTICLES.sub(" ", without_punctuation).split())


def exact_match(prediction: str, answers: Sequence[str]) -> float:
    """1.0 when the normalised prediction equals a normalised answer, else 0.0.

    Raises:
        DataError: when there are no gold answers.
    """
    refuse_no_answers(answers)
    normalized = normalize_answer(prediction)
    return float(any(normalized == normalize_answer(answer) for answer in answers))


def f1(prediction: str, answers: Sequence[str]) -> float:
    """Harmonic mean of precision and recall over normalised words, 0..1; the best over the answers.

    Two texts without a common word score 0.0, even if both are empty, as in the official script.

    Raises:
        DataError: when there are no gold answers.
    """
    refuse_no_answers(answers)
    words = normalize_answer(prediction).split()
    return max(overlap_f1(words, normalize_answer(answer).split()) for answer in answers)


def character_f1(prediction: str, answers: Sequence[str]) -> float:
    """F1 over characters instead of words, 0..1; the best over the answers.

    Both texts are normalised as for `f1`. Every code point that is not white space then counts as a word does in
    F1: as often as it occurs, wherever it occurs. MLQA's script counts Chinese characters so (Lewis et al. 2020, arXiv
    1910.07475). CMRC 2018 (Cui et al. 2019, arXiv 1810.07366) takes the longest common subsequence instead, which is
    never larger.

    Raises:
        DataError: when there are no gold answers.
    """
    refuse_no_answers(answers)
    characters = _characters(prediction)
    return max(overlap_f1(characters, _characters(answer)) for answer in answers)


def vanish(answers: Sequence[str]) -> bool:
    """Whether all gold answers are normalised to nothing, such as "The": no answer has any F1 then."""
    return not any(normalize_answer(answer) for answer in answers)


def score_predictions(gold: Iterable[tuple[str, Sequence[str]]], predictions: Any) -> dict[str, float]:
    """Score a whole SQuAD file: {"exact_match": percent, "f1": percent}, means over its questions.

    `gold` is (id, answers) of every question, `predictions` maps question ids to answers. A question without a
    prediction scores 0; a prediction without a question is ignored, as in the official script.

    Raises:
        DataError: when `gold` has no question, or one without an answer, or `predictions` does not map ids to texts.
    """
    answered = _checked_predictions(predictions)
    matches = overlaps = 0.0
    questions = 0
    for identifier, answers in gold:
        questions += 1
        refuse_no_answers(answers, f"question {identifier!r}")
        if identifier in answered:
            matches += exact_match(answered[identifier], answers)
            overlaps += f1(answered[identifier], answers)
    if not questions:
        raise DataError("the gold file holds no question; name a SQuAD file with at least one")
    return {"exact_match": 100.0 * matches / questions, "f1": 100.0 * overlaps / questions}


def _characters(text: str) -> list[str]:
    return list(normalize_answer(text).replace(" ", ""))


def overlap_f1(prediction: Sequence[str], answer: Sequence[str]) -> float:
    """Harmonic mean of precision and recall over words, 0..1; 0.0 without a common word."""
    shared = (Counter(prediction) & Counter(answer)).total()
    if not shared:
        return 0.0
    precision, recall = shared / len(prediction), shared / len(answer)
    return 2 * precision * recall / (precision + recall)


def refuse_no_answers(answers: Sequence[str], question: str = "a question") -> None:
    """Raise DataError if a question has no gold answer, or a text in place of a list of them."""
    if isinstance(answers, str):
        raise DataError(
            f"the answers of a question must be a list of texts, found the text {answers!r}; write [{answers!r}]"
        )
    if not answers:
        raise DataError(f"{question} has no answer to score against; SQuAD v1.1 gives every question at least one")


def _checked_predictions(predictions: Any) -> dict[str, str]:
    expected = 'the predictions must be one JSON object {"question id": "answer text"}'
    if not isinstance(predictions, dict):
        raise DataError(f"{expected}, found {_kind(predictions)}")
    for identifier, text in predictions.items():
        if not isinstance(text, str):
            raise DataError(f"{expected}, found {_kind(text)} for question {identifier!r}")
    return predictions


def _kind(value: Any) -> str:
    names = {type(None): "nothing", dict: "an object", list: "a list", str: "a text", bool: "true or false"}
    if isinstance(value, list) and not value:
        return "an empty list"
    return names.get(type(value), f"the number {value!r}" if isinstance(value, int | float) else type(value).__name__)
