"""Illegal predictions of models that write: answers that are not in the context, words that are no label.

Of answers, accidental translations too (mT5, arXiv 2010.11934, section 5).
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from xlingual.report.number_format import NOTHING, mean_cell
from xlingual.report.summary import Summary
from xlingual.report.wide_table import Column, WideTable
from xlingual.task_metrics import PAIRS


def shares_table(summary: Summary, flags: Sequence[str]) -> WideTable | None:
    """A row for each share of an arm whose model writes, by language, in percent; None without any.

    Args:
        summary: of the study.
        flags: lines under the title.
    """
    arms = [arm for arm in summary.arms.values() if arm.shares]
    if not arms:
        return None
    shares = summary.metrics.share_names
    names = [f"{arm.name}, {share.title}" for arm in arms for share in summary.metrics.shares]
    groups = []
    for language in summary.languages:
        cells = [arm.shares.get(language, {}).get(share) for arm in arms for share in shares]
        groups.append([Column(language, [f"{fmean(seeds):.1f}" if seeds else NOTHING for seeds in cells])])
    if summary.targets:
        means = [mean_cell(arm.mean_share(share)) for arm in arms for share in shares]
        groups.append([Column(f"mean of\n{summary.non_source}", means)])
    kinds = "illegal predictions and accidental translations" if len(shares) > 1 else "illegal predictions"
    title = f"{summary.study}: {kinds} in percent of the {summary.words.examples}"
    return WideTable(title, flags, Column("arm", names), groups)


def shares_notes(summary: Summary) -> list[str]:
    """What the shares are."""
    if not any(arm.shares for arm in summary.arms.values()):
        return []
    if summary.words == PAIRS:
        return ["Illegal: what the model wrote is none of the words of the labels; it counts as wrong."]
    return [
        "Illegal: the prediction is empty or is not in the context character for character. Normalised: "
        "illegal by its Unicode form or spaces alone (it is in the context once both are in NFKC), as T5's "
        "tokenizers normalise all that they read and write; encoders copy, so that exact match is easier for them in "
        "Thai, Chinese and Hindi. Accidental translation: illegal otherwise, and most of its letters are in another "
        "script than most of the context's; where the "
        "context is in Latin script, a translation into English shows no other script and is not counted "
        "(arXiv 2010.11934, section 5)."
    ]
