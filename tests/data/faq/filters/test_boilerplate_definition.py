"""Boilerplate removal follows its definition, however it is implemented."""

from collections import Counter

import sentencex
from faq_filter_rows import row
from hypothesis import given
from hypothesis import strategies as st

from xlingual.data.faq.filters.boilerplate import HostBoilerplate
from xlingual.data.faq.filters.tally import Tally

NGRAM, SHARE, FEWEST_WORDS = 3, 0.3, 4
WORDS = ["Rot", "Blau", "Gelb", "Grau"]
MIXED = st.lists(st.sampled_from(WORDS), min_size=1, max_size=6).map(lambda words: " ".join(words) + ".")
SENTENCES = MIXED | st.sampled_from(["Ruf uns heute noch an.", "Wir helfen gern weiter.", "Gern."])
ANSWERS = st.lists(st.lists(SENTENCES, min_size=1, max_size=3).map(" ".join), min_size=4, max_size=9)


def parts(answer: str) -> tuple[list[str], list[list[str]], list[tuple[str, ...]]]:
    sentences = sentencex.segment("de", answer)
    words = [sentence.lower().replace(".", "").split() for sentence in sentences]
    row_of_words = [word for units in words for word in units]
    grams = [tuple(row_of_words[at : at + NGRAM]) for at in range(len(row_of_words) - NGRAM + 1)]
    return sentences, words, grams


def cut(answers: list[str]) -> list[str]:
    """Counts all n-grams and sentences, without shortcuts."""
    taken = [parts(answer) for answer in answers]
    fewest = max(4, int(SHARE * len(answers)) + 1)
    grams = Counter(gram for _, _, found in taken for gram in set(found))
    sentences = Counter(units for _, words, _ in taken for units in {tuple(units) for units in words})
    left = []
    for answer, (texts, words, found) in zip(answers, taken, strict=True):
        covered = {at + step for at, gram in enumerate(found) if grams[gram] >= fewest for step in range(NGRAM)}
        kept, start = [], 0
        for text, units in zip(texts, words, strict=True):
            places = set(range(start, start + len(units)))
            start += len(units)
            whole = len(units) >= FEWEST_WORDS and sentences[tuple(units)] >= fewest
            if not whole and not places <= covered:
                kept.append(text)
        left.append("".join(kept).strip() if len(kept) < len(texts) else answer)
    return left


@given(ANSWERS)
def test_what_is_cut_is_what_the_definition_says(answers: list[str]) -> None:
    tally = Tally({"dropped_boilerplate": 0, "repaired_boilerplate": 0})
    rows = HostBoilerplate(SHARE, NGRAM, 1).rows(iter([row(answer=answer) for answer in answers]), tally)
    assert [each.answer for each in rows] == [answer for answer in cut(answers) if answer]
