"""A study with several test sets: each has tables, warnings and readings of its own, and one is the headline."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from xlingual.errors import RecordError
from xlingual.records.state import read_state
from xlingual.report.notes import warnings
from xlingual.report.status import status, status_table
from xlingual.report.summary import Summary, summarize
from xlingual.report.table import report_tables

PAIRS_OF = ("en", "de", "ja")


def drawn(summary: Summary, width: int = 220) -> str:
    console = Console(width=width, file=io.StringIO(), force_terminal=False)
    console.print(report_tables(summary))
    return console.file.getvalue()  # type: ignore[attr-defined]


def flat(text: str) -> str:
    return " ".join(text.split())


def labelled(generator: np.random.Generator, share: float, pairs: int = 40) -> list[dict[str, Any]]:
    right = generator.random(pairs) < share
    return [
        {
            "id": f"p{n:02d}",
            "paragraph": f"p{n - n % 2:02d}",
            "prediction": str(int(hit)),
            "label": "1",
            "accuracy": 100.0 * hit,
        }
        for n, hit in enumerate(right)
    ]


@pytest.fixture(scope="module")
def study(studies: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The headline is a user's own set in Swahili, Finnish and English; XQuAD is the other; one arm lacks a reading."""
    storage = tmp_path_factory.mktemp("several")
    own = {"source": "data/{language}.json", "languages": ["en", "fi", "sw"], "set": "mine"}
    also = {"xquad": {"source": "google/xquad", "languages": ["en", "de", "th"], "paragraphs": 2, "generalised": False}}
    builder = studies.StudyBuilder(storage, test={**own, "also": also}, replicates={"searches": 1, "seeds": 3})
    builder.search()
    for arm, gain in (("baseline", 0), ("webfaq", 30)):
        for seed in (1, 2, 3):
            builder.replicate(arm, seed)
            values = {code: [50 + gain + seed, 40 + gain, 10 + seed, 30 + gain / 2] for code in ("en", "fi", "sw")}
            builder.score(arm, seed, {code: studies.rows(f1) for code, f1 in values.items()}, "mine")
            if (arm, seed) != ("webfaq", 3):
                builder.score(arm, seed, {code: studies.rows([60, 20 + seed]) for code in ("en", "de", "th")})
    return builder


def test_the_headline_is_the_first_and_others_are_beside_it(study: Any) -> None:
    summary = summarize(study.directory)
    assert (summary.test_set, summary.title, summary.headline_title) == ("mine", "mine", "")
    assert [(one.test_set, one.title, one.headline_title) for one in summary.others] == [("xquad", "XQuAD", "mine")]
    assert summary.languages == ("en", "fi", "sw"), "the source language first, then by code"
    assert summary.others[0].languages == ("en", "de", "th"), "in XQuAD's order"
    assert summarize(study.directory, "xquad") == summary.others[0]


def test_each_set_counts_its_own_readings_and_replicates(study: Any) -> None:
    summary = summarize(study.directory)
    (xquad,) = summary.others
    assert (len(summary.readings), len(xquad.readings), len(summary.ledger)) == (6, 5, 11)
    assert (summary.complete, xquad.complete) == (True, False)
    assert (summary.arms["webfaq"].seeds, xquad.arms["webfaq"].seeds) == ((1, 2, 3), (1, 2))
    assert read_state(study.directory).complete is False
    assert warnings(summary) == ["INCOMPLETE on XQuAD: webfaq has 2 of 3 replicates scored."]
    assert warnings(xquad) == [
        "PART OF THE TEST SET: 2 paragraphs and 2 questions per language only.",
        "INCOMPLETE: webfaq has 2 of 3 replicates scored.",
    ]


def test_tables_of_the_headline_come_first_and_each_names_its_set(study: Any) -> None:
    text = drawn(summarize(study.directory))
    titles = [line for line in text.splitlines() if line.startswith("small: ")]
    places = {title: position for position, title in enumerate(titles)}
    headline = next(title for title in titles if "zero-shot F1 on mine (headline) in percent" in title)
    second = next(title for title in titles if "zero-shot F1 on XQuAD (secondary) in percent" in title)
    assert places[headline] == 0 < places[second]
    assert "test set opened 6 times" in headline and "test set opened 5 times" in second
    assert any("difference of F1 on XQuAD to baseline" in title for title in titles[places[second] :])
    assert sum("what training cost" in title or "training cost" in title for title in titles) <= 1
    assert "XQuAD is a secondary test set: mine is this study's headline" in flat(text)
    assert "The ledger holds 6 readings of mine." in flat(text) and "The ledger holds 5 readings of XQuAD." in flat(
        text
    )
    assert flat(text).count("the difference of the means is the headline") == 1
    assert "squad1.1|set:mine|langs:2|q:4" in text and "squad1.1|langs:2|q:2" in text


def test_the_status_counts_each_set(study: Any) -> None:
    state = read_state(study.directory)
    assert status(state)["test_sets"] == {
        "mine": {"readings": 6, "scored": 6},
        "xquad": {"readings": 5, "scored": 5},
    }
    table = status_table(state)
    assert "test sets opened: mine 6, xquad 5 times" in table.title
    columns = {column.header: list(column.cells) for group in table.groups for column in group}
    assert columns["seeds tested\non mine"] == ["3/3", "3/3"] and columns["seeds tested\non xquad"] == ["3/3", "2/3"]


def test_the_json_has_every_set_and_the_headline_as_always(study: Any) -> None:
    content = json.loads(json.dumps(summarize(study.directory).as_json(), allow_nan=False))
    assert (content["complete"], content["test_set"]["name"], content["test_set"]["headline"]) == (False, "mine", True)
    assert list(content["test_sets"]) == ["mine", "xquad"]
    mine, xquad = content["test_sets"].values()
    assert mine["differences"] == content["differences"] and mine["headline"] and not xquad["headline"]
    assert (mine["readings"], xquad["readings"]) == (6, 5) and len(content["ledger"]) == 11
    assert (xquad["complete"], xquad["paragraph_cap"], xquad["title"]) == (False, 2, "XQuAD")
    assert xquad["arms"]["webfaq"]["seeds"] == [1, 2] and xquad["arms"]["webfaq"]["scores"]["th"]["questions"] == 2
    assert content["arms"]["webfaq"]["scores"] == mine["arms"]["webfaq"]["scores"]
    assert mine["generalised"] is xquad["generalised"] is None


def test_a_set_that_the_study_lacks_is_named_with_those_it_has(study: Any) -> None:
    with pytest.raises(RecordError, match=re.escape("no test set 'mlqa'; name one of mine, xquad")):
        summarize(study.directory, "mlqa")


def test_a_set_that_was_added_and_not_scored_yet_says_so(studies: ModuleType, tmp_path: Path) -> None:
    also = {"pawsx": {"source": "google-research-datasets/paws-x", "languages": list(PAIRS_OF)}}
    builder = studies.finished_study(tmp_path, questions=10, test={"languages": ["en", "de"], "also": also})
    summary = summarize(builder.directory)
    assert summary.complete and not summary.others[0].complete and not summary.others[0].languages
    assert "no replicate was scored on PAWS-X yet" in drawn(summary)
    assert summary.as_json()["test_sets"]["pawsx"]["languages"] == []


@pytest.fixture(scope="module")
def pairs(studies: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """PAWS-X with all pairs of its languages; one pair is missing of one replicate."""
    test = {"set": "pawsx", "source": "x", "languages": list(PAIRS_OF), "generalised": True}
    builder = studies.StudyBuilder(
        tmp_path_factory.mktemp("pairs"),
        test=test,
        replicates={"searches": 1, "seeds": 3},
        search={"trials_per_arm": 2, "objective": "dev.accuracy"},
    )
    builder.search()
    generator = np.random.default_rng(2)
    keys = [*PAIRS_OF, *(f"{a}-{b}" for a in PAIRS_OF for b in PAIRS_OF if a != b)]
    for arm, gain in (("baseline", 0.0), ("webfaq", 0.2)):
        for seed in (1, 2, 3):
            builder.replicate(arm, seed)
            rows = {key: labelled(generator, 0.6 + gain * ("-" in key)) for key in keys}
            if (arm, seed) == ("webfaq", 2):
                del rows["ja-de"]
            builder.score(arm, seed, rows, "pawsx")
    return builder


def test_pairs_of_languages_are_in_no_mean_and_no_column(pairs: Any) -> None:
    summary = summarize(pairs.directory)
    assert summary.languages == PAIRS_OF and summary.targets == ("de", "ja")
    assert set(summary.differences["webfaq"]) == {*PAIRS_OF, "mean"}
    german, japanese = (summary.arms["webfaq"].scores[code].of("accuracy") for code in ("de", "ja"))
    assert summary.arms["webfaq"].mean("accuracy") == pytest.approx(np.add(german, japanese) / 2)


def test_a_study_with_one_metric_has_one_table_of_scores(pairs: Any) -> None:
    summary = summarize(pairs.directory)
    text = drawn(summary)
    assert text.count("zero-shot accuracy on PAWS-X in percent") == 1
    assert "accuracy|set:pawsx|langs:2|pairs:40|grp:20|" in text
    assert "Scored: 20 groups and 40 pairs per language, in 3 languages." in flat(text)
    assert "A group is all pairs that share a sentence" in flat(text)
    assert not any(word in text for word in ("paragraph", "article", "question", "F1"))
    content = json.loads(json.dumps(summary.as_json(), allow_nan=False))
    assert content["test_set"]["clusters"] == {"groups": 20}
    assert next(iter(content["differences"]["webfaq"]["de"])) == "accuracy"


def test_the_grid_is_drawn_with_its_diagonal_its_rest_and_their_differences(pairs: Any) -> None:
    summary = summarize(pairs.directory)
    assert summary.grid is not None and (summary.grid.absent, len(summary.grid.keys)) == (1, 8)
    text = drawn(summary)
    assert "generalised transfer, accuracy on PAWS-X in percent, summary;" in text
    assert "difference, two - same" in flat(text)
    lines = text[text.index("in percent: webfaq") :].splitlines()
    assert lines[1].split()[-3:] == list(PAIRS_OF) and "first sentence \\ second sentence" in lines[1]
    row = next(line for line in lines if line.startswith("ja "))
    assert row.split()[1:] == [f"{np.mean(summary.grid.means['webfaq']['ja-en']['accuracy']):.1f}", "-", row.split()[3]]
    assert "webfaq minus baseline in percentage points" in text
    assert "rows are the language of the first sentence, columns that of the second sentence" in flat(text)
    assert "not all pairs of these languages were scored" in flat(text)
    assert "Left out of the grid: 1 pair that not every replicate was scored on." in flat(text)
    assert summary.as_json()["generalised"]["pairs_left_out"] == 1


def test_pairs_of_a_set_that_is_not_generalised_any_more_are_not_shown(pairs: Any, tmp_path: Path) -> None:
    study = json.loads(pairs.directory.study_json.read_text())
    before = json.dumps(study)
    study["data"]["test"]["generalised"] = False
    pairs.directory.study_json.write_text(json.dumps(study))
    summary = summarize(pairs.directory)
    pairs.directory.study_json.write_text(before)
    assert summary.grid is None and "generalised transfer" not in drawn(summary)
