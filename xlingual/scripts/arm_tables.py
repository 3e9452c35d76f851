"""Tables of what compares arms: ranks, pairs, probabilities, signals, claims."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from xlingual.analyses.arm_ranks import Outperforming, Ranking
from xlingual.analyses.claims import Line
from xlingual.analyses.selection_signal import RankCorrelation, Signal
from xlingual.report.number_format import DIFFERENT, NOTHING, difference_cell, signed
from xlingual.report.wide_table import Column, WideTable
from xlingual.scripts.command import Studies
from xlingual.scripts.tables import flags_of, interval, number, table_of

SIGNALS_SHOWN = ("objective", "f1", "exact_match", "accuracy")
"""Development scores whose correlations with every language are printed; those of all others with the mean alone."""


def rank_table(studies: Studies, rankings: Mapping[str, Ranking]) -> WideTable:
    """The arms of every study, the best first."""
    rows = [(label, arm) for label, one in rankings.items() for arm in one.arms]
    metrics = dict.fromkeys(one.summary.metrics.headline.title for one in studies.values())
    return table_of(
        f"Arms by their mean {' or '.join(metrics)} over all languages but the source, in percent",
        flags_of(studies),
        rows,
        ("study", lambda row: row[0]),
        ("arm", lambda row: row[1].arm),
        ("mean", lambda row: number(row[1].mean)),
        ("rank", lambda row: str(row[1].rank)),
        ("tie groups", lambda row: row[1].groups),
        left=("arm", "tie groups"),
    )


def pair_table(rankings: Mapping[str, Ranking]) -> WideTable:
    """Every pair of arms."""
    rows = [(label, pair) for label, one in rankings.items() for pair in one.pairs]
    return table_of(
        "Every pair of arms: difference of means in percentage points [95% interval], p by Holm over a study's pairs",
        (),
        rows,
        ("study", lambda row: row[0]),
        ("better", lambda row: row[1].better),
        ("than", lambda row: row[1].other),
        (
            "difference",
            lambda row: interval(row[1].estimate, row[1].low, row[1].high) + (DIFFERENT if row[1].different else ""),
        ),
        ("p", lambda row: number(row[1].adjusted_p, 3)),
        left=("better", "than"),
    )


def outperforming_table(found: Mapping[str, Sequence[Outperforming]]) -> WideTable:
    """The probability of outperforming of every compared arm."""
    rows = [(label, one) for label, of_study in found.items() for one in of_study]
    return table_of(
        "Probability that a unit (search or seed) of the arm scores higher [95% bootstrap interval over units]",
        (),
        rows,
        ("study", lambda row: row[0]),
        ("arm", lambda row: row[1].arm),
        ("than", lambda row: row[1].against),
        ("probability", lambda row: interval(row[1].probability, row[1].low, row[1].high, 2, sign=False)),
        ("units", lambda row: " and ".join(map(str, row[1].units)) + (" paired" if row[1].paired else "")),
        left=("arm", "than", "units"),
    )


def rank_notes(rankings: Mapping[str, Ranking]) -> list[str]:
    """What letters, ranks and probabilities mean."""
    undecided = [
        f"{label}: no verdict rests on {', '.join(one.undecided)}, with fewer than three units or one search."
        for label, one in rankings.items()
        if one.undecided
    ]
    return [
        "Arms that share a letter are not called different; * marks pairs that are. A rank is one more than the number "
        "of arms that are better and called different.",
        "A probability of 0.5 says that arms cannot be told apart unit by unit; its interval is too narrow with few "
        "units.",
        *undecided,
    ]


def pair_rows(rankings: Mapping[str, Ranking], better: Mapping[str, Sequence[Outperforming]]) -> list[dict[str, Any]]:
    """One CSV row a pair, with the probability of outperforming where the study compares the two."""
    rows = []
    for label, one in rankings.items():
        arms = {arm.arm: arm for arm in one.arms}
        chances = {(each.arm, each.against): each.probability for each in better[label]}
        for pair in one.pairs:
            forth, back = chances.get((pair.better, pair.other)), chances.get((pair.other, pair.better))
            rows.append(
                {
                    "study": label,
                    "metric": one.metric,
                    "better": pair.better,
                    "other": pair.other,
                    "mean_better": arms[pair.better].mean,
                    "mean_other": arms[pair.other].mean,
                    "groups_better": arms[pair.better].groups,
                    "groups_other": arms[pair.other].groups,
                    "difference": pair.estimate,
                    "low": pair.low,
                    "high": pair.high,
                    "adjusted_p": pair.adjusted_p,
                    "different": pair.different,
                    "probability_of_outperforming": forth if forth is not None else back and 1.0 - back,
                }
            )
    return rows


def signal_table(studies: Studies, signals: Mapping[str, Sequence[Signal]]) -> WideTable:
    """Development scores by test scores: rank correlations."""
    rows = [
        (label, one)
        for label, found in signals.items()
        for one in found
        if one.test == found[0].test or one.development in SIGNALS_SHOWN
    ]
    return table_of(
        "Spearman's rank correlation of development with test scores over replicates [95% interval]",
        flags_of(studies),
        rows,
        ("study", lambda row: row[0]),
        ("development", lambda row: row[1].development),
        ("test", lambda row: row[1].test),
        ("all replicates", lambda row: _rho(row[1].overall)),
        ("n", lambda row: str(row[1].overall.n)),
        ("within arms", lambda row: _rho(row[1].within_arms)),
        left=("development", "test"),
    )


def _rho(found: RankCorrelation) -> str:
    return interval(found.rho, found.low, found.high, 2)


def signal_rows(signals: Mapping[str, Sequence[Signal]]) -> list[dict[str, Any]]:
    """One CSV row a development score and test score."""
    return [
        {
            "study": label,
            "development": one.development,
            "test": one.test,
            "selects": one.selects,
            **{
                f"{kind}_{part}": getattr(found, part)
                for kind, found in (("overall", one.overall), ("within_arms", one.within_arms))
                for part in ("rho", "low", "high", "p", "n")
            },
        }
        for label, found in signals.items()
        for one in found
    ]


def signal_notes(studies: Studies) -> list[str]:
    """What was selected by, and what intervals cover."""
    return [
        *(f"{label}: its searches selected by {one.summary.objective} (objective)." for label, one in studies.items()),
        "Replicates are those of chosen configurations: they vary less than the trials of a search, which lowers every "
        "correlation. Arms share searches' luck, so intervals over all replicates are too narrow.",
    ]


def claim_table(lines: Sequence[Line], flags: Sequence[str]) -> WideTable:
    """The ledger, one comparison a row."""
    title = "Published claims, and what these studies measured: percentage points, 95% intervals"
    columns = [
        Column("study", [line.study for line in lines], justify="left"),
        Column("comparison", [f"{line.arm} to {line.against}" for line in lines], justify="left"),
        Column("claimed", [signed(line.claim.gain) if line.claim.gain else "a gain" for line in lines]),
        Column("measured", [difference_cell(line.gap) if line.gap else NOTHING for line in lines]),
        Column("verdict", [line.words for line in lines], justify="left", wraps=True),
    ]
    return WideTable(title, flags, Column("claim", [line.claim.name for line in lines]), [columns])
