"""`xlingual evaluate` on MLQA, TyDiQA-GoldP and files of one's own, with answers of a file and of a checkpoint."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import tiny_task
from rich.console import Console

from xlingual.data.examples import Example, ExampleSet
from xlingual.errors import DataError, XlingualError
from xlingual.evaluation.benchmark_examples import benchmark_of, codes_of
from xlingual.evaluation.checkpoint_evaluation import evaluate_checkpoint
from xlingual.evaluation.evaluation_request import EvaluationRequest
from xlingual.evaluation.given_answers import evaluate_predictions
from xlingual.evaluation.result import Evaluation
from xlingual.records import journal
from xlingual.records.files import read_json, write_json, write_lines
from xlingual.records.layout import StudyDirectory
from xlingual.report.evaluation_table import evaluation_table
from xlingual.study.benchmarks import BENCHMARKS, Benchmark
from xlingual.study.test_sets import name_of

MLQA, TYDIQA = BENCHMARKS["mlqa"], BENCHMARKS["tydiqa_goldp"]


def write(path: Path, first: int, count: int = 20) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(tiny_task.squad(tiny_task.questions(count, first))))


@pytest.fixture
def mlqa(tmp_path: Path) -> Path:
    for pair, first in (("en-question-en", 0), ("zh-question-zh", 5), ("zh-question-en", 5), ("de-question-de", 9)):
        write(tmp_path / "mlqa" / "test" / f"test-context-{pair}.json", first)
    return tmp_path / "mlqa"


@pytest.fixture
def own(tmp_path: Path) -> str:
    write(tmp_path / "mine" / "fi.json", 3, 10)
    write(tmp_path / "mine" / "swa.json", 40, 15)
    return f"{tmp_path}/mine/{{language}}.json"


def answers(sets: Mapping[str, ExampleSet], change: Callable[[Example], str]) -> dict[str, dict[str, str]]:
    return {key: {example.id: change(example) for example in part.examples} for key, part in sets.items()}


def given(tmp_path: Path, content: object, benchmark: Benchmark, data: str | None, **asked: Any) -> Evaluation:
    path = tmp_path / "answers.json"
    path.write_text(json.dumps(content))
    keep = tmp_path / f"kept{len(list(tmp_path.glob('kept*')))}"
    return evaluate_predictions(None, path, EvaluationRequest(benchmark, data, keep=keep, **asked))


def drawn(evaluation: Evaluation) -> str:
    console = Console(width=100, record=True, file=StringIO())
    console.print(evaluation_table(evaluation))
    return console.export_text()


def test_answers_to_mlqa_have_both_metrics_and_keys_of_two_languages(mlqa: Path, tmp_path: Path) -> None:
    keys = ["en", "de", "zh", "zh-en"]
    sets = EvaluationRequest(MLQA, str(mlqa)).examples(keys)
    written = answers(sets, lambda example: f"the {example.answers[0]}")
    evaluation = given(tmp_path, written, MLQA, str(mlqa))
    content = evaluation.as_json()
    assert list(content["languages"]) == keys
    scores = content["languages"]["de"]
    assert (scores["exact_match"], scores["mlqa_exact_match"]) == (100.0, 0.0)  # "the" is no article in German
    assert scores["f1"] == 100.0 and scores["mlqa_f1"] == pytest.approx(100 * 2 / 3)
    assert content["languages"]["zh-en"]["mlqa_f1"] == pytest.approx(100 * 2 / 3)  # the answers are in Chinese
    assert content["languages"]["en"]["mlqa_f1"] == 100.0
    (mean,) = content["means"]
    assert mean["languages"] == ["de", "zh"] and mean["over"] == "2 non-English languages"
    assert json.loads((evaluation.kept / "zh-en.json").read_text()) == written["zh-en"]
    with pytest.raises(DataError, match=r"it has en, de, zh, zh-en \(context-question\)"):
        given(tmp_path, {**written, "en-zh": written["en"]}, MLQA, str(mlqa))
    with pytest.raises(DataError, match=r"'en-xx' is no language"):
        given(tmp_path, {"en-xx": written["en"]}, MLQA, str(mlqa))


def test_three_letter_codes_make_the_same_keys(mlqa: Path) -> None:
    assert codes_of(MLQA, "deu,zho-eng,zh-zh", str(mlqa)) == ["de", "zh-en", "zh"]
    assert codes_of(MLQA, "all", str(mlqa)) == ["en", "de", "zh"]
    with pytest.raises(DataError, match=r"--languages: 'fi-en' is of two languages, and TyDiQA-GoldP has no such"):
        codes_of(TYDIQA, "fi-en")


def test_a_checkpoint_answers_the_languages_that_the_data_has(headed: Path, mlqa: Path, tmp_path: Path) -> None:
    evaluation = evaluate_checkpoint(str(headed), EvaluationRequest(MLQA, str(mlqa), keep=tmp_path / "kept"))
    assert list(evaluation.scores) == ["en", "de", "zh"]
    assert "the data has no ar, es, hi, vi, which MLQA has; no mean is over these" in evaluation.notes
    pairs = EvaluationRequest(MLQA, str(mlqa), "zh-en,de", keep=tmp_path / "kept")
    again = evaluate_checkpoint(str(headed), pairs)
    assert list(again.scores) == ["zh-en", "de"] and again.scores["de"] == evaluation.scores["de"]
    assert again.scores["zh-en"]["questions"] == 20
    assert {file.name for file in (tmp_path / "kept").glob("*.jsonl")} == {
        f"{k}.jsonl" for k in ("en", "de", "zh", "zh-en")
    }


def test_which_part_of_mlqa_is_read_is_a_note(mlqa: Path, tmp_path: Path) -> None:
    write(mlqa / "dev" / "dev-context-de-question-de.json", 0)
    sets = EvaluationRequest(MLQA, str(mlqa)).examples(["de"])
    evaluation = given(tmp_path, answers(sets, lambda example: "red"), MLQA, str(mlqa))
    assert any("the test part of MLQA is read, not the dev part beside it" in note for note in evaluation.notes)


def test_where_mlqa_has_no_test_part_a_note_says_that_the_development_part_is_scored(tmp_path: Path) -> None:
    write(tmp_path / "mlqa" / "dev" / "dev-context-de-question-de.json", 0)
    sets = EvaluationRequest(MLQA, str(tmp_path / "mlqa")).examples(["de"])
    evaluation = given(tmp_path, answers(sets, lambda example: "red"), MLQA, str(tmp_path / "mlqa"))
    assert any("no test files of MLQA, so its development files are" in note for note in evaluation.notes)


def test_tydiqa_is_scored_with_squads_metrics(tmp_path: Path) -> None:
    for name in ("english", "telugu"):
        write(tmp_path / "tydiqa" / f"{name}_tydiqa_dev.json", 0)
    sets = EvaluationRequest(TYDIQA, str(tmp_path / "tydiqa")).examples(["te"])
    evaluation = given(tmp_path, answers(sets, lambda one: one.answers[0]), TYDIQA, str(tmp_path / "tydiqa"))
    assert set(evaluation.scores["te"]) >= {"exact_match", "f1"} and "mlqa_f1" not in evaluation.scores["te"]
    assert evaluation.scores["te"]["f1"] == 100.0


def test_a_users_own_files_are_a_test_set(own: str, headed: Path, tmp_path: Path) -> None:
    benchmark = benchmark_of(own)
    assert (benchmark.name, benchmark.languages) == ("mine", ("fi", "sw"))
    evaluation = evaluate_checkpoint(str(headed), EvaluationRequest(benchmark, keep=tmp_path / "model"))
    assert {code: scores["questions"] for code, scores in evaluation.scores.items()} == {"fi": 10, "sw": 15}
    assert evaluation.as_json()["benchmark"] == "mine" and evaluation.as_json()["data"] == own
    (mean,) = evaluation.means
    assert mean.over == "2 non-English languages, of 10 to 15 questions each"
    written = answers(EvaluationRequest(benchmark).examples(["fi", "sw"]), lambda one: one.answers[0])
    scores = given(tmp_path, {"fin": written["fi"], "sw": written["sw"]}, benchmark, None).scores
    assert scores["fi"]["exact_match"] == scores["sw"]["exact_match"] == 100.0


def test_the_mean_leaves_out_the_language_of_the_training_data(mlqa: Path, tmp_path: Path) -> None:
    sets = EvaluationRequest(MLQA, str(mlqa)).examples(["en", "de", "zh"])
    written = answers(sets, lambda one: one.answers[0])
    evaluation = given(tmp_path, written, MLQA, str(mlqa), source_language="de")
    (mean,) = evaluation.means
    assert (mean.over, mean.languages) == ("2 non-German languages", ("en", "zh"))
    assert read_json(evaluation.kept / "evaluation.json")["means"][0]["languages"] == ["en", "zh"]
    assert evaluation.intervals.of(("en", "zh")).keys() == set(MLQA.metrics.names)
    assert evaluation.as_json()["source_language"] == "de"
    assert "mean of 2, no de: over 2 non-German languages" in drawn(evaluation)


def test_answers_to_pairs_are_labels(tmp_path: Path) -> None:
    folder = tmp_path / "x-final"
    for code in ("en", "de"):
        (folder / code).mkdir(parents=True)
        lines = [f"{n}\tOne {code} {n}.\tTwo {code} {n}.\t{n % 2}" for n in range(1, 9)]
        text = "\n".join(["id\tsentence1\tsentence2\tlabel", *lines, ""])
        (folder / code / "test_2k.tsv").write_text(text)
    pawsx = BENCHMARKS["pawsx"]
    labels = {str(n): str(n % 2) for n in range(1, 8)} | {"1": "perhaps"}
    right = {str(n): str(n % 2) for n in range(1, 9)}
    evaluation = given(tmp_path, {"en": right, "de": labels, "en-de": labels}, pawsx, str(folder))
    assert evaluation.scores["de"]["accuracy"] == evaluation.scores["en-de"]["accuracy"] == 75.0
    assert evaluation.scores["en"]["illegal"] == 0.0  # told, not left blank, where another language has some
    assert (evaluation.scores["de"]["missing"], evaluation.scores["de"]["illegal"]) == (1, 25.0)
    assert "de: 1 of 8 pairs has no answer and scores 0: 8" in evaluation.notes
    with pytest.raises(DataError, match="none of its 1 ids is that of one of the pairs in de"):
        given(tmp_path, {"de": {"x": "1"}}, pawsx, str(folder))
    part = given(tmp_path, {"de": labels}, pawsx, str(folder), limit=3, paragraphs=4).part
    assert part == "4 groups and of these the first 3 pairs of each language only"
    part = given(tmp_path, {"de": labels}, pawsx, str(folder), limit=1, paragraphs=1).part
    assert part == "1 group and of these the first 1 pair of each language only"
    text = drawn(evaluation)
    assert "pairs that share a sentence, directly or over other pairs, are a group" in text
    assert (
        "illegal: the answer is none of the labels" in text
        and "article" not in text
        and "questions" not in (text.split("──")[0])
    )


def test_a_wrong_test_set_is_one_line(own: str, tmp_path: Path) -> None:
    folder = Path(own).parent
    for on, data, said in (
        (
            "squad",
            None,
            r"--on: no test set 'squad'; write one of xquad, mlqa, tydiqa_goldp, .*a path with {language} in place",
        ),
        (str(folder), None, rf"for your own files write {folder}/{{language}}\.json"),
        (f"{folder}/{{lang}}.json", None, rf"did you mean '{folder}/{{language}}\.json'\?"),
        (f"{folder}/fi.json", None, "for this file write {language} where its name has the code"),
        ("xqaud", None, r"did you mean 'xquad'\?"),
        (f"{folder}/x-{{language}}.json", None, r"--on .*: no file matches, found fi\.json, swa\.json in"),
        (own, "google/xquad", r"--data: found 'google/xquad', and --on names files already"),
    ):
        with pytest.raises(XlingualError, match=said):
            benchmark_of(on, data)
    with pytest.raises(DataError, match=r"--on: .*no file for te, there are files for fi, sw"):
        EvaluationRequest(benchmark_of(own)).examples(["te"])
    with pytest.raises(DataError, match=r"--data: .*no file of MLQA"):
        codes_of(MLQA, "all", str(tmp_path))


def test_a_checkpoint_of_a_study_is_asked_what_the_study_asks_of_that_set(
    own: str, headed: Path, mlqa: Path, tmp_path: Path
) -> None:
    study = StudyDirectory(tmp_path / "studies" / "mine")
    trial = study.trial("0123")
    shutil.copytree(headed, trial.model)
    test = {"set": "mlqa", "also": {"north": {"source": own, "paragraphs": 4}}}
    write_json(study.study_json, {"name": "mine", "data": {"test": test, "source_language": "sw"}})
    request = EvaluationRequest(benchmark_of(own), languages="fi", keep=tmp_path / "first")
    first = evaluate_checkpoint(str(headed), replace(request, paragraphs=4))
    write_lines(trial.predictions("north", "fi"), journal.read(first.kept / "fi.jsonl"))
    evaluation = evaluate_checkpoint(str(trial.model), replace(request, keep=tmp_path / "again"))
    assert evaluation.notes == (
        "4 paragraphs, as study mine asks them; all of them: --paragraphs all",
        "these are the test scores that study mine recorded, to the last digit, in fi",
    )
    assert evaluation.source_language == "sw" and first.source_language == "en"
    other = evaluate_checkpoint(str(trial.model), EvaluationRequest(MLQA, str(mlqa), "de", keep=tmp_path / "mlqa-de"))
    assert (other.scores["de"]["questions"], other.part, other.made_with["recorded"]["languages"]) == (20, "", {})
    absent = EvaluationRequest(BENCHMARKS["xquad"], str(Path(own).parent), "fi", keep=tmp_path / "x")
    with pytest.raises(DataError, match=r"no file for fi \(xquad.<code>.json\)"):
        evaluate_checkpoint(str(trial.model), absent)


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("facebook/mlqa", "mlqa"),
        ("https://huggingface.co/datasets/google/XTREME", "mlqa"),
        ("google-research-datasets/tydiqa", "tydiqa_goldp"),
        ("someone/else", "xquad"),
    ],
)
def test_every_hub_id_of_a_test_set_stands_for_it(source: str, name: str) -> None:
    assert name_of(source) == name
