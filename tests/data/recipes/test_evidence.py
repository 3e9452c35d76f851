from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xlingual.data.recipes.evidence import EVIDENCE, Evidence
from xlingual.data.writing import fold

TEXTS = st.text("ab éß字语 12", max_size=30).map(fold)


def evidence(
    question: str, sentence: str, rest: str, sentences: int, language: str = "en", host: tuple[str, ...] = ()
) -> float:
    found = Evidence(map(fold, (question, *host)), language)
    return found(fold(question), fold(sentence), fold(f"{sentence} {rest}"), sentences)


def test_it_is_the_share_of_what_the_answer_repeats_with_a_unit_of_doubt_that_every_sentence_halves() -> None:
    """`one red cat` with equal weights: the sentence has one of three words, the answer two."""
    assert evidence("One red cat", "A cat.", "It is red.", 3) == pytest.approx((1 / 3 + 1 / 4) / (2 / 3 + 1))
    assert evidence("One red cat", "A dog.", "It is blue.", 4) == pytest.approx(1 / 8)
    assert evidence("...", "A dog.", "It is blue.", 4) == pytest.approx(1 / 8)


def test_the_only_sentence_has_all_evidence() -> None:
    assert evidence("One red cat", "A dog.", "", 1) == 1


def test_what_all_questions_of_a_host_have_weighs_little() -> None:
    question, sentence, rest = "How do I eat?", "How do I begin.", "Then eat. It is done."
    assert evidence(question, sentence, rest, 2) > EVIDENCE
    host = tuple(f"How do I {what}?" for what in ("pay", "sell", "buy", "win", "log in", "get out", "ask", "call"))
    assert evidence(question, sentence, rest, 2, host=host) < EVIDENCE


@pytest.mark.parametrize(
    ("language", "question", "answering", "other"),
    [
        ("en", "How do I confirm it?", "Confirmation is by a link.", "A message comes on that day."),
        ("de", "Warum ist das wichtig?", "Die Wichtigkeit liegt auf der Hand.", "Am Anfang war alles neu."),
        ("ru", "Как удалить аккаунт?", "Удаление аккаунта возможно.", "Сначала был другой способ."),
        ("tr", "Hesabımı nasıl silerim?", "Hesabınız ayarlardan silinir.", "Her gün bir ileti gelir."),
        ("el", "Πώς αλλάζω τον κωδικό;", "Ο κωδικός αλλάζει εδώ.", "Στην αρχή ήταν όλα νέα."),
        ("ar", "كيف أحذف الحساب؟", "يمكنك حذف حسابك هنا.", "في البداية كان كل شيء جديدا."),
        ("hi", "मैं पासवर्ड कैसे बदलूँ?", "पासवर्ड यहाँ बदला जाता है।", "पहले सब नया था।"),
        ("zh", "如何删除账户？", "账户可以删除。", "以前都是新的。"),
        ("th", "ลบบัญชีอย่างไร", "บัญชีลบได้ที่นี่", "เมื่อก่อนทุกอย่างใหม่"),
    ],
)
def test_it_is_found_in_many_languages(language: str, question: str, answering: str, other: str) -> None:
    assert evidence(question, answering, other, 2, language) >= EVIDENCE
    assert evidence(question, other, answering, 2, language) < EVIDENCE


def test_a_short_word_is_no_part_of_a_longer_one() -> None:
    assert evidence("Is it so", "Soap, this, kit.", "Is it so.", 2) == pytest.approx((0 + 1 / 2) / 2)


@settings(deadline=None)
@given(TEXTS, TEXTS, TEXTS, st.integers(1, 9), st.sampled_from(["en", "zh"]))
def test_it_lies_between_0_and_1(question: str, sentence: str, rest: str, sentences: int, language: str) -> None:
    found = Evidence([question], language)(question, sentence, fold(f"{sentence} {rest}"), sentences)
    assert 0 < found <= 1
