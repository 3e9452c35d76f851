from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from faq_files import write

from xlingual.data.faq.bitexts import Bitext, bitext_rows
from xlingual.errors import DataError


def pair(number: int, similarity: float = 0.9, **changes: Any) -> dict[str, Any]:
    texts = {f"{side}{n}": f"{side} {n} of {number}" for side in ("question", "answer") for n in (1, 2)}
    return {"origin": "a.de", **texts, "labse_similarity": similarity} | changes


def found(source: Path, language: str = "de", **settings: Any) -> list[Bitext]:
    return list(bitext_rows(str(source), language, **{"rows": 10} | settings))


@pytest.mark.parametrize("name", ["deu-eng.jsonl", "de-en.jsonl.gz", "deu-eng.parquet", "data/deu-eng.jsonl.gz"])
def test_pairs_are_found_by_either_code_in_every_format(tmp_path: Path, name: str) -> None:
    write(tmp_path / name, [pair(0)])
    expected = Bitext("a.de", "question 1 of 0", "answer 1 of 0", "question 2 of 0", "answer 2 of 0", ("de", "en"))
    assert found(tmp_path) == found(tmp_path, "deu") == found(tmp_path, "en", other="de") == [expected]


def test_the_languages_are_in_the_order_of_their_three_letters(tmp_path: Path) -> None:
    write(tmp_path / "eng-tha.jsonl", [pair(0)])
    assert found(tmp_path, "th")[0].languages == ("en", "th")


def test_dissimilar_and_empty_pairs_are_left_out(tmp_path: Path) -> None:
    write(tmp_path / "deu-eng.jsonl", [pair(0, 0.7), pair(1, 0.8), pair(2, answer2=" "), pair(3), pair(4)])
    assert [each.question1 for each in found(tmp_path, rows=2, minimum_similarity=0.8)] == [
        "question 1 of 1",
        "question 1 of 3",
    ]


def test_a_copy_of_the_hub_has_the_pair_as_its_configuration(
    tmp_path: Path, write_snapshot: Callable[..., Path]
) -> None:
    assert len(found(write_snapshot(tmp_path, {("deu-eng", "default"): [pair(0), pair(1)]}))) == 2


def test_what_is_absent_is_named(tmp_path: Path) -> None:
    write(tmp_path / "deu-eng.jsonl", [{"question1": "q", "origin": "a"}])
    with pytest.raises(
        DataError, match="answer1, question2, answer2, labse_similarity missing, found question1, origin"
    ):
        found(tmp_path)
    with pytest.raises(DataError, match=r"no file for en-th \(eng-tha.jsonl\); found deu-eng.jsonl"):
        found(tmp_path, "th")
    with pytest.raises(DataError, match="name two languages"):
        found(tmp_path, "en")
    with pytest.raises(DataError, match="asked for 0 bitext rows"):
        found(tmp_path, rows=0)
