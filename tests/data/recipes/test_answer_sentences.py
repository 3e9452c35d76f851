from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xlingual.data.recipes.sentence_offsets import split


def parts(text: str, language: str = "en") -> list[str]:
    found = split(text, language)
    return [found.sentence(index) for index in range(len(found))]


@settings(deadline=None)
@given(st.text("ab .!?\n。！กข 1।;", max_size=60), st.sampled_from(["en", "zh", "th", "hi", "el", "ja", "xx"]))
def test_sentences_cover_the_text_but_its_white_space(text: str, language: str) -> None:
    found = split(text, language)
    assert "".join(parts(text, language)).replace(" ", "") == "".join(text.split())
    assert found.text == " ".join(found.text.split())
    end = 0
    for start, finish in found.places:
        assert start >= end and finish > start and found.text[start:finish].strip() == found.text[start:finish]
        assert not found.text[end:start].strip()
        end = finish
    assert end == len(found.text)


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "Yes, you can. Dr. Smith said so.", ["Yes, you can.", "Dr. Smith said so."]),
        ("en", "Bring three things:\nmilk\nbread", ["Bring three things:", "milk", "bread"]),
        ("en", "1. Access 2. Control", ["1. Access 2.", "Control"]),
        ("de", "Ja, z. B. am 3. Mai. Das ist gut!", ["Ja, z. B. am 3. Mai.", "Das ist gut!"]),
        ("ru", "Это т.е. так. Конец!", ["Это т.е. так.", "Конец!"]),
        ("tr", "Dr. Ahmet vb. geldi. Evet.", ["Dr. Ahmet vb. geldi.", "Evet."]),
        ("zh", "你好。真的吗？是的；好。", ["你好。", "真的吗？", "是的；好。"]),
        ("ja", "はい。そうです！", ["はい。", "そうです！"]),
        ("hi", "यह एक है। क्या यह ठीक है? हाँ।", ["यह एक है।", "क्या यह ठीक है?", "हाँ।"]),
        ("ar", "نعم، يمكنك. هل هذا صحيح؟ نعم.", ["نعم، يمكنك.", "هل هذا صحيح؟", "نعم."]),
        ("el", "Ναι, μπορείτε. Τι είναι αυτό; Καλό.", ["Ναι, μπορείτε.", "Τι είναι αυτό;", "Καλό."]),
        ("en", "", []),
        ("en", " \n ", []),
    ],
)
def test_sentences_of_many_languages(language: str, text: str, expected: list[str]) -> None:
    assert parts(text, language) == expected


def test_thai_is_cut_at_spaces_between_letters_after_a_phrase() -> None:
    phrase = "ก" * 30
    assert parts(f"{phrase} {phrase} {phrase}", "th") == [f"{phrase} {phrase}", phrase]
    assert parts(f"{phrase}ขขขขขขขขขขขข 500 {phrase}", "th") == [f"{phrase}ขขขขขขขขขขขข 500 {phrase}"]


def test_lines_are_joined_as_the_language_joins_sentences() -> None:
    assert split("one\ntwo", "en").text == "one two"
    assert split("你好。\n再见", "zh").text == "你好。再见"
    assert split("你好\n再见", "zh").text == "你好 再见"


def test_a_part_is_a_text_of_its_own() -> None:
    part = split("One is. Two are. Three were.", "en").part(1, 2)
    assert part.text == "Two are. Three were." and [part.sentence(0), part.sentence(1)] == ["Two are.", "Three were."]
