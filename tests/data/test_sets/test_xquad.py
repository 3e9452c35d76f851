from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from xlingual.data.test_sets.questions import spread
from xlingual.data.test_sets.xquad import load_xquad
from xlingual.errors import DataError
from xlingual.languages import XQUAD_LANGUAGES


def articles(word: str, paragraphs: int = 4, article: str = "Warsaw") -> dict[str, dict[str, list[Any]]]:
    return {
        article: {f"{word} {p} x": [(f"{p}-{q}", f"{word}?", [(word, 0)]) for q in range(2)] for p in range(paragraphs)}
    }


@pytest.fixture
def directory(tmp_path: Path, write_squad: Callable[..., Path]) -> Path:
    for code, word in (("en", "one"), ("de", "eins"), ("th", "หนึ่ง")):
        write_squad(tmp_path / f"xquad.{code}.json", articles(word))
    return tmp_path


def test_languages_are_parallel_and_keep_xquads_articles(directory: Path) -> None:
    loaded = load_xquad(str(directory), ["de", "eng", "th"])
    assert list(loaded) == ["de", "en", "th"]
    ids = [[(e.id, e.paragraph) for e in examples.examples] for examples in loaded.values()]
    assert ids[0] == ids[1] == ids[2] and ids[0][:3] == [("0-0", "0-0"), ("0-1", "0-0"), ("1-0", "1-0")]
    assert {e.language for e in loaded["th"].examples} == {"th"}


def test_a_cap_keeps_the_same_paragraphs_in_every_language(directory: Path) -> None:
    loaded = load_xquad(str(directory), ["en", "de"], paragraphs=2)
    assert [e.paragraph for e in loaded["en"].examples] == ["1-0", "1-0", "3-0", "3-0"]
    assert [e.id for e in loaded["en"].examples] == [e.id for e in loaded["de"].examples]
    assert loaded["de"].counts["kept"] == 4 and loaded["de"].counts["dropped_limit"] == 4


def test_a_cap_does_not_depend_on_the_languages_asked_for(directory: Path) -> None:
    alone = load_xquad(str(directory), ["th"], paragraphs=3)["th"]
    assert alone.examples == load_xquad(str(directory), ["en", "th"], paragraphs=3)["th"].examples


def test_a_cap_above_the_number_keeps_all(directory: Path) -> None:
    assert len(load_xquad(str(directory), ["en"], paragraphs=99)["en"]) == 8


@pytest.mark.parametrize("number", [1, 7, 24, 48, 239])
def test_chosen_paragraphs_are_evenly_spaced(number: int) -> None:
    names = [str(n) for n in range(240)]
    places = sorted(int(name) for name in spread(names, number))
    assert len(places) == number
    gaps = {b - a for a, b in pairwise(places)}
    assert not gaps or max(gaps) - min(gaps) <= 1


def test_real_xquad_is_whole_in_all_languages(shared: Path) -> None:
    loaded = load_xquad(str(shared / "data/xquad"), XQUAD_LANGUAGES)
    assert {len(examples) for examples in loaded.values()} == {1190}
    assert {examples.counts["repaired"] for examples in loaded.values()} == {0}
    assert len({tuple((e.id, e.paragraph) for e in examples.examples) for examples in loaded.values()}) == 1


def test_48_real_paragraphs_are_one_of_each_article(shared: Path) -> None:
    examples = load_xquad(str(shared / "data/xquad"), ["en"], paragraphs=48)["en"].examples
    paragraphs = Counter(title for title, _ in {(e.title, e.paragraph) for e in examples})
    assert len(paragraphs) == 48 and set(paragraphs.values()) == {1}


def test_absent_languages_are_named_with_what_is_there(directory: Path) -> None:
    with pytest.raises(DataError, match=r"no file for el, vi .* found xquad.de.json, xquad.en.json, xquad.th.json"):
        load_xquad(str(directory), ["en", "el", "vi"])


def test_an_unknown_language_is_refused(directory: Path) -> None:
    with pytest.raises(DataError, match="unknown language"):
        load_xquad(str(directory), ["en", "xx"])


@pytest.mark.parametrize(("languages", "paragraphs"), [([], None), (["en"], 0)])
def test_asking_for_nothing_is_refused(directory: Path, languages: list[str], paragraphs: int | None) -> None:
    with pytest.raises(DataError, match="write"):
        load_xquad(str(directory), languages, paragraphs)


def test_a_file_in_place_of_a_directory_is_refused(directory: Path) -> None:
    with pytest.raises(DataError, match="a test set is a directory"):
        load_xquad(str(directory / "xquad.en.json"), ["en"])


def test_languages_that_are_not_parallel_are_refused(directory: Path, write_squad: Callable[..., Path]) -> None:
    write_squad(directory / "xquad.de.json", articles("eins", paragraphs=3))
    with pytest.raises(DataError, match="de is not parallel to en: 6 questions, not 8"):
        load_xquad(str(directory), ["en", "de"])
    other = {"Warsaw": {"drei": [("0-0", "?", [("drei", 0)]), ("zzz", "?", [("drei", 0)])]}}
    write_squad(directory / "xquad.de.json", other)
    with pytest.raises(DataError, match="question 1 is zzz of paragraph 0-0, not 0-1 of paragraph 0-0"):
        load_xquad(str(directory), ["en", "de"])


def test_a_copy_of_the_hub_reads_like_the_files(
    directory: Path, tmp_path_factory: pytest.TempPathFactory, write_snapshot: Callable[..., Path]
) -> None:
    parts = {(f"xquad.{code}", "validation"): hub_layout(directory / f"xquad.{code}.json") for code in ("en", "de")}
    snapshot = write_snapshot(tmp_path_factory.mktemp("hub"), parts)
    files, copy = (load_xquad(str(source), ["en", "de"], paragraphs=3) for source in (directory, snapshot))
    for code in ("en", "de"):
        assert [(e.id, e.paragraph, e.context, e.answers) for e in files[code].examples] == [
            (e.id, e.paragraph, e.context, e.answers) for e in copy[code].examples
        ]
    with pytest.raises(DataError, match=r"xquad.th.*\['xquad.en', 'xquad.de'\]"):
        load_xquad(str(snapshot), ["en", "th"])


def test_a_copy_without_its_card_has_a_folder_a_language(
    directory: Path, tmp_path_factory: pytest.TempPathFactory, write_snapshot: Callable[..., Path]
) -> None:
    parts = {(f"xquad.{code}", "validation"): hub_layout(directory / f"xquad.{code}.json") for code in ("en", "de")}
    snapshot = write_snapshot(tmp_path_factory.mktemp("hub"), parts)
    (snapshot / "README.md").unlink()
    loaded = load_xquad(str(snapshot), ["en", "de"])
    assert [example.context for example in loaded["de"].examples[:1]] == ["eins 0 x"] and len(loaded["en"]) == 8


def hub_layout(path: Path) -> list[dict[str, Any]]:
    """The rows of google/xquad: no titles, one row per question."""
    document = json.loads(path.read_text(encoding="utf-8"))
    return [
        {
            "id": qa["id"],
            "context": paragraph["context"],
            "question": qa["question"],
            "answers": {
                "text": [answer["text"] for answer in qa["answers"]],
                "answer_start": [answer["answer_start"] for answer in qa["answers"]],
            },
        }
        for article in document["data"]
        for paragraph in article["paragraphs"]
        for qa in paragraph["qas"]
    ]


@pytest.mark.usefixtures("offline")
def test_a_hub_id_that_cannot_be_reached_is_one_clear_line() -> None:
    with pytest.raises(DataError, match=r"google/xquad' \(configuration xquad.de, split validation\): .*download"):
        load_xquad("google/xquad", ["de"])
