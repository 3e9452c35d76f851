"""Output of `plan --power`: from shipped figures, or those measured in a finished study."""

from __future__ import annotations

import io
import json
import math
import sys
from dataclasses import replace
from pathlib import Path
from statistics import fmean, stdev
from types import ModuleType

import numpy as np
import pytest
from rich.console import Console

from xlingual.cli import main
from xlingual.errors import RecordError, XlingualError
from xlingual.report.deviations import Deviations, measured, stated, stated_facts
from xlingual.report.power_report import PowerPlan, power_plan, power_table
from xlingual.report.published import published_rows
from xlingual.report.summary import summarize
from xlingual.statistics.power import Comparison, Units, detectable
from xlingual.study import load_study, plan
from xlingual.study.benchmarks import BENCHMARKS

STUDY = Path(__file__).parents[2] / "studies" / "quickstart.yaml"
EIGHT = ("search.trials_per_arm=8",)


def planned(*overrides: str, deviations: Deviations | None = None) -> PowerPlan:
    study = load_study(str(STUDY), [*EIGHT, *overrides])
    return power_plan(study, plan(study), deviations or stated(study.data.test.languages))


def shown(found: PowerPlan, width: int = 80) -> str:
    stream = io.StringIO()
    Console(width=width, file=stream).print(power_table(found))
    return stream.getvalue()


def test_the_studys_own_design_comes_first_and_two_finer_ones_follow() -> None:
    found = planned("replicates.searches=4", "replicates.seeds=1")
    assert [(d.searches, d.seeds, d.trials) for d in found.designs] == [(4, 1, 2), (8, 1, 2), (4, 3, 2)]
    assert [d.trainings for d in found.designs] == [4 * (8 + 4), 4 * (16 + 8), 4 * (8 + 12)]
    study = load_study(str(STUDY), [*EIGHT, "replicates.searches=4", "replicates.seeds=1"])
    assert found.designs[0].trainings == plan(study).trials + plan(study).replicates
    own, more, _ = (design.found["mean"] for design in found.designs)
    assert more.alone < own.alone < own.adjusted


def test_the_figures_are_those_of_the_stated_deviations() -> None:
    found = planned("replicates.searches=4", "replicates.seeds=1")
    points = {(fact.what, fact.target): fact.points for fact in stated_facts()}
    unit = Units(math.hypot(points["search", "all"], points["seed", "th"]), 4)
    comparison = Comparison(unit, unit, points["articles", "language"], 48)
    assert found.designs[0].found["th"].alone == pytest.approx(detectable(comparison))
    assert found.designs[0].found["th"].adjusted == pytest.approx(detectable(comparison, level=0.05 / 12))
    assert found.targets == ("mean", "de", "th")


@pytest.mark.parametrize("searches", [1, 2])
def test_one_or_two_searches_find_nothing_and_the_budget_is_split_instead(searches: int) -> None:
    found = planned(f"replicates.searches={searches}", "replicates.seeds=5")
    assert [(d.searches, d.trials) for d in found.designs] == [(searches, 8 // searches), (4, 2), (8, 2)]
    assert not found.designs[0].found and found.designs[1].found
    assert found.as_json()["designs"][0]["detectable"] is None
    assert "with fewer than 3 searches (of fixed arms: seeds) nothing is ever called a difference" in flat(shown(found))


def test_arms_that_search_nothing_are_compared_by_their_seeds() -> None:
    found = planned("training.learning_rate=0.003", "replicates.searches=4", "replicates.seeds=1")
    assert {design.compared for design in found.designs} == {"searches to seeds"}
    fixed = planned("training.learning_rate=0.003", "replicates.searches=4", "replicates.seeds=2")
    first = fixed.designs[0]
    assert first.trainings == 1 + 3 * 8 + 4 * 8  # the baseline is one trial, and has eight seeds


def test_where_nothing_is_searched_seeds_are_added() -> None:
    study = load_study(str(STUDY.with_name("toy_noise_magnitude.yaml")))
    found = power_plan(study, plan(study), stated(study.data.test.languages))
    own = (study.replicates.searches, study.replicates.seeds)
    assert [(d.searches, d.seeds) for d in found.designs] == [(own[0], own[1] * more) for more in (1, 2, 4)]
    assert {d.compared for d in found.designs} == {"seeds"}
    assert found.designs[0].trainings == plan(study).trials + plan(study).replicates


def test_english_alone_is_the_headline_where_nothing_else_is_tested() -> None:
    found = planned("data.test.languages=[en]", "data.faq.languages=[de, th]")
    assert found.targets == ("en",) and found.languages == 1
    assert "en, of" not in shown(found) and shown(found).split()


def test_a_study_of_one_arm_compares_nothing(tmp_path: Path) -> None:
    text = STUDY.read_text(encoding="utf-8")
    head, rest = text.split("  webfaq:", 1)
    path = tmp_path / "one.yaml"
    path.write_text(head + "search:" + rest.split("\nsearch:", 1)[1], encoding="utf-8")
    study = load_study(str(path))
    with pytest.raises(XlingualError, match="has one arm, and nothing is compared; add a treatment"):
        power_plan(study, plan(study), stated(study.data.test.languages))


def test_deviations_of_english_alone_are_of_no_mean(studies: ModuleType, tmp_path: Path) -> None:
    summary = summarize(studies.finished_study(tmp_path, seeds=3, test={"languages": ["en"]}).directory)
    with pytest.raises(XlingualError, match="--like: that study scored no language but en; name one"):
        planned(deviations=measured(summary, tmp_path))


def test_half_of_the_paragraphs_find_less() -> None:
    half, whole = stated(("en", "de"), 120), stated(("en", "de"))
    assert half.articles["de"] == pytest.approx(whole.articles["de"] * math.sqrt(2))
    assert (whole.clusters, stated(("en",), 10).clusters) == (48, 10)


def test_published_figures_are_what_two_groups_reached_with_the_same_models() -> None:
    """From the published table: a single run's standard deviation is the root of half the mean squared difference."""
    squares: dict[str, list[float]] = {}
    for model in ("mBERT", "XLM-R-large"):
        rows = {row.source: row for row in published_rows(BENCHMARKS["xquad"], model) if len(row.scores) == 12}
        first, second = (next(row for name, row in rows.items() if key in name) for key in ("XQuAD", "juletx"))
        others = [code for code in first.scores if code != "en"]
        gaps = {code: (first.scores[code]["f1"] or 0) - (second.scores[code]["f1"] or 0) for code in others}
        for target, gap in {**gaps, "mean": fmean(gaps.values())}.items():
            squares.setdefault(target, []).append(gap**2 / 2)
    facts = [fact for fact in stated_facts() if fact.kind == "published"]
    assert {fact.target for fact in facts} == {"mean", "de", "th"}
    for fact in facts:
        assert fact.points == pytest.approx(math.sqrt(fmean(squares[fact.target])), abs=0.05)
        assert "2003.11080" in fact.source and "juletx" in fact.source


def test_every_language_has_a_figure_and_a_source() -> None:
    found = stated(("en", "sw", "th"))
    assert found.seed["sw"] == max(found.seed.values())  # for a language without a figure: the largest of all
    assert {fact.kind for fact in stated_facts()} == {"assumed", "simulated", "published"}
    for fact in stated_facts():
        assert fact.points > 0
        assert fact.kind == "published" or fact.source.startswith("tests/benchmarks/")


def test_the_table_fits_eighty_columns_and_says_what_it_rests_on() -> None:
    text = shown(planned("replicates.searches=4", "replicates.seeds=1"))
    assert max(map(len, text.splitlines())) <= 80
    assert len([line for line in text.splitlines() if line.startswith(("4 x", "8 x"))]) == 3  # no block is repeated
    words = flat(text)
    assert "smallest difference in F1 found with 80% power" in words
    assert "toy world: stated deviations are of real models" in words
    assert "'of K' is at 5% / K, the first step of Holm's procedure" in words
    assert "published, to compare with" in words


def flat(text: str) -> str:
    return " ".join(text.split())


def finished(studies: ModuleType, storage: Path, seeds: int = 5) -> Path:
    builder = studies.finished_study(storage, seeds=seeds, questions=40, test={"languages": ["en", "de", "th"]})
    return Path(builder.directory.path)


def test_a_finished_studys_own_deviations_are_measured(studies: ModuleType, tmp_path: Path) -> None:
    summary = summarize(finished(studies, tmp_path))
    found = measured(summary, tmp_path)
    arms = [summary.arms[name].mean("f1") for name in ("baseline", "webfaq")]
    paired = [first - second for first, second in zip(*arms, strict=True)]
    assert found.seed["mean"] == pytest.approx(stdev(paired) / math.sqrt(2))
    assert found.articles["mean"] == summary.differences["webfaq"]["mean"]["f1"].found.article_error
    assert found.clusters == 8
    assert found.search == stated(("en", "de", "th")).search
    assert found.source == "measured over seeds in small; that of searches is stated, as no arm there has several"


def test_deviations_over_searches_are_taken_whole(studies: ModuleType, tmp_path: Path) -> None:
    summary = summarize(studies.study_of_searches(tmp_path, {"webfaq": 2.0}, searches=3, seeds=2).directory)
    found = measured(summary, tmp_path)
    spread = [stdev(summary.arms[name].mean("f1")) for name in ("baseline", "webfaq")]
    assert found.search["mean"] == pytest.approx(math.sqrt(fmean(one**2 for one in spread)))
    assert found.seeds == 2
    assert found.of_unit("mean", 1, searched=True) == found.of_unit("mean", 9, searched=True) == found.search["mean"]
    assert not found.facts and found.seed == stated(("en", "de", "es", "ru", "th")).seed
    assert "measured over searches of 2 seeds each in small; that of fixed configurations" in found.source


def test_searches_and_seeds_of_compared_arms_are_measured_apart(studies: ModuleType, tmp_path: Path) -> None:
    summary = summarize(studies.study_of_searches(tmp_path, {"webfaq": 2.0, "fixed": 0.0}, searches=3).directory)
    fixed = replace(summary.arms["fixed"], searches=1)
    summary = replace(summary, arms={**summary.arms, "fixed": fixed})
    found, spread = measured(summary, tmp_path), {n: stdev(arm.mean("f1")) for n, arm in summary.arms.items()}
    assert found.seed["mean"] == pytest.approx(spread["fixed"])
    of_searches = [(spread["webfaq"] ** 2 + spread["baseline"] ** 2) / 2, spread["baseline"] ** 2]
    assert found.search["mean"] == pytest.approx(math.sqrt(fmean(of_searches)))
    assert "stated" not in found.source


def test_no_design_is_shown_that_a_study_may_not_have() -> None:
    most = planned("replicates.searches=60", "replicates.seeds=98", "search.trials_per_arm=60")
    assert [(design.searches, design.seeds) for design in most.designs] == [(60, 98)]


def test_one_unit_is_no_study_to_take_deviations_from(studies: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="allow no standard deviation; name a study in which two compared arms have"):
        measured(summarize(finished(studies, tmp_path, seeds=1)), tmp_path)


def test_the_command_prints_the_contract_as_json(
    studies: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(*arguments: object) -> tuple[str, str]:
        monkeypatch.setattr(sys, "argv", ["xlingual", "plan", str(STUDY), *map(str, arguments)])
        with pytest.raises(SystemExit):
            main()
        captured = capsys.readouterr()
        return captured.out, captured.err

    content = json.loads(run("--power", "--json")[0])
    assert (content["power"], content["level"], content["comparisons"], content["languages"]) == (0.8, 0.05, 3, 12)
    own = content["designs"][0]
    assert set(own) == {"searches", "seeds", "trials_per_search", "trainings", "compared", "detectable"}
    assert own["detectable"]["mean"]["adjusted"] > own["detectable"]["mean"]["alone"] > 0
    assert content["deviations"]["facts"][0]["source"]
    like = json.loads(run("--power", "--json", "--like", finished(studies, tmp_path))[0])
    assert like["deviations"]["seed"] != content["deviations"]["seed"]
    assert np.isfinite(like["designs"][0]["detectable"]["mean"]["alone"])
    assert "--like x: is the source of the figures of --power" in run("--like", "x")[1]
    assert "--bench: hours are not shown with --power" in run("--power", "--bench", "x")[1]


def test_stated_figures_are_of_xquad_and_a_plan_for_another_set_says_so() -> None:
    study = load_study(str(STUDY.with_name("webfaq_mix.yaml")), ["data.test=mlqa"])
    found = power_plan(study, plan(study), stated(study.data.test.languages))
    assert any("are of XQuAD, and may be others on MLQA" in note for note in found.notes)
    assert "smallest difference in MLQA F1 found" in flat(shown(found))
    xquad = load_study(str(STUDY.with_name("webfaq_mix.yaml")))
    assert not any("may be others" in note for note in power_plan(xquad, plan(xquad), stated(("en", "de"))).notes)
