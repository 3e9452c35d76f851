"""Windows are byte-identical to those of the first version of the code."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast

from xlingual.data.examples import Example
from xlingual.data.squad import load_squad
from xlingual.data.test_sets.xquad import load_xquad
from xlingual.languages import XQUAD_LANGUAGES
from xlingual.tokens.windows import Windows, make_windows

# Made by the first version of make_windows (commit f2a603a), before its arrays were made without Python lists.
SYNTHETIC = {
    "plain": ["f259a7b3fa6e34a8", "dab161f0ae9bd9a9", "d15d9b89e83777b8"],
    "spaces": ["701d874810e56b9a", "5271b7dfe0e8dd85", "050e193976dddb32"],
    "metaspace": ["4f7e93d7b85a9b87", "8b927b31f1f16120", "aeacf3417a26cdd9"],
    "normalising": ["c578ef62c5b8eb69", "ddcd55d9fd5bf8e6", "e6a34b1b6d7ba20e"],
    "bare": ["1911967571fd1d56", "b49fef6ad2156799", "a5abbda0667b6804"],
}
XQUAD = {
    "en": ["775ccf44b98629a0", "10325d53ae49e990"],
    "ar": ["828d04e92387b664", "2479826d2c649d49"],
    "de": ["2125623e03448a1e", "45019f0146afd8f5"],
    "el": ["d7baaa358b6cb590", "d5d4e53d40ddb807"],
    "es": ["d1057c099930ffaa", "9fa1a45d146d4b21"],
    "hi": ["27698278f3044543", "843650cf2b8ea3f1"],
    "ru": ["ea7b3715f64f00f4", "2bba9be81d83dbd7"],
    "th": ["14ab987e55644298", "cd1e80a96fd4b31c"],
    "tr": ["1ecc62465df2e6b8", "fe26e54dc3a1d900"],
    "vi": ["a01eb14f009007c8", "76ee47906aa43160"],
    "zh": ["95551c53d6ea74c4", "7cdde6674dbf84be"],
    "ro": ["7c40c244c43ecb9d", "9967024d15929c4d"],
}
BY_DEFAULT = ("en", "ar", "th", "zh")
SQUAD = ["923297a950ae8b7c", "04d0c4f8c768f76a"]

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
PIECES = ["a", "bb", "ccc", "dé", "北京", "19", "x.", "(y", "\u200b", "𝒳𝒴", "e\u0301", "\ufeff", "…", "ﬁ"]
SPACES = [" ", "  ", "\n", "\u00a0", "", "\u3000 "]


def synthetic_examples(seed: int) -> list[Example]:
    """Contexts with unusual marks and spaces, some empty; long and empty questions; answers from any slice."""
    draw = random.Random(seed)
    return [_synthetic_example(draw, number) for number in range(300)]


def _synthetic_example(draw: random.Random, number: int) -> Example:
    context = _text(draw, draw.choice([0, 1, 3, 20, 120]))
    question = draw.choice(["", "a "]) + _text(draw, draw.choice([0, 2, 6, 60]))
    start = draw.randint(0, len(context))
    answer = context[start : start + draw.randint(0, 12)]
    answers = () if draw.random() < 0.2 or not answer else (answer,)
    return Example(str(number), question, context, answers, (start,) * len(answers), "en")


def _text(draw: random.Random, pieces: int) -> str:
    return "".join(draw.choice(SPACES) + draw.choice(PIECES) for _ in range(pieces))


def synthetic_tokenizer(kind: str) -> PreTrainedTokenizerFast:
    """Tokenizers that differ in everything that affects windows."""
    vocabulary = {piece: number for number, piece in enumerate([*SPECIAL, *PIECES, "e", "f", "i"])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    if kind == "normalising":
        tokenizer.normalizer = normalizers.Sequence([normalizers.NFKD(), normalizers.StripAccents()])
    pattern = {"spaces": r"\s*\S{1,2}\s?", "metaspace": r"\s|\S"}.get(kind, r"\w+|[^\w\s]")
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(pattern), "removed", invert=True)
    if kind == "bare":  # at most one mark around the texts, so that no window is empty
        tokenizer.post_processor = processors.TemplateProcessing(
            single="$A [SEP]", pair="$A $B:1 [SEP]:1", special_tokens=[("[SEP]", 3)]
        )
    else:
        second = "[CLS] $A [SEP] [SEP] $B [SEP]" if kind == "spaces" else "[CLS] $A [SEP] $B:1 [SEP]:1"
        tokenizer.post_processor = processors.TemplateProcessing(
            single="[CLS] $A [SEP]", pair=second, special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
        )
    names = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    inputs = ["input_ids", "attention_mask"] + ([] if kind == "spaces" else ["token_type_ids"])
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, **names, model_input_names=inputs)


def digest(windows: Windows) -> str:
    """16 hexadecimal digits over every array's name, type, shape and bytes, and the count."""
    found = hashlib.sha256(str(windows.questions_cut).encode())
    for field in fields(windows):
        if field.name != "questions_cut":
            array = getattr(windows, field.name)
            found.update(f"{field.name} {array.dtype.str} {array.shape}".encode())
            found.update(array.tobytes())
    return found.hexdigest()[:16]


def digests(tokenizer: Any, examples: Sequence[Example], lengths: Sequence[tuple[int, int]]) -> list[str]:
    """One digest for each max_length and stride."""
    return [digest(make_windows(tokenizer, examples, max_length=most, stride=by)) for most, by in lengths]


@pytest.mark.parametrize("kind", sorted(SYNTHETIC))
def test_synthetic_windows_have_not_moved(kind: str) -> None:
    found = digests(synthetic_tokenizer(kind), synthetic_examples(0), [(16, 4), (48, 0), (97, 31)])
    assert found == SYNTHETIC[kind]


@pytest.mark.parametrize(
    "language",
    [code if code in BY_DEFAULT else pytest.param(code, marks=pytest.mark.real) for code in XQUAD_LANGUAGES],
)
def test_real_windows_have_not_moved(shared: Path, real_tokenizer: Any, language: str) -> None:
    """The default run has a language of each way to write."""
    examples = load_xquad(str(shared / "data/xquad"), [language])[language].examples
    assert digests(real_tokenizer, examples[::3], [(384, 128), (64, 16)]) == XQUAD[language]


@pytest.mark.real
def test_real_training_windows_have_not_moved(shared: Path, real_tokenizer: Any) -> None:
    """The default run has XQuAD's English windows, and made-up questions without an answer."""
    examples = load_squad(str(shared / "data/squad_style/new_wiki_v1.0.json")).examples
    spoilt = [replace(each, answers=(), answer_starts=()) for each in examples[:50]]
    assert digests(real_tokenizer, [*examples[::4], *spoilt], [(384, 128), (160, 64)]) == SQUAD


def test_a_tokenizer_that_gives_no_types_gives_the_same_ones_in_every_window() -> None:
    """`tokenizers` itself types a context 0 in the first window and 1 in the others when its template names no type."""
    tokenizer = synthetic_tokenizer("plain")
    tokenizer.backend_tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    windows = make_windows(tokenizer, synthetic_examples(0)[:50], max_length=16, stride=4)
    assert not windows.token_types.any() and len(windows) > 50
