"""Exact match and F1 as MLQA's official evaluation script defines them (Lewis et al. 2020, arXiv 1910.07475).

They are SQuAD's (`xlingual.metrics.squad`) after another normalisation, which depends on the language of the answer:
all of Unicode's punctuation is deleted, the articles are those of the language, and a Chinese character is a word.
"""

from __future__ import annotations

import re
import string
import sys
import unicodedata
from collections.abc import Sequence
from functools import cache

from xlingual.errors import DataError
from xlingual.metrics.squad import overlap_f1, refuse_no_answers

_ARTICLES: dict[str, str] = {
    "en": r"\b(a|an|the)\b",
    "es": r"\b(un|una|unos|unas|el|la|los|las)\b",
    "vi": r"\b(của|là|cái|chiếc|những)\b",
    "de": r"\b(ein|eine|einen|einem|eines|einer|der|die|das|den|dem|des)\b",
    "ar": "ال",  # wherever it is in a word: the script's other alternative never matches
    "hi": "",
    "zh": "",
}
"""Articles by language, each replaced by a space."""

LANGUAGES = tuple(_ARTICLES)
"""The languages that the script knows; it refuses others, and so does this module."""

_CHINESE = re.compile("([\u4e00-\u9fa5])")


@cache
def _without_punctuation() -> dict[int, None]:
    """Delete all punctuation, for `str.translate`; made when it is first needed, as it takes a third of a second."""
    marks = {code for code in range(sys.maxunicode) if unicodedata.category(chr(code)).startswith("P")}
    return dict.fromkeys({ord(mark) for mark in string.punctuation} | marks)


def normalize_answer(text: str, language: str) -> str:
    """Lower-case, delete punctuation, replace articles by a space, join the words by one space.

    Args:
        text: an answer.
        language: two-letter code of the answer's language, which is that of its context.

    Raises:
        DataError: when MLQA's script does not know the language.
    """
    if language not in _ARTICLES:
        raise DataError(
            f"MLQA's metrics are defined in {', '.join(LANGUAGES)}, not in {language}; a test set of your own is "
            "scored with SQuAD's"
        )
    bare = text.lower().translate(_without_punctuation())
    if _ARTICLES[language]:
        bare = re.sub(_ARTICLES[language], " ", bare)
    if language == "zh":
        bare = _CHINESE.sub(r" \1 ", bare)
    return " ".join(bare.split())


def exact_match(prediction: str, answers: Sequence[str], language: str) -> float:
    """1.0 when the normalised prediction equals a normalised answer, else 0.0.

    Raises:
        DataError: when there are no gold answers, or see `normalize_answer`.
    """
    refuse_no_answers(answers)
    normalized = normalize_answer(prediction, language)
    return float(any(normalized == normalize_answer(answer, language) for answer in answers))


def f1(prediction: str, answers: Sequence[str], language: str) -> float:
    """Harmonic mean of precision and recall over normalised words, 0..1; the best over the answers.

    Raises:
        DataError: when there are no gold answers, or see `normalize_answer`.
    """
    refuse_no_answers(answers)
    words = normalize_answer(prediction, language).split()
    return max(overlap_f1(words, normalize_answer(answer, language).split()) for answer in answers)
