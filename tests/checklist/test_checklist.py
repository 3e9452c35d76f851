"""Answers to the checklists of conferences, from records."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console

from xlingual.checklist import Checklist, checklist_of
from xlingual.checklist.answers import Facts, Statement
from xlingual.checklist.markdown import markdown
from xlingual.checklist.text import checklist_text
from xlingual.errors import RecordError
from xlingual.records.files import read_json, write_json, write_lines
from xlingual.records.layout import StudyDirectory
from xlingual.study.benchmarks import BENCHMARKS
from xlingual.study.licences import LICENCES, OTHER_IDS, licence_of

EVIL = "does <script>x</script> help? | [link](http://x)"


@pytest.fixture
def study(studies: ModuleType, tmp_path: Path) -> Any:
    """Two arms, one search of two trials and two seeds each, with what trials and commands wrote down."""
    faq = {"source": "PaDaS-Lab/webfaq", "languages": ["de"]}
    builder = studies.StudyBuilder(
        tmp_path,
        searched=True,
        model="FacebookAI/xlm-roberta-base@abc",
        question=EVIL,
        test={"languages": ["en", "de", "th"]},
        data={"train": "rajpurkar/squad", "dev": "mine/dev.json", "faq": faq},
        scaling={"gpus_per_worker": 0.5},
        replicates={"searches": 1, "seeds": 2},
    )  # fmt: skip
    builder.search()
    builder.event("stage_started", stage="replicate")
    place = builder.directory
    for arm, gain in (("baseline", 0.0), ("webfaq", 4.0)):
        for seed in (1, 2):
            fingerprint = builder.replicate(arm, seed)
            write_json(place.trial(fingerprint).model / "xlingual.json", {"parameters": 277_454_594})
            builder.reports(arm, seed, {250: 50.0, 500: 70.0 + seed}, seconds=1800.0)
            starts = [{"from_update": 0, "workers": 2, "device": "NVIDIA H200", "precision": "bf16"}]
            write_lines(
                place.trial(fingerprint).environment, [*starts, {**starts[0], "from_update": 250, "workers": 4}]
            )
            rows = {code: studies.rows([40 + gain + seed, 60 + gain + seed]) for code in ("en", "de", "th")}
            builder.score(arm, seed, rows)
            scores = {code: {"f1": 50 + gain + seed} for code in rows}
            builder.event("test_scored", arm=arm, seed=seed, fingerprint=fingerprint, set="xquad", scores=scores)
    node = {"CPU": 16.0, "GPU": 8.0, "accelerator_type:H200": 1.0, "memory": 64 * 2.0**30}
    commands = [
        {"platform": "Linux", "cpus": 16, "python": "3.11.7", "versions": {"torch": torch}, "nodes": [node, node]}
        for torch in ("2.12", "2.13", "2.13")
    ]
    write_lines(place.environment, commands)
    known = read_json(place.sources)
    known["train"] = {"fingerprint": "t", "counts": {"read": 90, "kept": 80, "dropped_offset": 10, "dropped_limit": 0}}
    known["contamination check"] = {"fingerprint": "c", "counts": {"train": 3}}
    write_json(place.sources, known)
    return builder


def table(checklist: Checklist, question: str, title: str) -> list[dict[str, str]]:
    (answer,) = (one for one in checklist.answers if one.id == question)
    (found,) = (one for one in answer.parts if isinstance(one, Facts) and one.title == title)
    return [dict(zip(found.columns, row, strict=True)) for row in found.rows]


def said(checklist: Checklist, question: str) -> str:
    (answer,) = (one for one in checklist.answers if one.id == question)
    return "\n".join(part.text for part in answer.parts if isinstance(part, Statement))


def test_every_source_has_its_licence_or_is_left_to_the_authors(study: Any) -> None:
    found = checklist_of(study.directory)
    rows = {
        row["part"]: (row["source"], row["licence as published"]) for row in table(found, "ARR B1", "data and models")
    }
    assert rows == {
        "model": ("FacebookAI/xlm-roberta-base@abc", "MIT"),
        "train": ("rajpurkar/squad", "CC BY-SA 4.0"),
        "dev": ("mine/dev.json", "-"),
        "FAQ pages": ("PaDaS-Lab/webfaq", "CC BY 4.0; the texts belong to their sites"),
        "test set xquad": ("google/xquad", "CC BY-SA 4.0"),
    }
    (terms,) = (one for one in found.answers if one.id == "ARR B2")
    assert (terms.by, terms.see) == ("records and you", ("ARR B1",))
    assert terms.you == "Look up and write the licence and citation of mine/dev.json."


def test_every_test_set_has_a_licence_and_older_ids_have_theirs() -> None:
    assert all(licence_of(name) is not None for name in BENCHMARKS)
    assert all(known in LICENCES for known in OTHER_IDS.values())
    assert {*LICENCES, *OTHER_IDS} == {name.lower() for name in (*LICENCES, *OTHER_IDS)}
    assert licence_of("xlm-roberta-base@main") == licence_of("FacebookAI/xlm-roberta-base")
    assert licence_of("./google/xquad") is None


def test_examples_are_counted_with_what_was_dropped_and_why(study: Any) -> None:
    found = checklist_of(study.directory)
    assert table(found, "ARR B6", "examples") == [{"part": "train", "read": "90", "used": "80", "dropped": "10 offset"}]
    sizes = table(found, "ARR B6", "scored")
    assert [(row["language"], row["questions"]) for row in sizes] == [("English", "2"), ("German", "2"), ("Thai", "2")]
    assert said(found, "ARR B6") == "dropped as they overlap a test set: 3 of train"
    assert said(found, "ARR B5") == "training data: English; FAQ pages: German; test set xquad: English, German, Thai"


def test_gpu_hours_are_those_of_every_worker_at_each_report(study: Any) -> None:
    found = checklist_of(study.directory)
    arm, _, total = table(found, "ARR C1", "training in GPU hours; one run: hours of a replicate, on the clock")
    assert arm == {
        "arm": "baseline",
        "runs": "2",
        "one run": "1",
        "search": "0",
        "replicates": "3",
        "in all": "3",
        "device": "NVIDIA H200",
        "precision": "bf16",
    }
    assert (total["runs"], total["replicates"], total["in all"]) == ("4", "6", "6")
    assert [row["parameters, with its head"] for row in table(found, "ARR C1", "parameters")] == ["277,454,594"] * 2
    assert table(found, "ARR C1", "machines") == [
        {"platform of the driver": "Linux", "its CPUs": "16", "nodes": "2 x 16 CPU, 8 GPU (H200), 64 GiB for tasks"}
    ]
    assert table(found, "ARR C4", "software") == [
        {"package": "Python", "version": "3.11.7"},
        {"package": "torch", "version": "2.12, 2.13"},
    ]


def test_bounds_choices_and_fixed_settings_are_those_of_the_records(study: Any) -> None:
    found = checklist_of(study.directory)
    assert table(found, "ARR C2", "hyperparameters")[0] == {
        "arm": "baseline",
        "hyperparameter": "training.learning_rate",
        "searched in": "log-uniform 1e-06 to 0.001",
        "chosen by each search, in order": "3e-05",
    }
    assert table(found, "ARR C2", "fixed settings") == [{"setting": "training.updates", "value": "500", "arms": "all"}]
    assert "each search selects its finished trial with the highest dev.f1, and of equals the earliest" in said(
        found, "ARR C2"
    )


def test_runs_are_counted_and_every_test_score_has_its_development_score(study: Any) -> None:
    found = checklist_of(study.directory)
    trials, replicates = table(found, "ARR C3", "trials"), table(found, "ARR C3", "replicates")
    assert [(row["arm"], row["trials"], row["finished"], row["failed"]) for row in trials] == [
        ("baseline", "2", "2", "0"),
        ("webfaq", "2", "2", "0"),
    ]
    assert [(row["replicates"], row["scored on xquad"]) for row in replicates] == [("2", "2"), ("2", "2")]
    rows = table(found, "NAACL 6", "dev.f1 and test scores in percent")
    assert [tuple(row.values()) for row in rows] == [
        ("baseline", "1", "1", "60.0", "71.0", "51.0"),
        ("baseline", "1", "2", "60.0", "72.0", "52.0"),
        ("webfaq", "1", "1", "60.0", "71.0", "55.0"),
        ("webfaq", "1", "2", "60.0", "72.0", "56.0"),
    ]
    spread = table(found, "ARR C3", "mean over non-English languages, in percent")
    f1 = {row["arm"]: row["mean ± standard deviation"] for row in spread if row["metric"] == "F1"}
    assert f1 == {"baseline": "51.5 ± 0.7", "webfaq": "55.5 ± 0.7"}
    assert "test set xquad was opened 4 times" in said(found, "ARR C3")
    measure = "metrics: on xquad exact match and F1 as SQuAD v1.1's official script computes them (headline F1)"
    assert said(found, "NAACL 7") == measure


def test_what_records_cannot_know_is_left_to_the_authors_and_each_answer_names_its_records(study: Any) -> None:
    found = checklist_of(study.directory)
    assert {one.id for one in found.answers if one.by == "you"} == {
        "ARR A", "ARR B3", "ARR B4", "ARR D", "ARR E",
    }  # fmt: skip
    assert all(part.records for one in found.answers for part in one.parts)
    assert {key for one in found.answers for key in one.see} <= {one.id for one in found.answers}
    (computation,) = (one for one in found.answers if one.id == "ARR C1")
    assert computation.you == "Add what was computed outside this study: pilots, studies not reported."
    assert found.warnings == ()


def test_a_study_that_has_not_ended_and_whose_models_are_gone_says_so(studies: ModuleType, tmp_path: Path) -> None:
    builder = studies.StudyBuilder(tmp_path, model="toy", test={"source": "toy"})
    builder.search()
    found = checklist_of(builder.directory)
    assert [one.split(":")[0] for one in found.warnings] == ["TOY WORLD", "INCOMPLETE"]
    (computation,) = (one for one in found.answers if one.id == "ARR C1")
    assert computation.you.startswith("Write the number of parameters of baseline, webfaq: no exported model")
    (terms,) = (one for one in found.answers if one.id == "ARR B2")
    assert terms.you == ""


def test_the_checklist_fits_a_terminal_and_no_text_of_data_becomes_markup(study: Any) -> None:
    content = read_json(study.directory.study_json)
    content["data"]["dev"] = "mine/<script>|\x1b[31m[red].json"
    write_json(study.directory.study_json, content)
    found = checklist_of(study.directory)
    for width in (80, 160):
        console = Console(width=width, record=True, file=StringIO())
        console.print(checklist_text(found))
        text = console.export_text()
        assert max(cell_len(line.rstrip()) for line in text.splitlines()) <= width
        assert "\x1b" not in text
    assert "mine/<script>|␛[31m[red].json" in text
    written = markdown(found)
    assert "| dev | mine/&lt;script>\\|" in written and "<script>" not in written and "\x1b" not in written
    assert "| baseline | training.learning_rate |" in written
    assert "> **You:** Say which assistants were used, and for what." in written


def test_the_command_prints_text_one_object_or_writes_markdown(
    study: Any, tmp_path: Path, call: Callable[..., Any]
) -> None:
    ended = call("checklist", study.directory.path)
    assert ended.status == 0 and "left to you, in whole or in part: ARR A, ARR B1" in ended.output
    content = json.loads(call("checklist", study.directory.path, "--json").output)
    assert content["answers"][0]["by"] == "you"
    file = tmp_path / "checklist.md"
    ended = call("checklist", study.directory.path, "--markdown", file)
    assert ended.output.startswith(f"{file}: 26 questions, ")
    assert file.read_text().startswith("# Checklist of study small\n")


def test_a_directory_that_is_no_study_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="is this the directory of a study"):
        checklist_of(StudyDirectory(tmp_path))
