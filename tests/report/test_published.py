"""Published scores: the shipped table, its models, and the comparison with measured scores."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from types import ModuleType

import pytest
from rich.console import Console

from xlingual.errors import RecordError
from xlingual.languages import XQUAD_LANGUAGES
from xlingual.report.published import means_of, published_rows, read_published
from xlingual.report.summary import Summary, summarize
from xlingual.report.table import report_tables
from xlingual.study.benchmarks import BENCHMARKS
from xlingual.study.published_models import PUBLISHED_MODELS, published_name

XQUAD = BENCHMARKS["xquad"]
ELEVEN = means_of(XQUAD)["avg11"]
X = "XQuAD repository README"


def drawn(summary: Summary, width: int = 250) -> str:
    console = Console(width=width, file=io.StringIO(), force_terminal=False)
    console.print(report_tables(summary))
    return console.file.getvalue()  # type: ignore[attr-defined]


def flat(text: str) -> str:
    return " ".join(text.split())


def level(studies: ModuleType, score: float, questions: int) -> list[dict[str, object]]:
    return studies.rows([score] * questions, [score / 2] * questions, per_paragraph=5)


def real_study(studies: ModuleType, storage: Path, arms: dict[str, dict[str, object]], **more: object) -> object:
    """Every arm scores 70 in all languages, with one seed."""
    questions = more.pop("questions", 1190)
    builder = studies.StudyBuilder(storage, arms, replicates={"searches": 1, "seeds": 1}, **more)
    path = builder.directory.study_json
    study = json.loads(path.read_text())
    for name, says in arms.items():
        study["arms"][name] |= says
    path.write_text(json.dumps(study))
    builder.search()
    rows = level(studies, 70.0, questions)
    builder.replicated({arm: {1: {language: rows for language in builder.languages}} for arm in arms})
    return builder


def test_every_model_of_the_table_can_be_named_and_every_name_is_in_the_table() -> None:
    rows = [row.model for one in BENCHMARKS.values() for row in published_rows(one, setting="")]
    assert set(rows) == set(PUBLISHED_MODELS)
    ids = [one.lower() for names in PUBLISHED_MODELS.values() for one in names]
    assert len(ids) == len(set(ids))


def test_the_figures_are_those_that_were_collected(shared: Path) -> None:
    def figures(path: Path) -> set[tuple[str, ...]]:
        with path.open(encoding="utf-8", newline="") as file:
            return {
                tuple(row[key] for key in ("model", "language", "f1", "em", "setting")) for row in csv.DictReader(file)
            }

    package = Path(__file__).resolve().parents[2] / "xlingual" / "report" / "published_xquad.csv"
    assert figures(package) == figures(shared / "data" / "published_xquad.csv")


def test_means_are_as_published_or_over_the_languages_that_they_say() -> None:
    xquad, rerun, card = published_rows(XQUAD, "mBERT")
    assert xquad.means["avg11"] == {"f1": 64.5, "exact_match": 49.4}
    assert (round(xquad.means["avg12"]["f1"], 1), round(xquad.means["avg12"]["exact_match"], 1)) == (65.2, 50.3)
    assert round(rerun.means["avg11"]["f1"], 2) == 63.01 and round(rerun.means["avg11"]["exact_match"], 2) == 47.87
    assert "ro" not in card.scores and set(card.means) == {"avg11"}
    (mt5,) = published_rows(XQUAD, "mT5-base")
    assert mt5.scores == {} and mt5.means == {"avg11": {"f1": 67.0, "exact_match": None}}
    assert set(XQUAD_LANGUAGES) - set(ELEVEN) == {"ro"}


def test_the_mean_of_the_rows_rounds_to_the_mean_that_was_published() -> None:
    for model in ("mBERT", "XLM-R-large"):
        row = next(row for row in published_rows(XQUAD, model) if row.source.startswith(X))
        for metric in ("f1", "exact_match"):
            assert abs(row.mean_over(ELEVEN, metric) - row.means["avg11"][metric]) < 0.051


def test_translate_train_is_no_zero_shot_row() -> None:
    assert all(row.setting.startswith("zero-shot") for row in published_rows(XQUAD))
    assert any(row.setting.startswith("translate-train") for row in published_rows(XQUAD, "mBERT", setting=""))


def test_a_metric_that_was_taken_to_be_f1_says_so() -> None:
    assert "taken to be F1" in published_rows(XQUAD, "mmBERT-base")[0].note


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("FacebookAI/xlm-roberta-base", "XLM-R-base"),
        ("xlm-roberta-base", "XLM-R-base"),
        ("google/mt5-XL@refs/pr/2", "mT5-XL"),
        ("models/google/mt5-xl", None),
        ("/models/xlm-roberta-base", None),
        ("someone/xlm-roberta-base-squad", None),
    ],
)
def test_models_match_by_their_very_hub_id(model: str, name: str | None) -> None:
    assert published_name(model) == name


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["m,en,101,1,s,x"], "t:2: '101' is no percentage"),
        (["m,en,nan,1,s,x"], "t:2: 'nan' is no percentage"),
        (["m,en,1,1,s,x", "m,en,2,2,s,x"], "t:3: m in en occurs twice"),
        (["m,xx,1,1,s,x"], "t:2: found"),
    ],
)
def test_a_broken_table_is_refused_with_its_line(lines: list[str], message: str) -> None:
    with pytest.raises(RecordError, match=re.escape(message)):
        read_published(["model,language,f1,em,setting,source", *lines], "t", XQUAD)


@pytest.fixture(scope="module")
def baselines(studies: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Summary:
    """mBERT, mBERT with FAQ pages, mT5 from a directory declared as mT5 small, and an unpublished model."""
    arms: dict[str, dict[str, object]] = {
        "mbert": {"model": "google-bert/bert-base-multilingual-cased"},
        "webfaq": {"model": "bert-base-multilingual-cased"},
        "mt5": {"model": "models/mine", "published": "mT5-small"},
        "other": {"model": "someone/else", "against": "mt5"},
    }
    builder = real_study(studies, tmp_path_factory.mktemp("baselines"), arms)
    builder.choose("webfaq", "webfaq-1", {"de": 1.0})
    return summarize(builder.directory)


def test_published_rows_stand_under_the_measured_ones_with_numbered_sources(baselines: Summary) -> None:
    text = drawn(baselines)
    lines = [line for line in text.splitlines() if line.startswith(("mbert ", "published: "))]
    assert lines[0].split()[:3] == ["mbert", "70.0", "70.0"]
    assert [line.split("]")[0] for line in lines[1:5]] == [
        *(f"published: mBERT [{number}" for number in (1, 2, 3)),
        "published: mT5-small [4",
    ]
    assert lines[1].split()[3:6] == ["83.5", "61.5", "70.6"]
    assert lines[4].split()[3:15] == ["-"] * 12 and lines[4].split()[15:18] == ["-", "published", "58.1"]
    matches = drawn(baselines).split("exact match (zero-shot but for webfaq) on XQuAD")[1].split("difference of F1")[0]
    assert "mBERT [1]" in matches and "mT5-small" not in matches  # only its F1 is published
    assert "[1] mBERT: XQuAD repository README" in flat(text) and "[4] mT5-small: google-research" in flat(text)


def test_a_mean_says_which_languages_it_is_over(baselines: Summary) -> None:
    text = drawn(baselines)
    assert "with en, no ro" in text and "with en and ro" in text
    first = next(line for line in text.splitlines() if line.startswith("published: mBERT [1]"))
    assert first.split()[-2:] == ["64.5", "65.2"]


def test_distances_are_of_arms_that_saw_english_alone(baselines: Summary) -> None:
    found = {(one.arm, baselines.number(one.row)): one for one in baselines.distances}
    assert set(found) == {("mbert", 1), ("mbert", 2), ("mbert", 3), ("mt5", 4)}
    assert found["mbert", 1].scores["en"] == {"f1": 70 - 83.5, "exact_match": 35 - 72.2}
    assert found["mbert", 1].means["avg11"]["f1"] == pytest.approx(70 - 64.5)
    assert "ro" not in found["mbert", 3].scores
    assert found["mt5", 4].scores == {} and found["mt5", 4].means == {"avg11": {"f1": pytest.approx(70 - 58.1)}}
    text = drawn(baselines)
    row = next(line for line in text.splitlines() if line.startswith("mbert - [1]"))
    assert row.split()[3:5] == ["-13.5", "+8.5"]
    assert "No distance from published scores: webfaq (trained on other languages than English, too)." in flat(text)


def test_published_scores_are_in_no_statistic(studies: ModuleType, baselines: Summary) -> None:
    assert set(baselines.differences) == {"webfaq", "mt5", "other"}
    assert baselines.arms["mbert"].mean("f1") == (70.0,)
    report = json.loads(json.dumps(baselines.as_json(), allow_nan=False))
    assert [row["model"] for row in report["published"]] == ["mBERT"] * 3 + ["mT5-small"]
    mean = report["published"][3]["means"]["avg11"]
    assert (mean["f1"], mean["exact_match"], len(mean["languages"])) == (58.1, None, 11)
    distance = next(one for one in report["distances"] if one["arm"] == "mt5")
    assert distance["published"] == 4 and distance["means"]["avg11"]["f1"] == pytest.approx(11.9)
    assert report["arms"]["mt5"]["published"] == "mT5-small"
    assert report["arms"]["other"]["published"] is None


def test_an_arm_is_compared_with_the_arm_that_it_is_against(baselines: Summary) -> None:
    text = flat(drawn(baselines))
    assert baselines.arms["other"].against == "mt5" and baselines.arms["mt5"].against == "mbert"
    assert baselines.arms["mbert"].against is None
    assert "0.0 [0.0, 0.0] to mt5" in text and "Differences are to the baseline arm, mbert (but other to mt5);" in text


@pytest.mark.parametrize(
    ("study", "reason"),
    [
        ({"questions": 60}, "No distance from published scores: mbert (scored on a part of the test set)."),
        ({"questions": 60, "test": {"paragraphs": 12}}, "published, all questions: mBERT [1]"),
        ({"oracle": True}, "No distance from published scores: the search saw the test set."),
    ],
)
def test_no_distance_where_scores_cannot_be_set_against_published_ones(
    studies: ModuleType, tmp_path: Path, study: dict[str, object], reason: str
) -> None:
    arms = {"mbert": {"model": "bert-base-multilingual-cased"}}
    summary = summarize(real_study(studies, tmp_path, arms, **study).directory)
    assert summary.distances == () and len(summary.published) == 3
    assert reason in flat(drawn(summary))


def test_a_toy_study_shows_none(studies: ModuleType, tmp_path: Path) -> None:
    arms = {"mbert": {"model": "toy", "published": "mBERT"}}
    summary = summarize(
        real_study(studies, tmp_path, arms, test={"source": "toy", "languages": ["en", "de"]}, questions=20).directory
    )
    assert summary.published == () and "published" not in drawn(summary)


def test_shares_of_written_answers_have_a_table_of_their_own(studies: ModuleType, tmp_path: Path) -> None:
    builder = studies.StudyBuilder(tmp_path, ("encoder", "mt5"), test={"languages": ["en", "de", "el"]})
    builder.search()
    plain = studies.rows([50, 50, 50, 50])
    written = [
        row | {"illegal": i < 2, "normalised": 1 <= i < 2, "accidental_translation": i < 1}
        for i, row in enumerate(plain)
    ]
    legal = [row | {"illegal": False, "normalised": False, "accidental_translation": False} for row in plain]
    mine = {"en": legal, "de": legal, "el": written}
    builder.replicated({"encoder": {1: dict.fromkeys(mine, plain)}, "mt5": {1: mine, 2: dict.fromkeys(mine, legal)}})
    summary = summarize(builder.directory)
    assert summary.arms["encoder"].shares == {}
    assert summary.arms["mt5"].shares["el"] == {
        "illegal": (50.0, 0.0),
        "normalised": (25.0, 0.0),
        "accidental_translation": (25.0, 0.0),
    }
    text = drawn(summary)
    rows = [line.split() for line in text.splitlines() if line.startswith("mt5, ")]
    assert rows[0][:5] == ["mt5,", "illegal", "0.0", "0.0", "25.0"] and rows[0][5:] == ["12.5", "±", "17.7"]
    assert rows[1][:6] == ["mt5,", "illegal:", "normalised", "0.0", "0.0", "12.5"]
    assert rows[2][:7] == ["mt5,", "illegal:", "accidental", "translation", "0.0", "0.0", "12.5"]
    assert "where the context is in Latin script" in flat(text)
    report = json.loads(json.dumps(summary.as_json()))
    assert report["arms"]["mt5"]["shares"]["el"]["illegal"] == [50.0, 0.0]
    assert report["arms"]["mt5"]["mean_shares"]["illegal"] == [25.0, 0.0]
    assert "shares" not in report["arms"]["encoder"]


def test_rows_that_say_half_of_it_are_refused(studies: ModuleType, tmp_path: Path) -> None:
    builder = studies.StudyBuilder(tmp_path, ("mt5",), test={"languages": ["en"]})
    builder.search()
    half = [studies.rows([50])[0] | {"illegal": True, "normalised": False}]
    builder.replicated({"mt5": {1: {"en": half}}})
    with pytest.raises(RecordError, match="accidental_translation None"):
        summarize(builder.directory)


def test_encoders_alone_have_no_such_table(baselines: Summary) -> None:
    assert "llegal" not in drawn(baselines)
