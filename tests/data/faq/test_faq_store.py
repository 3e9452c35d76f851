from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from xlingual.data.examples import content_fingerprint
from xlingual.data.faq.division import divide, undivided
from xlingual.data.faq.rows import FaqRow
from xlingual.data.faq.store import Filled, StoredRows, find_rows, keep_rows, key_of

MADE_OF = {"format": 1, "steps": [{"near": 0.8}], "languages": ("de",)}


def pairs(number: int, language: str = "de", per_host: int = 3) -> list[FaqRow]:
    return [
        FaqRow(f"site-{n // per_host}", f"u{n}", f"Frage {n}\x00?", f"答案 {n}\n", language, similarity=n / 7)
        for n in range(number)
    ]


def keep(folder: Path, rows: list[FaqRow], made_of: dict = MADE_OF, language: str = "de") -> StoredRows:
    filled = Filled({"read": len(rows) + 2, "dropped_x": 2}, ("topic",), 2, ({"url": "u", "question": "q"},))
    return keep_rows(folder, made_of, language, iter(rows), lambda: filled)


@pytest.mark.parametrize("number", [0, 7, 2048, 4100])
def test_rows_come_back_host_by_host_as_they_went_in(tmp_path: Path, number: int) -> None:
    rows = pairs(number)
    stored = keep(tmp_path, rows)
    hosts = list(stored)
    assert [row for host in hosts for row in host] == rows
    assert all(len({row.origin for row in host}) == 1 for host in hosts)
    assert (len(stored), stored.hosts) == (number, len(hosts)) == (number, len({row.origin for row in rows}))
    assert stored.host_sizes() == {host[0].origin: len(host) for host in hosts}
    assert stored.fingerprint == content_fingerprint(rows)
    assert stored.counts == {"read": number + 2, "dropped_x": 2, "kept": number}
    assert find_rows(tmp_path, MADE_OF) == stored
    assert (stored.columns, stored.version, stored.listed) == (("topic",), 2, ({"url": "u", "question": "q"},))


def test_rows_of_other_settings_or_other_content_lie_apart(tmp_path: Path) -> None:
    first, second = keep(tmp_path, pairs(5)), keep(tmp_path, pairs(6), {"format": 2})
    assert find_rows(tmp_path, MADE_OF) == first and find_rows(tmp_path, {"format": 2}) == second
    assert find_rows(tmp_path, {"format": 3}) is None
    newer = keep(tmp_path, pairs(9))
    assert find_rows(tmp_path, MADE_OF, first.fingerprint) == first
    assert find_rows(tmp_path, MADE_OF, newer.fingerprint) == newer
    assert [row for host in first for row in host] == pairs(5)


def test_what_was_cut_short_is_not_there(tmp_path: Path) -> None:
    def broken() -> Iterator[FaqRow]:
        yield from pairs(5000)
        raise RuntimeError("the source went away")

    with pytest.raises(RuntimeError):
        keep_rows(tmp_path, MADE_OF, "de", broken(), lambda: Filled({}))
    assert find_rows(tmp_path, MADE_OF) is None
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_left_is_cleared_away(tmp_path: Path) -> None:
    left = tmp_path / f".{key_of(MADE_OF)}.partial"
    left.mkdir()
    (left / "rows.parquet").write_bytes(b"half")
    (left / "more").write_bytes(b"")
    stored = keep(tmp_path, pairs(5))
    assert [each.name for each in tmp_path.iterdir()] == [stored.directory.name]
    assert {each.name for each in stored.directory.iterdir()} == {"faq.json", "rows.parquet"}


@pytest.mark.parametrize("damage", ["rows", "json", "missing"])
def test_damaged_rows_are_made_again(tmp_path: Path, damage: str) -> None:
    stored = keep(tmp_path, pairs(50))
    if damage == "missing":
        (stored.directory / "rows.parquet").unlink()
    else:
        file = stored.directory / {"rows": "rows.parquet", "json": "faq.json"}[damage]
        file.write_bytes(file.read_bytes()[:-20])
    assert find_rows(tmp_path, MADE_OF) is None
    assert keep(tmp_path, pairs(50)) == stored
    assert [row for host in stored for row in host] == pairs(50)


def test_the_two_sides_of_a_division_share_no_host_and_make_up_the_whole(tmp_path: Path) -> None:
    rows = {code: keep(tmp_path, pairs(60, code), {"language": code}, code) for code in ("de", "tr")}
    divisions = divide(rows, share=0.2, seed=0)
    held = {code: {host[0].origin for host in division.development} for code, division in divisions.items()}
    assert held["de"] == held["tr"] and len(held["de"]) == 4
    for code, division in divisions.items():
        sides = [[row for host in side for row in host] for side in (division.training, division.development)]
        assert [len(side) for side in sides] == [len(division.training), len(division.development)] == [48, 12]
        assert sorted(sides[0] + sides[1], key=lambda row: row.similarity) == pairs(60, code)
        assert not {row.origin for row in sides[0]} & {row.origin for row in sides[1]}
        whole = undivided(rows[code])
        assert whole.fingerprint == rows[code].fingerprint and len(whole) == 60
        assert len({whole.fingerprint, division.training.fingerprint, division.development.fingerprint}) == 3
    assert divide(rows, share=0.2, seed=0) == divisions != divide(rows, share=0.2, seed=1)


def test_the_json_says_what_the_rows_are_made_of(tmp_path: Path) -> None:
    stored = keep(tmp_path, pairs(5))
    assert json.loads((stored.directory / "faq.json").read_text())["made_of"] == json.loads(json.dumps(MADE_OF))
