"""No test question is dropped: one that cannot be scored is an error."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from xquad_index import index_of_xquad

from xlingual.data.scorable import NOT_IN_CONTEXT, notes_of
from xlingual.data.test_sets.xquad import load_xquad
from xlingual.errors import DataError

Write = Callable[..., Path]
TOWER = "The old tower of Marn was built in 1620."
THAP = "Tháp cổ Marn được xây năm 1620."


@pytest.fixture
def write(tmp_path: Path, write_squad: Callable[..., Path]) -> Write:
    """Write a test set's file from its paragraphs: {context: [(id, question, [(answer, start)])]}."""

    def written(code: str, paragraphs: dict[str, list[Any]]) -> Path:
        return write_squad(tmp_path / f"xquad.{code}.json", {"Marn": paragraphs}).parent

    return written


@pytest.mark.parametrize(
    ("answers", "kept", "starts"),
    [
        ([("1620", 35)], ("1620",), (35,)),
        ([("1620", 3)], ("1620",), (35,)),  # wrong offset
        ([("1620", -1)], ("1620",), (35,)),
        ([("o", 26)], ("o",), (4,)),  # no "o" is near the offset: any will do, because the text counts
        ([("1621", 35)], ("1621",), (NOT_IN_CONTEXT,)),
        ([("1621", 35), ("1620", 35)], ("1621", "1620"), (NOT_IN_CONTEXT, 35)),
        ([("", 0), ("1620", 35), (" \u200b", 3)], ("1620",), (35,)),  # a blank gold would make "" a right answer
        ([("in  1620", 32)], ("in  1620", "in 1620"), (NOT_IN_CONTEXT, 32)),
    ],
)
def test_a_question_counts_whatever_its_offsets_say(
    write: Write, answers: list[Any], kept: tuple[str, ...], starts: tuple[int, ...]
) -> None:
    source = write("en", {TOWER: [("q1", "When?", answers), ("q2", "What?", [("tower", 8)])]})
    first, second = load_xquad(str(source), ["en"])["en"].examples
    assert (first.answers, first.answer_starts) == (kept, starts)
    assert (second.id, second.answers) == ("q2", ("tower",))


@pytest.mark.parametrize(("context_form", "answer_form"), [("NFD", "NFC"), ("NFC", "NFD")])
def test_an_answer_in_another_unicode_form_than_its_context_counts_in_both(
    write: Write, context_form: Any, answer_form: Any, by_letter: Any
) -> None:
    context, answer = unicodedata.normalize(context_form, THAP), unicodedata.normalize(answer_form, "Tháp cổ")
    write("en", {TOWER: [("q1", "What?", [("tower", 8)]), ("q2", "When?", [("1620", 35)])]})
    source = write("vi", {context: [("q1", "Gì?", [(answer, 0)]), ("q2", "Khi?", [("1620", 26)])]})
    sets = load_xquad(str(source), ["en", "vi"])
    assert {code: len(part) for code, part in sets.items()} == {"en": 2, "vi": 2}
    example = sets["vi"].examples[0]
    assert example.answers == (answer, unicodedata.normalize(context_form, answer))
    assert example.answer_starts == (NOT_IN_CONTEXT, 0) and context.startswith(example.answers[1])
    (note,) = notes_of(sets)
    assert note.startswith("vi: gold answers of 1 of 2 questions") and "both forms count" in note
    by_letter(note)


def test_counts_say_what_was_repaired_and_notes_what_no_model_can_copy(write: Write) -> None:
    questions = [("q1", "When?", [("1620", 3)]), ("q2", "What?", [("towers", 8)]), ("q3", "What?", [("tower", 8)])]
    sets = load_xquad(str(write("en", {TOWER: questions})), ["en"])
    assert sets["en"].counts == {
        "read": 3, "kept": 3, "repaired": 1, "mended_characters": 0, "dropped_limit": 0
    }  # fmt: skip
    (note,) = notes_of(sets)
    assert note.startswith("en: the gold answers of 1 of 3 questions are not in their contexts; the questions count")


@pytest.mark.parametrize(
    ("question", "reason"),
    [
        (("bad", "When?", [("", 0)]), "no gold answer text"),
        (("bad", "When?", [(" ", 0), ("\u200b", 1)]), "no gold answer text"),
        (("bad", "When?", []), "no gold answer text"),
        (("bad", " \n", [("1620", 35)]), "an empty question"),
        (("bad", "\u200b\ufeff", [("1620", 35)]), "an empty question"),
        (("good", "When?", [("1620", 35)]), "an id that another question has"),
        (("bad", "When?", [("\ud83d", 35)]), "half of a character for a gold answer"),
    ],
)
def test_what_cannot_be_scored_is_named_with_file_language_and_id(
    write: Write, question: tuple[str, str, list[Any]], reason: str
) -> None:
    good = ("good", "What?", [("tower", 8)])
    source = write("de", {TOWER: [good, question]})
    write("en", {TOWER: [good, (question[0], "When?", [("1620", 35)])]})
    with pytest.raises(DataError) as refused:
        load_xquad(str(source), ["de"])
    said = str(refused.value)
    assert said.startswith(f"{source}: 1 question cannot be scored: xquad.de.json (de): 1 with {reason}")
    assert f"({question[0]})" in said and "\n" not in said
    assert "No test question is dropped: correct the files, or name another test set" in said


def test_a_context_without_text_cannot_be_scored(write: Write) -> None:
    source = write("de", {TOWER: [("good", "What?", [("tower", 8)])], "\u200b ": [("bad", "When?", [("1620", 0)])]})
    with pytest.raises(DataError, match=r"1 with an empty context \(bad\)"):
        load_xquad(str(source), ["de"])


def test_half_of_a_character_is_a_question_mark_and_is_said(write: Write, by_letter: Any) -> None:
    questions = [("a\ud83d", "When \ude00?", [("1750", 24)]), ("b", "What?", [("\ud83d def", 4)])]
    sets = load_xquad(str(write("de", {"abc \ud83d def, built in 1750.": questions})), ["de"])
    first, second = sets["de"].examples
    assert (first.id, first.question, first.context) == ("a?", "When ??", "abc ? def, built in 1750.")
    assert (second.answers, second.answer_starts) == (("? def",), (4,))
    (note,) = notes_of(sets)
    assert note.startswith("de: half of a character") and note.endswith("in 2 questions")
    by_letter(note)


def test_all_that_cannot_be_scored_is_one_error(write: Write, by_letter: Any) -> None:
    blank = [(f"q{n}", "When?", [("", 0)]) for n in range(5)]
    whole = [(f"q{n}", "When?", [("1620", 35)]) for n in range(5)]
    write("en", {TOWER: whole})
    write("es", {TOWER: [*blank[:1], ("q1", " ", [("1620", 35)]), *whole[2:]]})
    source = write("de", {TOWER: blank})
    with pytest.raises(DataError) as refused:
        load_xquad(str(source), ["en", "de", "es"])
    told = str(refused.value)
    parts = (f"{source}: 7 questions", "xquad.de.json (de): 5 ", "(q0, q1, q2 and 2 more)", "xquad.es.json (es): 1 ")
    assert all(part in told for part in (*parts, "leave de, es out"))
    by_letter(told.replace(str(source), "FOLDER"))
    assert len(load_xquad(str(source), ["en"])["en"]) == 5


def test_questions_of_paragraphs_that_are_not_asked_need_not_be_scorable(write: Write) -> None:
    source = write("en", {"x": [("q1", "", [("", 0)])], TOWER: [("q2", "When?", [("1620", 35)])]})
    assert [example.id for example in load_xquad(str(source), ["en"], paragraphs=1)["en"].examples] == ["q2"]
    with pytest.raises(DataError, match="q1"):
        load_xquad(str(source), ["en"])


def test_a_test_set_without_any_question_is_refused(write: Write) -> None:
    with pytest.raises(DataError, match=r"found no test questions in xquad\.en\.json; name a test set that has some"):
        load_xquad(str(write("en", {})), ["en"])


def test_training_data_is_compared_with_questions_that_cannot_be_scored(write: Write) -> None:
    context = "A paragraph of a test set that is long enough to be known again, whatever its answers are worth."
    source = write("en", {context: [("q1", "When?", [("", 0)])]})
    assert index_of_xquad(str(source)).overlap(context) is not None


def test_golds_leave_the_contamination_index_as_it_is(write: Write) -> None:
    source = write("en", {TOWER: [("q1", "When?", [("", 0)])]})
    blank = index_of_xquad(str(source)).fingerprint
    write("en", {TOWER: [("q1", "When?", [("1620", 35)])]})
    assert index_of_xquad(str(source)).fingerprint == blank


def test_the_fingerprint_is_that_of_the_golds(write: Write) -> None:
    def fingerprint(answer: str) -> str:
        source = write("en", {TOWER: [("q1", "When?", [(answer, 35)])]})
        return load_xquad(str(source), ["en"])["en"].fingerprint

    assert fingerprint("1620") == fingerprint("1620") != fingerprint("162")
