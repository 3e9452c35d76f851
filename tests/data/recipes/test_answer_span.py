from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xlingual.data.recipes.sentence_offsets import split
from xlingual.data.recipes.span import answer_span, bared, sentence_span


def chosen(
    answer: str, question: str = "Is it so?", language: str = "en", limit: int = 60, evidence: float = 0.5
) -> str:
    found = split(answer, language)
    span = sentence_span(question, found, language, limit, lambda first, last: evidence, 0.5)
    return span if isinstance(span, str) else found.text[slice(*span)]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("The sky is blue on most days. It rains on others.", "The sky is blue on most days"),
        ("Yes. The sky is blue on most days.", "Yes. The sky is blue on most days"),
        ("Yes! Sure. The sky is blue on most days.", "Yes! Sure. The sky is blue on most days"),
        ("Is it so? Yes. The sky is blue on most days.", "Yes. The sky is blue on most days"),
        ("Yes. The sky is blue on most days of every year that there is. So.", "dropped_long_span"),
        ("Good question? The sky is blue on most days.", "The sky is blue on most days"),
        ("Is it so. The sky is blue on most days.", "The sky is blue on most days"),
        ("It is like this:\nThe sky is blue on most days.", "The sky is blue on most days"),
        ("It costs 5 euros. Pay in cash only, please.", "It costs 5 euros"),
        ("Blue.", "Blue"),
        ("Yes. No. Maybe. The sky is blue on most days, so we say. Or not.", "dropped_no_span"),
        ("The sky is blue on most days. These are reasons:", "dropped_no_span"),
        ("1. Take a very large bowl\n2. Fill it with water\n3. Drink it all", "dropped_no_span"),
        (f"The sky is {'very ' * 20}blue. It rains on other days.", "dropped_long_span"),
        ("The sky is blue on most days. The sky is blue on most days, yes.", "dropped_repeated_span"),
        ("Yes. No. Maybe. Blue.", "Yes. No. Maybe. Blue"),
        ("Yes. Is it?", "dropped_no_span"),
    ],
)
def test_the_first_sentence_that_can_answer_is_the_span(answer: str, expected: str) -> None:
    assert chosen(answer) == expected


@pytest.mark.parametrize(
    ("language", "answer", "expected"),
    [
        ("zh", "是的。我们提供所有的服务。", "是的。我们提供所有的服务"),
        ("zh", "Yes. 我们提供所有的服务。", "Yes. 我们提供所有的服务"),
        ("ja", "はい。すべてのサービスを提供しています。", "はい。すべてのサービスを提供しています"),
        ("hi", "हाँ। आप यहाँ सब कुछ खरीद सकते हैं।", "हाँ। आप यहाँ सब कुछ खरीद सकते हैं"),
        ("ar", "نعم. يمكنك شراء كل شيء هنا.", "نعم. يمكنك شراء كل شيء هنا"),
        ("el", "Τι ωραία ερώτηση που είναι αυτή; Μπορείτε να αγοράσετε εδώ.", "Μπορείτε να αγοράσετε εδώ"),
    ],
)
def test_spans_of_many_languages(language: str, answer: str, expected: str) -> None:
    assert chosen(answer, language=language) == expected


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("The sky is blue on most days. It rains on others.", "The sky is blue on most days. It rains on others"),
        ("The sky is blue on most days. It rains on others, as we all said.", "dropped_no_evidence"),
        ("The sky is blue on most days. Do you agree?", "dropped_no_evidence"),
    ],
)
def test_without_evidence_only_the_whole_of_a_short_answer_is_the_span(answer: str, expected: str) -> None:
    assert chosen(answer, evidence=0.49) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Blue.", "Blue"),
        ("“Blue skies.”", "Blue skies"),
        ('"Blue" and "red".', '"Blue" and "red"'),
        ("(Blue)", "Blue"),
        ("(Blue) and (red)", "(Blue) and (red)"),
        ("- Blue;", "Blue"),
        ("好。", "好"),
        ("नीला।", "नीला"),
        ("Blue?", "Blue?"),
        ("...", "..."),
        ("5 €.", "5 €"),
        ("”", "”"),
    ],
)
def test_a_span_is_bared_of_marks(text: str, expected: str) -> None:
    assert text[slice(*bared(text, 0, len(text)))] == expected


@settings(deadline=None)
@given(st.text("a b.!\"“”()-。'", min_size=1, max_size=20))
def test_a_bared_span_is_never_empty(text: str) -> None:
    start, end = bared(text, 0, len(text))
    assert 0 <= start < end <= len(text)


def test_whole_answers_are_spans_up_to_the_limit() -> None:
    answer = split("Blue. Or red.", "en")
    assert answer_span(answer, 12) == (0, 12)
    assert answer_span(answer, 11) == "dropped_long_span"
    assert answer_span(split("As follows:", "en"), 50) == "dropped_no_span"
