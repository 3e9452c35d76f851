"""Lexicons: look-up, files in both layouts, and one-line errors."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import pytest

from xlingual.data.augmentation.lexicon import Lexicon
from xlingual.data.augmentation.lexicon_files import load_dictionary, load_synonyms
from xlingual.errors import DataError

TABLE = "concept\tde\ten\tes\n1\tich\t1 sg. | I\tyo\n2\tfett | dick\tfat | thick\tgordo\n3\tFett\tfat\t\n"


def test_a_word_is_looked_up_as_it_stands_and_in_lower_case_where_a_sentence_gives_it_its_capital() -> None:
    lexicon = Lexicon.of({"film": ["movie", "picture"], "Polish": ["Pole"], "polish": ["shine"], "us": ["we"]})
    assert lexicon.find("film", opens=False) == lexicon.find("film", opens=True) == ("movie", "picture")
    assert lexicon.find("Film", opens=True) == ("Movie", "Picture")
    assert lexicon.find("Film", opens=False) == ()  # a name
    assert lexicon.find("US", opens=True) == lexicon.find("FILM", opens=True) == lexicon.find("fiLm", opens=True) == ()
    assert lexicon.find("Polish", opens=True) == lexicon.find("Polish", opens=False) == ("Pole",)
    assert lexicon.find("polish", opens=True) == ("shine",)
    for word in ("films", "", "zzz"):
        assert lexicon.find(word, opens=True) == lexicon.find(word, opens=False) == ()


def test_neither_the_word_itself_nor_a_second_mention_is_an_alternative() -> None:
    lexicon = Lexicon.of({"hotel": ["hotel"], "a": ["b", "a", "b", "c"], "none": [], "i": ["I"]})
    assert len(lexicon) == 2
    assert lexicon.find("a", opens=False) == ("b", "c")
    assert lexicon.find("hotel", opens=False) == ()
    assert lexicon.find("I", opens=True) == ()  # its capital makes it the word itself


def test_the_fingerprint_is_that_of_the_content() -> None:
    one = Lexicon.of({"a": ["b", "c"], "d": ["e"]})
    assert one.fingerprint == Lexicon.of({"d": ["e"], "a": ["b", "c"], "x": []}).fingerprint == "39cf33d157503295"
    for other in ({"a": ["c", "b"], "d": ["e"]}, {"a": ["b"], "d": ["c", "e"]}, {"a": ["b", "c"], "f": ["e"]}):
        assert one.fingerprint != Lexicon.of(other).fingerprint


def test_a_lexicon_travels_without_a_copy_of_its_words() -> None:
    lexicon = Lexicon.of({f"word{n}": [f"other{n}"] for n in range(5000)})
    buffers: list[pickle.PickleBuffer] = []
    content = pickle.dumps(lexicon, protocol=5, buffer_callback=buffers.append)
    assert len(content) < 2000
    assert pickle.loads(content, buffers=buffers).find("Word77", opens=True) == ("Other77",)


def test_synonyms_are_read(tmp_path: Path) -> None:
    path = tmp_path / "synonyms.json"
    path.write_text(json.dumps({"film": ["movie"], "an": []}), encoding="utf-8-sig")
    assert load_synonyms(str(path)).find("film", opens=False) == ("movie",)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"a": ["b"],\n "c" ["d"]}', ":2: not JSON"),
        ('["a"]', "expected a JSON object, found a list"),
        ('{"a": ["b"],\n "c": "d"}', ":2: 'c' has 'd'; write a list of words"),
        ('{"a": ["b"],\n\n "é": [1]}', ":3: 'é' has [1]; write a list of words"),
        ('{"a": ["b", " "]}', ":1: 'a' has ['b', ' ']; write a list of words"),
        ('{"a": [], "b": ["b"]}', "no word has a synonym"),
        (b'{"a":\n ["\xff"]}', ":2: not UTF-8"),
    ],
)
def test_synonyms_that_are_none_are_told_in_one_line(tmp_path: Path, content: str | bytes, message: str) -> None:
    path = tmp_path / "synonyms.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(DataError) as error:
        load_synonyms(str(path))
    text = str(error.value)
    assert text.startswith(f"data.synonyms: {path}") and message in text and "\n" not in text


@pytest.mark.parametrize("separator", ["\t", " ", "   "])
def test_two_columns_are_read(tmp_path: Path, separator: str) -> None:
    path = tmp_path / "en-de.txt"
    path.write_text(f"house{separator}Haus\r\n\nhouse{separator}Gebäude\nand{separator}und\n", encoding="utf-8")
    lexicon = load_dictionary(str(path), "de")
    assert len(lexicon) == 2
    assert lexicon.find("House", opens=True) == ("Haus", "Gebäude")


def test_a_table_is_read_by_its_first_line(tmp_path: Path) -> None:
    path = tmp_path / "table.tsv"
    path.write_text(TABLE, encoding="utf-8")
    german, spanish = load_dictionary(str(path), "de"), load_dictionary(str(path), "es")
    assert german.find("fat", opens=False) == ("fett", "dick", "Fett")
    assert german.find("thick", opens=False) == ("fett", "dick")
    assert german.find("I", opens=True) == ("ich",)
    assert german.find("1 sg.", opens=False) == ("ich",)
    assert spanish.find("fat", opens=False) == ("gordo",)


def test_both_layouts_of_one_content_have_one_fingerprint(tmp_path: Path) -> None:
    (tmp_path / "table.tsv").write_text("en\tde\na | b\tc\n", encoding="utf-8")
    (tmp_path / "columns.txt").write_text("b c\na c\n", encoding="utf-8")
    made = [load_dictionary(str(tmp_path / name), "de").fingerprint for name in ("table.tsv", "columns.txt")]
    assert made[0] == made[1]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("house Haus\nold\n", ":2: 1 columns in 'old'; write an English word and its translation"),
        ("house\tHaus\nold\talt\tx\n", ":2: 3 columns"),
        ("house\tHaus\nold\t\n", ":2: 2 columns in 'old\\t'"),
        ("en\tes\nfat\tgordo\n", ":1: no column de in the table"),
        ("a\tb\tc\nfat\tgordo\tx\n", ":1: no column en and no column de in the table"),
        ("en\tde\nfat\n", ":2: 1 columns, but the first line names 2"),
        ("en\tde\nhotel\thotel\n", "no word has a translation other than itself"),
        ("", "no word has a translation other than itself"),
    ],
)
def test_a_dictionary_that_is_none_is_told_in_one_line(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "words.txt"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(DataError) as error:
        load_dictionary(str(path), "de")
    text = str(error.value)
    assert text.startswith(f"data.dictionaries.de: {path}") and message in text and "\n" not in text


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="found nothing; write the path"):
        load_synonyms(str(tmp_path / "none.json"))
    with pytest.raises(DataError, match="found a directory; write the path"):
        load_dictionary(str(tmp_path), "de")


def test_published_lexicons_are_read(shared: Path) -> None:
    synonyms = load_synonyms(str(shared / "data" / "lexicons" / "counterfitted_neighbors.json"))
    assert len(synonyms) == 25591
    assert synonyms.find("movie", opens=False) == (
        *("film", "filmmaking", "films", "movies", "cinema", "cinematographic", "cinematic", "cinematography"),
    )
    table = str(shared / "data" / "lexicons" / "swadesh207_xquad12.tsv")
    assert load_dictionary(table, "de").find("Laugh", opens=True) == ("Lachen",)
    assert load_dictionary(table, "vi").find("I", opens=True) == ("tao", "toi", "tôi")
