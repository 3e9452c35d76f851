"""Words of a folded text follow the definition in all of Unicode, however they are found."""

import unicodedata

import pytest
from datasketch import MinHash
from hypothesis import given
from hypothesis import strategies as st

from xlingual.data.faq.filters.duplicates import NearDuplicates
from xlingual.data.writing import fold, fold_words

TEXTS = st.text(st.characters() | st.sampled_from("aä ،。，（）ำ\u00ad\u200b\u0301\n\t-…İßＡ①ﬁ\U0001f600\U00010400"))
NEAR = NearDuplicates(0.8)


def by_definition(text: str) -> list[str]:
    folded = unicodedata.normalize("NFKC", text).casefold()
    kinds = ((character, unicodedata.category(character)) for character in folded)
    return "".join(" " if kind[0] in "PSZC" else one for one, kind in kinds if kind != "Cf").split()


@given(TEXTS)
def test_words_stand_between_punctuation_and_formatting_marks_vanish(text: str) -> None:
    assert fold_words(text) == by_definition(text)
    assert fold(text) == " ".join(by_definition(text))


@pytest.mark.parametrize(
    "codes",
    [range(0x20000), range(0x20000, 0x40000), range(0x40000, 0xE0000, 61), range(0xE0000, 0xE1000),
     range(0xE1000, 0x110000, 61)],
)  # fmt: skip
def test_every_character_parts_vanishes_or_stays(codes: range) -> None:
    """Planes that have no characters yet, and those for private use, are sampled."""
    # Each ends in a line break, which no character composes with.
    text = "\n".join(f"a{chr(code)}b" for code in codes)
    assert fold_words(text) == by_definition(text)


@given(TEXTS, TEXTS)
def test_words_of_two_texts_with_a_space_between_are_those_of_each(first: str, second: str) -> None:
    assert fold_words(f"{first} {second}") == fold_words(first) + fold_words(second)


@given(st.sets(st.text(st.characters(exclude_characters="\n")), min_size=1))
def test_keys_are_bands_of_datasketchs_own_values(grams: set[str]) -> None:
    own = MinHash(num_perm=128, seed=1, scheme="affine32")
    own.update_batch([gram.encode("utf-8", "surrogatepass") for gram in grams])
    NEAR.keys({"another row", "before it"})
    found = NEAR.keys(grams)
    assert NEAR._sketch.hashvalues.tolist() == own.hashvalues.tolist()
    assert len(set(found)) == NEAR.bands
