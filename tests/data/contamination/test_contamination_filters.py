"""Data that overlaps the sealed test set is dropped, counted and listed; the rest is kept in order."""

from __future__ import annotations

import json
import pickle

import pytest
from xquad_index import index_of_xquad

from xlingual.data.contamination import ContaminationFilter, ContaminationIndex, clean_examples
from xlingual.data.examples import Example, ExampleSet
from xlingual.data.faq.rows import FaqRow
from xlingual.data.faq.sampling import faq_rows
from xlingual.data.squad import load_squad
from xlingual.data.toy import ToyPaths
from xlingual.languages import NON_ENGLISH


@pytest.fixture(scope="module")
def index(sealed_examples: list[Example]) -> ContaminationIndex:
    return ContaminationIndex.of(sealed_examples)


def row(number: int, answer: str = "By train.", question: str = "How do I get there?") -> FaqRow:
    return FaqRow("host", f"https://host/{number}", question, answer, "en")


def test_rows_that_overlap_are_dropped_counted_and_listed(index, sealed_examples):
    rows = [row(number) for number in range(3000)]
    rows[5] = row(5, answer=sealed_examples[2].context)
    rows[2500] = row(2500, question=sealed_examples[0].question.upper())
    filtered = ContaminationFilter(index)
    assert list(filtered.rows(iter(rows))) == rows[:5] + rows[6:2500] + rows[2501:]
    assert filtered.counts == {"dropped_contaminated": 2}
    text, question = [each.as_json() for each in filtered.listed]
    assert text["name"] == "https://host/5 How do I get there?"
    assert (text["reasons"], text["share"]) == (["text"], 1.0)
    assert (question["name"], question["reasons"]) == (f"https://host/2500 {rows[2500].question}", ["question"])
    assert json.loads(json.dumps(text)) == text
    assert list(filtered.rows([rows[5]])) == []
    assert filtered.counts == {"dropped_contaminated": 3}


def test_the_stream_is_never_held_as_a_whole(index):
    taken = []
    stream = ContaminationFilter(index).rows(taken.append(number) or row(number) for number in range(10_000))
    assert taken == []
    assert next(stream) == row(0)
    assert len(taken) <= 1024


def test_a_filter_can_be_sent_to_another_process(index, sealed_examples):
    again = pickle.loads(pickle.dumps(ContaminationFilter(index)))
    assert list(again.rows([row(1), row(2, answer=sealed_examples[1].context)])) == [row(1)]
    assert again.counts == {"dropped_contaminated": 1}


def test_a_paragraph_is_dropped_with_all_its_questions(index, sealed_examples):
    def example(number: int, context: str, title: str = "Ships", paragraph: str = "p") -> Example:
        return Example(f"question-{number}", f"Number {number}?", context, (context[:3],), (0,), "en", title, paragraph)

    copied = sealed_examples[0].context.lower()
    given = [
        example(0, "A clean text about ships."),
        example(1, copied, paragraph="copied"),
        example(2, "A clean text about ships."),
        example(3, copied, paragraph="copied"),
        example(4, "Another text.", title="Harbour of Lisenna", paragraph="by-title"),
    ]
    counts = {"read": 6, "kept": 5, "dropped_offset": 1}
    kept, listed = clean_examples(ExampleSet(tuple(given), counts), index)
    assert kept.examples == (given[0], given[2])
    assert kept.counts == {"read": 6, "kept": 2, "dropped_offset": 1, "dropped_contaminated": 3}
    assert [(each.name, each.overlap.reasons) for each in listed] == [("copied", ("text",)), ("by-title", ("title",))]


def test_clean_examples_stay_the_same_set(index):
    given = ExampleSet((Example("a", "Why?", "A clean text.", ("A",), (0,), "en"),), {"read": 1, "kept": 1})
    kept, listed = clean_examples(given, index)
    assert (kept.fingerprint, listed) == (given.fingerprint, [])
    assert kept.counts["dropped_contaminated"] == 0


def test_the_toy_world_does_not_contaminate_itself(toy: ToyPaths):
    """Its languages share words and sentence patterns between training and test data by design."""
    index = index_of_xquad(str(toy.xquad))
    for file in (toy.train, toy.dev):
        examples = load_squad(str(file))
        assert clean_examples(examples, index)[0].fingerprint == examples.fingerprint
    for language in NON_ENGLISH:
        rows = list(faq_rows(str(toy.faq), language, rows=1000))
        assert len(rows) == 360
        assert list(ContaminationFilter(index).rows(rows)) == rows
    test = load_squad(str(toy.xquad / "xquad.de.json"), language="de")
    kept, listed = clean_examples(test, index)
    assert len(kept) == 0
    assert {"text", "id", "title"} <= set(listed[0].overlap.reasons)
