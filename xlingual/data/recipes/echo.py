"""Answers that begin by repeating their question."""

from __future__ import annotations

import re
from collections import Counter

from xlingual.data.writing import fold, words

ECHO = 0.6
"""Minimum Dice similarity of words for an opening question to count as the one that was asked."""

_BREAK = re.compile(r"(?:\s*[?？؟;\u037e:：|–—]|\s-\s|[^\S\n]*\n)[?？؟!:：|–—\s-]*")
_OPENING = re.compile(r"[^?？؟.!。！।\n]*[?？؟]+[\"”»)\s]*")
_GREEK_OPENING = re.compile(r"[^?;\u037e.!\n]*[?;\u037e]+[\"”»)\s]*")
_OPENERS = "¿¡\"'“„«( "
_FINAL_MARKS = "?？؟!！.。:：;\u037e… "


def without_echo(question: str, answer: str, language: str) -> str:
    """Remove a repetition of the question from the beginning of its answer; empty if nothing else remains.

    Two kinds of repetition are recognised, without word lists:

    - The question verbatim, followed by a question mark, colon, dash, line break or the end. "What is Bitcoin is often
      asked" is kept, and so is the same sentence with a full stop: in languages whose questions keep the word order of
      statements, it means yes.
    - An opening sentence that is a question with nearly the same words (ECHO).

    "Yes, you can ..." is kept: it is the answer.
    """
    answer = answer.strip()
    if fold(answer) == fold(question):
        return ""
    exact = _verbatim(question, answer)
    if exact is not None:
        return exact
    opening = _opening_question(answer, language)
    if opening and _dice(words(fold(opening), language), words(fold(question), language)) >= ECHO:
        return answer[len(opening) :].strip()
    return answer


def repeats(sentence: str, question: str) -> bool:
    """Whether a sentence equals the question, ignoring punctuation and case."""
    return fold(sentence) == fold(question)


def _verbatim(question: str, answer: str) -> str | None:
    """The text after the verbatim question, or None if the answer does not begin with it."""
    bare = question.strip(_OPENERS).rstrip(_FINAL_MARKS)
    text = answer.lstrip(_OPENERS)
    if not bare or text[: len(bare)].casefold() != bare.casefold():
        return None
    found = _BREAK.match(text, len(bare))
    return text[found.end() :].strip() or None if found else None


def _opening_question(answer: str, language: str) -> str:
    """The first sentence with its closing marks if it is a question, otherwise ""."""
    found = (_GREEK_OPENING if language == "el" else _OPENING).match(answer)
    return found.group() if found else ""


def _dice(one: list[str], other: list[str]) -> float:
    """Dice similarity of two bags of words."""
    both = (Counter(one) & Counter(other)).total()
    return 2 * both / (len(one) + len(other)) if both else 0.0
