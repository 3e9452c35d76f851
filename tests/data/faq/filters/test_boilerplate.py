from __future__ import annotations

import pytest
from faq_filter_rows import kept, only, row

from xlingual.data.faq.filters import FaqFilter

CLOSING = "Haben Sie noch Fragen? Rufen Sie uns gerne an, unser Team hilft Ihnen jederzeit weiter."
BODIES = [
    "Der Versand dauert zwei Tage.",
    "Sie zahlen per Rechnung oder Karte.",
    "Die Garantie gilt drei Jahre lang ab Kauf.",
    "Unser Laden öffnet um neun Uhr morgens.",
    "Rückgaben sind vierzehn Tage lang möglich.",
]


def rows(answers, **more):
    return [row(f"Frage Nummer {number}?", answer, **more) for number, answer in enumerate(answers)]


def answers(answers, **more):
    settings = {"boilerplate": {"share": 0.3, "ngram": 8}, "answer_length": {"min": 10}}
    return [each.answer for each in kept(rows(answers, **more), more.get("language", "de"), **settings)]


def test_a_closing_that_a_host_repeats_is_cut():
    assert answers([f"{body} {CLOSING}" for body in BODIES]) == BODIES


def test_an_opening_that_a_host_repeats_is_cut():
    opening = "Vielen Dank für Ihre Frage an unseren Kundendienst."
    assert answers([f"{opening} {body}" for body in BODIES]) == BODIES


def test_a_short_sentence_that_is_shared_is_cut():
    assert answers([f"{body} Wir helfen Ihnen gern!" for body in BODIES]) == BODIES


def test_what_few_answers_share_stays():
    some = [f"{BODIES[0]} {CLOSING}", *BODIES[1:]]
    assert answers(some) == some


def test_a_host_with_few_answers_is_left_alone():
    some = [f"{body} {CLOSING}" for body in BODIES[:3]]
    assert answers(some) == some


def test_a_template_that_is_filled_in_stays():
    cities = ("Berlin", "Hamburg", "München", "Köln", "Bremen", "Essen")
    some = [f"In unserer Filiale in {city} erhalten Sie alle Produkte sofort zum Mitnehmen." for city in cities]
    assert answers(some) == some


def test_hosts_are_judged_each_by_itself():
    some = rows([f"{body} {CLOSING}" for body in BODIES])
    apart = [row(each.question, each.answer, origin=f"h{place}.example") for place, each in enumerate(some)]
    assert kept(apart, boilerplate={}) == apart


def test_a_row_of_nothing_else_is_dropped_and_counted():
    some = rows([*(f"{body} {CLOSING}" for body in BODIES), CLOSING])
    chosen = FaqFilter.of(only(boilerplate={}), "de", ())
    assert [each.answer for each in chosen.rows(iter(some))] == BODIES
    assert chosen.counts == {"read": 6, "kept": 5, "dropped_boilerplate": 1, "repaired_boilerplate": 5}


@pytest.mark.parametrize(
    ("language", "bodies", "closing"),
    [
        ("zh", ["两天内发货。", "可以用信用卡付款。", "保修期为三年。", "商店九点开门。"],
         "如有其他问题，请随时联系我们的客服团队。"),
        ("hi", ["दो दिन लगते हैं।", "कार्ड से भुगतान करें।", "तीन साल की गारंटी है।", "दुकान नौ बजे खुलती है।"],
         "अधिक जानकारी के लिए कृपया हमारी सहायता टीम से संपर्क करें।"),
        ("ar", ["يستغرق يومين.", "ادفع بالبطاقة.", "الضمان ثلاث سنوات.", "يفتح في التاسعة."],
         "لمزيد من المعلومات يرجى الاتصال بفريق خدمة العملاء لدينا."),
    ],
)  # fmt: skip
def test_other_scripts_are_cut_too(language, bodies, closing):
    joint = "" if language == "zh" else " "
    some = rows([f"{body}{joint}{closing}" for body in bodies], language=language)
    assert [each.answer for each in kept(some, language, boilerplate={})] == bodies
