from __future__ import annotations

import json
from collections import Counter, defaultdict
from itertools import groupby

import pytest

from xlingual.data.faq import sampling as draw
from xlingual.data.recipes.passage import PassageRecipe
from xlingual.data.toy import ToyWorld
from xlingual.data.toy.faq_pages import faq_rows
from xlingual.data.toy.vocabularies import make_lexicon
from xlingual.languages import ISO_639_3, NON_ENGLISH
from xlingual.study import PassageSettings


def rows(toy, language):
    lines = (toy.faq / f"{ISO_639_3[language]}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def share_that_asks_for_its_answer(world, language="th"):
    """Share of pairs whose question asks for the relation of their answer."""
    lexicon = make_lexicon(world)
    relation_of = {word: r for r, values in enumerate(lexicon.values) for word in (*values.names, *values.numbers)}
    question_of = {word: r for r, word in enumerate(lexicon.tongues[language].questions)}
    found = []
    for row in faq_rows(world, lexicon, language):
        asked = next(question_of[word] for word in row["question"].rstrip("?").split() if word in question_of)
        found.append(asked == relation_of[row["answer"].split()[0]])
    return sum(found) / len(found)


@pytest.mark.parametrize("language", NON_ENGLISH)
def test_pages_have_webfaqs_columns_and_several_pairs_each(toy, world, language):
    found = rows(toy, language)
    pages = Counter(row["url"] for row in found)
    assert {tuple(row) for row in found} == {draw.COLUMNS}
    assert set(pages.values()) == {world.pairs_per_page}
    assert len(pages) == world.faq_pages
    assert all(row["url"].startswith(f"https://{row['origin']}/") for row in found)


def test_a_site_has_several_pages(toy):
    sites = defaultdict(set)
    for row in rows(toy, "de"):
        sites[row["origin"]].add(row["url"])
    assert {len(urls) for urls in sites.values()} == {3}


def test_there_are_no_english_pages(toy):
    assert {path.name for path in toy.faq.iterdir()} == {f"{ISO_639_3[code]}.jsonl" for code in NON_ENGLISH}


def test_every_pair_becomes_a_passage(toy):
    settings = PassageSettings(span="answer", answers=4, min_passage_characters=1)
    for language in ("ar", "de", "th", "zh"):
        recipe = PassageRecipe(settings, language, seed=0)
        hosts = groupby(draw.faq_rows(str(toy.faq), language, rows=2000), key=lambda row: row.origin)
        examples = list(recipe.examples(list(host) for _, host in hosts))
        assert len(examples) == recipe.counts["kept"] == recipe.counts["read"] == 360
        assert all(e.context[e.answer_starts[0] :].startswith(e.answers[0]) for e in examples)


def test_at_helpfulness_one_every_question_asks_for_its_answer():
    assert share_that_asks_for_its_answer(ToyWorld(faq_helpfulness=1.0)) == 1.0


def test_at_helpfulness_zero_questions_are_as_good_as_chance():
    world = ToyWorld(faq_helpfulness=0.0, faq_pages=1000)
    assert share_that_asks_for_its_answer(world) == pytest.approx(1 / world.relations, abs=0.015)


def test_helpfulness_is_the_share_of_helpful_pairs():
    world = ToyWorld(faq_helpfulness=0.6, faq_pages=1000)
    assert share_that_asks_for_its_answer(world) == pytest.approx(0.6 + 0.4 / world.relations, abs=0.03)


def test_helpfulness_changes_questions_alone():
    def stripped(world):
        return [row | {"question": ""} for row in faq_rows(world, make_lexicon(world), "el")]

    assert stripped(ToyWorld(faq_helpfulness=0.0)) == stripped(ToyWorld(faq_helpfulness=1.0))


def test_pairs_that_help_at_a_low_helpfulness_help_at_a_higher_one():
    def questions(helpfulness):
        world = ToyWorld(faq_helpfulness=helpfulness)
        return [row["question"] for row in faq_rows(world, make_lexicon(world), "ru")]

    best, middle, low = questions(1.0), questions(0.7), questions(0.3)
    kept_low = {i for i, (b, lo) in enumerate(zip(best, low, strict=True)) if b == lo}
    kept_middle = {i for i, (b, m) in enumerate(zip(best, middle, strict=True)) if b == m}
    assert kept_low <= kept_middle
    assert len(kept_low) < len(kept_middle) < len(best)
