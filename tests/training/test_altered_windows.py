"""Augmented English windows: reproducibility, choice of the window, unchanged parts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny_task import COLOURS, questions
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast

from xlingual.data.augmentation.lexicon import Lexicon, Lexicons
from xlingual.data.augmentation.word_substitution import WordSubstitution
from xlingual.data.examples import Example
from xlingual.errors import ExtensionError
from xlingual.models.encoder import load_tokenizer
from xlingual.study import Robust
from xlingual.tokens.rewritable import RewritableWindows
from xlingual.tokens.windows import Windows, make_windows
from xlingual.training.alteration import Alteration

SYNONYMS = Lexicon.of({"house": ["boat", "hat"], "car": ["cat"], "is": ["has"], **{one: ["which"] for one in COLOURS}})
DICTIONARIES = {"de": Lexicon.of({"boat": ["tree"], "the": ["and"]}), "es": Lexicon.of({"and": ["the", "is"]})}
LEXICONS = Lexicons(SYNONYMS, DICTIONARIES)
LENGTHS = {"max_length": 32, "stride": 8}

Make = Callable[..., Alteration]


def long_examples(count: int) -> tuple[Example, ...]:
    """Examples with several windows, one or two of which hold the answer."""
    made = []
    for n, example in enumerate(questions(count)):
        before = "the house is white and the car is black . " * (n % 7)
        context = f"{before}{example.context} {'and the tree is green . ' * (6 - n % 7)}"
        made.append(replace(example, context=context, answer_starts=(len(before) + example.answer_starts[0],)))
    return tuple(made)


EXAMPLES = long_examples(42)


@pytest.fixture(scope="module")
def words(tiny_checkpoint: Path) -> Any:
    return load_tokenizer(tiny_checkpoint)


@pytest.fixture(scope="module")
def pieces() -> Any:
    """A tokenizer with several segmentations of each word."""
    vocabulary = sorted({word for example in EXAMPLES for word in f"{example.question} {example.context}".split()})
    letters = sorted({letter for word in vocabulary for letter in word})
    scores = [("[PAD]", 0.0), ("[UNK]", 0.0), ("[CLS]", 0.0), ("[SEP]", 0.0)]
    scores += [(f"▁{word}", -3.0) for word in vocabulary] + [(letter, -4.0) for letter in ("▁", *letters)]
    tokenizer = Tokenizer(models.Unigram(scores, unk_id=1))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    special = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, **special)


def source(tokenizer: Any, examples: Sequence[Example] = EXAMPLES) -> RewritableWindows:
    windows = make_windows(tokenizer, examples, **LENGTHS)
    return RewritableWindows.of(windows, examples, tokenizer, LEXICONS, **LENGTHS)


@pytest.fixture(scope="module")
def english(words: Any) -> RewritableWindows:
    return source(words)


@pytest.fixture(scope="module")
def make(english: RewritableWindows) -> Make:
    def one(seed: int = 0, windows: RewritableWindows = english, **methods: Any) -> Alteration:
        return Alteration(Robust.model_validate(methods), seed, windows)

    return one


def ids(place: tuple[Windows, int]) -> list[int]:
    windows, i = place
    return list(windows.input_ids[windows.pointers[i] : windows.pointers[i + 1]].tolist())


def label(place: tuple[Windows, int]) -> list[int]:
    """The token ids that are labelled as the answer."""
    windows, i = place
    return ids(place)[windows.start[i] : windows.end[i] + 1]


def spelled(tokenizer: Any, tokens: list[int]) -> str:
    return str(tokenizer.decode(tokens)).replace(" ", "").replace("▁", "")


def everything(windows: Windows, epoch: int = 0) -> list[tuple[int, int]]:
    return [(window, epoch) for window in range(len(windows))]


METHODS: dict[str, dict[str, Any]] = {
    "word_substitution": {"word_substitution": {}},
    "code_switch": {"code_switch": {"rate": 0.5, "languages": ["de", "es"]}},
    "both": {"word_substitution": {"rate": 0.5}, "code_switch": {"rate": 0.5, "languages": ["es"]}},
}


@pytest.mark.parametrize("name", METHODS)
def test_a_rewritten_window_follows_from_seed_example_and_epoch_alone(name: str, make: Make) -> None:
    one, drawn = make(**METHODS[name]), everything(make().inputs)
    together = [ids(place) for place in one.places(drawn)]
    alone = [ids(place) for pair in reversed(drawn) for place in make(**METHODS[name]).places([pair])]
    assert alone[::-1] == together
    assert [ids(place) for place in one.places(drawn[::-1])] == together[::-1]
    plain = [ids((one.inputs, window)) for window, _ in drawn]
    for other in (make(seed=1, **METHODS[name]).places(drawn), one.places(everything(one.inputs, epoch=1))):
        assert sum(ids(place) != before for place, before in zip(other, together, strict=True)) > len(drawn) / 2
    assert sum(before != after for before, after in zip(plain, together, strict=True)) > len(drawn) / 2


def test_copies_are_used_in_turn(make: Make) -> None:
    few, many = make(word_substitution={"copies": 2}), make(word_substitution={})
    by_epoch = [[ids(place) for place in few.places(everything(few.inputs, epoch))] for epoch in range(5)]
    assert by_epoch[0] == by_epoch[2] == by_epoch[4] != by_epoch[1] == by_epoch[3]
    assert by_epoch[:2] == [[ids(p) for p in many.places(everything(few.inputs, epoch))] for epoch in range(2)]
    assert [ids(p) for p in many.places(everything(few.inputs, 2))] != by_epoch[0]


def test_answers_stay_and_are_labelled(english: RewritableWindows, make: Make) -> None:
    """Colours have a synonym, which must not replace the answer."""
    always = make(word_substitution={"rate": 1.0}, code_switch={"rate": 1.0, "languages": ["de", "es"]})
    drawn, answered = everything(english), 0
    for (window, _), place in zip(drawn, always.places(drawn), strict=True):
        assert place[0] is not english
        assert (place[0].end[place[1]] > 0) == (english.end[window] > 0)
        if english.end[window] > 0:
            answered += 1
            assert label(place) == label((english, window))
    assert answered > 20


def test_a_substituted_word_is_looked_up_as_it_now_stands(words: Any, english: RewritableWindows, make: Make) -> None:
    replaced = make(word_substitution={"rate": 1.0}, code_switch={"rate": 1.0, "languages": ["de"]})
    (place,) = replaced.places([(0, 0)])
    assert words.decode(ids((english, 0))[:8]) == "[CLS] which colour has the house [SEP] the"
    assert words.decode(ids(place)[:8]) in (
        "[CLS] which colour has and tree [SEP] and",  # house, boat, tree
        "[CLS] which colour has and hat [SEP] and",
    )
    drawn = [ids(replaced.places([(0, epoch)])[0])[5] for epoch in range(20)]
    assert {words.decode([one]) for one in drawn} == {"tree", "hat"}


def test_where_nothing_is_replaced_the_very_window_is_taken(english: RewritableWindows, make: Make) -> None:
    nothing = {"word_substitution": {"rate": 0.0}, "code_switch": {"rate": 0.0, "languages": ["de", "es"]}}
    drawn = everything(english)
    assert make(**nothing).places(drawn) == [(english, window) for window, _ in drawn]
    assert make().places([]) == make(**METHODS["both"]).places([]) == []


def test_the_nearest_window_is_taken_where_texts_grow(words: Any, make: Make) -> None:
    longer = Lexicon.of({"is": ["is is is"]})
    plain = source(words)
    grown = replace(plain, lexicons=Lexicons(longer))
    alteration, drawn = make(windows=grown, word_substitution={"rate": 1.0}), everything(plain)
    moved = 0
    for (window, _), (made, i) in zip(drawn, alteration.places(drawn), strict=True):
        held = plain.end[window] > 0
        same = np.flatnonzero(made.example == made.example[i])
        place, taken = grown.place_in_example(window), int(i - same[0])
        alike = [int(one - same[0]) for one in same if (made.end[one] > 0) == held]
        assert taken in (alike or range(len(same)))
        assert abs(taken - place) == min(abs(one - place) for one in alike or range(len(same)))
        moved += taken != place
        if held and alike:
            assert label((made, i)) == label((plain, window))
    assert moved > 3


def test_drawn_segmentations_are_of_the_same_text(pieces: Any, make: Make) -> None:
    plain = source(pieces)
    alteration, drawn = make(windows=plain, subword_sampling={"rate": 0.5, "alpha": 0.1}), everything(plain)
    places = alteration.places(drawn)
    changed = answered = 0
    for (window, _), place in zip(drawn, places, strict=True):
        held = plain.end[window] > 0
        if held and place[0].end[place[1]] > 0:
            answered += 1
            assert spelled(pieces, label(place)) == spelled(pieces, label((plain, window)))
        changed += ids(place) != ids((plain, window))
        assert len(ids(place)) <= LENGTHS["max_length"]
    assert changed > len(drawn) * 0.9 and answered > 20
    again = make(windows=plain, subword_sampling={"rate": 0.5, "alpha": 0.1}).places(drawn[5:7])
    assert [ids(place) for place in again] == [ids(place) for place in places[5:7]]


def test_a_rate_of_0_cuts_the_very_windows(pieces: Any, make: Make) -> None:
    plain = source(pieces)
    places = make(windows=plain, subword_sampling={"rate": 0.0}).places(everything(plain))
    for window, (made, i) in enumerate(places):
        assert ids((made, i)) == ids((plain, window))
        assert (made.start[i], made.end[i]) == (plain.start[window], plain.end[window])


def test_a_question_that_grows_too_long_loses_its_end(pieces: Any, make: Make) -> None:
    example = Example("0", "the house has the colour white and the car", "the house is red .", ("red",), (13,), "en")
    plain = source(pieces, [example])
    assert plain.questions_cut == 0
    grown = make(windows=plain, subword_sampling={"rate": 1.0, "alpha": 0.0})
    for epoch in range(20):
        ((made, i),) = grown.places([(0, epoch)])
        tokens = ids((made, i))
        assert tokens.index(3) == 1 + LENGTHS["max_length"] // 2
        assert spelled(pieces, tokens[1:17]) in example.question.replace(" ", "")


def test_questions_on_one_context_draw_segmentations_of_their_own(pieces: Any, make: Make) -> None:
    twice = [EXAMPLES[1], replace(EXAMPLES[1], id="other"), EXAMPLES[2]]
    sampled = make(windows=source(pieces, twice), subword_sampling={"rate": 1.0, "alpha": 0.0})
    drawn = everything(sampled.inputs)
    together = [ids(place) for place in sampled.places(drawn)]
    assert [ids(sampled.places([one])[0]) for one in drawn] == together
    count = len(drawn) // 3
    assert all(one != other for one, other in zip(together[:count], together[count : 2 * count], strict=True))


def test_a_window_with_an_answer_is_never_trained_as_one_without(pieces: Any, make: Make) -> None:
    """If the re-segmented answer has too many tokens for any window, the original window is used."""
    examples = []
    for example in EXAMPLES[:14]:
        start = example.answer_starts[0]
        four = " ".join(example.context[start:].split()[:4])
        assert example.context[start:].startswith(four)
        examples.append(replace(example, answers=(four,), answer_starts=(start,)))
    plain = source(pieces, examples)
    grown = make(windows=plain, subword_sampling={"rate": 1.0, "alpha": 0.0})
    kept = 0
    for (window, _), (made, i) in zip(everything(plain), grown.places(everything(plain)), strict=True):
        answered = plain.end[window] > 0
        assert not answered or made.end[i] > 0
        if made is plain:
            assert (answered, i) == (True, window)
            kept += 1
    assert kept > 3


def test_two_methods_that_draw_tokens_are_refused(pieces: Any, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(WordSubstitution, "segments", True)
    with pytest.raises(ExtensionError, match="word_substitution and subword_sampling both draw tokens"):
        make(windows=source(pieces), word_substitution={}, subword_sampling={"rate": 0.5, "alpha": 0.1})
