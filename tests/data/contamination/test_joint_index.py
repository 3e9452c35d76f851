"""Training data is compared with every test set of a study, and an overlap names the sets."""

from __future__ import annotations

import json
import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from xlingual.data.contamination import (
    ContaminationIndex,
    TrainingText,
    index_of_test_sets,
)
from xlingual.data.contamination.joint_index import JointIndex
from xlingual.data.examples import ExampleSet, SentencePair
from xlingual.data.test_sets.xquad import stated_questions
from xlingual.errors import DataError
from xlingual.study.benchmarks import BENCHMARKS
from xlingual.study.benchmarks.own import own_benchmark

RIVER = "The river rises in the eastern hills and runs for ninety miles through the old forest before it meets the sea."
TOWER = (
    "Torni rakennettiin vuonna 1890 kaupungin korkeimmalle mäelle, ja siitä näkee kirkkaalla säällä meren yli saariin."
)


def squad(context: str, title: str, identity: str) -> dict[str, Any]:
    qa = {
        "id": identity,
        "question": "What is told of it in this text?",
        "answers": [{"text": context[:9], "answer_start": 0}],
    }
    return {"data": [{"title": title, "paragraphs": [{"context": context, "qas": [qa]}]}]}


@pytest.fixture
def two(tmp_path: Path) -> JointIndex:
    (tmp_path / "xquad.en.json").write_text(json.dumps(squad(RIVER, "River", "r" * 24)), encoding="utf-8")
    (tmp_path / "own.fi.json").write_text(json.dumps(squad(TOWER, "Torni", "t" * 24)), encoding="utf-8")
    pattern = str(tmp_path / "own.{language}.json")
    return index_of_test_sets(
        {
            "xquad": (BENCHMARKS["xquad"], str(tmp_path), None),
            "towers": (own_benchmark("towers", pattern), pattern, None),
        }
    )


def test_an_overlap_names_its_sets(two: JointIndex) -> None:
    data = [
        TrainingText("a", (RIVER,)),
        TrainingText("b", (TOWER,)),
        TrainingText("c", (f"{RIVER} {TOWER}",)),
        TrainingText("d", ("Nothing of it is in any of the two.",)),
        TrainingText("e", (), title="Torni"),
        TrainingText("f", (), ("What is told of it in this text?",)),
    ]
    found = two.overlaps(data)
    assert [one and one.test_sets for one in found] == [
        ("xquad",),
        ("towers",),
        ("xquad", "towers"),
        None,
        ("towers",),
        ("xquad", "towers"),
    ]
    assert found[0] is not None and found[0].run == 89 and found[0].reasons == ("text",)
    assert two.overlap(RIVER) == found[0]
    again = pickle.loads(pickle.dumps(two))
    assert again.overlaps(data) == found and again.fingerprint == two.fingerprint


def test_a_set_alone_has_the_fingerprint_that_it_always_had(two: JointIndex, tmp_path: Path) -> None:
    questions = stated_questions(str(tmp_path), ["en"])["en"]
    alone = ContaminationIndex.of(questions)
    named = index_of_test_sets({"xquad": (BENCHMARKS["xquad"], str(tmp_path), None)})
    assert named.fingerprint == alone.fingerprint != two.fingerprint
    data = [TrainingText("a", (RIVER,)), TrainingText("b", (TOWER,))]
    assert [one and replace(one, test_sets=()) for one in named.overlaps(data)] == alone.overlaps(data)


def test_a_text_made_of_pieces_of_two_sets_is_of_neither() -> None:
    halves = RIVER[:40], TOWER[:40]
    parts = {name: ContaminationIndex.of([pair(text)]) for name, text in zip("ab", halves, strict=True)}
    mixed = " ".join([halves[0], *["entirely other words in between"] * 9, halves[1]])
    assert JointIndex.joined(parts).overlap(mixed) is None


def test_titles_of_xquad_count_only_where_xquad_is_tested(two: JointIndex) -> None:
    warsaw = TrainingText("w", (), title="Warsaw")
    (found,) = two.overlaps([warsaw])
    assert found is not None and found.reasons == ("title",) and found.test_sets == ("xquad",)
    towers = JointIndex.joined({"towers": two.parts["towers"]})
    assert towers.overlaps([warsaw]) == [None]


def pair(first: str, second: str = "Another one.") -> SentencePair:
    return SentencePair("1", first, second, "paraphrase", "en")


def load_pairs(source: str, codes: list[str], paragraphs: int | None = None) -> dict[str, ExampleSet[SentencePair]]:
    return {"en": ExampleSet((pair(RIVER, "A short sentence, but not too short."),), {"read": 1, "kept": 1})}


def test_sentences_of_pairs_are_found_on_either_side() -> None:
    pairs = replace(BENCHMARKS["xquad"], name="pairs", stated="", available="", reader=f"{__name__}:load_pairs")
    index = index_of_test_sets({"pairs": (pairs, "a/b", None)})
    given = [pair("Other.", RIVER), pair("a short sentence, but NOT too short"), pair("Other.", "And another.")]
    given.append(pair("A short sentence but not too short", RIVER))
    found = index.overlaps([TrainingText.of_pair(one) for one in given])
    assert [one and one.reasons for one in found] == [("sentence",), None, None, ("pair", "sentence")]


def test_a_missing_language_is_refused(tmp_path: Path) -> None:
    (tmp_path / "xquad.en.json").write_text(json.dumps(squad(RIVER, "River", "r" * 24)), encoding="utf-8")
    with pytest.raises(DataError, match=r"no file for th"):
        index_of_test_sets({"xquad": (BENCHMARKS["xquad"], str(tmp_path), ["en", "th"])})


def test_paragraphs_of_a_real_set_are_found_in_that_set_alone(shared: Path) -> None:
    data = shared / "data"
    if not (data / "tydiqa_goldp").is_dir():
        pytest.skip("the shared data are not here")
    sets = {name: (BENCHMARKS[name], str(data / name), ["ar", "en"]) for name in ("xquad", "mlqa")}
    sets["tydiqa_goldp"] = (BENCHMARKS["tydiqa_goldp"], str(data / "tydiqa_goldp"), ["en", "fi"])
    index = index_of_test_sets(sets)
    benchmark = BENCHMARKS["tydiqa_goldp"]
    dev = benchmark.load(benchmark.reader)(str(data / "tydiqa_goldp"), ["fi"])["fi"].examples[:20]
    found = index.overlaps([TrainingText.of_paragraph([one]) for one in dev])
    assert {one.test_sets for one in found if one} == {("tydiqa_goldp",)} and None not in found
