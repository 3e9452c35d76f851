"""The tables of published scores of all benchmarks: complete, consistent with themselves, and named."""

from __future__ import annotations

import pytest

from xlingual.errors import RecordError
from xlingual.report.published import is_part, mean_names, means_of, published_rows, read_published
from xlingual.study.benchmarks import BENCHMARKS
from xlingual.study.published_models import PUBLISHED_MODELS

ROUNDED = 0.101
"""Published means are of numbers that are not rounded: they may differ from the mean of rounded ones."""

WITH_ROWS = [name for name, one in BENCHMARKS.items() if one.published]


@pytest.mark.parametrize("name", WITH_ROWS)
def test_rows_are_of_models_that_a_study_can_name_and_each_names_its_source(name: str) -> None:
    rows = published_rows(BENCHMARKS[name], setting="")
    assert rows and {row.model for row in rows} <= set(PUBLISHED_MODELS)
    assert all(row.source and row.setting for row in rows)
    assert len({(row.model, row.setting, row.source) for row in rows}) == len(rows)


@pytest.mark.parametrize("name", WITH_ROWS)
def test_a_published_mean_is_that_of_its_languages_where_these_are_published(name: str) -> None:
    benchmark = BENCHMARKS[name]
    for row in published_rows(benchmark, setting=""):
        for key, languages in means_of(benchmark).items():
            for metric in benchmark.metrics.names:
                computed, stated = row.mean_over(languages, metric), row.means.get(key, {}).get(metric)
                assert computed is None or stated is None or abs(computed - stated) < ROUNDED, (row.note, metric)


@pytest.mark.parametrize("name", WITH_ROWS)
def test_every_metric_of_a_row_is_one_of_the_benchmark(name: str) -> None:
    benchmark = BENCHMARKS[name]
    for row in published_rows(benchmark, setting=""):
        assert set(row.metrics) == set(benchmark.metrics.names)
        assert any(row.has(metric) for metric in row.metrics)


def test_means_are_told_apart_by_what_some_of_them_lack() -> None:
    assert mean_names(BENCHMARKS["xquad"]) == {
        "avg11": "mean of 11\nwith en, no ro",
        "avg12": "mean of 12\nwith en and ro",
    }
    assert mean_names(BENCHMARKS["pawsx"]) == {"avg7": "mean of 7\nwith en"}
    assert mean_names(None) == means_of(None) == {}


def test_rows_of_a_test_set_of_ones_own_are_none() -> None:
    assert published_rows(None) == published_rows(None, "mBERT") == ()


def test_fewer_examples_than_a_benchmark_has_are_a_part_of_it() -> None:
    pawsx = BENCHMARKS["pawsx"]
    assert is_part(pawsx, "de", 1999) and not is_part(pawsx, "de", 2000)
    assert not is_part(pawsx, "xx", 1), "nothing is known of other languages"


def test_columns_are_called_as_the_benchmarks_metrics() -> None:
    lines = ["model,language,accuracy,setting,source", "m,de,80.5,zero-shot,x"]
    (row,) = read_published(lines, "t", BENCHMARKS["pawsx"])
    assert row.scores == {"de": {"accuracy": 80.5}} and row.means == {}
    with pytest.raises(RecordError, match=r"t:2: found .* a line has model, language, accuracy, setting, source"):
        read_published([lines[0].replace("source", "from"), lines[1]], "t", BENCHMARKS["pawsx"])
