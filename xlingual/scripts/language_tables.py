"""Tables by language: transfer gaps, worst languages, distances from English."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from xlingual.analyses.empty_golds import empty_golds
from xlingual.analyses.language_distance import (
    LIKENESSES,
    DistanceCorrelation,
    GroupMean,
    language_facts,
    unknown_languages,
)
from xlingual.analyses.transfer import transfer_gaps, worst_languages
from xlingual.report.differences import Difference
from xlingual.report.late_arms import shown
from xlingual.report.number_format import mean_cell, number_cell, signed
from xlingual.report.wide_table import Column, WideTable
from xlingual.scripts.command import Studies
from xlingual.scripts.tables import flags_of, interval, number, table_of


def gap_table(studies: Studies) -> WideTable | None:
    """Transfer gaps; None where no study was scored in its source language."""
    rows = [(label, one) for label, study in studies.items() for one in shown(transfer_gaps(study), study.summary.late)]
    if not rows:
        return None
    return table_of(
        "Transfer gap: score in the source language minus the mean of the others, in percentage points",
        (),
        rows,
        ("study", lambda row: row[0]),
        ("arm", lambda row: row[1].arm),
        ("gap", lambda row: mean_cell(row[1].gaps)),
        ("to", lambda row: row[1].against or ""),
        ("difference of gaps [95% interval]", lambda row: _to_baseline(row[1].difference)),
        left=("arm", "to"),
    )


def worst_table(studies: Studies) -> WideTable | None:
    """Worst languages; None where only the source language was scored."""
    rows = [
        (label, one) for label, study in studies.items() for one in shown(worst_languages(study), study.summary.late)
    ]
    if not rows:
        return None
    return table_of(
        "Worst language of each arm, the source left out, in percent",
        (),
        rows,
        ("study", lambda row: row[0]),
        ("arm", lambda row: row[1].arm),
        ("language", lambda row: row[1].language),
        ("score", lambda row: mean_cell(row[1].scores)),
        ("lowest of a unit", lambda row: number_cell(min(row[1].lowest))),
        ("difference there [95% interval]", lambda row: _to_baseline(row[1].difference)),
        left=("arm", "language"),
    )


def empty_golds_table(studies: Studies) -> WideTable | None:
    """Questions whose gold answers are normalised to nothing; None where no record says."""
    found = {label: counts for label, study in studies.items() if (counts := empty_golds(study)) is not None}
    if not found:
        return None
    languages = list(dict.fromkeys(language for counts in found.values() for language in counts))
    columns = [
        Column(language, [str(counts[language]) if language in counts else "-" for counts in found.values()])
        for language in languages
    ]
    return WideTable(
        "Questions whose gold answers SQuAD's official rule normalises to nothing: their F1 is 0, whatever is answered",
        (),
        Column("study", list(found)),
        [columns],
    )


def distance_table(studies: Studies, found: Mapping[str, Sequence[DistanceCorrelation]]) -> WideTable:
    """Pearson's correlations: a row an arm, a column a likeness."""
    rows: dict[tuple[str, str, str], dict[str, DistanceCorrelation]] = {}
    for label, of_study in found.items():
        for one in of_study:
            rows.setdefault((label, one.arm, one.of), {})[one.likeness] = one
    metric = " or ".join(dict.fromkeys(one.summary.metrics.headline.title for one in studies.values()))
    return table_of(
        f"Correlation over languages of {metric}, or its difference to the arm compared with, with likeness to English "
        "(Pearson's r [95% interval])",
        flags_of(studies),
        list(rows.items()),
        ("study", lambda row: row[0][0]),
        ("arm", lambda row: row[0][1]),
        ("of", lambda row: row[0][2]),
        *(
            (
                kind,
                lambda row, kind=kind: interval(row[1][kind].pearson, row[1][kind].low, row[1][kind].high, 2),
            )
            for kind in LIKENESSES
        ),
        left=("arm", "of"),
    )


def group_table(groups: Mapping[str, Sequence[GroupMean]]) -> WideTable:
    """Means by family, script and word order."""
    rows = [(label, one) for label, of_study in groups.items() for one in of_study]
    return table_of(
        "Means over languages that share a family, a script or a word order, in percent",
        (),
        rows,
        ("study", lambda row: row[0]),
        ("arm", lambda row: row[1].arm),
        ("by", lambda row: row[1].kind.replace("_", " ")),
        ("group", lambda row: row[1].group),
        ("languages", lambda row: " ".join(row[1].languages)),
        ("score", lambda row: number(row[1].score)),
        ("difference", lambda row: signed(row[1].difference)),
        left=("arm", "by", "group", "languages"),
    )


def distance_rows(found: Mapping[str, Sequence[DistanceCorrelation]]) -> list[dict[str, Any]]:
    """A CSV row a study, arm, likeness and language."""
    facts = language_facts()
    return [
        {
            "study": label,
            "arm": one.arm,
            "of": one.of,
            "likeness": one.likeness,
            "language": language,
            "family": facts[language].family,
            "script": facts[language].script,
            "word_order": facts[language].word_order,
            "likeness_to_english": place,
            "value": value,
            "pearson": one.pearson,
            "low": one.low,
            "high": one.high,
            "spearman": one.spearman,
        }
        for label, of_study in found.items()
        for one in of_study
        for language, place, value in one.points
    ]


def distance_notes(studies: Studies) -> list[str]:
    """What the numbers are, and what is missing."""
    unknown = {label: unknown_languages(one.summary) for label, one in studies.items()}
    return [
        "Likenesses are cosine similarities with English of URIEL's vectors (lang2vec 1.1.2), 0 to 1; the sources are "
        "in xlingual/analyses/languages.csv. Intervals are over languages, by Fisher's transformation.",
        "Likenesses go along with one another and with how much text of a language a model was pretrained on, which "
        "these facts do not hold.",
        *(f"{label}: no facts are shipped of {', '.join(names)}." for label, names in unknown.items() if names),
    ]


def _to_baseline(difference: Difference | None) -> str:
    return interval(difference.estimate, difference.low, difference.high) if difference else "baseline"
