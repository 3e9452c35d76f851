"""The official SQuAD v1.1 metrics, checked against a second implementation written from the definition."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xlingual.errors import DataError
from xlingual.metrics import character_f1, exact_match, f1, normalize_answer, score_predictions

XQUAD = Path(__file__).resolve().parents[1] / ".." / "shared" / "data" / "xquad"
LANGUAGES = ("en", "ar", "th", "zh")
OTHERS = ("de", "el", "es", "hi", "ru", "tr", "vi", "ro")
PUNCTUATION = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"

texts = st.text(max_size=40)
words = st.lists(st.sampled_from(["a", "an", "The", "cat", "cat,", "sat", "über", "猫", "3.5", "(the)"]), max_size=8)
phrases = words.map(" ".join)
any_text = texts | phrases


@lru_cache(maxsize=100_000)
def second_normalize(text: str) -> str:
    """From the definition, character by character, without regular expressions or translate tables."""
    kept = [character for character in text.lower() if PUNCTUATION.find(character) < 0]
    runs: list[list[str]] = []
    for character in kept:
        inside_word = character.isalnum() or character == "_"
        if runs and runs[-1][0] == str(inside_word):
            runs[-1].append(character)
        else:
            runs.append([str(inside_word), character])
    without_articles = "".join(
        " " if run[1:] in (["a"], ["a", "n"], ["t", "h", "e"]) else "".join(run[1:]) for run in runs
    )
    return " ".join(without_articles.split())


def second_f1(prediction: str, answer: str) -> float:
    """Match words one by one, crossing out each answer word once used; F1 = 2 * shared / (sum of lengths)."""
    predicted, left = second_normalize(prediction).split(), second_normalize(answer).split()
    total = len(predicted) + len(left)
    shared = 0
    for word in predicted:
        if word in left:
            left.remove(word)
            shared += 1
    return 2 * shared / total if shared else 0.0


def second_score(gold: dict, predictions: dict[str, str]) -> tuple[float, float]:
    matches, overlaps = [], []
    for article in gold["data"]:
        for paragraph in article["paragraphs"]:
            for question in paragraph["qas"]:
                prediction = predictions.get(question["id"])
                golds = [answer["text"] for answer in question["answers"]]
                if prediction is None:
                    matches.append(0)
                    overlaps.append(0.0)
                    continue
                normal = second_normalize(prediction)
                matches.append(max(1 if normal == second_normalize(answer) else 0 for answer in golds))
                overlaps.append(max(second_f1(prediction, answer) for answer in golds))
    return 100 * sum(matches) / len(matches), 100 * sum(overlaps) / len(overlaps)


def one_question(*answers: str) -> list[tuple[str, tuple[str, ...]]]:
    return [("q", answers)]


def read_xquad(language: str) -> dict:
    path = XQUAD / f"xquad.{language}.json"
    if not path.exists():
        pytest.skip("needs the developers' data folder")
    return json.loads(path.read_text(encoding="utf-8"))


def golds(gold: dict) -> list[tuple[str, list[str]]]:
    return [
        (question["id"], [answer["text"] for answer in question["answers"]])
        for article in gold["data"]
        for paragraph in article["paragraphs"]
        for question in paragraph["qas"]
    ]


def gold_answers(gold: dict) -> dict[str, str]:
    return {
        question["id"]: question["answers"][0]["text"]
        for article in gold["data"]
        for paragraph in article["paragraphs"]
        for question in paragraph["qas"]
    }


@pytest.mark.parametrize("language", [*LANGUAGES, *(pytest.param(one, marks=pytest.mark.real) for one in OTHERS)])
def test_agrees_with_a_second_implementation_on_every_xquad_file(language: str) -> None:
    """The default run has four scripts; `test_mlqa_metrics` has each eleventh question of every language."""
    gold = read_xquad(language)
    answers = gold_answers(gold)
    assert len(answers) == 1190
    context = {q["id"]: p["context"] for a in gold["data"] for p in a["paragraphs"] for q in p["qas"]}
    kinds = {
        "exact": lambda i, text: text,
        "shouted, with articles and punctuation": lambda i, text: f"The {text.upper()}, a!",
        "without its first word": lambda i, text: " ".join(text.split()[1:]),
        "first half": lambda i, text: text[: max(1, len(text) // 2)],
        "too long": lambda i, text: context[i][:150] + " " + text,
        "empty": lambda i, text: "",
        "missing": lambda i, text: None,
    }
    mixed = list(kinds.values())
    kinds["a different kind for every question"] = lambda i, text: mixed[sum(map(ord, i)) % len(mixed)](i, text)
    scores = {}
    for name, change in kinds.items():
        changed = {i: change(i, text) for i, text in answers.items()}
        predictions = {i: text for i, text in changed.items() if text is not None}
        score = score_predictions(golds(gold), predictions)
        assert (score["exact_match"], score["f1"]) == pytest.approx(second_score(gold, predictions), rel=0, abs=1e-9)
        scores[name] = score
    assert scores["exact"]["exact_match"] == 100.0
    assert scores["missing"] == {"exact_match": 0.0, "f1": 0.0}
    assert 0 < scores["too long"]["f1"] < 100


@given(any_text)
def test_normalisation_agrees_with_the_second_implementation(text: str) -> None:
    assert normalize_answer(text) == second_normalize(text)


@given(any_text, st.lists(any_text, min_size=1, max_size=3))
def test_scores_agree_with_the_second_implementation(prediction: str, answers: list[str]) -> None:
    assert f1(prediction, answers) == pytest.approx(max(second_f1(prediction, a) for a in answers), rel=0, abs=1e-12)
    expected = any(second_normalize(prediction) == second_normalize(answer) for answer in answers)
    assert exact_match(prediction, answers) == float(expected)


@given(any_text, any_text)
def test_f1_is_symmetric_and_exact_match_bounds_it(left: str, right: str) -> None:
    assert f1(left, [right]) == pytest.approx(f1(right, [left]))
    assert 0.0 <= f1(left, [right]) <= 1.0
    if exact_match(left, [right]) and normalize_answer(left):
        assert f1(left, [right]) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The  Answer.", "answer"),
        ("an apple, a day", "apple day"),
        ("U.S.A.", "usa"),
        ("3.5", "35"),
        ("theatre", "theatre"),
        ("a-b", "ab"),
        ("«Der Weg»", "«der weg»"),
        ("the", ""),
        ("İstanbul", "i̇stanbul"),
        ("北京。", "北京。"),
    ],
)
def test_normalisation_by_hand(text: str, expected: str) -> None:
    assert normalize_answer(text) == expected


def test_f1_by_hand() -> None:
    assert f1("big red dog", ["the red dog"]) == pytest.approx(2 * (2 / 3) * (2 / 2) / (2 / 3 + 2 / 2))
    assert f1("dog dog", ["dog"]) == pytest.approx(2 * 0.5 * 1.0 / 1.5)


@pytest.mark.parametrize(
    ("prediction", "answers", "expected"),
    [
        ("天氣好", ["天氣很好"], 2 * 1 * 0.75 / 1.75),
        ("อากาศดี", ["อากาศดีมาก"], 2 * 1 * 0.7 / 1.7),
        ("天 氣 好", ["天氣好"], 1.0),
        ("好氣天", ["天氣好"], 1.0),  # a bag of characters, as the official F1 is a bag of words
        ("天天", ["天"], 2 * 0.5 * 1 / 1.5),
        ("BMW公司。", ["bmw"], 2 * 0.5 * 1 / 1.5),  # ASCII punctuation is removed, "。" is kept, as officially
        ("雨", ["天氣", "雨"], 1.0),
        ("the", ["the"], 0.0),  # both become empty, which the official F1 counts as no overlap
        ("", ["天"], 0.0),
    ],
)
def test_character_f1_by_hand(prediction: str, answers: list[str], expected: float) -> None:
    assert character_f1(prediction, answers) == pytest.approx(expected)


@given(any_text, st.lists(any_text, min_size=1, max_size=3))
def test_character_f1_is_the_official_f1_of_texts_with_spaces_between_their_characters(
    prediction: str, answers: list[str]
) -> None:
    spaced, *golds = (
        " ".join(f"{ord(character):x}x" for character in second_normalize(text) if character != " ")
        for text in (prediction, *answers)
    )
    assert character_f1(prediction, answers) == pytest.approx(max(second_f1(spaced, gold) for gold in golds))


def test_the_best_answer_counts() -> None:
    assert f1("red dog", ["blue cat", "red dog"]) == 1.0
    assert score_predictions(one_question("blue cat", "dog"), {"q": "Dog!"}) == {"exact_match": 100.0, "f1": 100.0}


def test_two_empty_texts_match_exactly_but_share_no_word() -> None:
    assert score_predictions(one_question("the"), {"q": ""}) == {"exact_match": 100.0, "f1": 0.0}


def test_predictions_without_a_question_are_ignored() -> None:
    assert score_predictions(one_question("dog"), {"q": "dog", "other": "cat"})["f1"] == 100.0


@pytest.mark.parametrize(
    ("gold", "message"),
    [([("q", [])], "question 'q' has no answer to score against"), ([], "holds no question")],
)
def test_golds_that_cannot_be_scored_are_refused(gold: list[tuple[str, list[str]]], message: str) -> None:
    with pytest.raises(DataError, match=message):
        score_predictions(gold, {})


@pytest.mark.parametrize(
    ("predictions", "message"),
    [
        ([], "found an empty list"),
        ({"q": None}, "found nothing for question 'q'"),
        ({"q": {"text": "dog"}}, "found an object for question 'q'"),
    ],
)
def test_predictions_of_another_format_are_refused(predictions: object, message: str) -> None:
    with pytest.raises(DataError, match=message):
        score_predictions(one_question("dog"), predictions)


def test_a_question_without_answers_cannot_be_scored() -> None:
    with pytest.raises(DataError, match="no answer"):
        f1("dog", [])
    with pytest.raises(DataError, match="no answer"):
        character_f1("dog", [])
    with pytest.raises(DataError, match="list of texts"):
        exact_match("dog", "dog")
