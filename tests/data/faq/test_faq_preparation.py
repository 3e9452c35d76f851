from __future__ import annotations

import os
import pickle
import shutil
import tracemalloc
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from faq_files import Making, row, write

from xlingual.data.faq.preparation import Step, prepare_faq
from xlingual.data.faq.sampling import Draw
from xlingual.data.faq.store import StoredRows
from xlingual.errors import DataError


def steps(*words: str) -> Sequence[Step]:
    return [Step({"without": word}, Making(word)) for word in words]


def questions(stored: StoredRows) -> list[str]:
    return [each.question for host in stored for each in host]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    for code, number in {"deu": 30, "tur": 20, "ell": 25}.items():
        write(tmp_path / "webfaq" / f"{code}.jsonl", [row(n, f"site-{n // 4}.{code}") for n in range(number)])
    return tmp_path / "webfaq"


@pytest.fixture
def prepare(source: Path, tmp_path: Path) -> Callable[..., dict[str, StoredRows]]:
    def make(**changes: Any) -> dict[str, StoredRows]:
        settings: dict[str, Any] = {"folder": tmp_path / "store", "languages": ["de", "tur"], "draw": Draw(20)}
        return prepare_faq(str(source), **settings | changes)

    return make


def test_rows_go_through_the_steps_in_order_and_all_is_counted(prepare: Callable[..., Any]) -> None:
    stored = prepare(steps=steps("3", "5"))["de"]
    assert questions(stored) == [f"Frage {n}?" for n in range(20) if n not in (3, 5)]
    dropped = {name: number for name, number in stored.counts.items() if name.startswith("dropped_") and number}
    assert dropped == {"dropped_3": 1, "dropped_5": 1}
    assert (stored.counts["read"], stored.counts["kept"]) == (20, 18)
    assert [each["question"] for each in stored.listed] == ["Frage 3?", "Frage 5?"]


def test_any_number_of_processes_makes_the_same_rows(prepare: Callable[..., Any], tmp_path: Path) -> None:
    one = prepare(steps=steps("3"))
    two = prepare(steps=steps("3"), processes=2, folder=tmp_path / "other")
    assert list(one) == list(two) == ["de", "tr"]
    assert [each.fingerprint for each in one.values()] == [each.fingerprint for each in two.values()]
    assert [each.directory.name for each in one.values()] == [each.directory.name for each in two.values()]
    assert [each.counts for each in one.values()] == [each.counts for each in two.values()]


def test_an_error_in_another_process_is_the_same_line(prepare: Callable[..., Any]) -> None:
    with pytest.raises(DataError, match=r"^de: no topic$"):
        prepare(steps=steps("label"), processes=2)


def test_a_process_that_is_ended_from_outside_is_one_clear_line(prepare: Callable[..., Any]) -> None:
    with pytest.raises(DataError, match=r"one of 2 processes .* was killed"):
        prepare(steps=steps("exit"), processes=2)


def test_what_is_there_is_opened_and_not_made_again(prepare: Callable[..., Any], source: Path) -> None:
    first = prepare()
    places = {code: each.directory.stat().st_ino for code, each in first.items()}
    assert prepare() == first
    assert {code: each.directory.stat().st_ino for code, each in first.items()} == places
    assert prepare(steps=steps("3"))["de"].directory != first["de"].directory
    assert prepare(draw=Draw(20, seed=5))["de"].directory == first["de"].directory  # unused without a spread
    assert pickle.loads(pickle.dumps(first)) == first


def test_a_file_is_known_by_its_bytes_not_by_its_time_or_size(prepare: Callable[..., Any], source: Path) -> None:
    first = prepare()["de"]
    file = source / "deu.jsonl"
    times = file.stat()
    file.write_bytes(file.read_bytes().replace(b"Frage 7?", b"Frage X?"))
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
    second = prepare()["de"]
    assert "Frage X?" in questions(second) and "Frage X?" not in questions(first)
    file.rename(source / "de.jsonl")
    assert prepare()["de"] == second


def test_rows_of_the_hub_are_read_again_unless_the_study_recorded_them(
    tmp_path: Path, write_snapshot: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    from xlingual.data.faq.tables import HubTable

    monkeypatch.setattr(HubTable, "content", lambda self: None)  # like the hub itself
    hub = write_snapshot(tmp_path / "hub", {("deu", "default"): [row(n, f"s{n}") for n in range(5)]})

    def prepare(recorded: dict[str, str] | None = None) -> StoredRows:
        return prepare_faq(str(hub), ["de"], Draw(5), folder=tmp_path / "store", recorded=recorded)["de"]

    first = prepare()
    write_snapshot(hub, {("deu", "default"): [row(n + 1, f"s{n}") for n in range(5)]})
    second = prepare()
    assert questions(second) != questions(first)
    assert prepare({"de": first.fingerprint}) == first
    assert questions(prepare({"de": "0" * 16})) == questions(second)


def test_a_copy_of_the_hub_is_known_by_the_bytes_of_its_files(
    tmp_path: Path, write_snapshot: Callable[..., Path]
) -> None:
    rows = [row(n, f"s{n}") for n in range(5)]
    hub = write_snapshot(tmp_path / "hub", {("deu", "default"): rows, ("tur", "default"): rows})
    first = prepare_faq(str(hub), ["de"], Draw(5), folder=tmp_path / "store")["de"]
    write_snapshot(hub, {("deu", "default"): rows, ("tur", "default"): rows[1:]})
    assert prepare_faq(str(hub), ["de"], Draw(5), folder=tmp_path / "store")["de"] == first
    write_snapshot(hub, {("deu", "default"): rows[::-1], ("tur", "default"): rows})
    assert questions(prepare_faq(str(hub), ["de"], Draw(5), folder=tmp_path / "store")["de"]) != questions(first)


@pytest.mark.parametrize("again", [False, True])
def test_all_languages_that_are_short_are_named_at_once(prepare: Callable[..., Any], again: bool) -> None:
    asked = {"languages": ["de", "tr", "el"], "draw": Draw(28)}
    if again:
        prepare(**asked, allow_shortage=True)
    with pytest.raises(
        DataError,
        match=r"asked for 28 rows per language; tr has 20 \(8 short\), el has 25 \(3 short\); "
        r"write rows_per_language: 20, or allow_shortage: true$",
    ):
        prepare(**asked)


def test_a_shortage_that_is_allowed_is_counted(prepare: Callable[..., Any]) -> None:
    stored = prepare(draw=Draw(28), allow_shortage=True)
    assert {code: (len(rows), rows.counts["short"]) for code, rows in stored.items()} == {"de": (28, 0), "tr": (20, 8)}


def test_a_language_of_which_nothing_is_left_is_named_with_the_counts(prepare: Callable[..., Any]) -> None:
    with pytest.raises(DataError, match=r"no FAQ rows are left in de \(read 20, dropped_Antwort 20\); tr \(read 20, "):
        prepare(steps=steps("Antwort"))


def test_a_language_without_a_whole_pair_is_an_error(source: Path, tmp_path: Path) -> None:
    write(source / "tha.jsonl", [row(0, answer="")])
    with pytest.raises(DataError, match="read 1 FAQ rows in th, none with both"):
        prepare_faq(str(source), ["th"], Draw(1), folder=tmp_path / "store")


def test_question_types_of_both_versions_are_not_mixed(source: Path, tmp_path: Path) -> None:
    write(source / "tha.jsonl", [row(0, question_type="What")])
    write(source / "hin.jsonl", [row(0, question_type="FACTOID", semantic_similarity_score=0.5)])
    with pytest.raises(DataError, match=r"both versions of WebFAQ \(version 1: th; version 2: hi\)"):
        prepare_faq(str(source), ["th", "hi", "de"], Draw(1), folder=tmp_path / "store")


def test_memory_does_not_grow_with_the_rows(tmp_path: Path) -> None:
    peaks = {}
    for number in (100, 2500, 7500):  # the first loads what is imported
        rows = [row(n, f"site-{(n * 7919) % (number // 5)}.de") for n in range(number)]
        write(tmp_path / f"{number}" / "deu.jsonl", rows)
        del rows
        tracemalloc.start()
        stored = prepare_faq(str(tmp_path / f"{number}"), ["de"], Draw(number), folder=tmp_path / "s", steps=steps("3"))
        assert sum(len(host) for host in stored["de"]) == number - 1
        peaks[number] = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        shutil.rmtree(tmp_path / "s")
    assert peaks[7500] < 2 * peaks[2500]  # three times as many rows; buffers are full after a few thousand
