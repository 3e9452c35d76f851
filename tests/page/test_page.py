"""The report as a page: the terminal's digits, text that stays text, valid and accessible markup, nothing loaded."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from io import StringIO
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any
from xml.etree.ElementTree import Element

import pytest
from golden_messages import Messages
from html_page import in_section, local, parsed, text_of
from rich.console import Console

from xlingual.errors import XlingualError
from xlingual.inspection.spans import GOLD, Span
from xlingual.page.environment import characters
from xlingual.page.examples import pieces
from xlingual.page.page import write_page
from xlingual.records.layout import StudyDirectory
from xlingual.report.summary import summarize
from xlingual.report.table import report_tables
from xlingual.report.wide_table import Column, WideTable

SCRIPT = "<script>alert(1)</script>"
STUDY = "<script>alert(2)<"
"""A study's name is that of a folder: without a slash."""


def test_every_table_of_the_terminal_is_there_digit_for_digit(storage: Path, root: Element) -> None:
    stream = StringIO()
    Console(file=stream, width=2000).print(report_tables(summarize(storage / "small")))
    lines = [line.split() for line in stream.getvalue().splitlines() if line.strip() and "─" not in line]
    results = in_section(root, "results")
    tables = list(results.iter("table"))
    assert len(tables) == stream.getvalue().count("\n─")
    for table in tables:
        caption = next(table.iter("caption"))
        begin = lines.index(text_of(next(caption.iter("span"))).split())
        rows = [text_of(row).split() for row in next(table.iter("tbody")).iter("tr")]
        wanted = next(line for line in lines[begin + 1 :] if line[0] == rows[0][0])
        place = lines.index(wanted, begin)
        assert rows == lines[place : place + len(rows)]
    assert re.search(r"\+\d\.\d \[\+\d+\.\d, \+\d+\.\d\]\*", text_of(tables[0]))
    notes = [text_of(item) for item in results.iter("li")]
    assert notes == [" ".join(line[1:]) for line in lines if line[0] == "-"] and len(notes) > 5


def test_the_answer_has_the_digits_of_the_headline(storage: Path, root: Element) -> None:
    (answer,) = [text_of(one) for one in root.iter("p") if one.get("class") == "answer"]
    gap = summarize(storage / "small").differences["webfaq"]["mean"]["f1"]
    assert gap.low is not None and gap.high is not None and gap.different
    interval = f"[{gap.low:+.1f}, {gap.high:+.1f}]"
    assert answer.startswith(
        "By mean F1 over 4 non-English languages of XQuAD, webfaq (late) is better than baseline (late) by "
    )
    assert (
        f"by {gap.estimate:+.1f} points, 95% interval {interval}; the data does not decide whether noise (late) ("
        in answer
    )


def test_it_is_accessible_by_structure(root: Element) -> None:
    assert root.get("lang") == "en"
    landmarks = [local(one) for one in root.iter() if local(one) in ("header", "nav", "main", "footer")]
    assert landmarks == ["header", "nav", "main", "footer"]
    levels = [int(local(one)[1]) for one in root.iter() if re.fullmatch(r"h[1-6]", local(one))]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    names = [one.get("id") for one in root.iter() if one.get("id")]
    assert len(names) == len(set(names))
    named = {name for one in root.iter() for name in (one.get("aria-labelledby") or "").split()}
    inside = {str(one.get("href"))[1:] for one in root.iter() if str(one.get("href")).startswith("#")}
    assert named | inside <= set(names)
    for table in root.iter("table"):
        assert text_of(next(table.iter("caption")))
        assert {head.get("scope") for head in table.iter("th")} == {"col", "row"}
    drawings = [one for one in root.iter() if local(one) == "svg"]
    assert len(drawings) == 6 and {one.get("role") for one in drawings} == {"img"}
    assert next(one for one in root.iter("a")).get("class") == "skip"


def test_nothing_is_loaded_and_no_script_runs(storage: Path, root: Element) -> None:
    text = (storage / "page.html").read_text(encoding="utf-8")
    assert "default-src 'none'; style-src 'unsafe-inline'; img-src data:" in text
    assert "http:" not in text and "https:" not in text and "@import" not in text
    assert not {local(one) for one in root.iter()} & {"script", "link", "iframe", "object", "embed", "form"}
    assert not [name for one in root.iter() for name in one.attrib if str(name).startswith("on")]
    places = {str(one.get(name)) for one in root.iter() for name in ("href", "src") if one.get(name)}
    others = {place for place in places if not place.startswith(("#", "data:image/png;"))}
    assert others and all((storage / place).exists() for place in others)
    assert re.findall(r"url\((?!#)", text) == []


def test_examples_are_marked_in_their_own_direction_and_are_text(studies: ModuleType, tmp_path: Path) -> None:
    passages = {"en": f"A word, then {SCRIPT} and more.", "ar": f"كلمة word ثم {SCRIPT}"}
    for language, passage in passages.items():
        answers = [{"text": "word", "answer_start": passage.index("word")}]
        asked = [{"id": f"q000{number}", "question": f"{SCRIPT}?", "answers": answers} for number in range(2)]
        content = {"data": [{"title": "T", "paragraphs": [{"context": passage, "qas": asked}]}]}
        (tmp_path / f"xquad.{language}.json").write_text(json.dumps(content), encoding="utf-8")
    test = {"languages": list(passages), "source": str(tmp_path)}
    write_page(studies.finished_study(tmp_path, questions=2, test=test).directory, tmp_path / "page.html")
    root = parsed(tmp_path / "page.html")
    assert not list(root.iter("script"))
    shown = [one for one in root.iter("p") if one.get("class") == "passage"]
    assert [one.get("lang") for one in shown] == ["en", "en", "ar", "ar"]
    assert {one.get("dir") for one in shown} == {"auto"}
    assert [text_of(one) for one in shown[1:3]] == list(passages.values())
    gold = [mark for one in shown for mark in one.iter("mark") if "gold" in str(mark.get("class"))]
    assert {mark.text for mark in gold} == {"word"}
    classes = ["gold", "gold", "gold first second", "gold first second"]
    assert sorted(str(mark.get("class")) for mark in gold) == classes  # "words" of every second answer is not there
    assert f"{SCRIPT}?" in [text_of(one) for one in root.iter("bdi")]


def test_a_passage_is_cut_where_answers_begin_and_end() -> None:
    found = pieces("abcdef", [Span(1, 4, GOLD), Span(2, 5, 0), Span(2, 4, 1)])
    assert [(one.text, one.roles) for one in found] == [
        ("a", ()),
        ("b", ("gold",)),
        ("cd", ("gold", "first", "second")),
        ("e", ("first",)),
        ("f", ()),
    ]
    long = "x" * 2000
    left = pieces(long, [Span(1000, 1001, GOLD)])
    assert [one.text for one in left if one.text.startswith("[")] == ["[…700…]", "[…699…]"]


def test_text_of_a_study_is_shown_as_text(studies: ModuleType, tmp_path: Path) -> None:
    arms = ("baseline", "<b>arm")
    builder = studies.finished_study(
        tmp_path, arms, questions=10, name=STUDY, question=SCRIPT, model=SCRIPT, test={"languages": ["en", "de"]}
    )
    write_page(builder.directory, tmp_path / "page.html")
    root = parsed(tmp_path / "page.html")
    assert not list(root.iter("script")) and not list(root.iter("b"))
    assert [text_of(one) for one in root.iter("h1")] == [STUDY]
    assert [text_of(one) for one in root.iter("p") if one.get("class") == "question"] == [SCRIPT]
    assert text_of(next(root.iter("title"))) == f"{STUDY}: report"
    assert f"{SCRIPT}, fingerprint abc" in [text_of(one) for one in root.iter("dd")]
    drawn = [text_of(one) for one in root.iter() if local(one) == "text"]
    assert "<b>arm" in drawn and STUDY in drawn


def test_warnings_are_above_everything_and_in_every_table(studies: ModuleType, tmp_path: Path) -> None:
    builder = studies.finished_study(
        tmp_path, questions=10, oracle=True, test={"languages": ["en", "de"], "source": "toy"}
    )
    write_page(builder.directory, tmp_path / "page.html")
    root = parsed(tmp_path / "page.html")
    first = next(next(root.iter("main")).iter("section"))
    assert first.get("aria-labelledby") == "warnings"
    assert [line.split(":")[0] for line in map(text_of, first.iter("li"))] == ["TOY WORLD", "ORACLE"]
    results = in_section(root, "results")
    captions = [text_of(one) for one in results.iter("caption")]
    assert captions and all("TOY WORLD" in caption and "ORACLE" in caption for caption in captions)
    (answer,) = [text_of(one) for one in root.iter("p") if one.get("class") == "answer"]
    assert answer.startswith("In a made-up world, with a search that saw the test set: by F1 in German on the toy")
    assert "this study cannot decide whether webfaq" in answer


def test_a_study_without_scores_has_a_page(studies: ModuleType, tmp_path: Path) -> None:
    builder = studies.StudyBuilder(tmp_path)
    builder.search()
    write_page(builder.directory, tmp_path / "page.html")
    root = parsed(tmp_path / "page.html")
    (answer,) = [text_of(one) for one in root.iter("p") if one.get("class") == "answer"]
    assert answer == "There is no answer yet: no replicate was scored on XQuAD."
    assert "INCOMPLETE" in text_of(next(next(root.iter("main")).iter("section")))


def test_only_an_earlier_page_is_replaced(
    studies: ModuleType, tmp_path: Path, messages: Messages, request: pytest.FixtureRequest
) -> None:
    builder = studies.StudyBuilder(tmp_path)
    builder.search()
    file = tmp_path / "page.html"
    write_page(builder.directory, file)
    first = file.read_bytes()
    write_page(builder.directory, file)
    assert file.read_bytes() == first
    file.write_text("mine", encoding="utf-8")
    for place in (file, tmp_path):
        with pytest.raises(XlingualError) as raised:
            write_page(builder.directory, place)
        told = str(raised.value).replace(str(tmp_path), "FOLDER")
        messages.compare(request.node.name, place.name if place == file else "a folder", told)
    assert file.read_text(encoding="utf-8") == "mine"
    assert not list(tmp_path.glob(".*partial*"))


def test_the_command_writes_it_and_says_so(call: Callable[..., Any], studies: ModuleType, tmp_path: Path) -> None:
    builder = studies.StudyBuilder(tmp_path)
    builder.search()
    file = tmp_path / "new" / "page.html"
    ended = call("report", builder.directory.path, "--html", file)
    assert (ended.status, ended.output) == (0, f"wrote {file}\n")
    assert parsed(file).get("lang") == "en"
    assert StudyDirectory(builder.directory.path).journal.exists()


def test_the_letters_of_a_table_follow_from_its_width_in_characters() -> None:
    long = Column("text", ["x" * 100], wraps=True)
    table = WideTable("small", (), Column("arm", ["baseline", "a"]), [[Column("mean of\n2", ["50.0", "1"])], [long]])
    assert characters(table) == len("baseline") + len("mean of") + 40 + 3 * 2
