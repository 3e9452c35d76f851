from __future__ import annotations

import pickle

import pytest

from xlingual.errors import DataError
from xlingual.languages import ISO_639_3, NON_ENGLISH, XQUAD_LANGUAGES, name, two_letter


def test_xquad_has_twelve_languages_and_all_are_known():
    assert len(set(XQUAD_LANGUAGES)) == 12
    assert set(XQUAD_LANGUAGES) <= set(ISO_639_3)
    assert set(NON_ENGLISH) == set(XQUAD_LANGUAGES) - {"en"}


def test_codes_of_webfaq_for_the_xquad_languages():
    three = ["eng", "ara", "deu", "ell", "spa", "hin", "rus", "tha", "tur", "vie", "zho", "ron"]
    assert [ISO_639_3[code] for code in XQUAD_LANGUAGES] == three


def test_every_code_has_one_partner_and_one_name():
    assert len(set(ISO_639_3.values())) == len(ISO_639_3)
    assert all(len(two) == 2 and len(three) == 3 for two, three in ISO_639_3.items())
    assert len({name(code) for code in ISO_639_3}) == len(ISO_639_3)


@pytest.mark.parametrize("two", sorted(ISO_639_3))
def test_both_forms_mean_the_same_language(two):
    assert two_letter(ISO_639_3[two]) == two_letter(two) == two
    assert name(ISO_639_3[two]) == name(two)


def test_norwegian_is_a_code_and_german_a_name():
    assert two_letter("nor") == "no"
    assert name("deu") == "German"


@pytest.mark.parametrize(
    ("wrong", "remedy"),
    [
        ("DE", "'de' (German)"),
        ("german", "'de' (German)"),
        ("ger", "'deu' (German)"),
        ("zhh", "'zho' (Chinese)"),
        ("xx", "a two-letter code"),
        ("", "a two-letter code"),
    ],
)
def test_an_unknown_code_names_the_nearest(wrong, remedy):
    with pytest.raises(DataError) as caught:
        two_letter(wrong)
    assert repr(wrong) in str(caught.value)
    assert remedy in str(caught.value)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)
