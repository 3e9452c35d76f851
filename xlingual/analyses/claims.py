"""Published claims against what studies measured: the verdict of each comparison.

A file of claims holds every claim with its source, the studies that test it, and what was claimed, all written before
any result. A line of the ledger is one comparison of one study: an arm against its reference, in the claim's test set
and metric, with the 95% interval of the report.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from xlingual.errors import DataError
from xlingual.report.arm_summary import unit_names
from xlingual.report.differences import LEVEL, MEAN, Difference
from xlingual.report.grid import EXCESS
from xlingual.report.notes import warnings
from xlingual.report.summary import Summary, summarize
from xlingual.statistics.crossed import PAIRED_FROM
from xlingual.statistics.power import comparison_of, more_units

SUPPORTED, CONTRADICTED, UNDECIDED = "supported", "contradicted", "undecided"
VERDICTS = """\
Verdicts (the interval is the report's, over searches or seeds and over articles or groups of pairs):

- contradicted: the whole interval lies below half of the claimed gain; below 0, where no size was claimed.
- supported: not contradicted, and the report calls the difference one in the claimed direction.
- undecided: anything else. The ledger then says how many seeds (or searches) in each arm would find the claimed gain,
  or the measured one where no size was claimed, with 80% power, given the variation that the study measured. It says
  so too where no number of seeds would, because the articles vary too much.
"""
"""The rule, as `analysis/claims.py --help` says it."""

MEASURES = ("mean", "generalised")
"""What a claim is about: the gain of the mean over the target languages, or by how much the gain over pairs of two
languages exceeds that over pairs of one."""


@dataclass(frozen=True)
class Claim:
    """A published claim.

    Attributes:
        name: short, unique.
        claim: in a sentence.
        source: where it was published.
        gain: claimed size in percentage points; None where none was claimed.
        test_set: name of the test set.
        measure: one of MEASURES.
        studies: from the name of a study to the arms of it that test the claim.
        untested: why no study tests it; empty where some do.
    """

    name: str
    claim: str
    source: str
    gain: float | None = None
    test_set: str = ""
    measure: str = "mean"
    studies: Mapping[str, tuple[str, ...]] | None = None
    untested: str = ""


@dataclass(frozen=True)
class Line:
    """One comparison: what a study says of a claim.

    Attributes:
        claim: that it tests.
        study: name of the study.
        arm: that it is about.
        against: what the arm is compared with.
        metric: name of the metric.
        gap: the measured difference; None before both arms are scored.
        unit: what repetitions are called, in the plural.
        toy: whether the study's data is made up.
        late: arms of the study that were chosen after the test set had been read.
    """

    claim: Claim
    study: str
    arm: str
    against: str
    metric: str
    gap: Difference | None
    unit: str
    toy: bool = False
    late: tuple[str, ...] = ()

    @property
    def verdict(self) -> str:
        """By the rule of `VERDICTS`."""
        gap = self.gap
        if gap is None or gap.high is None or not gap.found.decides:
            return UNDECIDED
        if gap.high < (self.claim.gain or 0.0) / 2:
            return CONTRADICTED
        return SUPPORTED if gap.different and gap.estimate > 0 else UNDECIDED

    @property
    def needed(self) -> int | None:
        """Units in each arm that would find the gain with 80% power; None if unknown, or if no number would."""
        comparison = None if self.gap is None else comparison_of(self.gap.found)
        if comparison is None or self.gap is None:
            return None
        effect = self.claim.gain or self.gap.estimate
        more = more_units(effect, comparison, level=LEVEL / (self.gap.compared or 1))
        return None if more is None else max(PAIRED_FROM, min(self.gap.found.units) + more)

    @property
    def words(self) -> str:
        """The verdict, and what would decide where nothing does."""
        if self.verdict != UNDECIDED:
            return self.verdict
        if self.gap is None:
            return "undecided: not scored yet"
        if comparison_of(self.gap.found) is None:
            return f"undecided at this size: fewer than two {self.unit} or groups, so their variation is unknown"
        if self.needed is None:
            return f"undecided at this size: no number of {self.unit} would decide, the questions vary too much"
        size = "the claimed gain" if self.claim.gain else "a gain of the measured size"
        return f"undecided at this size: {self.needed} {self.unit} in each arm would find {size}"


def read_claims(path: Path) -> list[Claim]:
    """Read the file of claims.

    Raises:
        DataError: when it is no list of claims.
    """
    try:
        rows = yaml.safe_load(path.read_text(encoding="utf-8"))["claims"]
        return [_claim(row) for row in rows]
    except (OSError, yaml.YAMLError, KeyError, TypeError, ValueError) as error:
        raise DataError(
            f"{path}: cannot be read as a file of claims ({error}); see studies/claims/claims.yaml"
        ) from None


def _claim(row: Mapping[str, Any]) -> Claim:
    studies = {str(name): tuple(map(str, arms)) for name, arms in (row.get("studies") or {}).items()}
    claim = Claim(**{**row, "studies": studies})
    if claim.measure not in MEASURES:
        raise ValueError(f"claim {claim.name}: measure {claim.measure!r}; write one of {', '.join(MEASURES)}")
    if bool(claim.untested) == bool(studies):
        raise ValueError(f"claim {claim.name}: write either studies or untested")
    return claim


def ledger(claims: Sequence[Claim], directories: Sequence[Path]) -> tuple[list[Line], list[str]]:
    """Every comparison of the studies, by claim, and the warnings of the reports that they rest on.

    Raises:
        DataError: when a study tests no claim, or lacks an arm that a claim names.
        RecordError: when a directory is no study's, or a record is broken.
    """
    lines: list[Line] = []
    flags: list[str] = []
    for directory in directories:
        study = summarize(directory)
        mine = [claim for claim in claims if study.study in (claim.studies or {})]
        if not mine:
            known = dict.fromkeys(name for claim in claims for name in claim.studies or {})
            raise DataError(
                f"{directory}: no claim names the study {study.study}; studies of claims: {', '.join(known)}"
            )
        flags += [f"{study.study}: {one}" for one in warnings(study)]
        for claim in mine:
            lines += _lines(claim, directory, study)
    order = {claim.name: number for number, claim in enumerate(claims)}
    return sorted(lines, key=lambda line: order[line.claim.name]), list(dict.fromkeys(flags))


def _lines(claim: Claim, directory: Path, headline: Summary) -> Iterator[Line]:
    summary = headline if claim.test_set == headline.test_set else summarize(directory, set=claim.test_set)
    for arm in (claim.studies or {})[headline.study]:
        if arm not in summary.arms:
            raise DataError(
                f"{directory}: claim {claim.name} is about the arm {arm}, and the study has "
                f"{', '.join(summary.arms)}; run the study of studies/claims as it is"
            )
        yield Line(
            claim,
            summary.study,
            arm,
            str(summary.arms[arm].against),
            summary.headline,
            _measured(claim, summary, arm),
            unit_names(summary.arms.values()),
            summary.toy,
            summary.late,
        )


def _measured(claim: Claim, summary: Summary, arm: str) -> Difference | None:
    if claim.measure == "generalised":
        cells = summary.grid.differences.get(arm, {}) if summary.grid else {}
        return cells.get(EXCESS, {}).get(summary.headline)
    return summary.differences.get(arm, {}).get(MEAN, {}).get(summary.headline)


def said_of(claim: Claim, lines: Sequence[Line]) -> list[str]:
    """The claim with its source; and why nothing tests it, where nothing does."""
    texts = [f"{claim.name}: {claim.claim} Source: {claim.source}."]
    if claim.untested:
        texts.append(f"  not tested here: {claim.untested}")
    elif not any(line.claim is claim for line in lines):
        texts.append(f"  none of the studies named tests it; run {' or '.join(claim.studies or {})}")
    return texts


def ledger_row(line: Line) -> dict[str, Any]:
    """One comparison as a CSV row, unrounded."""
    gap = line.gap
    return {
        "claim": line.claim.name,
        "study": line.study,
        "arm": line.arm,
        "against": line.against,
        "test_set": line.claim.test_set,
        "metric": line.metric,
        "measure": line.claim.measure,
        "claimed": line.claim.gain,
        "difference": gap and gap.estimate,
        "low": gap and gap.low,
        "high": gap and gap.high,
        "verdict": line.verdict,
        "units_needed": line.needed if line.verdict == UNDECIDED else None,
    }
