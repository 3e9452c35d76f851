from __future__ import annotations

import pytest
from faq_filter_rows import ANSWER, QUESTION, kept, row

from xlingual.data.faq.filters.html import plain_text
from xlingual.data.faq.filters.templates import is_unfilled

UNFILLED = [
    ("How to c...", "Go to the settings and choose what you want.", "en"),
    ("Wie kann ich mein…", ANSWER, "de"),
    ("What is {{name}}?", "A company.", "en"),
    (QUESTION, "Sie erreichen uns in {city}.", "de"),
    (QUESTION, "Der Preis ist ${price}.", "de"),
    ("¿Hay más de null restaurantes en Madrid?", "Hay más de null restaurantes.", "es"),
    ("Quel est le prix moyen ?", "Le prix moyen est de undefined euros.", "fr"),
    ("¿Cuánto cuesta?", "El precio es NaN € por noche.", "es"),
    ("What is [Company Name]?", "It is a shop.", "en"),
    ("Was macht [Firma] aus?", "Wir sind ein Team.", "de"),
    ("Welcome to %s", "There are {0} and %1$s rooms.", "en"),
    ("What is it?", "Lorem ipsum dolor sit amet, consectetur adipiscing elit.", "en"),
    ("What is it?", "I am text block. Click edit button to change this text.", "en"),
    ("Your question goes here", "And more text.", "en"),
    ("What is it?", "[vc_row][vc_column]Text[/vc_column][/vc_row]", "en"),
    ("What is it?", "You get [object Object] for free.", "en"),
    ("Wie geht das?", "wie  geht das?", "de"),
]

FILLED = [
    ("What if I want to ... leave?", "You can.", "en"),
    ("Was passiert, wenn ich kündige...?", ANSWER, "de"),
    ("Wie viel ist null mal drei?", "Das ist null.", "de"),
    ("¿Qué es null en JavaScript?", "Es un valor: null o undefined.", "es"),
    ("What is NaN in Python?", "NaN is a float.", "en"),
    ("Quel est le taux ?", "Il est de 5 %d'intérêt, 100% sûr.", "fr"),
    ("How much?", "It is 50% off, and 20 % sale (or $5).", "en"),
    ("What is in the set {1, 2, 3}?", "Three numbers [1].", "en"),
    ("Kontakt?", "[email protected] oder telefonisch [siehe unten].", "de"),
    ("How do I get there?", "Take bus 5... then walk.", "en"),
    ("Is the contract null and void?", "Yes, it is null and void.", "en"),
    ("Who came first?", "Explorers [such as those by Columbus] and users [available below].", "en"),
    ("What is a singleton?", "A set such as {1} or {x}.", "en"),
    ("Wie lange?", "Es dauert <3 Tage, d. h. 2 {ungefähr}.", "de"),
]


@pytest.mark.parametrize(("question", "answer", "language"), UNFILLED)
def test_unfilled_templates_are_found(question, answer, language):
    assert is_unfilled(question, answer, language)


@pytest.mark.parametrize(("question", "answer", "language"), FILLED)
def test_text_that_only_looks_like_a_template_stays(question, answer, language):
    assert not is_unfilled(question, answer, language)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("<p>Yes, <b>we</b> do.<br/>Call&nbsp;us &amp; see.</p>", "Yes, we do. Call us & see."),
        ("Preise &lt; 5 &euro;", "Preise < 5 €"),
        ("&amp;quot;ja&amp;quot;", '"ja"'),
        ("<script>alert(1)</script>Ja.", "Ja."),
        ('<a href="https://example.org">hier</a>', "hier"),
    ],
)
def test_html_is_taken_out(text, plain):
    assert plain_text(text) == plain


@pytest.mark.parametrize(
    "text", ["2 < 3 and 5 > 4", "I <3 it", "AT&T", "R&D; more", "a  b\n c", "<https://example.org>"]
)
def test_text_without_html_is_left_as_it_is(text):
    assert plain_text(text) == text


def test_a_repaired_row_is_counted_and_kept():
    from faq_filter_rows import only

    from xlingual.data.faq.filters import FaqFilter

    html_filter = FaqFilter.of(only(html=True), "de", ())
    rows = list(html_filter.rows(iter([row(answer="Ja &amp; nein."), row()])))
    assert [each.answer for each in rows] == ["Ja & nein.", ANSWER]
    assert html_filter.counts == {"read": 2, "kept": 2, "repaired_html": 1}


def test_templates_are_dropped():
    assert kept([row("How to c..."), row()], templates=True) == [row()]
