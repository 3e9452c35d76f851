"""Answers that begin by repeating their question."""

from __future__ import annotations

import re
from collections import Counter

from xlingual.data.writing import fold, words

ECHO = 0.6
"""From which Dice similarity of its words on an opening question is taken for the one that was asked."""

_BREAK = re.compile(r"(?:\s*[?？؟;\u037e:：|–—]|\s-\s|[^\S\n]*\n)[?？؟!:：|–—\s-]*")
_OPENING = re.compile(r"[^?？؟.!。！।\n]*[?？؟]+[\"”»)\s]*")
_GREEK_OPENING = re.compile(r"[^?;\u037e.!\n]*[?;\u037e]+[\"”»)\s]*")
_OPENERS = "¿¡\"'“„«( "
_FINAL_MARKS = "?？؟!！.。:：;\u037e… "


def without_echo(question: str, answer: str, language: str) -> str:
    """The answer without a repetition of its question at its beginning; empty when nothing else is there.

    Two kinds of repetition are told, by the words of the question and not by lists of words. The question word for
    word, when a question mark, colon, dash, line break or the end follows; "What is Bitcoin is often asked" stays, and
    so does the exact sentence with a full stop, which in languages that ask without changing the order of words says
    yes. And an opening sentence that ends as a question and whose words are nearly those of the question (ECHO). "Yes,
    you can ..." stays: it is the answer.
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
    """Whether a sentence is the question again, punctuation and case aside."""
    return fold(sentence) == fold(question)


def _verbatim(question: str, answer: str) -> str | None:
    """What follows the question's own words, or None when the answer does not begin with them."""
    bare = question.strip(_OPENERS).rstrip(_FINAL_MARKS)
    text = answer.lstrip(_OPENERS)
    if not bare or text[: len(bare)].casefold() != bare.casefold():
        return None
    found = _BREAK.match(text, len(bare))
    return text[found.end() :].strip() or None if found else None


def _opening_question(answer: str, language: str) -> str:
    """The first sentence with the marks behind it, when it ends as a question."""
    found = (_GREEK_OPENING if language == "el" else _OPENING).match(answer)
    return found.group() if found else ""


def _dice(one: list[str], other: list[str]) -> float:
    """Twice the words that two texts share over the words that both have."""
    both = (Counter(one) & Counter(other)).total()
    return 2 * both / (len(one) + len(other)) if both else 0.0
