"""FAQ pages of a toy world, in WebFAQ's layout."""

from __future__ import annotations

from collections.abc import Iterator

from xlingual.data.toy.sentences import draw_facts, write_question
from xlingual.data.toy.vocabularies import FILLERS, Lexicon
from xlingual.data.toy.world import ToyWorld

PAGES_PER_SITE = 3


def faq_rows(world: ToyWorld, lexicon: Lexicon, language: str) -> Iterator[dict[str, str]]:
    """Every pair of every page of a language, page by page: origin, url, question, answer.

    A question names no person; an answer is a bare value. With probability 1 - `world.faq_helpfulness`, the question of
    a pair is drawn independently of the answer. Lowering the helpfulness only adds to the pairs affected.
    """
    generator = world.generator(f"faq pages of {language}")
    for page in range(world.faq_pages):
        origin = f"site-{page // PAGES_PER_SITE}.{language}.toy.example"
        for fact in draw_facts(world.pairs_per_page, lexicon, generator):
            unrelated = int(generator.integers(world.relations))
            relation = fact.relation if generator.random() < world.faq_helpfulness else unrelated
            question = write_question(relation, int(generator.integers(FILLERS)), "", language, lexicon)
            yield {"origin": origin, "url": f"https://{origin}/faq/{page}", "question": question, "answer": fact.value}
