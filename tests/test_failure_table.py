"""Every row of the failure table has a test that forces it."""

from __future__ import annotations

import pytest
from failure_table import IN_ONE_PROCESS, TESTS, names_of, rows


def test_every_row_has_a_test() -> None:
    assert rows() == list(TESTS)
    assert [row for row, tests in TESTS.items() if not tests] == []


def test_the_first_test_of_a_row_has_the_fault_itself() -> None:
    on_ray = {row for row, tests in TESTS.items() if tests[0].startswith(("cluster/", "on_ray/"))}
    assert on_ray == set(TESTS) - set(IN_ONE_PROCESS)


@pytest.mark.parametrize("test", sorted({test for tests in TESTS.values() for test in tests}))
def test_it_is_there(test: str) -> None:
    file, _, name = test.partition("::")
    assert name in names_of(file)
