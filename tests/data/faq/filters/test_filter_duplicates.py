from __future__ import annotations

import numpy as np
import pytest
from faq_filter_rows import ANSWER, QUESTION, kept, row
from hypothesis import given, settings
from hypothesis import strategies as st

from xlingual.data.faq.filters.duplicates import NearDuplicates, shingles
from xlingual.data.faq.filters.key_set import KeySet

LONG = (
    "Sie können Ihre Bestellung innerhalb von vierzehn Tagen nach Erhalt der Ware ohne Angabe von Gründen zurückgeben "
    "wenn sie unbenutzt ist und die Verpackung noch vorhanden ist und Sie uns vorher eine Nachricht geschickt haben "
    "damit wir den Eingang prüfen und den Betrag auf Ihr Konto überweisen können was meist drei bis fünf Tage dauert"
)


def test_the_same_text_is_dropped_whatever_its_case_and_spaces():
    rows = [row(), row(QUESTION.upper(), f" {ANSWER}  ", origin="b.example"), row(answer=f"{ANSWER} Oder länger.")]
    assert kept(rows, exact_duplicates=True) == [rows[0], rows[2]]


def test_the_same_answer_is_dropped_within_a_host_only():
    rows = [row(), row("Wann kommt das Paket an?"), row("Wann kommt es?", origin="b.example")]
    assert kept(rows, exact_duplicates=True) == [rows[0], rows[2]]


def test_a_near_duplicate_is_dropped_on_any_host():
    near = row(answer=LONG.replace("vierzehn", "dreißig"), origin="b.example")
    other = row(answer=" ".join(reversed(LONG.split())), origin="b.example")
    assert kept([row(answer=LONG), near, other], near_duplicates=0.8) == [row(answer=LONG), other]


def test_languages_without_spaces_are_compared_by_characters():
    answer = "เราจัดส่งสินค้าภายในสองถึงสามวันทำการทั่วประเทศโดยไม่มีค่าใช้จ่ายเพิ่มเติมสำหรับลูกค้าทุกท่านที่สั่งซื้อผ่านเว็บไซต์"
    first = row("จัดส่งนานแค่ไหน", answer, language="th")
    near = row("จัดส่งนานแค่ไหน", f"{answer}ของ", language="th", origin="b.example")
    other = row("คืนสินค้าได้ไหม", "ท่านสามารถคืนสินค้าได้ภายในสิบสี่วันหากยังไม่ได้ใช้งาน", language="th")
    assert kept([first, near, other], "th", near_duplicates=0.8) == [first, other]


@pytest.mark.parametrize("threshold", [0.5, 0.8, 0.9])
def test_pairs_are_missed_as_rarely_as_stated(threshold):
    """Each pair shares a known part of its words: the share of pairs found is within four standard errors."""
    near = NearDuplicates(threshold)
    random = np.random.Generator(np.random.PCG64(7))
    expected, variance, found = 0.0, 0.0, 0
    for pair in range(400):
        texts = _pair(random, pair)
        first, second = (shingles(row("", text)) for text in texts)
        chance = near.chance(len(first & second) / len(first | second))
        expected, variance = expected + chance, variance + chance * (1 - chance)
        found += not set(near.keys(first)).isdisjoint(near.keys(second))
    assert 50 < expected < 398
    assert abs(found - expected) < 4 * variance**0.5 + 4


def _pair(random: np.random.Generator, pair: int) -> tuple[str, str]:
    words = [f"w{pair}x{position}" for position in range(60)]
    other = list(words)
    for position in random.choice(60, size=pair % 9, replace=False):
        other[int(position)] += "y"
    return " ".join(words), " ".join(other)


def test_the_stated_chances_are_those_of_the_bands():
    near = NearDuplicates(0.8)
    assert (near.bands, near.band_size) == (9, 13)
    assert [round(near.chance(similarity), 3) for similarity in (0.7, 0.8, 0.9, 0.95)] == [0.084, 0.399, 0.929, 0.998]


def test_keys_do_not_depend_on_the_machine():
    assert NearDuplicates(0.8).keys({"eins\tzwei\tdrei"})[:2] == [3203194842038367239, 14424297898883730941]


@given(st.lists(st.integers(0, 2**64 - 1) | st.integers(0, 50), max_size=1500))
@settings(max_examples=40, deadline=None)
def test_a_key_set_holds_what_was_added(keys):
    some, seen = KeySet(), set()
    for key in (key or 1 for key in keys):
        assert (key in some) is some.holds_any([key]) is (key in seen)
        assert some.add(key) is (key not in seen)
        seen.add(key)
    assert len(some) == len(seen)
    assert all(key in some for key in seen)
    absent = [key for key in range(51, 60) if key not in seen]
    assert not any(key in some for key in absent) and not some.holds_any(absent)
    assert all(some.holds_any([*absent, key]) for key in keys)


def test_a_key_takes_at_most_22_bytes():
    some = KeySet()
    random = np.random.Generator(np.random.PCG64(0))
    for key in random.integers(1, 2**63, size=20_000).tolist():
        some.add(key)
    assert 10 < some.memory / len(some) < 22
