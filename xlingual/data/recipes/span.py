"""Which words of an answer are the span to find."""

from __future__ import annotations

import re
from collections.abc import Callable

from xlingual.data.recipes.echo import repeats
from xlingual.data.recipes.sentence_offsets import Sentences
from xlingual.data.writing import fold, in_english, is_question

PREAMBLE = 2
"""Sentences at the beginning of an answer that may stand before the one that answers."""

SHORTEST = 20
"""Characters below which a sentence without a digit is taken for a mere yes or no, where the answer goes on."""

_MARKS = " \t.!,;:。．｡！，；：、।॥…،؛·\u037e"
_ITEM = re.compile(r"(?:\d{1,2}[.)）、]|[-–—•*·●▪►➤✓✔])\s*\D")
_BULLETS = "-–—•*·●▪►➤✓✔ "
_PAIRS = {'"': '"', "“": "”", "„": "“", "«": "»", "‘": "’", "(": ")", "「": "」", "『": "』", "（": "）"}


def answer_span(answer: Sentences, limit: int) -> tuple[int, int] | str:
    """The whole answer, bared, as (start, end); a reason to drop it when it is longer than `limit` characters."""
    if not len(answer) or _announces(answer.text):
        return "dropped_no_span"
    start, end = bared(answer.text, 0, len(answer.text))
    return (start, end) if end - start <= limit else "dropped_long_span"


def sentence_span(
    question: str, answer: Sentences, language: str, limit: int, evidence: Callable[[int, int], float], least: float
) -> tuple[int, int] | str:
    """The sentence or short answer that answers a question, bared, as (start, end) in the answer's text.

    That is the first sentence that can answer it, with a mere yes or no before it, when there is evidence enough that
    it does; else the whole answer, when that is no longer than `limit` characters and no question. `evidence` takes
    the indices of the span's first and last sentence.

    A sentence cannot when it is a question, repeats the one that was asked, announces what was lost with the page (it
    ends in a colon), is an item of a list, or says no more than yes or no (SHORTEST); the whole answer always can, if
    it is one sentence. Gives back a reason to drop the answer when there is none behind at most PREAMBLE others, when
    it is longer than `limit` characters, when its words stand in the answer twice, when its evidence is below `least`,
    and when the answer ends in a colon.

    Why the first, and why no second try: FAQ answers say the matter first and explain it afterwards. On some fifty
    English and German rows read side by side, the next sentence that is short enough ("This data is used ...",
    "However, ...") and the sentence that shares most words with the question more often missed what was asked; of 29
    English ones that hold most of what their answer repeats of its question, about half did.
    """
    if _announces(answer.text):
        return "dropped_no_span"
    span = _first_able(question, answer, language, limit, evidence, least)
    if isinstance(span, tuple) or is_question(answer.text, language):
        return span
    whole = answer_span(answer, limit)
    return whole if isinstance(whole, tuple) else span


def _first_able(
    question: str, answer: Sentences, language: str, limit: int, evidence: Callable[[int, int], float], least: float
) -> tuple[int, int] | str:
    beginning = range(min(PREAMBLE + 1, len(answer)))
    last = next((index for index in beginning if _able(question, answer, index, language)), None)
    if last is None:
        return "dropped_no_span"
    first = last
    while first and _states(question, answer.sentence(first - 1), language):
        first -= 1
    start, end = bared(answer.text, answer.places[first][0], answer.places[last][1])
    if end - start > limit:
        return "dropped_long_span"
    if answer.text.count(answer.text[start:end]) > 1:
        return "dropped_repeated_span"
    return (start, end) if evidence(first, last) >= least else "dropped_no_evidence"


def bared(text: str, start: int, end: int) -> tuple[int, int]:
    """A span without list marks before it, final marks behind it, and quotes or brackets that enclose all of it.

    SQuAD's spans are words of a sentence, not sentences: 3% of them end in a full stop (an abbreviation's, mostly). A
    question mark stays; a span of nothing but marks stays as it is.
    """
    first, last = start, end
    while first < last and text[first] in _BULLETS:
        first += 1
    while True:
        while first < last and text[last - 1] in _MARKS:
            last -= 1
        inner = text[first + 1 : last - 1]
        closer = _PAIRS.get(text[first]) if last - first > 2 else None
        if closer is None or text[last - 1] != closer or closer in inner or text[first] in inner:
            break
        first, last = first + 1, last - 1
    return (first, last) if fold(text[first:last]) else (start, end)


def _able(question: str, answer: Sentences, index: int, language: str) -> bool:
    sentence = answer.sentence(index)
    if not _states(question, sentence, language):
        return False
    if len(answer) == 1:
        return True
    start, end = bared(sentence, 0, len(sentence))
    says_enough = any(map(str.isdigit, sentence)) or in_english(sentence[start:end], language) >= SHORTEST
    return says_enough and not _ITEM.match(sentence)


def _states(question: str, sentence: str, language: str) -> bool:
    """Whether a sentence says something of its own: it asks, announces and repeats nothing."""
    return not (is_question(sentence, language) or _announces(sentence) or repeats(sentence, question))


def _announces(text: str) -> bool:
    return text.rstrip().endswith((":", "："))
