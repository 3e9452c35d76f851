"""The report as a page: the terminal's digits, text that stays text, valid and accessible markup, nothing loaded."""

from __future__ import annotations

import html
import importlib.resources
import importlib.util
import json
import re
import shutil
import subprocess
from collections.abc import Callable
from io import StringIO
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any
from xml.etree.ElementTree import Element

import html5lib
import pytest
from golden_messages import Messages
from rich.console import Console

from xlingual.analyses.arm_ranks import outperforming, ranking
from xlingual.analyses.selection_signal import selection_signals
from xlingual.analyses.study_records import read_records
from xlingual.analyses.transfer import transfer_gaps, worst_languages
from xlingual.checklist import checklist_of
from xlingual.checklist.answers import Facts
from xlingual.errors import XlingualError
from xlingual.inspection.spans import GOLD, Span
from xlingual.page.examples import pieces
from xlingual.page.page import write_page
from xlingual.records.layout import StudyDirectory
from xlingual.report.summary import summarize
from xlingual.report.table import report_tables

SCRIPT = "<script>alert(1)</script>"
STUDY = "<script>alert(2)<"
"""A study's name is that of a folder: without a slash."""
FOUND = ["ranks", "cost", "languages", "signal"]


def parsed(file: Path) -> Element:
    """The page; an error of HTML's syntax raises."""
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    return parser.parse(file.read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def text_of(element: Element) -> str:
    return " ".join("".join(element.itertext()).split())


def in_section(root: Element, name: str) -> Element:
    (found,) = [section for section in root.iter("section") if section.get("aria-labelledby") == name]
    return found


def cells(table: Element) -> list[list[str]]:
    """The texts of a table's rows."""
    return [[text_of(cell) for cell in row] for row in next(table.iter("tbody")).iter("tr")]


def local(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


@pytest.fixture(scope="module")
def storage(studies: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One study with a verdict, and its page beside it."""
    storage = tmp_path_factory.mktemp("storage")
    builder = studies.study_of_searches(storage, {"webfaq": 8.0, "noise": 0.0}, questions=24)
    write_page(builder.directory, storage / "page.html")
    return storage


@pytest.fixture(scope="module")
def finished(studies: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study of four seeds whose replicates have reported, and its page beside it."""
    storage = tmp_path_factory.mktemp("finished")
    test = {"languages": ["en", "de", "th"]}
    builder = studies.finished_study(storage, seeds=4, questions=20, gains={"webfaq": 9}, test=test)
    arms = read_records(builder.directory).summary.arms
    for arm in builder.arms:
        for place, seed in enumerate((1, 2, 3, 4)):
            builder.reports(arm, seed, {250: 50.0 + seed, 500: 70.0 + seed}, seconds=36.0)
            scores = {code: {"f1": one.of("f1")[place]} for code, one in arms[arm].scores.items()}
            fingerprint = f"{arm}-1-seed-{seed}"
            builder.event("test_scored", arm=arm, seed=seed, fingerprint=fingerprint, set="xquad", scores=scores)
    write_page(builder.directory, storage / "page.html")
    return storage


@pytest.fixture(scope="module")
def findings(finished: Path) -> Element:
    return parsed(finished / "page.html")


@pytest.fixture(scope="module")
def root(storage: Path) -> Element:
    return parsed(storage / "page.html")


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


def test_what_analyses_found_has_sections_in_the_order_of_a_readers_questions(findings: Element) -> None:
    order = [str(one.get("aria-labelledby")) for one in next(findings.iter("main")).iter("section")]
    assert order == ["answer", "results", *FOUND, "answers", "search", "protocol", "checklist", "records"]
    contents = [str(one.get("href"))[1:] for one in next(findings.iter("nav")).iter("a")]
    assert contents == order
    drawn = {section: [str(one.get("id")) for one in in_section(findings, section).iter("figure")] for section in FOUND}
    assert drawn == {"ranks": ["arm-pairs"], "cost": ["costs"], "languages": [], "signal": ["signals"]}


def test_their_numbers_are_those_of_the_analyses(finished: Path, findings: Element) -> None:
    records = read_records(finished / "small")
    ranks, chances, pairs = map(cells, in_section(findings, "ranks").iter("table"))
    found, (better,) = ranking(records), outperforming(records)
    assert ranks == [[one.arm, f"{one.mean:.1f}", str(one.rank), one.groups] for one in found.arms]
    assert better.units == (4, 4)
    chance = f"{better.probability:.2f} [{better.low:.2f}, {better.high:.2f}]"
    assert chances[0][:3] == ["webfaq", "baseline", chance]
    assert pairs[0][:2] == ["webfaq", "baseline"]
    assert pairs[0][2].startswith(f"{found.pairs[0].estimate:+.1f} [{found.pairs[0].low:+.1f}")
    worst, gaps = map(cells, in_section(findings, "languages").iter("table"))
    lowest, gap = worst_languages(records), transfer_gaps(records)[1]
    assert [row[1] for row in worst] == [one.language for one in lowest] == ["de", "th"]
    assert gap.difference is not None and gap.difference.low is not None and gap.difference.high is not None
    difference = f"{gap.difference.estimate:+.1f} [{gap.difference.low:+.1f}, {gap.difference.high:+.1f}]"
    assert gaps[1][0] == "webfaq" and gaps[1][2:] == ["baseline", difference]
    hours, curves = map(cells, in_section(findings, "cost").iter("table"))
    assert hours == [["baseline", "0", "0", "0.08", "4", "-"], ["webfaq", "0", "0", "0.08", "4", "-"]]
    assert [row[3] for row in curves] == ["0.01", "0.02"] * 2
    signals, replicates = map(cells, in_section(findings, "signal").iter("table"))
    rho = selection_signals(records)[0].overall.rho
    assert signals[0][0] == "objective" and signals[0][2].startswith(f"{rho:+.2f} [")
    assert len(replicates) == 8 and replicates[0][:3] == ["baseline", "1", "71.0"]


def test_a_section_is_absent_without_its_data(studies: ModuleType, tmp_path: Path) -> None:
    alone = studies.finished_study(tmp_path, ("baseline",), questions=10, test={"languages": ["en"]})
    write_page(alone.directory, tmp_path / "page.html")
    order = [str(one.get("aria-labelledby")) for one in parsed(tmp_path / "page.html").iter("section")]
    assert order == ["answer", "results", "answers", "search", "protocol", "checklist", "records"]


def test_the_checklist_has_every_question_with_its_tables(finished: Path, findings: Element) -> None:
    found, section = checklist_of(StudyDirectory(finished / "small")), in_section(findings, "checklist")
    asked = [(text_of(next(one.iter("h3"))), text_of(next(one.iter("em")))) for one in section.iter("article")]
    assert asked == [(answer.id, answer.asks) for answer in found.answers]
    tables = [part for answer in found.answers for part in answer.parts if isinstance(part, Facts)]
    assert [cells(table) for table in section.iter("table")] == [
        [[" ".join(cell.split()) for cell in row] for row in part.rows] for part in tables
    ]
    told = [line for line in map(text_of, section.iter("p")) if line.startswith("For the authors:")]
    assert told == [f"For the authors: {answer.you}" for answer in found.answers if answer.you]


def test_late_arms_are_marked_in_every_table_and_figure(root: Element) -> None:
    parts = ("th", "td", "text", "tspan", "caption", "figcaption")
    texts = [text_of(one) for one in root.iter() if local(one) in parts]
    named = [text for text in texts if re.search(r"\b(noise|webfaq)\b(?!-\d)", text)]  # not webfaq-1, a fingerprint
    assert len(named) > 60
    assert [text for text in named if re.search(r"\b(noise|webfaq)\b(?!-\d| \(late\))", text)] == []


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


def axe() -> str:
    """The script of the accessibility checker axe-core, of the newer package if both are there."""
    for package in ("axe_playwright_python", "axe_core_python"):
        if importlib.util.find_spec(package) is not None:
            return (importlib.resources.files(package) / "axe.min.js").read_text("utf-8")
    pytest.skip("needs the package axe-core-python")


@pytest.mark.real
def test_an_accessibility_checker_finds_nothing(storage: Path, tmp_path: Path) -> None:
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("needs chromium")
    text = re.sub('<meta http-equiv="Content-Security-Policy".*>', "", (storage / "page.html").read_text("utf-8"))
    text = text.replace("<details>", "<details open>")
    run = "axe.run().then(r => document.documentElement.dataset.found = JSON.stringify(r.violations.map(v => v.id)))"
    scripts = f"<script>{axe()}</script><script>{run}</script>"
    (tmp_path / "page.html").write_text(text.replace("</body>", f"{scripts}</body>"), encoding="utf-8")
    for scheme in ("0", "1"):
        arguments = [
            *("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--virtual-time-budget=60000"),
            *(f"--blink-settings=preferredColorScheme={scheme}", f"--user-data-dir={tmp_path / scheme}", "--dump-dom"),
        ]
        ended = subprocess.run(
            [browser, *arguments, (tmp_path / "page.html").as_uri()], capture_output=True, text=True, check=True
        )
        found = re.search(r'<html[^>]* data-found="([^"]*)"', ended.stdout)
        assert found is not None and json.loads(html.unescape(found[1])) == []
