from __future__ import annotations

import json
from collections import Counter

import numpy as np
import pytest
from rich.cells import cell_len
from rich.console import Console

from xlingual.data.faq.overview import OverviewRequest, faq_overview
from xlingual.data.faq.sampling import Draw
from xlingual.errors import DataError
from xlingual.report.faq_tables import faq_tables
from xlingual.study import FaqFilters, PassageSettings

ARABIC = "يستغرق التوصيل عادة من يومين إلى ثلاثة أيام عمل داخل المدينة"
CHINESE = "通常情况下，我们会在收到订单后的两到三个工作日内将商品寄送到您手中"
HINDI = "सामान्यतः शहर के भीतर डिलीवरी में दो से तीन कार्य दिवस लगते हैं"
THAI = "โดยปกติการจัดส่งภายในเมืองใช้เวลาสองถึงสามวันทำการ"
SPAM = {"origin": "ultrabet.com", "url": "https://ultrabet.com/tr"}


def write(folder, code, texts, **more):
    records = [
        {
            "origin": f"h{place // 3}.example",
            "url": f"https://h{place // 3}.example/faq",
            "question": f"{text[:25]} {place}?",
            "answer": f"{text} {place}." if place else "[bold]x",
            **(SPAM if place == 4 else {}),
            **more,
        }
        for place, text in enumerate(texts)
    ]
    text = "\n".join(json.dumps(record, ensure_ascii=False) for record in records)
    (folder / f"{code}.jsonl").write_text(text, encoding="utf-8")


@pytest.fixture
def source(tmp_path):
    for code, text in {"ara": ARABIC, "zho": CHINESE, "hin": HINDI, "tha": THAI}.items():
        write(tmp_path, code, [f"{text} {'abc' * place}" for place in range(7)])
    return tmp_path


def asked(**more):
    defaults = {"draw": Draw(100), "filters": FaqFilters(near_duplicates=None), "passages": PassageSettings()}
    return OverviewRequest(**{**defaults, **more})


def test_rows_in_are_rows_kept_and_dropped(source):
    for found in faq_overview(str(source), ["ara", "zh"], asked()).values():
        dropped = {name: count for name, count in found.counts.items() if name.startswith("dropped_") and count}
        assert found.counts["read"] == 7 == found.counts["kept"] + sum(dropped.values())
        assert dropped == {"dropped_deny_hosts": 1, "dropped_answer_length": 1}
        assert {name: len(rows) for name, rows in found.dropped.items()} == {"deny_hosts": 1, "answer_length": 1}
        assert len(found.kept) == 3
        assert (found.hosts_read, found.hosts_kept) == (4, 3)
        assert found.counts["short"] == 93


def test_lengths_are_those_of_kept_rows(tmp_path):
    write(tmp_path, "deu", ["", *("x" * length for length in (40, 50, 60, 70))])
    records = [json.loads(line) for line in (tmp_path / "deu.jsonl").read_text(encoding="utf-8").splitlines()]
    lengths = sorted(len(record["answer"]) for record in records[1:])
    found = faq_overview(str(tmp_path), ["de"], asked(filters=FaqFilters.none(), count_tokens=_letters))["de"]
    assert found.characters["answer"].median == lengths[1]
    assert found.tokens["answer"].median == 2 * lengths[1]
    assert found.characters["answer"].percentile_90 == np.percentile([7, *lengths], 90)


def _letters(texts):
    return np.asarray([2 * len(text) for text in texts])


def test_examples_do_not_depend_on_the_order_of_rows(source):
    before = faq_overview(str(source), ["hin"], asked())["hi"]
    lines = (source / "hin.jsonl").read_text(encoding="utf-8").splitlines()
    (source / "hin.jsonl").write_text("\n".join(reversed(lines)), encoding="utf-8")
    assert faq_overview(str(source), ["hin"], asked())["hi"].kept == before.kept


def test_passages_are_made_of_what_is_kept(source):
    settings = PassageSettings(min_passage_characters=1, sibling_similarity=1.0, strip_echo=False, span="answer")
    found = faq_overview(str(source), ["ara"], asked(passages=settings, passage_examples=2))["ar"]
    assert found.passage_counts["read"] == found.counts["kept"]
    assert len(found.passages) == min(2, found.passage_counts["kept"])
    assert json.loads(json.dumps(found.as_json()))["counts"] == found.counts


def test_rows_kept_are_passages_made_and_rows_without_one(source):
    settings = PassageSettings(max_span_characters=5, min_passage_characters=1)
    found = faq_overview(str(source), ["ara"], asked(passages=settings, passage_examples=1))["ar"]
    lines = [line.split() for line in drawn({"ar": found}).splitlines()]
    shown = [int(line[-1]) for line in lines if line[:2] in (["passages", "made"], ["no", "passage:"])]
    assert len(shown) > 1 and sum(shown) == found.counts["kept"]


def test_no_examples_asked_for_are_none_shown(source):
    text = drawn(faq_overview(str(source), ["ara"], asked(examples=0)))
    assert "dropped by" not in text and "dropped: deny hosts" in text


def test_a_column_that_is_not_there_is_named(source):
    with pytest.raises(DataError, match=r"filters.topics needs the column topic, .* of ar"):
        faq_overview(str(source), ["ara"], asked(filters=FaqFilters(topics=("Travel",))))


def test_a_language_of_which_nothing_is_left_has_no_lengths(source):
    found = faq_overview(str(source), ["tha"], asked(filters=FaqFilters(deny_hosts=(".",))))["th"]
    assert (found.counts["kept"], found.kept, found.characters["answer"].median) == (0, [], None)
    assert "0 (0%)" in drawn({"th": found})


@pytest.mark.parametrize("width", [60, 100])
def test_text_of_any_script_stays_within_the_width(source, width):
    overviews = faq_overview(str(source), ["ara", "zho", "hin", "tha"], asked(passage_examples=1))
    text = drawn(overviews, width)
    assert max(cell_len(line.rstrip()) for line in text.splitlines()) <= width
    folded = "".join(text.split())
    assert all("".join(piece.split()) in folded for piece in (ARABIC, CHINESE, HINDI, THAI))


def test_every_count_stands_in_its_language_s_column(source):
    overviews = faq_overview(str(source), ["ara", "zho"], asked())
    lines = drawn(overviews).splitlines()
    rows = Counter(tuple(line.split()) for line in lines)
    assert rows[("rows", "in", "7", "7")] == 1
    assert rows[("dropped:", "deny", "hosts", "1", "1")] == 1
    assert rows[("dropped:", "script", "0", "0")] == 1
    assert rows[("rows", "kept", "5", "(71%)", "5", "(71%)")] == 1
    assert "fewer rows than asked for: ar 7, zh 7" in lines


def test_markup_in_a_row_is_shown_as_it_stands(source):
    assert "[bold]x" in drawn(faq_overview(str(source), ["ara"], asked()))


def drawn(overviews, width=100):
    console = Console(width=width, record=True, file=open("/dev/null", "w"), color_system=None)  # noqa: SIM115
    console.print(faq_tables("here", overviews))
    console.file.close()
    return console.export_text()
