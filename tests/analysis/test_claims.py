"""The ledger of claims: verdicts by the rule, from the records of studies; the file of claims and its studies."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from xlingual.analyses.claims import ledger, read_claims
from xlingual.study import load_study, plan

ROOT = Path(__file__).resolve().parents[2]
STUDIES = sorted((ROOT / "studies" / "claims").glob("claims_*.yaml"))
CODES = ("en", "de", "fr")
KEYS = (*CODES, *(f"{a}-{b}" for a in CODES for b in CODES if a != b))
PAIRS = 60

Write = Callable[..., Path]


@pytest.fixture
def write(studies: ModuleType, tmp_path: Path) -> Write:
    """Write a finished study of PAWS-X whose robust arm gains so many points, and more over two languages."""

    def written(gain: float, more: float = 0.0, *, seeds: int = 5, below: str = "") -> Path:
        test = {"set": "pawsx", "source": "there", "languages": list(CODES), "generalised": True}
        numbers = tuple(range(1, seeds + 1))
        arms, replicates = ("baseline", "rs_da_matched"), {"searches": 1, "seeds": seeds}
        builder = studies.StudyBuilder(
            tmp_path / below, arms, name="claims_pawsx_small", test=test, replicates=replicates
        )
        builder.search()
        generator = np.random.default_rng(1)
        for arm in arms:
            for seed in numbers:
                builder.replicate(arm, seed)
                share = {key: 0.6 + (arm != "baseline") * (gain + more * ("-" in key)) / 100 for key in KEYS}
                rows = {key: _rows(generator, right) for key, right in share.items()}
                builder.score(arm, seed, rows, test_set="pawsx")
        return Path(builder.directory.path)

    return written


def _rows(generator: np.random.Generator, share: float) -> list[dict[str, Any]]:
    """Pairs of which about this share is right: the same ones but for a few, so that arms differ by their gain."""
    right = np.arange(PAIRS) < round(share * PAIRS)
    flipped = generator.integers(PAIRS)
    right[flipped] = not right[flipped]
    return [
        {"id": f"p{i}", "paragraph": f"p{i}", "prediction": "1", "label": "1", "accuracy": 100.0 * bool(one)}
        for i, one in enumerate(right)
    ]


def lines_of(claims: ModuleType, *directories: Path) -> dict[str, Any]:
    lines, _ = ledger(read_claims(claims.CLAIMS), directories)
    return {line.claim.name: line for line in lines}


def test_a_large_gain_supports_a_claim(claims: ModuleType, write: Write) -> None:
    line = lines_of(claims, write(20.0))["robust_pawsx"]
    assert line.gap.low > 0 and line.gap.different
    assert (line.verdict, line.words) == ("supported", "supported")


def test_an_interval_below_half_of_the_claimed_gain_contradicts_it(claims: ModuleType, write: Write) -> None:
    line = lines_of(claims, write(-20.0))["robust_pawsx"]
    assert line.gap.high < 2.1 / 2
    assert line.verdict == "contradicted"


def test_a_small_gain_is_undecided_with_the_seeds_that_would_find_the_claimed_one(
    claims: ModuleType, write: Write
) -> None:
    line = lines_of(claims, write(2.0, seeds=3))["robust_pawsx"]
    assert line.gap.low < 0 < line.gap.high
    assert line.verdict == "undecided"
    found = line.words
    assert f"{line.needed} seeds in each arm would find the claimed gain" in found or "no number of seeds" in found


def test_two_seeds_never_decide(claims: ModuleType, write: Write) -> None:
    line = lines_of(claims, write(20.0, seeds=2))["robust_pawsx"]
    assert not line.gap.found.decides
    assert line.verdict == "undecided"


def test_the_gain_over_two_languages_is_compared_with_that_over_one(claims: ModuleType, write: Write) -> None:
    more = lines_of(claims, write(0.0, 20.0))["generalised_pawsx"]
    assert more.gap.estimate == pytest.approx(20.0, abs=4.0)
    assert more.verdict == "supported"
    same = lines_of(claims, write(20.0, below="again"))["generalised_pawsx"]
    assert abs(same.gap.estimate) < 4.0
    assert same.verdict == "undecided"


def test_it_prints_every_claim_with_its_source_and_writes_the_lines(
    claims: ModuleType, write: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "out" / "ledger.csv"
    assert claims.main([str(write(20.0)), "--csv", str(table)]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "supported" in printed
    for claim in read_claims(claims.CLAIMS):
        assert f"{claim.name}: {claim.claim}" in printed
    assert "not tested here: it is about what methods cost in parallel corpora" in printed
    assert "none of the studies named tests it; run claims_webfaq or claims_webfaq_small" in printed
    with table.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [(row["claim"], row["measure"], row["claimed"]) for row in rows] == [
        ("robust_pawsx", "mean", "2.1"),
        ("generalised_pawsx", "generalised", ""),
    ]
    assert rows[0]["verdict"] == "supported" and float(rows[0]["low"]) > 0


def test_a_study_that_tests_no_claim_is_refused(
    claims: ModuleType, studies: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = studies.finished_study(tmp_path, questions=10, test={"languages": ["en", "de"]}).directory.path
    assert claims.main([str(other)]) == 1
    errors = capsys.readouterr().err
    assert "no claim names the study small; studies of claims: claims_pawsx, claims_pawsx_small" in errors
    assert errors.count("\n") == 1


def test_a_study_without_an_arm_of_the_claim_is_refused(
    claims: ModuleType, studies: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    test = {"languages": ["en", "de"]}
    builder = studies.finished_study(tmp_path, ("a", "b"), questions=10, test=test, name="claims_webfaq_small")
    assert claims.main([str(builder.directory.path)]) == 1
    assert "claim webfaq_xquad is about the arm webfaq, and the study has a, b" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("claims: [{name: a, claim: b, source: c}]", "claim a: write either studies or untested"),
        ("claims: [{name: a, claim: b, source: c, untested: d, measure: x}]", "measure 'x'; write one of mean"),
        ("other: 1", "cannot be read as a file of claims"),
    ],
)
def test_a_broken_file_of_claims_is_one_line(
    claims: ModuleType, write: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, said: str
) -> None:
    path = tmp_path / "claims.yaml"
    path.write_text(text, encoding="utf-8")
    assert claims.main([str(write(1.0)), "--claims", str(path)]) == 1
    errors = capsys.readouterr().err
    assert said in errors and errors.count("\n") == 1


@pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.stem)
def test_every_study_of_a_claim_has_the_arms_and_the_test_set_that_it_names(claims: ModuleType, path: Path) -> None:
    study = load_study(path)
    assert study.name == path.stem
    mine = [claim for claim in read_claims(claims.CLAIMS) if study.name in (claim.studies or {})]
    assert mine
    for claim in mine:
        assert {*claim.studies[study.name]} <= {*study.arms}
        test = study.data.test.sets[claim.test_set]
        assert test.generalised or claim.measure == "mean"


@pytest.mark.parametrize(("name", "copies", "plain"), [("claims_pawsx", 10, 4632), ("claims_xnli", 3, 12272)])
def test_the_released_recipe_has_as_many_more_updates_as_copies(name: str, copies: int, plain: int) -> None:
    study = load_study(next(path for path in STUDIES if path.stem == name))
    updates = {arm.name: arm.costs[0].updates for arm in plan(study).arms}
    for model in ("mbert", "xlmr"):
        assert updates[model] == updates[f"{model}_rs_da_matched"] == plain
        released = updates[f"{model}_rs_da_released"]
        assert released == updates[f"{model}_longer"]
        assert released == pytest.approx(copies * plain, rel=0.001)


def test_every_study_of_the_folder_tests_a_claim(claims: ModuleType) -> None:
    named = {name for claim in read_claims(claims.CLAIMS) for name in claim.studies or {}}
    assert named == {path.stem for path in STUDIES}
