"""Choose the gold span of an answer."""

from __future__ import annotations

import re
from collections.abc import Callable

from xlingual.data.recipes.echo import repeats
from xlingual.data.recipes.sentence_offsets import Sentences
from xlingual.data.writing import fold, in_english, is_question

PREAMBLE = 2
"""Maximum number of sentences before the one that answers."""

SHORTEST = 20
"""Length in characters below which a sentence without a digit, in a longer answer, counts as a mere yes or no."""

_MARKS = " \t.!,;:。．｡！，；：、।॥…،؛·\u037e"
_ITEM = re.compile(r"(?:\d{1,2}[.)）、]|[-–—•*·●▪►➤✓✔])\s*\D")
_BULLETS = "-–—•*·●▪►➤✓✔ "
_PAIRS = {'"': '"', "“": "”", "„": "“", "«": "»", "‘": "’", "(": ")", "「": "」", "『": "』", "（": "）"}


def answer_span(answer: Sentences, limit: int) -> tuple[int, int] | str:
    """The whole answer, trimmed, as (start, end), or a reason to drop it, such as exceeding `limit` characters."""
    if not len(answer) or _announces(answer.text):
        return "dropped_no_span"
    start, end = bared(answer.text, 0, len(answer.text))
    return (start, end) if end - start <= limit else "dropped_long_span"


def sentence_span(
    question: str, answer: Sentences, language: str, limit: int, evidence: Callable[[int, int], float], least: float
) -> tuple[int, int] | str:
    """The sentence or short answer that answers a question, trimmed, as (start, end) in the answer's text.

    This is the first candidate sentence, together with a preceding yes or no, if there is enough evidence for it;
    otherwise the whole answer, if it has at most `limit` characters and is not a question. `evidence` takes the indices
    of the span's first and last sentence.

    A sentence is no candidate if it is a question, repeats the question asked, announces something lost with the page
    (it ends in a colon), is a list item, or is a mere yes or no (SHORTEST). The sentence of a one-sentence answer is a
    candidate unless it asks, announces or repeats. The result is a reason to drop the answer if the answer ends in a
    colon, or if its first candidate comes after more than PREAMBLE sentences, is longer than `limit` characters, occurs
    twice in the answer, or has evidence below `least`.

    Why only the first candidate: FAQ answers state the point first and explain it afterwards. On about fifty English
    and German rows, the next short enough sentence ("This data is used ...", "However, ...") and the sentence sharing
    the most words with the question more often missed what was asked; of 29 English sentences that hold most of what
    their answer repeats of the question, about half did.
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
    """Trim leading list marks, final marks, and enclosing quotes or brackets from a span.

    SQuAD's spans are words of a sentence, not sentences: 3% of them end in a full stop, mostly of an abbreviation. A
    question mark is kept, and a span of nothing but marks is returned unchanged.
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
    """Whether a sentence is a statement of its own: no question, announcement or repetition."""
    return not (is_question(sentence, language) or _announces(sentence) or repeats(sentence, question))


def _announces(text: str) -> bool:
    return text.rstrip().endswith((":", "："))
