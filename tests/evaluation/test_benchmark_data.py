from __future__ import annotations

from pathlib import Path

import pytest

from xlingual.errors import DataError, XlingualError
from xlingual.evaluation.benchmark_examples import codes_of, examples_of
from xlingual.languages import XQUAD_LANGUAGES
from xlingual.study.benchmarks import BENCHMARKS
from xlingual.tasks.named import task_of

XQUAD = BENCHMARKS["xquad"]


def test_languages_are_codes_in_either_form_each_once() -> None:
    assert codes_of(XQUAD, "all") == list(XQUAD_LANGUAGES)
    assert codes_of(XQUAD, "deu, es,de,") == ["de", "es"]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("german", "did you mean 'de'"),
        ("de;es", "unknown language 'de;es'"),
        (" , ", "no language in"),
        ("", "write codes such as de,es"),
    ],
)
def test_a_language_that_is_none_is_refused(asked: str, said: str) -> None:
    with pytest.raises(DataError, match="--languages") as refused:
        codes_of(XQUAD, asked)
    assert said in str(refused.value)


def test_a_limit_keeps_the_first_questions(xquad: Path) -> None:
    sets = examples_of(XQUAD, str(xquad), ["de", "en"], 3)
    assert [example.id for example in sets["de"].examples] == ["517", "518", "519"]
    assert list(sets) == ["de", "en"]
    assert examples_of(XQUAD, str(xquad), ["de"], 50)["de"].fingerprint != sets["de"].fingerprint
    with pytest.raises(XlingualError, match="--limit: found 0; write 1 or more"):
        examples_of(XQUAD, str(xquad), ["de"], 0)


def test_absent_data_is_said_with_the_option(xquad: Path) -> None:
    with pytest.raises(DataError, match=r"--data: .*no such file or directory"):
        examples_of(XQUAD, "./absent", ["de"])
    with pytest.raises(DataError, match=r"--data: .*no file for fr"):
        examples_of(XQUAD, str(xquad), ["de", "fr"])
    with pytest.raises(DataError, match=r"--data: XQuAD has no fr, ja; write --languages"):
        examples_of(XQUAD, "google/xquad", ["de", "fr", "ja"])


def test_every_benchmark_is_of_a_task_that_a_family_does() -> None:
    for name, benchmark in BENCHMARKS.items():
        assert benchmark.name == name
        task = task_of(benchmark)
        assert task.name == benchmark.metrics.task and task.metrics == benchmark.metrics
        assert benchmark.languages[0] == "en"
        assert all(set(languages) <= set(benchmark.languages) for languages in benchmark.averages.values())


@pytest.mark.parametrize("name", BENCHMARKS)
def test_everything_that_a_benchmark_names_is_there(name: str) -> None:
    benchmark = BENCHMARKS[name]
    assert "{language}" in benchmark.file and benchmark.source and benchmark.title
    named = (benchmark.reader, benchmark.training_reader, benchmark.stated, benchmark.available, benchmark.crossed)
    assert all(callable(benchmark.load(reference)) for reference in named if reference)
    assert bool(benchmark.crossed) == all(benchmark.roles)
    assert benchmark.source not in {one.source for one in BENCHMARKS.values() if one.name != name}
