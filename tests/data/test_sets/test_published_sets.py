"""MLQA and TyDiQA-GoldP are read whole, in every layout in which they are published."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from xlingual.data.examples import ExampleSet
from xlingual.data.stated_questions import Question, questions_of_file
from xlingual.data.test_sets import mlqa, tydiqa
from xlingual.errors import DataError

MLQA = {"en": 1148, "ar": 517, "de": 512, "es": 500, "hi": 507, "vi": 511, "zh": 504}
MLQA_PAIRS = {"de-en": 512, "en-de": 512, "en-zh": 504, "zh-en": 504, "de-zh": 190, "zh-de": 190}
TYDIQA = {"en": 440, "ar": 921, "fi": 782, "ko": 276, "ru": 812, "sw": 499}


@pytest.fixture(scope="module")
def mlqa_dev(shared: Path) -> Path:
    return _there(shared / "data" / "mlqa")


@pytest.fixture(scope="module")
def mlqa_sets(mlqa_dev: Path) -> dict[str, ExampleSet]:
    return mlqa.load_mlqa(str(mlqa_dev), list(MLQA))


@pytest.fixture
def tydiqa_dev(shared: Path) -> Path:
    return _there(shared / "data" / "tydiqa_goldp")


def _there(folder: Path) -> Path:
    if not folder.is_dir():
        pytest.skip(f"needs {folder.name}")
    return folder


def counts(sets: dict[str, ExampleSet]) -> dict[str, int]:
    return {key: len(part) for key, part in sets.items()}


def test_every_file_of_mlqa_has_its_questions(mlqa_dev: Path, mlqa_sets: dict[str, ExampleSet]) -> None:
    assert mlqa.languages_of(str(mlqa_dev)) == list(MLQA)
    assert counts(mlqa_sets) == MLQA
    assert all(set(example.answer_starts) != {-1} for part in mlqa_sets.values() for example in part.examples)
    pairs = [(key[:2], key[3:]) for key in MLQA_PAIRS]
    crossed = mlqa.load_crossed(str(mlqa_dev), pairs)
    assert counts(crossed) == MLQA_PAIRS
    for key, part in crossed.items():
        assert {example.language for example in part.examples} == {key[:2]}  # the answers are in the context's language
        own = {example.id: example for example in mlqa_sets[key[:2]].examples}
        assert all(own[one.id].context == one.context and own[one.id].answers == one.answers for one in part.examples)
    assert len(list((mlqa_dev / "dev").iterdir())) == len(MLQA) + len(MLQA_PAIRS)


def test_articles_on_one_subject_have_one_title(mlqa_dev: Path, mlqa_sets: dict[str, ExampleSet]) -> None:
    english = {example.id: example.title for example in mlqa_sets["en"].examples}
    for part in mlqa_sets.values():
        assert all(example.title == english[example.id] for example in part.examples)
    alone = mlqa.load_mlqa(str(mlqa_dev), ["vi"])["vi"]
    assert (
        alone.fingerprint == mlqa_sets["vi"].fingerprint and len({example.title for example in alone.examples}) == 228
    )


def test_a_literal_line_break_in_a_question_is_kept(mlqa_dev: Path, mlqa_sets: dict[str, ExampleSet]) -> None:
    assert sum("\\n" in example.question for part in mlqa_sets.values() for example in part.examples) == sum(
        "\\\\n" in line for file in (mlqa_dev / "dev").glob("*.json") if file.stem[12:14] == file.stem[-2:]
        for line in _questions_as_json(file)
    ) > 0  # fmt: skip


def _questions_as_json(file: Path) -> list[str]:
    return [json.dumps(question.question) for question in questions_of_file(file)]


def test_every_file_of_tydiqa_has_its_questions(tydiqa_dev: Path) -> None:
    assert tydiqa.languages_of(str(tydiqa_dev)) == list(TYDIQA)
    sets = tydiqa.load_tydiqa(str(tydiqa_dev), list(TYDIQA))
    assert counts(sets) == TYDIQA
    assert all(part.counts["repaired"] == 0 for part in sets.values())
    train = tydiqa.load_training(str(tydiqa_dev), language="en")
    assert (train.counts["read"], len(train), train.counts["dropped_xquad_article"]) == (3696, 3692, 4)
    assert len(list(tydiqa_dev.glob("*.json"))) == len(TYDIQA) + 1


def squad(path: Path, ids: list[str], question: str = "Who?") -> None:
    data = [
        {
            "title": f"T{one}",
            "paragraphs": [
                {
                    "context": f"Ann {one}.",
                    "qas": [{"id": one, "question": question, "answers": [{"text": "Ann", "answer_start": 0}]}],
                }
            ],
        }
        for one in ids
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"data": data}), encoding="utf-8")


@pytest.mark.parametrize("folder", ["", "{part}", "MLQA_V1/{part}", "mlqa/MLQA_V1/{part}"])
def test_the_test_part_of_mlqa_is_read_where_both_are_there(tmp_path: Path, folder: str) -> None:
    for part, ids in (("dev", ["d"]), ("test", ["t", "u"])):
        for pair in (("en", "en"), ("de", "de"), ("de", "en")):
            place = tmp_path / folder.format(part=part)
            squad(place / f"{part}-context-{pair[0]}-question-{pair[1]}.json", ids)
    sets = mlqa.load_mlqa(str(tmp_path), ["de", "en"])
    assert [example.id for example in sets["de"].examples] == ["t", "u"]
    expected = "the test part of MLQA is read" if folder else ""
    assert all(expected in " ".join(part.notes) for part in sets.values())
    assert mlqa.languages_of(str(tmp_path)) == ["en", "de"]
    assert counts(mlqa.load_crossed(str(tmp_path), [("de", "en"), ("en", "en")])) == {"de-en": 2, "en": 2}
    if folder:
        alone = mlqa.load_mlqa(str(tmp_path / folder.format(part="dev")), ["deu"])
        assert [example.id for example in alone["de"].examples] == ["d"]
        (note,) = alone["de"].notes
        assert "no test files of MLQA, so its development files are the test set" in note


@pytest.mark.parametrize("title", ["T", ""])
def test_questions_of_one_english_paragraph_belong_together_in_every_language(tmp_path: Path, title: str) -> None:
    for pair, ids in (("en-question-en", "123"), ("de-question-de", "32"), ("en-question-de", "23")):
        asked = [{"id": one, "question": "Who?", "answers": [{"text": "Ann", "answer_start": 0}]} for one in ids]
        data = [{"title": title and title + pair, "paragraphs": [{"context": f"Ann {pair}.", "qas": asked}]}]
        (tmp_path / f"test-context-{pair}.json").write_text(json.dumps({"data": data}), encoding="utf-8")
    sets = mlqa.load_mlqa(str(tmp_path), ["de"]) | mlqa.load_crossed(str(tmp_path), [("en", "de")])
    assert {key: [one.id for one in part.examples] for key, part in sets.items()} == {
        "de": ["3", "2"],
        "en-de": ["2", "3"],
    }
    every = [one for part in sets.values() for one in part.examples]
    assert {(one.paragraph, one.title) for one in every} == {("1", title and "Ten-question-en")}


def test_only_pairs_of_two_languages_are_told(tmp_path: Path) -> None:
    squad(tmp_path / "dev-context-de-question-en.json", ["1"])
    squad(tmp_path / "other" / "train.json", ["1"])
    with pytest.raises(DataError, match=r"no dev-context-de-question-de\.json; it has de-en \(context-question\)"):
        mlqa.load_mlqa(str(tmp_path), ["de"])
    with pytest.raises(DataError, match=r"it has de-en"):
        mlqa.languages_of(str(tmp_path))
    with pytest.raises(DataError, match=r"MLQA has no fi; its languages are en, ar, .* a path with {language}"):
        mlqa.load_mlqa(str(tmp_path), ["fi"])
    with pytest.raises(
        DataError, match=r"no file of MLQA \(test-context-XX-question-YY\.json or .*found .*name the dir"
    ):
        mlqa.load_mlqa(str(tmp_path / "other"), ["de"])
    with pytest.raises(DataError, match="MLQA is a directory with a file for each language"):
        mlqa.load_mlqa(str(tmp_path / "dev-context-de-question-en.json"), ["de"])


def test_files_without_answers_are_refused_with_their_reason(tmp_path: Path) -> None:
    stripped = {
        "context": "Ann.",
        "qas": [{"id": "finnish-1", "question": "Who?", "answers": [{"text": "", "answer_start": 0}]}],
    }
    content = json.dumps({"data": [{"title": "T", "paragraphs": [stripped]}]})
    (tmp_path / "tydiqa.fi.dev.json").write_text(content)
    (tmp_path / "test-context-de-question-de.json").write_text(content)
    for load, code in ((tydiqa.load_tydiqa, "fi"), (mlqa.load_mlqa, "de")):
        with pytest.raises(DataError, match=r"no question has an answer to score against: XTREME's download_data\.sh"):
            load(str(tmp_path), [code])


def test_a_broken_file_is_named_with_its_place(tmp_path: Path) -> None:
    file = tmp_path / "test-context-de-question-de.json"
    file.write_text('{"data": [{"title": "T",\n "paragraphs": [}]}', encoding="utf-8")
    with pytest.raises(DataError, match=rf"{file}:2: not JSON"):
        mlqa.load_mlqa(str(tmp_path), ["de"])
    file.write_text(json.dumps({"data": [{"title": "T", "paragraphs": [{"qas": []}]}]}), encoding="utf-8")
    with pytest.raises(DataError, match=rf"{file}: not in SQuAD format: .*data\[0\]\.paragraphs\[0\]"):
        mlqa.load_mlqa(str(tmp_path), ["de"])


@pytest.mark.parametrize(
    "name",
    [
        "tydiqa.{code}.dev.json",
        "tydiqa-goldp-v1.1-dev/tydiqa.{code}.dev.json",
        "tydiqa/tydiqa-goldp-v1.1-dev/tydiqa.goldp.{code}.dev.json",
        "tydiqa-goldp-v1.1-dev/tydiqa-goldp-dev-{name}.json",
        "{name}_tydiqa_dev.json",
    ],
)
def test_layouts_of_tydiqa_with_a_file_for_each_language(tmp_path: Path, name: str) -> None:
    for code, language in (("fi", "finnish"), ("sw", "swahili")):
        squad(tmp_path / name.format(code=code, name=language), [f"{language}-1", f"{language}-2"])
    assert tydiqa.languages_of(str(tmp_path)) == ["fi", "sw"]
    sets = tydiqa.load_tydiqa(str(tmp_path), ["swa", "fi"])
    assert {key: [one.id for one in part.examples] for key, part in sets.items()} == {
        "sw": ["swahili-1", "swahili-2"],
        "fi": ["finnish-1", "finnish-2"],
    }
    with pytest.raises(
        DataError, match=r"no questions there in te; it has fi, sw; name a directory with tydiqa\.te\.dev"
    ):
        tydiqa.load_tydiqa(str(tmp_path), ["fi", "te"])


def test_the_file_of_all_languages_is_divided_by_the_ids(tmp_path: Path) -> None:
    file = tmp_path / "tydiqa-goldp-v1.1-dev.json"
    squad(file, ["finnish-1", "telugu--2-0", "finnish--3-1", "english-4"])
    shutil.copy(file, tmp_path / "tydiqa-goldp-v1.1-train.json")
    for source in (file, tmp_path):
        assert tydiqa.languages_of(str(source)) == ["en", "fi", "te"]
        assert counts(tydiqa.load_tydiqa(str(source), ["te", "fi"])) == {"te": 1, "fi": 2}
        with pytest.raises(DataError, match=r"in sw; it has en, fi, te"):
            tydiqa.load_tydiqa(str(source), ["fi", "sw"])
        assert [one.id for one in tydiqa.load_training(str(source), language="fi").examples] == [
            "finnish-1",
            "finnish--3-1",
        ]
    assert tydiqa.load_training(str(file), language="te", split="dev").examples[0].language == "te"


def test_a_file_whose_ids_name_no_language_is_of_one(tmp_path: Path) -> None:
    squad(tmp_path / "mine.json", ["1", "2"])
    assert counts(tydiqa.load_tydiqa(str(tmp_path / "mine.json"), ["fi"])) == {"fi": 2}
    with pytest.raises(DataError, match=r"asked for fi, sw, and no id begins with a language's name .* ask for one"):
        tydiqa.load_tydiqa(str(tmp_path / "mine.json"), ["fi", "sw"])


def test_training_data_of_another_kind_is_read_as_squads(tmp_path: Path) -> None:
    squad(tmp_path / "train-v1.1.json", ["1", "2"])
    for load in (tydiqa.load_training, mlqa.load_training):
        assert [one.id for one in load(str(tmp_path), language="en").examples] == ["1", "2"]
        assert [one.id for one in load(str(tmp_path / "train-v1.1.json"), language="fi").examples] == ["1", "2"]
    squad(tmp_path / "translate" / "de_squad-translate-train-train-v1.1.json", ["g"])
    squad(tmp_path / "dev" / "dev-context-es-question-es.json", ["s"])
    assert [one.id for one in mlqa.load_training(str(tmp_path / "translate"), language="de").examples] == ["g"]
    assert [one.id for one in mlqa.load_training(str(tmp_path), language="es").examples] == ["s"]


def rows(path: Path, questions: list[Question], name: str) -> None:
    path.mkdir(parents=True)
    pq.write_table(
        pa.Table.from_pylist(
            [
                {
                    "id": one.id,
                    "title": one.title,
                    "context": one.context,
                    "question": one.question,
                    "answers": {"text": list(one.answers), "answer_start": list(one.answer_starts)},
                }
                for one in questions
            ]
        ),
        path / f"{name}-00000-of-00001.parquet",
    )


@pytest.mark.parametrize("prefix", ["mlqa", "MLQA"])
def test_copies_of_the_hubs_mlqa_are_read(tmp_path: Path, prefix: str) -> None:
    squad(tmp_path / "one.json", ["1", "2"])
    questions = questions_of_file(tmp_path / "one.json")
    for pair in ("de.de", "de.en"):
        rows(tmp_path / "copy" / f"{prefix}.{pair}", questions, "test")
    assert mlqa.languages_of(str(tmp_path / "copy")) == ["de"]
    assert counts(mlqa.load_crossed(str(tmp_path / "copy"), [("de", "de"), ("de", "en")])) == {"de": 2, "de-en": 2}
    with pytest.raises(DataError, match=rf"no {prefix}\.en\.en; it has de, de-en"):
        mlqa.load_mlqa(str(tmp_path / "copy"), ["en"])


@pytest.mark.parametrize("configuration", ["secondary_task", "tydiqa"])
def test_copies_of_the_hubs_tydiqa_are_read(tmp_path: Path, configuration: str) -> None:
    squad(tmp_path / "one.json", ["finnish-1", "swahili-2"])
    rows(tmp_path / "copy" / configuration, questions_of_file(tmp_path / "one.json"), "validation")
    sets = tydiqa.load_tydiqa(str(tmp_path / "copy"), ["fi", "sw"])
    assert counts(sets) == {"fi": 1, "sw": 1}
