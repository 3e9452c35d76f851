"""The report's numbers, computed from real study directories."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType

import pytest

from xlingual.errors import RecordError
from xlingual.records.files import write_lines
from xlingual.report.notes import notes, warnings
from xlingual.report.summary import summarize


def two_languages(studies: ModuleType, storage: Path, **study: object):
    """Baseline and webfaq, seeds 1 and 2, four questions of two paragraphs; scores simple enough to add up by hand."""
    builder = studies.StudyBuilder(storage, test={"languages": ["en", "de"]} | study.pop("test", {}), **study)
    builder.search()
    rows = studies.rows
    builder.replicated(
        {
            "baseline": {
                1: {"en": rows([100, 50, 0, 50], per_paragraph=2), "de": rows([40, 0, 0, 0], per_paragraph=2)},
                2: {"en": rows([100, 100, 100, 100], per_paragraph=2), "de": rows([20, 20, 0, 0], per_paragraph=2)},
            },
            "webfaq": {
                1: {"en": rows([100, 50, 0, 50], per_paragraph=2), "de": rows([100, 20, 0, 0], per_paragraph=2)},
                2: {"en": rows([0, 0, 0, 100], per_paragraph=2), "de": rows([40, 40, 40, 40], per_paragraph=2)},
            },
        }
    )
    return builder


def test_scores_are_means_over_questions_one_a_seed(studies: ModuleType, tmp_path: Path) -> None:
    summary = summarize(two_languages(studies, tmp_path).directory)
    baseline = summary.arms["baseline"]
    assert (baseline.baseline, baseline.seeds) == (True, (1, 2))
    assert baseline.scores["en"].of("f1") == (50.0, 100.0)
    assert baseline.scores["de"].of("f1") == (10.0, 10.0)
    assert baseline.scores["en"].of("exact_match") == (25.0, 100.0)
    assert baseline.scores["en"].questions == 4
    assert summary.arms["webfaq"].scores["de"].of("f1") == (30.0, 40.0)


def test_differences_are_to_the_baseline_and_the_mean_leaves_english_out(studies: ModuleType, tmp_path: Path) -> None:
    summary = summarize(two_languages(studies, tmp_path).directory)
    assert list(summary.differences) == ["webfaq"]
    found = summary.differences["webfaq"]
    assert list(found) == ["en", "de", "mean"]
    assert found["en"]["f1"].estimate == pytest.approx(37.5 - 75)
    assert found["de"]["f1"].estimate == pytest.approx(35 - 10)
    assert found["mean"]["f1"].found == found["de"]["f1"].found
    assert found["de"]["f1"].seed_variation
    assert found["de"]["f1"].low < 25 < found["de"]["f1"].high
    assert found["en"]["exact_match"].estimate == pytest.approx((25 + 25) / 2 - (25 + 100) / 2)


def test_json_holds_the_contract(studies: ModuleType, tmp_path: Path) -> None:
    report = json.loads(json.dumps(summarize(two_languages(studies, tmp_path).directory).as_json(), allow_nan=False))
    assert report["study"] == "small"
    assert report["complete"] is True and report["oracle"] is False and report["toy"] is False
    webfaq = report["arms"]["webfaq"]
    assert webfaq["baseline"] is False and webfaq["seeds"] == [1, 2]
    assert webfaq["configuration"]["training"] == {"learning_rate": 3e-5, "updates": 500}
    assert webfaq["scores"]["de"] == {"f1": [30.0, 40.0], "exact_match": [25.0, 0.0], "questions": 4}
    assert webfaq["mean"]["f1"] == [30.0, 40.0]
    mean = report["differences"]["webfaq"]["mean"]
    assert mean["low"] < mean["f1"] == 25.0 < mean["high"]
    assert len(report["ledger"]) == 4 and report["ledger"][0]["arm"] == "baseline"


def test_languages_stand_english_first_then_in_xquads_order(studies: ModuleType, tmp_path: Path) -> None:
    builder = studies.finished_study(tmp_path, test={"languages": ["zh", "ro", "en", "ar"]})
    assert summarize(builder.directory).languages == ("en", "ar", "zh", "ro")


def test_english_alone_has_no_mean(studies: ModuleType, tmp_path: Path) -> None:
    summary = summarize(studies.finished_study(tmp_path, test={"languages": ["en"]}).directory)
    assert list(summary.differences["webfaq"]) == ["en"]
    assert summary.arms["webfaq"].mean("f1") == ()
    assert summary.as_json()["arms"]["webfaq"]["mean"] == {}


def test_what_is_not_scored_is_absent_and_the_study_incomplete(studies: ModuleType, tmp_path: Path) -> None:
    builder = studies.StudyBuilder(tmp_path, test={"languages": ["en", "de"]})
    builder.search()
    answers = {"en": studies.rows([100, 0]), "de": studies.rows([50, 0])}
    builder.replicated({"baseline": {1: answers}})
    builder.replicate("baseline", 2, state="failed", reason="the loss is not finite")
    builder.replicate("webfaq", 1)
    report = summarize(builder.directory).as_json()
    assert report["complete"] is False
    assert report["arms"]["baseline"]["seeds"] == [1]
    assert report["arms"]["baseline"]["failures"] == {"2": "the loss is not finite"}
    assert report["arms"]["webfaq"]["scores"] == {} and report["arms"]["webfaq"]["seeds"] == []
    assert report["differences"] == {}


def test_half_written_predictions_of_an_unscored_replicate_do_not_count(studies: ModuleType, tmp_path: Path) -> None:
    builder = two_languages(studies, tmp_path, replicates={"searches": 1, "seeds": 3})
    fingerprint = builder.replicate("webfaq", 3)
    write_lines(
        builder.directory.trial(fingerprint).predictions("xquad", "de"), studies.rows([1, 1, 1, 1], per_paragraph=2)
    )
    assert summarize(builder.directory).arms["webfaq"].seeds == (1, 2)


def test_replicates_of_a_configuration_chosen_no_longer_do_not_count(studies: ModuleType, tmp_path: Path) -> None:
    builder = two_languages(studies, tmp_path)
    builder.choose("webfaq", "webfaq-0")
    report = summarize(builder.directory).as_json()
    assert report["arms"]["webfaq"]["seeds"] == []
    assert report["arms"]["webfaq"]["configuration"]["training"]["learning_rate"] == 1e-5
    assert "webfaq" not in report["differences"]


def test_a_study_before_its_choice_has_no_configuration(studies: ModuleType, tmp_path: Path) -> None:
    builder = studies.StudyBuilder(tmp_path)
    builder.trial("baseline", 0, "running", None)
    report = summarize(builder.directory).as_json()
    assert report["arms"]["baseline"]["configuration"] is None
    assert report["languages"] == [] and report["differences"] == {}
    assert report["trials"] == {"ended": 0, "planned": 4}


def test_the_order_of_rows_does_not_matter(studies: ModuleType, tmp_path: Path) -> None:
    builder = studies.finished_study(tmp_path, questions=20, test={"languages": ["en", "de"]})
    before = summarize(builder.directory)
    path = builder.directory.trial("webfaq-1-seed-2").predictions("xquad", "de")
    write_lines(path, [json.loads(line) for line in reversed(path.read_text().splitlines())])
    assert summarize(builder.directory) == before


def test_one_paragraph_allows_no_interval(studies: ModuleType, tmp_path: Path) -> None:
    builder = studies.finished_study(tmp_path, questions=5, test={"languages": ["en", "de", "es"]})
    found = summarize(builder.directory).as_json()["differences"]["webfaq"]
    german, spanish, mean = (found[name] for name in ("de", "es", "mean"))
    assert german["low"] is None and german["high"] is None
    assert mean["f1"] == pytest.approx((german["f1"] + spanish["f1"]) / 2)


def test_bounds_are_not_cut_and_it_is_said_where_they_reach_beyond_what_scores_allow(
    studies: ModuleType, tmp_path: Path
) -> None:
    builder = studies.finished_study(tmp_path, questions=10, gains={"webfaq": 60}, test={"languages": ["de", "zh"]})
    summary = summarize(builder.directory)
    gap = summary.differences["webfaq"]["mean"]["f1"]
    assert gap.high is not None and gap.low is not None
    assert gap.high > 100 - sum(summary.arms["baseline"].mean("f1")) / 2
    assert gap.high - gap.estimate == pytest.approx(gap.estimate - gap.low)
    said = "Some intervals reach beyond what scores from 0 to 100 allow"
    assert any(line.startswith(said) for line in notes(summary))
    narrow = summarize(studies.finished_study(tmp_path, name="narrow", test={"languages": ["de", "zh"]}).directory)
    assert not any(line.startswith(said) for line in notes(narrow))


def test_languages_with_other_questions_are_drawn_apart_and_it_is_said(studies: ModuleType, tmp_path: Path) -> None:
    parallel = studies.finished_study(tmp_path, questions=20, test={"languages": ["de", "es"]}, name="parallel")
    assert summarize(parallel.directory).parallel
    builder = studies.finished_study(tmp_path, questions=20, test={"languages": ["de", "es"]}, name="apart")
    for path in builder.directory.path.glob("trials/*/predictions/xquad/es.jsonl"):
        rows = [json.loads(line) for line in path.read_text().splitlines()]
        write_lines(path, [row | {"id": "es-" + row["id"]} for row in rows])
    summary = summarize(builder.directory)
    assert not summary.parallel
    expected = summarize(parallel.directory).differences["webfaq"]
    for name, metrics in summary.differences["webfaq"].items():
        assert metrics["f1"].estimate == pytest.approx(expected[name]["f1"].estimate)
        assert metrics["f1"].low < metrics["f1"].estimate < metrics["f1"].high


def test_a_scored_replicate_without_its_predictions_is_a_broken_record(studies: ModuleType, tmp_path: Path) -> None:
    builder = two_languages(studies, tmp_path)
    path = builder.directory.trial("webfaq-1-seed-2").predictions("xquad", "de")
    path.unlink()
    with pytest.raises(RecordError, match=r"webfaq-1-seed-2/predictions/xquad/de.jsonl: missing"):
        summarize(builder.directory)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda rows: rows[:-1], "3 questions, but another replicate .* on 4 .*'q0003'"),
        (lambda rows: [rows[0] | {"id": "other"}, *rows[1:]], "'other' is in only one of them"),
        (lambda rows: [rows[0] | {"paragraph": "x"}, *rows[1:]], "question 'q0000' belongs to paragraph 'x'"),
        (lambda rows: [*rows, rows[0]], "de.jsonl:5: question 'q0000' occurs twice"),
        (lambda rows: [*rows[:2], rows[2] | {"f1": None}, rows[3]], "de.jsonl:3: 'f1' is None"),
        (lambda rows: [rows[0] | {"exact_match": 101}, *rows[1:]], "de.jsonl:1: 'exact_match' is 101"),
        (lambda rows: [], "the file has no predictions"),
    ],
)
def test_predictions_that_cannot_be_compared_are_refused(
    studies: ModuleType, tmp_path: Path, change, message: str
) -> None:
    builder = two_languages(studies, tmp_path)
    path = builder.directory.trial("webfaq-1-seed-2").predictions("xquad", "de")
    write_lines(path, change([json.loads(line) for line in path.read_text().splitlines()]))
    with pytest.raises(RecordError, match=message):
        summarize(builder.directory)


def test_the_report_says_how_many_questions_each_language_has(studies: ModuleType, tmp_path: Path) -> None:
    builder = studies.StudyBuilder(tmp_path, test={"languages": ["en", "de", "vi"]})
    builder.search()
    scores = {"en": studies.rows([100, 50]), "de": studies.rows([40, 0]), "vi": studies.rows([40])}
    builder.replicated({"baseline": {1: scores}})
    summary = summarize(builder.directory)
    assert summary.as_json()["test_set"]["questions"] == {"en": 2, "de": 2, "vi": 1}
    assert [line for line in warnings(summary) if line.startswith("UNEQUAL")] == [
        "UNEQUAL LANGUAGES: 1 question in vi to 2 in en; a mean weighs the languages the same."
    ]
    equal = summarize(two_languages(studies, tmp_path / "equal").directory)
    assert not any(line.startswith("UNEQUAL") for line in warnings(equal))


def test_character_f1_stands_beside_the_scores_that_it_leaves_as_they_are(studies: ModuleType, tmp_path: Path) -> None:
    def chinese(*scores: float) -> list[dict[str, object]]:
        return [row | {"character_f1": score} for row, score in zip(studies.rows([100, 0]), scores, strict=True)]

    builder = studies.StudyBuilder(tmp_path, test={"languages": ["en", "zh"]})
    builder.search()
    plain = studies.rows([100, 0])
    builder.replicated(
        {
            "baseline": {1: {"en": plain, "zh": chinese(100, 50)}, 2: {"en": plain, "zh": chinese(100, 0)}},
            "webfaq": {1: {"en": plain, "zh": chinese(0, 0)}, 2: {"en": plain, "zh": plain}},  # one of before it came
        }
    )
    summary = summarize(builder.directory)
    baseline = summary.arms["baseline"].as_json()
    assert baseline["scores"]["zh"] == {
        "f1": [50.0, 50.0],
        "exact_match": [50.0, 50.0],
        "character_f1": [75.0, 50.0],
        "questions": 2,
    }
    assert "character_f1" not in baseline["scores"]["en"]
    assert "character_f1" not in summary.arms["webfaq"].as_json()["scores"]["zh"]
    assert baseline["mean"] == {"f1": [50.0, 50.0], "exact_match": [50.0, 50.0]}


@pytest.mark.parametrize("wrong", [None, 101, "50"])
def test_a_row_without_its_character_f1_is_named(studies: ModuleType, tmp_path: Path, wrong: object) -> None:
    builder = two_languages(studies, tmp_path)
    path = builder.directory.trial("webfaq-1-seed-2").predictions("xquad", "de")
    rows = [json.loads(line) | {"character_f1": 50.0} for line in path.read_text().splitlines()]
    write_lines(path, [*rows[:-1], rows[-1] | {"character_f1": wrong}])
    with pytest.raises(RecordError, match=r"de\.jsonl: question 'q0003' has character_f1"):
        summarize(builder.directory)


def test_a_folder_that_is_no_study_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="is this the directory of a study"):
        summarize(tmp_path)
