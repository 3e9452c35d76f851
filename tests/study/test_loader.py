from __future__ import annotations

import math
import re
from time import perf_counter

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from xlingual.errors import StudyFileError
from xlingual.study.document import dotted
from xlingual.study.loader import document_of, read_document
from xlingual.study.syntax import FaultyText, parse

# Words that YAML 1.1 (which writes the files of this test) leaves unquoted although YAML 1.2 reads them as numbers.
ONLY_A_NUMBER_IN_YAML_1_2 = re.compile(r"[-+]?(0o[0-7]+|[0-9]+|(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?)")

words = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Zl", "Zp")), max_size=12).filter(
    lambda word: not ONLY_A_NUMBER_IN_YAML_1_2.fullmatch(word)
)
keys = st.one_of(words.filter(bool), st.sampled_from(["no", "yes", "on", "off", "null", "1", "<<", "=", "3e-4", "~"]))
scalars = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**20), 10**20), st.floats(allow_nan=False), words, st.just("no")
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4), max_leaves=12
)


def paths_of(value, path=()):
    yield path
    if isinstance(value, dict):
        for key, item in value.items():
            yield from paths_of(item, (*path, key))
    elif isinstance(value, list):
        for position, item in enumerate(value):
            yield from paths_of(item, (*path, position))


@given(st.dictionaries(keys, values, min_size=1, max_size=5), st.booleans())
def test_what_yaml_writes_is_read_back_and_every_path_has_a_line(mapping, flow):
    text = yaml.safe_dump(mapping, default_flow_style=flow, allow_unicode=True, sort_keys=False)
    parsed = parse(text)
    assert parsed.value == mapping
    assert set(parsed.lines) == set(paths_of(mapping))
    assert all(1 <= line <= len(text.split("\n")) for line in parsed.lines.values())


plain_keys = st.from_regex(r"[a-z][a-z0-9_]{0,6}", fullmatch=True)
trees = st.recursive(
    st.integers(0, 9),
    lambda inner: st.dictionaries(plain_keys, inner, min_size=1, max_size=4) | st.lists(inner, min_size=1, max_size=4),
    max_leaves=15,
)


def write(tree, indent, path, lines, noted):
    """Write block YAML line by line; an oracle for the lines that is independent of the loader."""
    for key, item in tree.items() if isinstance(tree, dict) else enumerate(tree):
        here = (*path, key)
        head = "  " * indent + (f"{key}:" if isinstance(tree, dict) else "-")
        lines.append(f"{head} {item}" if isinstance(item, int) else head)
        noted[here] = len(lines)
        if not isinstance(item, int):
            if not isinstance(tree, dict):
                noted[here] = len(lines) + 1  # a list item that is a mapping or a list begins on the next line
            lines.append("  " * indent + "  # a comment") if len(lines) % 3 == 0 and isinstance(tree, dict) else None
            write(item, indent + 1, here, lines, noted)


@given(st.dictionaries(plain_keys, trees, min_size=1, max_size=4))
def test_lines_are_those_of_keys_and_items(tree):
    lines, noted = [], {}
    write(tree, 0, (), lines, noted)
    parsed = parse("\n".join(lines))
    assert parsed.value == tree
    assert {path: line for path, line in parsed.lines.items() if path} == noted


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3e-4", 3e-4),
        ("1e-3", 1e-3),
        ("1E5", 1e5),
        ("1.", 1.0),
        (".5", 0.5),
        ("+12", 12),
        ("012", 12),
        ("0x1f", 31),
        ("0o17", 15),
        ("-.inf", -math.inf),
        ("true", True),
        ("False", False),
        ("yes", "yes"),
        ("No", "No"),
        ("on", "on"),
        ("off", "off"),
        ("y", "y"),
        ("", None),
        ("~", None),
        ("null", None),
        ("1_000", "1_000"),
        ("1:30", "1:30"),
        ("2024-01-01", "2024-01-01"),
        ("=", "="),
        ("'3e-4'", "3e-4"),
        ("!!str 3", "3"),
        ("!!float 3", 3.0),
    ],
)
def test_scalars_follow_yaml_1_2(text, value):
    read = parse(f"key: {text}").value["key"]
    assert read == value
    assert type(read) is type(value)


def test_not_a_number_is_read():
    assert math.isnan(parse("key: .nan").value["key"])


def test_keys_are_the_text_as_written():
    parsed = parse("no: 1\non: 2\nyes: 3\n1: 4\nnull: 5\n3e-4: 6\ntrue: 7\n'<<': 8\n")
    assert list(parsed.value) == ["no", "on", "yes", "1", "null", "3e-4", "true", "<<"]


def test_language_codes_stay_text():
    assert parse("languages: [no, de, on, yes, off]").value["languages"] == ["no", "de", "on", "yes", "off"]


def test_aliases_repeat_what_is_anchored():
    parsed = parse("a: &range [1, 2]\nb: {c: *range}\n")
    assert parsed.value == {"a": [1, 2], "b": {"c": [1, 2]}}
    assert parsed.lines["b", "c"] == 2


def bomb():
    levels = ["a: &a [1, 1, 1]"]
    levels += [f"{key}: &{key} [{', '.join(['*' + chr(ord(key) - 1)] * 9)}]" for key in "bcdefghij"]
    return "\n".join(levels)


@pytest.mark.parametrize(
    ("text", "line", "fragment"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, "'a' is written twice, on lines 1 and 3"),
        ("x:\n  1: a\n  '1': b\n", 3, "'1' is written twice, on lines 2 and 3"),
        ("a: 1\nb: {c: 1,\n  c: 2}\n", 3, "'c' is written twice, on lines 2 and 3"),
        ("a:\n\tb: 1\n", 2, "write spaces"),
        ("a: 1\nb: [1, 2\n", 2, "not closed"),
        ("a: does it: help\n", 1, "quote text that contains a colon"),
        ("a: 1\nb\nc: 2\n", 2, "a key needs a colon"),
        ("a:\n    b: 1\n  c: 2\n", 3, "indentation"),
        ("a: 1\n---\nb: 2\n", 2, "write one document per file"),
        ("a: 1\nb: *c\n", 2, "needs an anchor"),
        ("a: 'open\n", 1, "a quote is not closed"),
        ("a: 1\nb: @x\n", 2, "quote text"),
        ("a: 1\nb: \x07\n", 2, "is not allowed in YAML"),
        ("a: 1\nb: &b [*b]\n", 2, "refers to the value that contains it"),
        ("a: 1\nb: &b {c: *b}\n", 2, "refers to the value that contains it"),
        ("a: 1\n<<: {b: 2}\n", 2, "write the keys out"),
        ("a: 1\n? [b]\n: 1\n", 2, "a key must be one word"),
        ("a: 1\nb: !!python/object/apply:os.system [id]\n", 2, "is not allowed"),
        ("a: 1\nb: !!set {c}\n", 2, "is not allowed"),
        ("a: 1\nb: !env HOME\n", 2, "is not allowed"),
        ("a: 1\nb: !!int x\n", 2, "'x' is not a whole number"),
        ("a: 1\nb: !!bool yes\n", 2, "write true or false"),
        ("a: 1\nb: " + "9" * 5000 + "\n", 2, "too long"),
        ("a: 1\nb: " + "[" * 3000 + "\n", 2, "nested more than 50 deep"),
        (bomb(), 1, "unfold into too many"),
    ],
)
def test_text_that_is_no_study_says_where_and_what(text, line, fragment):
    with pytest.raises(FaultyText) as caught:
        parse(text)
    assert (caught.value.faults[0].line, len(caught.value.faults)) == (line, 1)
    assert fragment in caught.value.faults[0].message


def test_a_bomb_is_refused_before_it_unfolds():
    started = perf_counter()
    with pytest.raises(FaultyText):
        parse(bomb())
    assert perf_counter() - started < 10  # fully expanded, it would have more than a thousand million values


def test_every_duplicate_key_is_told_at_once():
    with pytest.raises(StudyFileError) as caught:
        document_of("a: {b: 1, b: 2}\nc: 1\nc: 2\n", "s.yaml")
    assert [problem.line for problem in caught.value.problems] == [1, 3]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "s.yaml:1: the file is empty"),
        (b"# nothing\n", "s.yaml:1: the file is empty"),
        (b"# one\n- a\n- b\n", "s.yaml:2: found a list"),
        (b"just words", "s.yaml:1: found the one value 'just words'"),
        (b"a: 1\nb: \xff\n", "s.yaml:2: byte 0xff is not UTF-8"),
        ("a: ü\n".encode("utf-16"), "s.yaml:1: byte 0xff is not UTF-8"),
    ],
)
def test_files_that_are_no_mapping(tmp_path, monkeypatch, content, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "s.yaml").write_bytes(content)
    with pytest.raises(StudyFileError) as caught:
        read_document("s.yaml")
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["absent.yaml", ".", "with\0nul"])
def test_files_that_cannot_be_read(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StudyFileError) as caught:
        read_document(name)
    assert str(caught.value).startswith(f"{name}:1: cannot read the study file: ")


def test_a_byte_order_mark_and_windows_line_ends_are_read(tmp_path):
    path = tmp_path / "s.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\r\nb: 2\r\n")
    document = read_document(path)
    assert document.value == {"a": 1, "b": 2}
    assert document.line_of(("b",)).line == 2


def test_a_path_that_is_not_written_has_the_line_of_its_nearest_parent():
    document = document_of("a:\n  b:\n    - 1\n", "s.yaml")
    assert document.line_of(("a", "b", 0)).line == 3
    assert document.line_of(("a", "b", "c", "d")).line == 2
    assert document.line_of(("z",)).line == 1


def test_paths_are_shown_as_a_user_writes_them():
    assert dotted(("data", "test", "languages", 0)) == "data.test.languages[0]"
