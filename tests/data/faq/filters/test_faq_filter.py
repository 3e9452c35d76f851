from __future__ import annotations

import pickle
from collections import Counter, defaultdict

import pytest
from faq_filter_rows import kept, only, read, row
from hypothesis import given, settings
from hypothesis import strategies as st

from xlingual.data.faq.filters import FaqFilter
from xlingual.errors import DataError
from xlingual.study import FaqFilters

WORDS = st.sampled_from("wir liefern nach Berlin und Wien in zwei Tagen Kosten... {{name}} &amp; Привет".split())  # noqa: SIM905
TEXTS = st.lists(WORDS, min_size=1, max_size=14).map(" ".join)
HOSTS = st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=8)
SITES = st.lists(HOSTS, min_size=1, max_size=5)
LOOSE = {"question_length": {"min": 3}, "answer_length": {"min": 6}, "rows_per_host": 3, "boilerplate": {"ngram": 3}}


def site(number, pairs):
    origin = ("shop", "ultrabet", "help", "info", "wiki")[number % 5] + f"{number}.example"
    return [
        row(question, answer, origin=origin, url=f"https://{origin}/{place % 3}")
        for place, (question, answer) in enumerate(pairs)
    ]


@given(SITES)
@settings(max_examples=25, deadline=None)
def test_every_row_is_kept_or_counted_once(sites):
    rows = [each for number, pairs in enumerate(sites) for each in site(number, pairs)]
    chosen = FaqFilter.of(FaqFilters.model_validate(LOOSE), "de", ())
    dropped = Counter()
    left = list(chosen.rows(iter(rows), lambda name, each: dropped.update([f"dropped_{name}"])))
    counts = chosen.counts
    assert counts["read"] == len(rows)
    assert counts["kept"] == len(left)
    assert counts["read"] == counts["kept"] + sum(
        number for name, number in counts.items() if name.startswith("dropped")
    )
    assert dropped == {name: number for name, number in counts.items() if number and name.startswith("dropped")}


@given(SITES, st.randoms(use_true_random=False))
@settings(max_examples=25, deadline=None)
def test_the_order_of_hosts_has_no_say_without_duplicates(sites, random):
    hosts = [site(number, pairs) for number, pairs in enumerate(sites)]
    turned = list(hosts)
    random.shuffle(turned)
    off = FaqFilters.model_validate({**LOOSE, "exact_duplicates": "off", "near_duplicates": "off"})
    assert by_host(hosts, off) == by_host(turned, off)


@given(SITES, st.randoms(use_true_random=False))
@settings(max_examples=25, deadline=None)
def test_the_order_of_hosts_decides_no_text_that_is_left_of_exact_duplicates(sites, random):
    hosts = [site(number, pairs) for number, pairs in enumerate(sites)]
    turned = list(hosts)
    random.shuffle(turned)
    off = FaqFilters.model_validate({**LOOSE, "near_duplicates": "off"})
    assert texts(hosts, off) == texts(turned, off)


def texts(hosts, filters):
    return {
        (e.question.casefold(), e.answer.casefold()) for e in run([each for host in hosts for each in host], filters)
    }


def by_host(hosts, filters):
    left = defaultdict(list)
    for each in run([each for host in hosts for each in host], filters):
        left[each.origin].append(each)
    return left


def run(rows, filters, language="de"):
    return list(FaqFilter.of(filters, language, ()).rows(iter(rows)))


@given(SITES)
@settings(max_examples=20, deadline=None)
def test_the_same_rows_give_the_same_rows_also_after_pickling(sites):
    rows = [each for number, pairs in enumerate(sites) for each in site(number, pairs)]
    chosen = FaqFilter.of(FaqFilters.model_validate(LOOSE), "de", ())
    again = pickle.loads(pickle.dumps(chosen))
    first = list(chosen.rows(iter(rows)))
    assert list(again.rows(iter(rows))) == first
    assert list(chosen.rows(iter(rows))) == first
    assert again.counts == chosen.counts


def test_a_host_keeps_whole_pages_up_to_its_cap():
    rows = [
        row(f"Frage {page} {place}?", url=f"https://shop.example/{page}") for page in range(9) for place in range(4)
    ]
    left = kept(rows, rows_per_host=10)
    assert len(left) == 10
    by_page = Counter(each.url for each in left)
    assert sorted(by_page.values()) == [2, 4, 4]
    assert left == [each for each in rows if each in left]
    fewer = kept(rows, rows_per_host=6)
    assert set(fewer) <= set(left)


def test_a_filter_that_is_off_is_not_counted():
    chosen = FaqFilter.of(only(script=0.5), "de", ())
    assert list(chosen.rows(iter([row()]))) == [row()]
    assert chosen.counts == {"read": 1, "kept": 1, "dropped_script": 0}


@pytest.mark.parametrize(
    ("language", "question", "answer", "stays"),
    [
        ("de", "Warum?", "x" * 40, False),
        ("de", "Warum denn?", "x" * 40, True),
        ("de", "Warum denn?", "x" * 20, False),
        ("de", "Warum denn?", "x" * 3001, False),
        ("de", "W" * 301, "x" * 40, False),
        ("zh", "为什么呢", "商店每天早上九点开门", True),
        ("zh", "为什么呢", "每天早上九点开门", False),
    ],
)
def test_lengths_are_in_characters_of_english(language, question, answer, stays):
    lengths = {"question_length": {}, "answer_length": {}}
    assert bool(kept([row(question, answer, language=language)], language, **lengths)) is stays


def test_labels_and_scores_are_kept_as_listed():
    columns = ("topic", "question_type", "semantic_similarity_score")
    rows = [
        row(topic="Health", question_type="What", similarity=0.9),
        row(topic="Travel", question_type="What", similarity=0.4),
        row(topic="Health", question_type="How"),
    ]
    assert kept(rows, columns=columns, similarity=0.5) == rows[:1]
    assert kept(rows, columns=columns, topics=["Health"]) == [rows[0], rows[2]]
    assert kept(rows, columns=columns, question_types=["What", "Why"]) == rows[:2]


@pytest.mark.parametrize(
    ("asked", "column"),
    [
        ({"similarity": 0.5}, "semantic_similarity_score"),
        ({"topics": ["Health"]}, "topic"),
        ({"question_types": ["What"]}, "question_type"),
    ],
)
def test_a_filter_without_its_column_is_refused(asked, column):
    with pytest.raises(
        DataError, match=f"{next(iter(asked))} needs the column {column}, .* of tr .*no optional columns found"
    ):
        FaqFilter.of(only(**asked), "tr", ())
    with pytest.raises(DataError, match=r"\(found id\); write"):
        FaqFilter.of(only(**asked), "tr", ("id",))


def test_of_real_pages_little_is_dropped_and_spam_is(shared):
    total = Counter()
    for code in ("ara", "deu", "hin", "zho"):
        rows = read(shared / "data" / "faq_multilingual" / f"{code}.jsonl")
        chosen = FaqFilter.of(FaqFilters(rows_per_host=None), rows[0].language, ())
        list(chosen.rows(iter(rows)))
        total.update(chosen.counts)
    dropped = {name: number for name, number in total.items() if name.startswith("dropped") and number}
    assert set(dropped) == {"dropped_answer_length", "dropped_script"}
    assert dropped["dropped_script"] == 2
    assert total["kept"] > 0.98 * total["read"]


def test_of_the_spam_sample_betting_diplomas_and_lorem_ipsum_are_dropped(shared):
    rows = read(shared / "data" / "webfaq_sample" / "webfaq_sample.jsonl")
    chosen = FaqFilter.of(only(deny_hosts=["default"], templates=True), "en", ())
    hosts = Counter()
    list(chosen.rows(iter(rows), lambda name, each: hosts.update([(name, each.origin)])))
    assert hosts == {
        ("deny_hosts", "caveartproject.org"): 5,
        ("deny_hosts", "91diploma.com"): 5,
        ("deny_hosts", "static.bodog.com"): 1,
        ("templates", "tashrifat-majales.com"): 1,
    }
