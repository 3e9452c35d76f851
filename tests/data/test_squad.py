from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from xlingual.data.squad import load_squad
from xlingual.errors import DataError

CONTEXT = "Ada met Bob in Rome in 1901."
GOOD = ("q1", "Who met Bob?", [("Ada", 0)])


def balanced(counts: dict[str, int]) -> bool:
    return counts["read"] == counts["kept"] + sum(n for name, n in counts.items() if name.startswith("dropped_"))


def test_examples_hold_what_the_file_says(tmp_path: Path, write_squad: Callable[..., Path]) -> None:
    second = ("q2", "Where?", [("Rome", 15), ("in Rome", 12)])
    path = write_squad(tmp_path / "a.json", {"People": {CONTEXT: [GOOD, second]}})
    loaded = load_squad(str(path))
    assert [(e.id, e.title, e.paragraph, e.language) for e in loaded.examples] == [
        ("q1", "People", "q1", "en"),
        ("q2", "People", "q1", "en"),
    ]
    assert loaded.examples[1].answers == ("Rome", "in Rome")
    assert loaded.examples[1].answer_starts == (15, 12)
    assert loaded.counts["kept"] == loaded.counts["read"] == 2


def test_every_kind_of_loss_is_counted_under_its_name(tmp_path: Path, write_squad: Callable[..., Path]) -> None:
    questions = [
        GOOD,
        ("q1", "Again?", [("Ada", 0)]),
        ("q2", "  ", [("Ada", 0)]),
        ("q3", "Impossible?", []),
        ("q4", "Absent?", [("Zoe", 0)]),
        ("q5", "Moved?", [("Rome", 3)]),
        ("q6", "Half?", [("Bob", 8), ("Zoe", 0)]),
        ("q7", "Which?", [("in", 3)]),
    ]
    path = write_squad(tmp_path / "a.json", {"People": {CONTEXT: questions}, "Force": {"F is ma.": [GOOD]}})
    loaded = load_squad(str(path))
    assert {name: count for name, count in loaded.counts.items() if count} == {
        "read": 9,
        "kept": 3,
        "repaired": 1,
        "repaired_unique": 1,
        "lost_answers": 1,
        "dropped_offset": 1,
        "dropped_absent_answer": 1,
        "dropped_empty_question": 1,
        "dropped_unanswerable": 1,
        "dropped_duplicate_id": 1,
        "dropped_xquad_article": 1,
    }
    assert balanced(loaded.counts)
    for example in loaded.examples:
        for answer, start in zip(example.answers, example.answer_starts, strict=True):
            assert example.context[start : start + len(answer)] == answer


@pytest.mark.parametrize(("wrong", "said"), [(2, True), (1, False)])
def test_a_file_in_which_more_than_a_tenth_is_wrong_is_spoken_of(
    tmp_path: Path, write_squad: Callable[..., Path], wrong: int, said: bool
) -> None:
    smiling = "\U0001f600 " + CONTEXT
    questions = {f"{CONTEXT} {n}": [(f"r{n}", "Where?", [("Rome", 15)])] for n in range(10 - wrong)}
    moved = {f"{smiling} {n}": [(f"w{n}", "Where?", [("Rome", 18)])] for n in range(wrong)}
    path = write_squad(tmp_path / "a.json", {"People": questions | moved})
    loaded = load_squad(str(path))
    assert loaded.counts["repaired"] == loaded.counts["repaired_utf16"] == wrong and loaded.counts["kept"] == 10
    note = (
        f"{path}: the answers of 2 of 10 questions are not where their offsets say: 2 repaired, 0 dropped; its offsets "
        "look like UTF-16 units. Check the file: offsets count characters, from 0"
    )
    assert loaded.notes == loaded.choose([0], "dropped_limit").notes == ((note,) if said else ())


def test_articles_of_xquad_leave_real_training_data(shared: Path) -> None:
    loaded = load_squad(str(shared / "data/tydiqa_goldp/english_tydiqa_train.json"))
    titles = {example.title for example in loaded.examples}
    assert loaded.counts["dropped_xquad_article"] == 4
    assert not titles & {"Force", "Oxygen", "American Broadcasting Company"}
    assert balanced(loaded.counts) and len(loaded) == 3692


def test_real_squad_style_data_is_read_whole(shared: Path) -> None:
    loaded = load_squad(str(shared / "data/squad_style"))
    assert loaded.counts["kept"] == 7938 and len({example.title for example in loaded.examples}) == 48


def test_the_limit_is_a_seeded_sample(tmp_path: Path, write_squad: Callable[..., Path]) -> None:
    questions = [(f"q{n}", "Who?", [("Ada", 0)]) for n in range(30)]
    path = write_squad(tmp_path / "a.json", {"People": {CONTEXT: questions}})
    first, again, other = (load_squad(str(path), limit=5, seed=seed) for seed in (1, 1, 2))
    assert first == again and len(first) == 5 and first.examples != other.examples
    assert balanced(first.counts)


def test_a_directory_gives_each_split_its_file(tmp_path: Path, write_squad: Callable[..., Path]) -> None:
    write_squad(tmp_path / "train-v1.1.json", {"A": {CONTEXT: [GOOD]}})
    write_squad(tmp_path / "dev-v1.1.json", {"B": {CONTEXT: [GOOD]}})
    assert load_squad(str(tmp_path)).examples[0].title == "A"
    assert load_squad(str(tmp_path), split="dev").examples[0].title == "B"


def test_the_plain_name_wins_over_longer_ones(tmp_path: Path, write_squad: Callable[..., Path]) -> None:
    write_squad(tmp_path / "train_more.json", {"A": {CONTEXT: [GOOD]}})
    write_squad(tmp_path / "train.json", {"B": {CONTEXT: [GOOD]}})
    assert load_squad(str(tmp_path)).examples[0].title == "B"


def test_several_files_that_fit_are_an_error_that_names_them(tmp_path: Path, write_squad: Callable[..., Path]) -> None:
    for name in ("train_a.json", "train_b.json"):
        write_squad(tmp_path / name, {"A": {CONTEXT: [GOOD]}})
    with pytest.raises(DataError, match=r"several files match \(train_a.json, train_b.json\)"):
        load_squad(str(tmp_path))


def test_a_training_file_is_never_taken_for_development(tmp_path: Path, write_squad: Callable[..., Path]) -> None:
    write_squad(tmp_path / "train.json", {"A": {CONTEXT: [GOOD]}})
    with pytest.raises(DataError, match=r"asked for the dev split; found no matching file \(train.json\)"):
        load_squad(str(tmp_path), split="dev")


def test_a_directory_may_hold_rows_and_packed_files(tmp_path: Path, write_squad: Callable[..., Path]) -> None:
    content = write_squad(tmp_path / "a" / "x.json", {"B": {CONTEXT: [GOOD]}}).read_bytes()
    (tmp_path / "train.jsonl.gz").write_bytes(gzip.compress(content, mtime=0))
    (tmp_path / "dataset_infos.json").write_text("{}", encoding="utf-8")
    (tmp_path / "validation.jsonl").write_text(json.dumps(rows("A")[0]), encoding="utf-8")
    assert load_squad(str(tmp_path)).examples[0].title == "B"
    assert load_squad(str(tmp_path), split="dev").examples[0].title == "A"
    (tmp_path / "train.json").write_bytes(content)
    with pytest.raises(DataError, match=r"several files match \(train.json, train.jsonl.gz\)"):
        load_squad(str(tmp_path))


@pytest.mark.parametrize("source", ["missing.json", "./missing", "a/b/c", "~/missing/x"])
def test_an_absent_file_is_named(source: str) -> None:
    with pytest.raises(DataError, match="no such file or directory"):
        load_squad(source)


def test_a_file_that_is_not_json_names_the_line(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('{"data": [\n{"title": "A",\n oops}]}', encoding="utf-8")
    with pytest.raises(DataError, match=r"a\.json:3: not JSON"):
        load_squad(str(path))


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(b'{"data": "\xff"}')
    with pytest.raises(DataError, match="not UTF-8 text"):
        load_squad(str(path))


def paragraph(**changes: Any) -> dict[str, Any]:
    answers = [{"text": "Ada", "answer_start": 0}]
    qa = {"id": "q", "question": "Who?", "answers": answers} | changes
    return {"data": [{"title": "A", "paragraphs": [{"context": CONTEXT, "qas": [qa]}]}]}


@pytest.mark.parametrize(
    ("document", "finding"),
    [
        ("text", "the top level is str, not list"),
        ([3], "row 0 is int, not an object"),
        ({"rows": []}, 'no key "data" in the top level, found rows'),
        ({"data": {}}, '"data" in the top level is dict, not list'),
        ({"data": [{"title": "A"}]}, r'no key "context" in data\[0\], found title'),
        ({"data": [{"title": [], "paragraphs": []}]}, r'"title" in data\[0\] is list, not str'),
        ({"data": [{"paragraphs": [{"qas": []}]}]}, r'no key "context" in data\[0\].paragraphs\[0\], found qas'),
        ({"data": [{"paragraphs": [{"context": CONTEXT, "qas": [3]}]}]}, r"qas\[0\] is int, not an object"),
        (paragraph(answers="Ada"), r'"answers" in data\[0\].paragraphs\[0\].qas\[0\] is str'),
        (paragraph(answers=[{"answer_start": 0}]), r'no key "text" in .*answers\[0\]'),
        (paragraph(answers=[{"text": "Ada", "answer_start": True}]), "is bool, not int"),
        (paragraph(answers=[{"text": "Ada", "answer_start": 0.5}]), "is float, not int"),
        (paragraph(answers={"text": ["Ada", "Bob"], "answer_start": [0]}), "2 answer texts but 1 answer starts in"),
        (paragraph(id=None), '"id" in .* is NoneType, not str'),
        (paragraph(id=True), '"id" in .* is bool, not str'),
        (paragraph(question=7), '"question" in .* is int, not str'),
    ],
)
def test_another_format_is_an_error_that_names_the_key(tmp_path: Path, document: Any, finding: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(DataError, match=f"not in SQuAD format: .*{finding}"):
        load_squad(str(path))


def test_nothing_left_is_an_error_that_says_why(tmp_path: Path, write_squad: Callable[..., Path]) -> None:
    path = write_squad(tmp_path / "a.json", {"A": {CONTEXT: [("q", "Who?", [])]}})
    with pytest.raises(DataError, match=r"read 1 questions and none is left \(dropped_unanswerable 1\)"):
        load_squad(str(path))


def test_nothing_left_of_unset_offsets_says_so(tmp_path: Path, write_squad: Callable[..., Path]) -> None:
    path = write_squad(tmp_path / "a.json", {"A": {"x gold gold": [("q", "Who?", [("gold", 0)])]}})
    with pytest.raises(DataError, match=r"\(dropped_offset 1\); the answers of 1 of 1 .* offsets look unset"):
        load_squad(str(path))


def test_nothing_left_but_xquad_points_to_held_out_articles(tmp_path: Path, write_squad: Callable[..., Path]) -> None:
    path = write_squad(tmp_path / "dev.json", {"Warsaw": {CONTEXT: [GOOD]}})
    with pytest.raises(DataError, match=r"exactly XQuAD's 48 articles: write held-out-articles"):
        load_squad(str(path), split="dev")


def rows(title: str) -> list[dict[str, Any]]:
    other = "Eve met Mallory."
    return [
        {"id": "q1", "title": title, "context": CONTEXT, "question": "Who?", "answers": one("Ada", 0)},
        {"id": "q2", "title": title, "context": CONTEXT, "question": "Where?", "answers": one("Rome", 15)},
        {"id": "q3", "title": "Force", "context": other, "question": "Who?", "answers": one("Eve", 0)},
    ]


def one(text: str, start: int) -> dict[str, Any]:
    return {"text": [text], "answer_start": [start]}


def test_a_copy_of_a_hub_data_set_reads_like_a_file(tmp_path: Path, write_snapshot: Callable[..., Path]) -> None:
    source = write_snapshot(tmp_path, {("plain_text", "train"): rows("A")})
    loaded = load_squad(str(source))
    assert [(e.id, e.paragraph, e.title) for e in loaded.examples] == [("q1", "q1", "A"), ("q2", "q1", "A")]
    assert loaded.counts["dropped_xquad_article"] == 1 and balanced(loaded.counts)


def test_what_save_to_disk_wrote_is_read(tmp_path: Path) -> None:
    from datasets import Dataset, DatasetDict, disable_progress_bars, enable_progress_bars

    disable_progress_bars()
    DatasetDict(train=Dataset.from_list(rows("A")), validation=Dataset.from_list(rows("B"))).save_to_disk(
        tmp_path / "two"
    )
    DatasetDict(test=Dataset.from_list(rows("C"))).save_to_disk(tmp_path / "test")
    Dataset.from_list(rows("D")).save_to_disk(tmp_path / "one")
    enable_progress_bars()
    assert load_squad(str(tmp_path / "two")).examples[0].title == "A"
    assert load_squad(str(tmp_path / "two"), split="dev").examples[0].title == "B"
    assert load_squad(str(tmp_path / "one")).examples[0].title == "D"
    with pytest.raises(DataError, match=r"unknown split 'train'; there are \['test'\]"):
        load_squad(str(tmp_path / "test"))


def test_a_copy_without_its_card_is_read(tmp_path: Path, write_snapshot: Callable[..., Path]) -> None:
    write_snapshot(tmp_path, {("plain_text", "train"): rows("A"), ("plain_text", "validation"): rows("B")})
    (tmp_path / "README.md").unlink()
    assert load_squad(str(tmp_path)).examples[0].title == "A"
    assert load_squad(str(tmp_path), split="dev").examples[0].title == "B"


def test_a_pointer_in_a_copy_of_a_hub_data_set_is_named(tmp_path: Path, write_snapshot: Callable[..., Path]) -> None:
    write_snapshot(tmp_path, {("plain_text", "train"): rows("A")})
    (tmp_path / "plain_text" / "train.parquet").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:4\n")
    with pytest.raises(DataError, match=r"train\.parquet is a Git LFS pointer .* `git lfs pull` in .*plain_text$"):
        load_squad(str(tmp_path))


def test_development_rows_come_from_the_validation_split(tmp_path: Path, write_snapshot: Callable[..., Path]) -> None:
    write_snapshot(tmp_path, {("plain_text", "validation"): rows("B")})
    assert load_squad(str(tmp_path), split="dev").examples[0].title == "B"


def test_a_missing_column_is_named(tmp_path: Path, write_snapshot: Callable[..., Path]) -> None:
    short = [{name: value for name, value in row.items() if name != "answers"} for row in rows("A")]
    source = write_snapshot(tmp_path, {("plain_text", "train"): short})
    with pytest.raises(DataError, match="answers missing, found id, title, context, question"):
        load_squad(str(source))


def test_rows_of_another_shape_are_named(tmp_path: Path, write_snapshot: Callable[..., Path]) -> None:
    flat = [{**row, "answers": "Ada"} for row in rows("A")]
    source = write_snapshot(tmp_path, {("plain_text", "train"): flat})
    with pytest.raises(DataError, match='not in SQuAD\'s layout: "answers" in row 0 is str, not list'):
        load_squad(str(source))


@pytest.mark.usefixtures("offline")
def test_a_hub_id_that_cannot_be_reached_is_one_clear_line() -> None:
    with pytest.raises(DataError) as raised:
        load_squad("rajpurkar/squad")
    message = str(raised.value)
    assert "\n" not in message and "rajpurkar/squad" in message
    assert "`hf download rajpurkar/squad --repo-type dataset` where there is network" in message
