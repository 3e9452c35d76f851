"""What analyses found, on the page: sections, their numbers, the checklists, marks of late arms."""

from __future__ import annotations

import re
from pathlib import Path
from types import ModuleType
from xml.etree.ElementTree import Element

import pytest
from html_page import cells, in_section, local, parsed, text_of

from xlingual.analyses.arm_ranks import outperforming, ranking
from xlingual.analyses.selection_signal import selection_signals
from xlingual.analyses.study_records import read_records
from xlingual.analyses.transfer import transfer_gaps, worst_languages
from xlingual.checklist import checklist_of
from xlingual.checklist.answers import Facts
from xlingual.page.page import write_page
from xlingual.records.layout import StudyDirectory

FOUND = ["ranks", "cost", "languages", "signal"]


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
