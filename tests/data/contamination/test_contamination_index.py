"""Copies of the test set are found despite changes; clean text, names and short questions are not."""

from __future__ import annotations

import pickle
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xquad_index import index_of_xquad

from xlingual.data.contamination import ContaminationIndex, TrainingText
from xlingual.data.contamination import index as index_module
from xlingual.data.contamination.joint_index import available_languages
from xlingual.data.contamination.letters import letters_of
from xlingual.data.contamination.matches import COMMON, RUN, SHARE
from xlingual.data.contamination.ngrams import N
from xlingual.data.examples import Example
from xlingual.data.test_sets.xquad import load_xquad
from xlingual.errors import DataError
from xlingual.languages import XQUAD_LANGUAGES
from xlingual.study.benchmarks import BENCHMARKS


@pytest.fixture(scope="module")
def index(sealed_examples: list[Example]) -> ContaminationIndex:
    return ContaminationIndex.of(sealed_examples)


@pytest.fixture(scope="module")
def xquad(shared: Path) -> dict[str, list[str]]:
    """XQuAD's paragraphs by language."""
    loaded = load_xquad(str(shared / "data" / "xquad"), XQUAD_LANGUAGES)
    return {code: list(dict.fromkeys(each.context for each in found.examples)) for code, found in loaded.items()}


@pytest.fixture(scope="module")
def real(shared: Path) -> ContaminationIndex:
    return index_of_xquad(str(shared / "data" / "xquad"))


def reasons(index: ContaminationIndex, *arguments: str, **keywords: str) -> tuple[str, ...]:
    found = index.overlap(*arguments, **keywords)
    return found.reasons if found else ()


def test_a_paragraph_is_found_in_every_language_and_within_other_text(index, sealed_examples):
    for example in sealed_examples:
        found = index.overlap(example.context)
        assert found.reasons == ("text",)
        assert found.share == 1.0
        assert found.run == len(letters_of([example.context])[0]) - 1
        around = index.overlap("Quite another thing. " * 200 + example.context + " And so on." * 200)
        assert (around.reason, around.run) == ("text", found.run)
        assert around.share < SHARE


def test_the_run_is_the_threshold(index, sealed_examples):
    context = re.sub(r"[^a-z]", "", sealed_examples[0].context.lower())
    other = "0123456789" * 30
    assert not reasons(index, context[7 : 7 + RUN - 1] + other)
    assert index.check_many([context[7 : 7 + RUN - 1] + other]).run.tolist() == [RUN - 1]
    assert reasons(index, context[7 : 7 + RUN] + other) == ("text",)


def test_a_short_text_is_found_by_its_share(index, sealed_examples):
    context = re.sub(r"[^a-z]", "", sealed_examples[0].context.lower())
    assert not reasons(index, context[: N + COMMON - 2])
    assert reasons(index, context[: N + COMMON - 1]) == ("text",)
    words = sealed_examples[0].context.split()
    changed = " ".join("zzqx" if place % 10 == 9 else word for place, word in enumerate(words))
    found = index.overlap(changed)
    assert found.run < RUN
    assert found.reasons == ("text",)


def test_titles_and_ids_and_questions_are_reasons_of_their_own(index):
    other = "A text about the weather of last week and of nothing else."
    assert reasons(index, other) == ()
    assert reasons(index, other, title="harbour of lisenna") == ("title",)
    assert reasons(index, other, title="Amazon%20rainforest") == ("title",)
    assert reasons(index, other, identity=" 0123456789abcdef01234567") == ("id",)
    assert reasons(index, other, question="how many winters did the digging of the HARBOUR take") == ("question",)
    assert reasons(index, other, question="How many summers did the digging of the harbour take?") == ()
    assert reasons(index, other, "Harbour of Lisenna", "0123456789abcdef01234567") == ("id", "title")


def test_ids_and_questions_that_anyone_may_have_are_no_reason(sealed_examples):
    common = [replace(each, id="17", question="Who was he?", title=" ") for each in sealed_examples]
    index = ContaminationIndex.of(common)
    assert reasons(index, "another text", title=" ", identity="17", question="Who was he?") == ()


def test_many_pieces_are_told_apart(index, sealed_examples):
    clean = TrainingText("clean", ("Nothing.", "At all."), ("Why?",))
    mixed = TrainingText("mixed", ("Nothing.", sealed_examples[1].context), ("Why?", "Who?"))
    asked = TrainingText("asked", ("Nothing.",), ("Why?", sealed_examples[0].question))
    empty = TrainingText("empty", ())
    found = index.overlaps([clean, mixed, empty, asked, clean])
    assert [each and each.reasons for each in found] == [None, ("text",), None, ("question",), None]
    assert index.overlaps([]) == []
    assert index.overlaps([empty]) == [None]


@settings(max_examples=50)
@given(st.lists(st.sampled_from("ab"), min_size=60, max_size=120), st.lists(st.sampled_from("ab"), max_size=80))
def test_the_measures_are_those_of_comparing_letter_by_letter(known: list[str], asked: list[str]) -> None:
    text, other = "".join(known), "".join(asked)
    grams = {text[start : start + N] for start in range(len(text) - N + 1)}
    hits = [other[start : start + N] in grams for start in range(max(0, len(other) - N + 1))]
    runs = "".join("x" if hit else " " for hit in hits).split()
    longest = max((len(run) + N - 1 for run in runs), default=0)
    index = ContaminationIndex.of([Example("i", "q", text, (), (), "en")])
    found = index.check_many(["", other, text])
    assert found.run.tolist() == [0, longest, len(text)]
    assert found.common.tolist() == [0, sum(hits), len(text) - N + 1]
    assert found.share.tolist() == [0.0, sum(hits) / max(1, len(hits)), 1.0]


def test_pieces_of_any_size_say_the_same(index, sealed_examples, monkeypatch):
    texts = [f"{number} {each.context[number:]}" for number in range(30) for each in sealed_examples]
    whole = index.check_many(texts)
    monkeypatch.setattr(index_module, "_PIECE", 100)
    assert ContaminationIndex.of(sealed_examples).fingerprint == index.fingerprint
    for one, other in zip(whole, index.check_many(texts), strict=True):
        assert np.array_equal(one, other)


def test_the_index_holds_no_text(index, sealed_examples):
    content = pickle.dumps(index)
    for example in sealed_examples:
        for text in (example.context[:12], example.question[:12], example.title, example.id):
            for encoding in ("utf-8", "utf-16-le", "utf-32-le"):
                assert text.encode(encoding) not in content
    again = pickle.loads(content)
    assert again.fingerprint == index.fingerprint
    assert again.overlap(sealed_examples[0].context) == index.overlap(sealed_examples[0].context)


def test_the_fingerprint_follows_the_content(index, sealed_examples):
    assert ContaminationIndex.of(reversed(sealed_examples)).fingerprint == index.fingerprint
    others = [
        sealed_examples[1:],
        [replace(each, title="Another") for each in sealed_examples],
        [replace(each, id="another-identity") for each in sealed_examples],
        [replace(each, question=each.question + " Really?") for each in sealed_examples],
    ]
    assert index.fingerprint not in {ContaminationIndex.of(each).fingerprint for each in others}


@pytest.mark.parametrize(
    "change",
    [str, lambda text: re.sub(r"\s+", "", text.upper()), lambda text: "\u3000".join(text.title())],
    ids=["original", "upper case, no spaces", "title case, wide spaces"],
)
@pytest.mark.parametrize("of", [8, pytest.param(1, marks=pytest.mark.real)])
def test_every_real_paragraph_is_found_however_it_is_written(real, xquad, change, of):
    """Of all languages; the default run looks at every eighth paragraph."""
    for code, contexts in xquad.items():
        assert len(contexts) == 240
        assert real.check_many([change(context) for context in contexts[::of]]).overlapping.all(), code


@pytest.mark.parametrize("of", [8, pytest.param(1, marks=pytest.mark.real)])
def test_every_real_paragraph_is_found_with_its_longest_sentence_replaced(real, xquad, of):
    """Except for the few of which no more is left than a name; the default run looks at every eighth."""
    for code, contexts in xquad.items():
        planted = [text for context in contexts[::of] if (text := longest_replaced(code, context))]
        assert len(planted) >= (227 if of == 1 else 28), code
        missed = [text for text, found in zip(planted, real.check_many(planted).overlapping, strict=True) if not found]
        rest = [max(len(found) - 1 for found in map(only_letters, text.split(NEW))) for text in missed]
        assert max(rest, default=0) < RUN, code
        assert len(missed) <= 2, code


NEW = " 1234567890 "


def longest_replaced(code: str, context: str) -> str | None:
    """The text without its longest sentence; in Thai, which has no sentence marks, without its longest phrase."""
    parts = [part for part in re.split(r"\s" if code == "th" else r"(?<=[.!?।؟。！？])\s*", context) if part]
    longest = parts.index(max(parts, key=len))
    joined = NEW.join([" ".join(parts[:longest]), " ".join(parts[longest + 1 :])])
    return joined if len(parts) > 1 else None


def only_letters(text: str) -> Any:
    return letters_of([text])[0]


@pytest.mark.real
def test_clean_real_data_raises_no_alarm_but_by_title(real, shared):
    """The default run has the toy world, which does not contaminate itself."""
    from xlingual.data.contamination.training_files import texts_of_file

    files = [
        shared / "data" / "squad_style" / "new_wiki_v1.0.json",
        *(shared / "data").glob("faq_multilingual/*.jsonl"),
    ]
    assert len(files) == 28
    for file in files:
        assert not any(real.overlaps(list(texts_of_file(file)))), file.name
    articles = [
        text.title
        for file in (shared / "data" / "tydiqa_goldp").glob("*.json")
        for texts in [list(texts_of_file(file))]
        for text, found in zip(texts, real.overlaps(texts), strict=True)
        if found
    ]
    assert set(articles) == {"Force", "Oxygen", "American Broadcasting Company"}


def test_the_index_takes_the_languages_that_are_there(tmp_path, write_squad):
    first = {"T": {"A context of a sealed test set.": [("sealed-question-1", "What?", [("context", 2)])]}}
    second = {"T": {"Ein Text einer versiegelten Menge.": [("sealed-question-1", "Was?", [("Text", 4)])]}}
    write_squad(tmp_path / "xquad.en.json", first)
    alone = index_of_xquad(str(tmp_path))
    write_squad(tmp_path / "xquad.de.json", second)
    both = index_of_xquad(str(tmp_path))
    assert index_of_xquad(str(tmp_path), ["en"]).fingerprint == alone.fingerprint
    assert both.overlap("Ein Text einer versiegelten Menge.", identity="sealed-question-1").reasons == ("id",)
    assert len(both.ngrams) > len(alone.ngrams)
    with pytest.raises(DataError, match=r"no file for .*th"):
        index_of_xquad(str(tmp_path), ["en", "th"])
    with pytest.raises(DataError, match="found nothing"):
        (empty := tmp_path / "empty").mkdir()
        index_of_xquad(str(empty))


def test_a_copy_of_the_hubs_data_set_gives_the_languages_that_it_has(tmp_path, write_snapshot, sealed_examples):
    rows = [{"id": "sealed-question-1", "question": "What is it?", "answers": {"text": ["The"], "answer_start": [0]}}]
    rows[0]["context"] = sealed_examples[0].context
    write_snapshot(tmp_path, {("xquad.en", "validation"): rows, ("xquad.ro", "validation"): rows})
    assert available_languages(BENCHMARKS["xquad"], str(tmp_path)) == ["en", "ro"]
    assert index_of_xquad(str(tmp_path)).overlap(sealed_examples[0].context).reason == "text"
    assert available_languages(BENCHMARKS["xquad"], "google/xquad") == list(XQUAD_LANGUAGES)
