"""Answers of a study's replicates beside the texts of its test set."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from io import StringIO
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console

from xlingual.data.sentence_pairs.pawsx import PAWSX as PAWSX_FILES
from xlingual.errors import RecordError
from xlingual.inspection import Inspection, InspectionRequest, inspect, inspection_table
from xlingual.inspection.answers import Answer, Question
from xlingual.inspection.spans import GOLD, Placed, Span, left_out, placed, shown_parts, spans_of
from xlingual.inspection.table import marked
from xlingual.records.files import read_json, write_json
from xlingual.task_metrics import SQUAD
from xlingual.tasks import Candidate
from xlingual.tasks.pawsx import PAWSX

USUAL = InspectionRequest()


def drawn(inspection: Inspection, width: int = 80) -> str:
    console = Console(width=width, record=True, file=StringIO())
    console.print(inspection_table(inspection))
    return console.export_text()


def ids(inspection: Inspection, key: str) -> list[str]:
    (found,) = (one for one in inspection.languages if one.key == key)
    return [question.id for question in found.questions]


def test_the_first_target_the_first_arm_and_what_it_is_compared_with_are_shown_by_default(study: Any) -> None:
    found = inspect(study.directory, USUAL)
    assert found.against is not None
    assert [(one.arm, one.replicate.search, one.replicate.seed, one.scored) for one in found.arms] == [
        ("webfaq", 1, 1, 2),
        ("baseline", 1, 1, 2),
    ]
    (arabic,) = found.languages
    assert (arabic.key, arabic.counts.both, arabic.counts.first, arabic.counts.second, arabic.counts.neither) == (
        "ar", 0, 1, 0, 1,
    )  # fmt: skip
    assert (arabic.selected, arabic.left) == (2, 0)
    first = next(one for one in arabic.questions if one.id == "question-0")
    assert first.golds == (("روما", 14),)
    assert [(one.text, one.start, one.is_right, one.model_score) for one in first.answers] == [
        ("روما", 14, True, 2.5),
        ("انت", 0, False, 2.5),
    ]


def test_questions_are_selected_by_the_scores_and_ordered_alike_in_every_language(study: Any) -> None:
    everything = replace(USUAL, languages="all")
    found = inspect(study.directory, everything)
    assert [one.key for one in found.languages] == ["en", "ar", "th", "zh"]
    assert {tuple(ids(found, key)) for key in ("en", "ar", "th", "zh")} == {("question-1", "question-0")}
    wrong = inspect(study.directory, replace(everything, only="wrong"))
    assert {tuple(ids(wrong, key)) for key in ("en", "ar", "th", "zh")} == {("question-1",)}
    differ = inspect(study.directory, replace(everything, only="differ"))
    assert {tuple(ids(differ, key)) for key in ("en", "ar", "th", "zh")} == {("question-0",)}
    (few,) = inspect(study.directory, replace(USUAL, limit=1)).languages
    assert ([one.id for one in few.questions], few.left) == (["question-1"], 1)


def test_a_seed_and_another_arm_beside_it_may_be_asked_for(study: Any) -> None:
    found = inspect(study.directory, replace(USUAL, arm="baseline", against="webfaq", seed=2, languages="th"))
    assert found.against is not None
    assert [(one.arm, one.replicate.seed) for one in found.arms] == [("baseline", 2), ("webfaq", 2)]
    alone = inspect(study.directory, replace(USUAL, arm="baseline", seed=2))
    assert alone.against is None
    assert (alone.languages[0].counts.first, alone.languages[0].counts.neither) == (1, 1)


def test_the_searches_of_an_arm_can_be_told_apart(studies: ModuleType, tmp_path: Path) -> None:
    builder = studies.study_of_searches(tmp_path, {"webfaq": 3.0}, searches=2, questions=4)
    found = inspect(builder.directory, replace(USUAL, search=2))
    assert found.against is not None
    assert [(one.replicate.search, one.replicate.seed) for one in found.arms] == [(2, 10201), (2, 10201)]


def test_a_grid_shows_questions_of_one_language_on_passages_of_another(study: Any) -> None:
    found = inspect(study.directory, replace(USUAL, languages="en-th"))
    text = drawn(found)
    assert "en-th (English, Thai)" in text
    assert "เธอย้ายไปที่ไหน" in text and "⟦⟨Rome⟩⟧" in text


ASKED_FOR = [
    {"arm": "webfq"},
    {"against": "other"},
    {"arm": "webfaq", "against": "webfaq"},
    {"arm": "baseline", "only": "differ"},
    {"search": 3},
    {"search": 1, "seed": 9},
    {"languages": "de"},
    {"languages": "th-en"},
    {"test_set": "mlqa"},
]


@pytest.mark.parametrize("asked", ASKED_FOR, ids=str)
def test_what_is_not_there_is_named_with_what_is(
    study: Any, tmp_path: Path, by_letter: Callable[..., None], asked: dict[str, Any]
) -> None:
    with pytest.raises(RecordError) as error:
        inspect(study.directory, replace(USUAL, **asked))
    by_letter(str(error.value).replace(str(tmp_path), "STORAGE"), str(asked))


def test_nothing_of_the_test_set_is_shown_before_the_test_stage(
    unscored: Any, tmp_path: Path, by_letter: Callable[..., None]
) -> None:
    with pytest.raises(RecordError) as error:
        inspect(unscored.directory, USUAL)
    by_letter(str(error.value).replace(str(tmp_path), "STORAGE"))


def test_predictions_of_a_test_stage_that_was_cut_off_stay_sealed(unscored: Any) -> None:
    path = unscored.directory.trial("webfaq-1-seed-1").predictions("xquad", "ar")
    path.parent.mkdir(parents=True)
    path.write_text('{"id": "question-0"}\n')
    with pytest.raises(RecordError, match="stays sealed"):
        inspect(unscored.directory, USUAL)


def test_texts_that_are_gone_or_others_than_those_scored_are_left_out_and_answers_stay(
    study: Any, xquad_files: Path, tmp_path: Path, by_letter: Callable[..., None]
) -> None:
    path = xquad_files / "xquad.ar.json"
    whole = path.read_text()
    path.write_text(whole.replace("1990", "1991"))
    changed = inspect(study.directory, replace(USUAL, languages="ar,th"))
    assert changed.texts.problem is not None
    by_letter(changed.texts.problem.replace(str(tmp_path), "STORAGE"), "changed")
    arabic, thai = changed.languages
    assert [one.example for one in arabic.questions] == [None, None]
    assert all(one.example is not None for one in thai.questions)
    assert [one.answers[0].text for one in arabic.questions] == ["1990", "روما"]
    assert "passage" not in drawn(inspect(study.directory, replace(USUAL, languages="ar")))
    shutil.rmtree(xquad_files)
    gone = inspect(study.directory, USUAL)
    assert gone.texts.problem is not None
    by_letter(gone.texts.problem.replace(str(tmp_path), "STORAGE"), "gone")
    moved = tmp_path / "moved"
    moved.mkdir()
    (moved / "xquad.ar.json").write_text(whole)
    again = inspect(study.directory, replace(USUAL, data=str(moved)))
    assert (again.texts.problem, again.texts.source) == (None, str(moved))


def test_the_table_sends_no_control_character_reads_no_markup_and_fits(study: Any) -> None:
    found = inspect(study.directory, replace(USUAL, languages="all"))
    for width in (60, 80, 200):
        text = drawn(found, width)
        assert not {chr(code) for code in range(32) if code != 10} & set(text) and "\u202e" not in text
        assert max(cell_len(line) for line in text.splitlines()) <= width
    text = drawn(found, 200)
    assert "Ann [red]moved[/red] to ⟦⟨Rome⟩⟧ in 1990.␛[31m Her <U+202E>sister<U+202C>" in text
    assert "Who stayed␇?" in text
    assert "passage    \u2067⟪انت⟫قلت آن إلى ⟦⟨روما⟩⟧ في 1990. وبقيت أختها في أوسلو.\u2069" in text
    assert "⟪安在1⟫990年搬到了⟦⟨罗马⟩⟧。她的妹妹留在了奥斯陆。" in text
    assert "EM 0.0, F1 0.0, character F1 0.0, model's score 1.50, window 3 of 3" in text


def test_a_mark_that_would_fall_into_a_cluster_moves_to_its_edge(study: Any) -> None:
    text = drawn(inspect(study.directory, replace(USUAL, languages="th")))
    assert "⟪แอน⟫ย้ายไปที่⟦⟨กรุงโรม⟩⟧ในปี 1990" in text
    assert marked("ที่นี่", [Span(1, 4, 0)]).plain == "⟨ที่นี่⟩"


def test_the_json_has_everything_and_each_number_once(study: Any) -> None:
    content = json.loads(json.dumps(inspect(study.directory, replace(USUAL, languages="zh")).as_json()))
    assert content["arm"] == {
        "arm": "webfaq", "search": 1, "seed": 1, "fingerprint": "webfaq-1-seed-1", "replicates": 2,
    }  # fmt: skip
    chinese = content["languages"]["zh"]
    assert chinese["right"] == {"both": 0, "arm_alone": 1, "against_alone": 0, "neither": 1}
    example = chinese["examples"][1]
    assert (example["question"], example["gold"]) == ("她搬到了哪里?", [{"text": "罗马", "start": 10}])
    assert example["passage"].startswith("安在1990年")
    assert example["answers"]["webfaq"] == {
        "text": "罗马",
        "start": 10,
        "window": 1,
        "windows": 1,
        "scores": {"exact_match": 100.0, "f1": 100.0, "character_f1": 100.0},
        "right": True,
        "model_score": 2.5,
        "marks": [],
        "n_best": [{"text": "罗马", "score": 2.5}],
    }


def test_labels_of_sentence_pairs_are_shown_with_their_words(studies: ModuleType, tmp_path: Path) -> None:
    for language, sentences in {"en": ("A b.", "B a."), "de": ("Ein b.", "Beh a.")}.items():
        folder = tmp_path / "pawsx" / language
        folder.mkdir(parents=True)
        rows = [("id", "sentence1", "sentence2", "label"), ("1", *sentences, "1"), ("2", *sentences[::-1], "0")]
        (folder / "test_2k.tsv").write_text("".join("\t".join(row) + "\n" for row in rows))
    test = {"set": "pawsx", "source": str(tmp_path / "pawsx"), "languages": ["en", "de"]}
    builder = studies.StudyBuilder(tmp_path, ("baseline", "webfaq"), test=test)
    builder.search()
    sets = PAWSX_FILES.load(test["source"], ["en", "de"])
    for arm, label in (("baseline", "0"), ("webfaq", "1")):
        builder.replicate(arm, 1)
        rows = {
            code: PAWSX.rows(part.examples, {0: [Candidate(0.5, label)], 1: [Candidate(0.5, "0")]})
            for code, part in sets.items()
        }
        builder.score(arm, 1, rows, "pawsx")
    found = inspect(builder.directory, replace(USUAL, only="differ"))
    text = drawn(found)
    assert [one.id for one in found.languages[0].questions] == ["1"]
    assert "first      Ein b.\nsecond     Beh a.\ngold       1 (paraphrase)\nwebfaq     1 (paraphrase)\n" in text
    assert "baseline   0 (different_meaning)\n           Acc 0.0, model's score 0.50\n" in text
    assert "de (German)      2     1             1               0        0" in text
    (question,) = found.as_json()["languages"]["de"]["examples"]
    assert (question["first"], question["gold"]) == ("Ein b.", [{"text": "1", "start": None}])


def test_a_written_answer_that_is_not_in_the_passage_says_so(study: Any) -> None:
    path = study.directory.trial("webfaq-1-seed-1").predictions("xquad", "th")
    marks = {"illegal": True, "normalised": False, "accidental_translation": True}
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    for row in rows:
        for name in ("start", "window", "windows"):
            row.pop(name, None)
        row |= {"prediction": "Rome", **marks}
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    text = drawn(inspect(study.directory, replace(USUAL, languages="th")), 120)
    assert "webfaq     Rome\n" in text
    assert "not in the passage, accidental translation\n" in text


def test_the_place_of_an_answer_is_the_recorded_one_or_else_the_first_with_its_text() -> None:
    def answer(text: str, **more: Any) -> Answer:
        return Answer("arm", {"id": "q", "prediction": text, **more}, SQUAD)

    assert placed(answer("a", start=4), "a b a") == Placed(4)
    assert placed(answer("a", start=1), "a b a") == Placed(0, 2)
    assert placed(answer("a"), "a b a") == Placed(0, 2)
    assert placed(answer("x"), "a b a") == Placed(None, 0)
    assert spans_of(Question("q", 1, (answer("a"),))) == []


def test_long_passages_are_shown_around_what_is_marked_and_say_how_much_is_left_out() -> None:
    passage = "".join(f"w{n:03d} " for n in range(500))
    spans = [Span(1000, 1004, GOLD), Span(1400, 1404, 0), Span(1990, 1994, 1)]
    parts = shown_parts(passage, spans)
    assert parts == [(705, 2294)]
    assert left_out(len(passage), parts) == [705, 206]
    text = marked(passage, spans).plain
    assert text.startswith("[…705…]w141 ") and text.endswith(" w458[…206…]") and "⟦w200⟧ w201" in text
    assert shown_parts("short", []) == [(0, 5)]
    assert shown_parts(passage, [Span(5, 9, 0), Span(1800, 1804, 0)]) == [(0, 309), (1505, 2104)]


def test_records_that_answer_different_questions_are_refused(study: Any) -> None:
    path = study.directory.trial("baseline-1-seed-1").predictions("xquad", "ar")
    path.write_text(path.read_text().splitlines()[0] + "\n")
    with pytest.raises(RecordError, match="question 'question-1' is answered by one of webfaq and baseline alone"):
        inspect(study.directory, USUAL)


def test_a_toy_study_says_so_and_names_its_world(study: Any) -> None:
    content = read_json(study.directory.study_json)
    content["data"]["test"]["source"] = "toy"
    content["toy"] = {"test_articles": 2}
    write_json(study.directory.study_json, content)
    found = inspect(study.directory, USUAL)
    assert found.texts.problem is not None and "toy_worlds" in found.texts.problem
    assert drawn(found).startswith("TOY WORLD: made-up languages")
