from __future__ import annotations

import pickle
import shutil
from pathlib import Path

from faq_files import row, write

from xlingual.data.contamination import ContaminationIndex
from xlingual.data.examples import Example
from xlingual.data.faq.preparation import prepare_faq
from xlingual.data.faq.sampling import Draw
from xlingual.data.faq.steps import faq_steps
from xlingual.study import FaqFilters

SECRET = (
    "Die Brücke wurde im Jahr achtzehnhundertneunzig von den Einwohnern der kleinen Stadt am Fluss gebaut, "
    "nachdem ein Hochwasser die alte Furt weggespült hatte, und sie steht dort bis heute."
)
ANSWERS = (
    "Senden Sie uns die Ware innerhalb von vierzehn Tagen in der Verpackung zurück.",
    "Der Versand dauert in der Regel zwei bis drei Werktage und kostet fünf Euro.",
    "Wir nehmen Kreditkarten, Überweisungen und bar bei der Abholung im Laden an.",
)


def index() -> ContaminationIndex:
    return ContaminationIndex.of([Example("q" * 24, "Wann wurde gebaut?", SECRET, ("1890",), (0,), "de")])


def test_a_studys_filters_and_the_check_against_the_test_set_are_counted_and_listed(tmp_path: Path) -> None:
    rows = [row(n, "laden.de", question=f"Was ist Frage {n}?", answer=text) for n, text in enumerate(ANSWERS)]
    rows += [
        row(7, "bruecken.de", question="Was ist Frage 7?", answer=SECRET.upper()),
        row(8, "supercasino.com", question="Was ist Frage 8?", answer=ANSWERS[0]),
        rows[0],
    ]
    for code in ("deu", "spa"):
        write(tmp_path / f"{code}.jsonl", rows)
    steps = faq_steps(FaqFilters(), index())
    one, two = (
        prepare_faq(str(tmp_path), ["de", "es"], Draw(len(rows)), folder=tmp_path / f"store-{number}", steps=made)
        for number, made in enumerate((steps, pickle.loads(pickle.dumps(steps))))  # as another process gets them
    )
    stored = one["de"]
    assert [rows.fingerprint for rows in one.values()] == [rows.fingerprint for rows in two.values()]
    assert [rows.listed for rows in one.values()] == [rows.listed for rows in two.values()]
    assert [each.answer for host in stored for each in host] == list(ANSWERS)
    dropped = {name: number for name, number in stored.counts.items() if name.startswith("dropped_") and number}
    assert dropped == {"dropped_deny_hosts": 1, "dropped_exact_duplicates": 1, "dropped_contaminated": 1}
    assert stored.counts["read"] == stored.counts["kept"] + sum(dropped.values())
    assert [each["name"] for each in stored.listed] == ["https://bruecken.de/faq Was ist Frage 7?"]


def test_other_filters_and_another_test_set_are_other_rows(tmp_path: Path) -> None:
    other = ContaminationIndex.of([Example("r" * 24, "Wer?", SECRET[::-1], ("1890",), (0,), "de")])
    settings = [FaqFilters(), FaqFilters(near_duplicates=None), None]
    stated = [[step.made_of for step in faq_steps(filters, i)] for filters in settings for i in (index(), other, None)]
    assert len({str(each) for each in stated}) == len(stated) == 9


def test_real_rows_of_many_scripts_go_through(shared: Path, tmp_path: Path) -> None:
    for code in ("deu", "ara", "zho", "hin"):
        shutil.copy(shared / f"data/faq_multilingual/{code}.jsonl", tmp_path)
    languages = ["de", "ar", "zh", "hi"]
    stored = prepare_faq(
        str(tmp_path), languages, Draw(2000), folder=tmp_path / "s", steps=faq_steps(FaqFilters(), None),
        allow_shortage=True,
    )  # fmt: skip
    for rows in stored.values():
        assert rows.counts["read"] == len(rows) + sum(
            n for name, n in rows.counts.items() if name.startswith("dropped_")
        )
        assert len(rows) > rows.counts["read"] / 3
        assert {row.language for host in rows for row in host} == {rows.language}
