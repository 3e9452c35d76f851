from __future__ import annotations

import json

import pytest

from xlingual.data.squad import load_squad
from xlingual.data.test_sets.xquad import load_xquad
from xlingual.data.toy.sentences import draw_person, write_paragraph, write_question
from xlingual.data.toy.vocabularies import make_lexicon
from xlingual.languages import XQUAD_LANGUAGES


def questions(path):
    for article in json.loads(path.read_text(encoding="utf-8"))["data"]:
        for paragraph in article["paragraphs"]:
            for question in paragraph["qas"]:
                yield article["title"], paragraph["context"], question


def files(toy):
    return {"train": toy.train, "dev": toy.dev, **{code: toy.xquad / f"xquad.{code}.json" for code in XQUAD_LANGUAGES}}


def test_every_answer_stands_at_its_offset(toy):
    checked = 0
    for path in files(toy).values():
        for _, context, question in questions(path):
            (answer,) = question["answers"]
            assert context[answer["answer_start"] :].startswith(answer["text"])
            checked += 1
    assert checked == 3000 + 150 + 12 * 120


def test_the_loaders_take_every_question_without_repair(toy, world):
    train = load_squad(str(toy.train), split="train", seed=0)
    tests = load_xquad(str(toy.xquad), XQUAD_LANGUAGES)
    assert train.counts["kept"] == train.counts["read"] == 3000
    assert {part.counts["kept"] for part in tests.values()} == {120}
    assert not train.counts["repaired"] and not any(part.counts["repaired"] for part in tests.values())


def test_the_test_set_is_parallel(toy):
    def shape(code):
        rows = questions(toy.xquad / f"xquad.{code}.json")
        return [(title, question["id"], question["answers"][0]["text"]) for title, _, question in rows]

    assert all(shape(code) == shape("en") for code in XQUAD_LANGUAGES)
    contexts = {context for code in XQUAD_LANGUAGES for _, context, _ in questions(toy.xquad / f"xquad.{code}.json")}
    assert len(contexts) == 12 * 40


def test_no_person_context_title_or_id_is_in_two_splits(toy):
    def of(path):
        rows = list(questions(path))
        persons = {" ".join(context.split()[:2]) for _, context, _ in rows}
        return {
            "title": {title for title, _, _ in rows},
            "context": {context for _, context, _ in rows},
            "person": persons,
            "id": {question["id"] for _, _, question in rows},
        }

    train, dev, test = of(toy.train), of(toy.dev), of(toy.xquad / "xquad.en.json")
    assert len(train["person"]) == 1000
    for what in train:
        assert not train[what] & dev[what], what
        assert not train[what] & test[what], what
        assert not dev[what] & test[what], what


def test_ids_are_unique(toy):
    for path in files(toy).values():
        ids = [question["id"] for _, _, question in questions(path)]
        assert len(ids) == len(set(ids))


def test_answers_are_names_of_one_to_three_words_and_numbers(toy):
    answers = [question["answers"][0]["text"] for _, _, question in questions(toy.train)]
    lengths = {len(answer.split()) for answer in answers if not answer.isdigit()}
    assert lengths == {1, 2, 3}
    assert 0.15 < sum(answer.isdigit() for answer in answers) / len(answers) < 0.25


def test_a_question_asks_for_one_of_several_facts_of_the_person_it_names(toy, world):
    lexicon = make_lexicon(world)
    english = lexicon.tongues["en"]
    for _, context, question in questions(toy.dev):
        asked, _, *name = question["question"].rstrip("?").split()
        relation = english.relations[english.questions.index(asked)]
        assert context.startswith(" ".join(name))
        assert f"{relation} {question['answers'][0]['text']} " in context
        assert sum(context.split().count(word) for word in english.relations) == world.facts_per_person


@pytest.mark.parametrize("language", XQUAD_LANGUAGES)
def test_every_fact_starts_where_it_says_whatever_the_word_order(small, language):
    lexicon = make_lexicon(small)
    generator = small.generator("a person of the test")
    for number in range(20):
        person = draw_person(f"Name Number{number}", small, lexicon, generator)
        text, starts = write_paragraph(person, language, lexicon)
        assert all(text[s:].startswith(f.value) for f, s in zip(person.facts, starts, strict=True))
        assert list(starts) == sorted(set(starts))


def test_a_question_may_name_no_one(small):
    lexicon = make_lexicon(small)
    for language, tongue in lexicon.tongues.items():
        question = write_question(3, 5, "", language, lexicon)
        words = question.removesuffix(tongue.question_sign).split(" ")
        assert question.endswith(tongue.question_sign)
        assert sorted(words) == sorted((tongue.questions[3], tongue.fillers[5]))
