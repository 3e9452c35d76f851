"""The answer to a study's question in one sentence, from the verdicts of its headline."""

from __future__ import annotations

from collections.abc import Sequence

from xlingual.languages import name_or_code
from xlingual.report.differences import MEAN, Difference, headline_of
from xlingual.report.late_arms import marked
from xlingual.report.number_format import DIFFERENT, difference_cell
from xlingual.report.summary import Summary


def answer(summary: Summary) -> str:
    """Say which arms are better or worse, by how much, and of which the data does not decide it.

    Numbers are those of the table of the headline metric, to the digit.
    """
    if not summary.languages:
        return f"There is no answer yet: no replicate was scored on {summary.title}."
    gaps = {arm: cells[headline_of(cells)][summary.headline] for arm, cells in summary.differences.items()}
    lacking = f" Not scored: {', '.join(summary.unscored)}." if summary.unscored else ""
    if not gaps:
        return f"There is no difference to answer with: no arm was scored beside the arm it is compared with.{lacking}"
    clauses = [
        _found(summary, {arm: gap for arm, gap in gaps.items() if gap.different and gap.estimate > 0}, "better"),
        _found(summary, {arm: gap for arm, gap in gaps.items() if gap.different and gap.estimate < 0}, "worse"),
        _open(summary, {arm: gap for arm, gap in gaps.items() if not gap.different and gap.found.decides}, "the data"),
        _open(
            summary,
            {arm: gap for arm, gap in gaps.items() if not gap.different and not gap.found.decides},
            "this study",
        ),
    ]
    said = "; ".join(clause for clause in clauses if clause)
    text = f"{_standing(summary)}{_where(summary, gaps)}, {said}."
    return f"{text[0].upper()}{text[1:]}{lacking}"


def _standing(summary: Summary) -> str:
    """What limits every number, before anything else is said."""
    parts = [
        *(["in a made-up world"] if summary.toy else []),
        *(["with a search that saw the test set"] if summary.oracle else []),
        *(["as far as the study has come"] if not summary.complete else []),
    ]
    return f"{', '.join(parts)}: " if parts else ""


def _where(summary: Summary, gaps: dict[str, Difference]) -> str:
    metric = summary.metrics.headline.title
    cells = next(iter(summary.differences[arm] for arm in gaps))
    if headline_of(cells) == MEAN and len(summary.targets) > 1:
        return f"by mean {metric} over {len(summary.targets)} {summary.non_source} languages of {summary.title}"
    language = summary.targets[0] if headline_of(cells) == MEAN else headline_of(cells)
    return f"by {metric} in {name_or_code(language)} on {summary.title}"


def _found(summary: Summary, gaps: dict[str, Difference], word: str) -> str:
    """The arms that are called different."""
    return ", ".join(
        f"{_named(summary, arm)} is {word} than {_against(summary, arm)} by {_amount(summary, gap)}"
        for arm, gap in gaps.items()
    )


def _open(summary: Summary, gaps: dict[str, Difference], who: str) -> str:
    """The arms that are not called different: the data does not decide, or a study of this design never could."""
    by_other: dict[str, list[str]] = {}
    for arm, gap in gaps.items():
        by_other.setdefault(_against(summary, arm), []).append(f"{_named(summary, arm)} ({_amount(summary, gap)})")
    whether = [
        f"{_listed(arms)} {'differ' if len(arms) > 1 else 'differs'} from {other}" for other, arms in by_other.items()
    ]
    verb = "does not decide" if who == "the data" else "cannot decide"
    return f"{who} {verb} whether {_listed(whether)}" if whether else ""


def _named(summary: Summary, arm: str) -> str:
    """An arm, marked where it was chosen after a reading of the test set."""
    return marked(arm, summary.late)


def _against(summary: Summary, arm: str) -> str:
    return _named(summary, str(summary.arms[arm].against))


def _amount(summary: Summary, gap: Difference) -> str:
    """A difference with its interval, in the digits of the table."""
    points, interval = difference_cell(gap).removesuffix(DIFFERENT).split(" ", 1)
    share = f"{100 * summary.confidence:g}% interval "
    return f"{points} points, {interval.strip('[]') if gap.low is None else share + interval}"


def _listed(items: Sequence[str]) -> str:
    *some, last = items
    return f"{', '.join(some)} or {last}" if some else last
