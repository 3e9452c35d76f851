from __future__ import annotations

import unicodedata

import pytest

from xlingual.data.examples import Example
from xlingual.data.scripts import main_script
from xlingual.families import EXTRACTIVE, TEXT_TO_TEXT
from xlingual.tasks import Candidate
from xlingual.tasks.question_answering import SHARES, QuestionAnswering, mean_scores

RUSSIAN = "Столица России — Москва, её код 495. Там есть Windows."
CHINESE = "日本的首都是東京,人口1400万。"
JAPANESE = "日本の首都はトウキョウ(東京)です。"
HINDI = "भारत की राजधानी नई दिल्ली है।"
NEITHER, ILLEGAL = (False, False, False), (True, False, False)
NORMALISED, TRANSLATED = (True, True, False), (True, False, True)
THAI = "ราคา ２５ บาท  ต่อกิโลกรัม ทำ"


@pytest.mark.parametrize(
    ("context", "prediction", "expected"),
    [
        (RUSSIAN, "Москва", NEITHER),
        (RUSSIAN, " Москва \n", NEITHER),
        (RUSSIAN, "Moscow", TRANSLATED),
        (RUSSIAN, "Windows", NEITHER),  # in the context
        (RUSSIAN, "Москве", ILLEGAL),
        (RUSSIAN, "москва", ILLEGAL),
        (RUSSIAN, "495", NEITHER),
        (RUSSIAN, "499", ILLEGAL),  # no letters
        (RUSSIAN, "", ILLEGAL),
        (RUSSIAN, "  ", ILLEGAL),
        (RUSSIAN, "...", ILLEGAL),
        (RUSSIAN, "Μόσχα", TRANSLATED),
        (RUSSIAN, "город Moskva", TRANSLATED),  # six Latin letters of eleven
        (RUSSIAN, "городок Omsk", ILLEGAL),
        (THAI, "25 บาท ต่อ", NORMALISED),  # NFKC of full-width digits, one space instead of two
        (THAI, unicodedata.normalize("NFKC", "ทำ"), NORMALISED),  # sara am is decomposed
        (THAI, "26 บาท", ILLEGAL),
        (CHINESE, "人口１４００万", NORMALISED),
        (RUSSIAN, "Windows.", NEITHER),
        ("ＮＡＳＡ は", "NASA", NORMALISED),
        (CHINESE, "東京", NEITHER),
        (CHINESE, "东京", ILLEGAL),
        (CHINESE, "トウキョウ", ILLEGAL),  # Han and kana count as one: Japanese mixes them
        (CHINESE, "Tokyo", TRANSLATED),
        (CHINESE, "도쿄", TRANSLATED),
        (CHINESE, "1400万人", ILLEGAL),
        (JAPANESE, "トウキョウ", NEITHER),
        (JAPANESE, "京都", ILLEGAL),
        (JAPANESE, "Tokyo", TRANSLATED),
        (HINDI, "नई दिल्ली", NEITHER),
        (HINDI, "दिल्ली शहर", ILLEGAL),
        (HINDI, "New Delhi", TRANSLATED),
        ("Die Hauptstadt ist Wien.", "Vienna", ILLEGAL),  # a translation in the same script
        ("Die Hauptstadt ist Wien.", "Вена", TRANSLATED),
        ("1 + 1 = 2", "two", TRANSLATED),
    ],
)
def test_answers_that_do_not_stand_in_their_context(context: str, prediction: str, expected: tuple[bool, ...]) -> None:
    example = Example("q", "?", context, ("x",), (0,), "ru", "", "p")
    extras = TEXT_TO_TEXT.row_extras(example, prediction)
    assert tuple(extras[name] for name in SHARES) == expected
    assert EXTRACTIVE.row_extras(example, prediction) == {}


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("abc где", "Latin"),
        ("ab где", "Cyrillic"),
        ("ab гд", "Latin"),
        ("12 !?", None),
        ("", None),
        ("漢字かな", "Han"),
        ("ひらがな", "Han"),
        ("ไทย", "Thai"),
        ("العربية", "Arabic"),
        ("한국어 漢", "Hangul"),
        ("_ः१", None),
    ],
)
def test_the_script_of_most_letters(text: str, script: str | None) -> None:
    assert main_script(text) == script


def test_shares_stand_beside_scores_only_where_rows_have_them() -> None:
    task = QuestionAnswering()
    texts = ["Москва", "Moscow", "Москве", ""]
    examples = [Example(str(n), "?", RUSSIAN, ("Москва",), (17,), "ru", "", "p") for n in range(4)]
    found = {n: [Candidate(-1.0, text)] for n, text in enumerate(texts)}
    plain, more = task.rows(examples, found), task.rows(examples, found, TEXT_TO_TEXT.row_extras)
    assert task.rows(examples, found, EXTRACTIVE.row_extras) == plain
    assert [{**row, **{name: one[name] for name in SHARES}} for row, one in zip(plain, more, strict=True)] == more
    assert task.scores(plain) == {"exact_match": 25.0, "f1": 25.0, "questions": 4}
    assert task.scores(more) == {
        **task.scores(plain),
        "illegal": 75.0,
        "normalised": 0.0,
        "accidental_translation": 25.0,
    }
    assert mean_scores([*more, plain[0]]) == pytest.approx({"exact_match": 40.0, "f1": 40.0, "questions": 5})
