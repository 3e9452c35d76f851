from __future__ import annotations

import pytest

from xlingual.errors import StudyFileError
from xlingual.study.loader import document_of
from xlingual.study.overrides import apply_overrides


def applied(text, *overrides):
    return apply_overrides(document_of(text, "s.yaml"), overrides)


@pytest.mark.parametrize(
    ("override", "value"),
    [
        ("a.b=3e-4", {"a": {"b": 3e-4, "c": 2}}),
        ("a.b=no", {"a": {"b": "no", "c": 2}}),
        ("a.b=", {"a": {"b": None, "c": 2}}),
        ("a.b={x: [1, 2]}", {"a": {"b": {"x": [1, 2]}, "c": 2}}),
        ("a.b=path/with=sign", {"a": {"b": "path/with=sign", "c": 2}}),
        ("a=5", {"a": 5}),
        ("d.e.f=1", {"a": {"b": 1, "c": 2}, "d": {"e": {"f": 1}}}),
        (" a.b =7", {"a": {"b": 7, "c": 2}}),
    ],
)
def test_an_override_replaces_one_value(override, value):
    assert applied("a:\n  b: 1\n  c: 2\n", override).value == value


def test_null_on_the_way_becomes_a_mapping():
    assert applied("a: null\n", "a.b.c=1").value == {"a": {"b": {"c": 1}}}


def test_later_overrides_win():
    assert applied("a: 1\n", "a=2", "a=3").value == {"a": 3}


def test_the_document_itself_is_not_changed():
    document = document_of("a: {b: 1}\n", "s.yaml")
    apply_overrides(document, ["a.b=2"])
    assert document.value == {"a": {"b": 1}}
    assert document.line_of(("a", "b")).line == 1


def test_what_an_override_says_stands_at_the_override():
    document = applied("a:\n  b: {c: 1}\n  d: 1\n", "a.b={x: 1}", "e.f=1")
    assert str(document.line_of(("a", "b", "x")).problem("wrong")) == "--set a.b: wrong"
    assert str(document.line_of(("e",)).problem("wrong")) == "--set e.f: wrong"
    assert str(document.line_of(("a", "d")).problem("wrong")) == "s.yaml:3: wrong"
    assert not document.writes(("a", "b", "c"))


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("a", "--set a: an override is key.path=value"),
        ("=1", "--set : an override is key.path=value"),
        ("a..b=1", "--set a..b: an override is key.path=value"),
        ("a.b=[1", "--set a.b: not valid YAML"),
        ("a.b={c: 1, c: 2}", "--set a.b: the key 'c' is written twice"),
        ("a.b.c=1", "--set a.b.c: a.b is 1, not a mapping; replace it whole with --set a.b=..."),
    ],
)
def test_an_override_that_does_not_fit(override, message):
    with pytest.raises(StudyFileError) as caught:
        applied("a: {b: 1}\n", override)
    assert str(caught.value).startswith(message)
    assert [problem.line for problem in caught.value.problems] == [0]


def test_every_wrong_override_is_told_at_once():
    with pytest.raises(StudyFileError) as caught:
        applied("a: 1\n", "a", "b=[", "c=1")
    assert len(caught.value.problems) == 2
