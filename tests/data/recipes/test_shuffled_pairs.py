from __future__ import annotations

import random
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from xlingual.data.faq.rows import FaqRow
from xlingual.data.recipes.shuffle import ShuffledPairs
from xlingual.data.writing import fold

ROWS = st.lists(
    st.builds(
        FaqRow,
        st.just("a.de"),
        st.sampled_from(["u1", "u2"]),
        st.sampled_from(["q1", "q2", "q3"]),
        st.sampled_from(["yes", "Yes!", "no", "may be", "never", "often"]),
        st.just("de"),
    ),
    max_size=12,
)


def shuffled(rows: list[FaqRow], seed: int = 0) -> tuple[list[FaqRow], Counter[str]]:
    control = ShuffledPairs(seed)
    return [row for host in control.hosts([rows]) for row in host], control.counts


@settings(deadline=None)
@given(ROWS, st.integers(0, 5))
def test_nobody_keeps_an_answer(rows: list[FaqRow], seed: int) -> None:
    changed, counts = shuffled(rows, seed)
    answers = Counter(fold(row.answer) for row in rows)
    most = max(answers.values(), default=0)
    assert counts["kept"] == len(changed) == min(len(rows), 2 * (len(rows) - most))
    assert counts["read"] == len(rows) == counts["kept"] + counts["dropped_alone"]
    left = iter(rows)
    for row in changed:
        assert any(old.question == row.question and fold(old.answer) != fold(row.answer) for old in left)
    assert Counter(fold(row.answer) for row in changed) <= answers


def test_distinct_answers_change_places_without_one_left() -> None:
    rows = [FaqRow("a.de", "u", f"q{n}", f"a{n}", "de", "topic", "how", 0.5) for n in range(30)]
    changed, _ = shuffled(rows)
    assert [row.question for row in changed] == [row.question for row in rows]
    assert sorted(row.answer for row in changed) == sorted(row.answer for row in rows)
    assert all(new.answer != old.answer for new, old in zip(changed, rows, strict=True))
    assert {(row.topic, row.question_type, row.similarity) for row in changed} == {("topic", "how", None)}
    assert changed == shuffled(rows)[0] != shuffled(rows, 1)[0]


def test_the_order_of_the_rows_has_no_say() -> None:
    rows = [FaqRow("a.de", "u", f"q{n}", f"a{n // 2}", "de") for n in range(20)]
    mixed = list(rows)
    random.Random(3).shuffle(mixed)
    assert set(shuffled(rows)[0]) == set(shuffled(mixed)[0])


def test_answers_stay_on_their_host_and_a_row_alone_is_dropped() -> None:
    hosts = [[FaqRow(f"{name}.de", "u", f"q{n}", f"{name} {n}", "de") for n in range(size)] for name, size in
             (("a", 3), ("b", 1), ("c", 2))]  # fmt: skip
    control = ShuffledPairs(0)
    changed = list(control.hosts(hosts))
    assert [len(host) for host in changed] == [3, 2] and control.counts["dropped_alone"] == 1
    assert all(row.answer.startswith(row.origin[0]) for host in changed for row in host)
