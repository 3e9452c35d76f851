"""Tokens with sampled segmentations: pieces of the same text and words, with correct offsets."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import chisquare
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from xlingual.data.augmentation.subword_sampling import MARK, SubwordSampling, check_unigram
from xlingual.errors import ModelError

VOCABULARY = [
    *(("<unk>", 0.0), ("<s>", 0.0), (MARK, -3.0), (MARK + "ab", -3.5), ("ab", -3.6), ("bc", -3.8)),
    *((MARK + "a", -4.5), ("cab", -5.0), *((letter, -4.0) for letter in "abcé<s>")),
]
BEFORE = {
    "spaces apart": pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()]),
    "spaces as marks": pre_tokenizers.Metaspace(),
    "no mark at the start": pre_tokenizers.Metaspace(prepend_scheme="never"),
}


def backend(before: str = "spaces apart") -> Any:
    tokenizer = Tokenizer(models.Unigram(VOCABULARY, unk_id=0))
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = BEFORE[before]
    tokenizer.add_special_tokens(["<s>"])
    return tokenizer


def generator(seed: int = 0) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(seed))


def tokens(tokenizer: Any, ids: list[int]) -> list[str]:
    return [tokenizer.id_to_token(one) for one in ids]


@pytest.mark.parametrize("before", BEFORE)
def test_pieces_spell_the_words_and_stand_at_their_characters(before: str) -> None:
    tokenizer = backend(before)
    text = "abcab cab  ab a <s>bcab xab ①bc"
    plain = tokenizer.encode(text, add_special_tokens=False)
    sampling, changed = SubwordSampling(1.0, 0.2, tokenizer), 0
    for seed in range(30):
        made = sampling.encoded(plain, text, generator(seed))
        drawn = tokens(tokenizer, made.ids)
        assert "".join(drawn) == "".join(tokens(tokenizer, plain.ids))
        changed += made.ids != plain.ids
        for piece, (start, end) in zip(drawn, made.offsets, strict=True):
            written = text[start:end].replace(" ", MARK)
            if piece not in ("<unk>", "<s>") and text[start] != "①" and piece != MARK:
                assert written == piece or MARK + written == piece
            assert start < end
        assert all(one[0] <= other[0] for one, other in zip(made.offsets, made.offsets[1:], strict=False))
    assert changed > 25


def test_pieces_of_a_plain_segmentation_have_the_tokenizers_offsets() -> None:
    """If the best segmentation is drawn, the result is the tokenizer's, including offsets of a lone mark."""
    for before in BEFORE:
        tokenizer = backend(before)
        for text in ("abcab cab ab", "cab", "c bc  abc"):
            plain = tokenizer.encode(text, add_special_tokens=False)
            made = SubwordSampling(1.0, 10.0, tokenizer).encoded(plain, text, generator())
            assert (made.ids, made.offsets) == (plain.ids, plain.offsets)
            assert len(made) == len(plain)


@pytest.mark.parametrize("text", ["①", "ｂｃ", "xab", "aéx", "<s>", "", "a <s> ①"])
def test_words_that_are_changed_or_unknown_keep_their_tokens(text: str) -> None:
    tokenizer = backend("no mark at the start")
    plain = tokenizer.encode(text, add_special_tokens=False)
    made = SubwordSampling(1.0, 0.0, tokenizer).encoded(plain, text, generator())
    assert (made.ids, made.offsets) == (plain.ids, plain.offsets)


def test_so_many_words_are_drawn_and_each_as_its_lattice_says() -> None:
    tokenizer = backend()
    text = " ".join(["abc"] * 6000)
    plain = tokenizer.encode(text, add_special_tokens=False)
    best = tuple(tokens(tokenizer, plain.ids[: len(plain) // 6000]))
    made = SubwordSampling(0.3, 0.0, tokenizer).encoded(plain, text, generator())
    counts: Counter[tuple[str, ...]] = Counter()
    word: list[str] = []
    for token in [*tokens(tokenizer, made.ids), MARK]:
        if token.startswith(MARK) and word:
            counts[tuple(word)] += 1
            word = []
        word.append(token)
    ways = {(MARK, "a", "b", "c"), (MARK, "ab", "c"), (MARK, "a", "bc"), (MARK + "ab", "c")}
    ways |= {(MARK + "a", "b", "c"), (MARK + "a", "bc")}
    assert set(counts) == ways
    expected = [6000 * (0.3 / 6 + 0.7 * (way == best)) for way in ways]
    assert chisquare([counts[way] for way in ways], expected).pvalue > 1e-4


def test_rate_0_draws_nothing_and_the_seed_decides() -> None:
    tokenizer = backend()
    text = "abcab cab ab abc " * 20
    plain = tokenizer.encode(text, add_special_tokens=False)
    assert SubwordSampling(0.0, 0.0, tokenizer).encoded(plain, text, generator()).ids == plain.ids
    one, same, other = (
        SubwordSampling(0.5, 0.3, tokenizer).encoded(plain, text, generator(seed)).ids for seed in (1, 1, 2)
    )
    assert one == same != other


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        (models.WordPiece({"[UNK]": 0}, unk_token="[UNK]"), "without probabilities of pieces"),
        (models.BPE({"a": 0}, []), "cannot be seeded"),
        (models.WordLevel({"[UNK]": 0}, unk_token="[UNK]"), "each word is one token"),
    ],
)
def test_tokenizers_without_a_lattice_are_refused_with_the_reason(model: Any, reason: str) -> None:
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=Tokenizer(model))
    with pytest.raises(ModelError, match=reason) as error:
        check_unigram(tokenizer, "some/model")
    assert "some/model" in str(error.value) and "\n" not in str(error.value)
    check_unigram(PreTrainedTokenizerFast(tokenizer_object=backend()), "some/model")


def test_the_real_tokenizer_s_words_are_drawn(shared: Path) -> None:
    tokenizer = Tokenizer.from_file(str(shared / "models" / "me5-small-trimmed" / "tokenizer.json"))
    text = "The ﬁne  Café, １２3 don't  Zürich ½ cats… international characteristics"
    plain = tokenizer.encode(text, add_special_tokens=False)
    best = SubwordSampling(1.0, 10.0, tokenizer).encoded(plain, text, generator())
    assert (best.ids, best.offsets) == (plain.ids, plain.offsets)
    made = SubwordSampling(1.0, 0.1, tokenizer).encoded(plain, text, generator())
    drawn = tokens(tokenizer, made.ids)
    assert "".join(drawn) == "".join(plain.tokens) and len(drawn) > len(plain)
    assert "▁fine" in drawn and "▁12" in drawn and "▁1⁄2" in drawn
    for piece, (start, end) in zip(drawn, made.offsets, strict=True):
        if piece.isascii():
            assert text[start:end] == piece or piece == "..."
