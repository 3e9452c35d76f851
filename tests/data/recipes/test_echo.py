from __future__ import annotations

import pytest

from xlingual.data.recipes.echo import without_echo


@pytest.mark.parametrize(
    ("language", "question", "answer", "rest"),
    [
        ("en", "How do I delete it?", "How do I delete it? Log in first.", "Log in first."),
        ("en", "How do I delete it?", "HOW DO I DELETE IT: log in first.", "log in first."),
        ("en", "How do I delete it", "How do I delete it\nLog in first.", "Log in first."),
        ("en", "How do I delete it?", "How do I delete my account? Log in first.", "Log in first."),
        ("es", "¿Cómo pago?", "¿Cómo pago? Con tarjeta.", "Con tarjeta."),
        ("el", "Τι είναι αυτό;", "Τι είναι αυτό; Καλό.", "Καλό."),
        ("zh", "这是什么？", "这是什么？好东西。", "好东西。"),
        ("ar", "ما هذا؟", "ما هذا؟ شيء جيد.", "شيء جيد."),
        ("en", "How do I delete it?", "how do I delete it", ""),
    ],
)
def test_a_repeated_question_is_taken_off(language: str, question: str, answer: str, rest: str) -> None:
    assert without_echo(question, answer, language) == rest


@pytest.mark.parametrize(
    ("language", "question", "answer"),
    [
        ("en", "What is Bitcoin?", "What is Bitcoin is often asked. It is money."),
        ("en", "Can I delete it?", "Yes, you can delete it."),
        ("en", "Is it blue?", "It is blue."),
        ("es", "¿Bitcoin es legal?", "Bitcoin es legal. En casi todas partes."),
        ("en", "Is it blue?", "Do you like trains? I do."),
        ("en", "Covid?", "Covid-19 is an illness."),
        ("tr", "Ultrabet Affiliate", "Ultrabet Affiliate programı vardır."),
        ("de", "Ist das so?", ""),
    ],
)
def test_answers_stay(language: str, question: str, answer: str) -> None:
    assert without_echo(question, answer, language) == answer
