"""Formats of numbers in a report's tables."""

from __future__ import annotations

from statistics import fmean, stdev

from xlingual.report.differences import Difference

NOTHING = "-"
DIFFERENT = "*"
NEAR_ZERO = 0.1


def difference_cell(gap: Difference | None) -> str:
    """Write a difference with its interval: "+1.2 [-0.5, +2.9]", with a star where it is called a difference."""
    if gap is None:
        return NOTHING
    interval = "[no interval]" if gap.low is None or gap.high is None else f"[{_bound(gap.low)}, {_bound(gap.high)}]"
    return f"{signed(gap.estimate)} {interval}{DIFFERENT if gap.different else ''}"


def difference_style(gap: Difference | None) -> str:
    """Colour of a difference that is called one."""
    if gap is None or not gap.different:
        return ""
    return "green" if gap.estimate > 0 else "red"


def _bound(number: float) -> str:
    """Write a bound; near zero with two decimals, so that its sign can be seen."""
    return signed(number) if abs(number) >= NEAR_ZERO or number == 0 else f"{number:+.2f}"


def mean_cell(scores: tuple[float, ...]) -> str:
    """Write the mean of one score a seed with its standard deviation: "57.3 ± 0.4"."""
    if not scores:
        return NOTHING
    return number_cell(fmean(scores)) + (f" ± {stdev(scores):.1f}" if len(scores) > 1 else "")


def number_cell(number: float | None) -> str:
    """Write one number; "-" for none. What rounds to zero has no sign."""
    if number is None:
        return NOTHING
    text = f"{number:.1f}"
    return "0.0" if float(text) == 0 else text


def signed(number: float | None) -> str:
    """Write a number with its sign: "+1.2"; numbers that round to 0.0 have none; "-" for None."""
    if number is None:
        return NOTHING
    text = f"{number:+.1f}"
    return "0.0" if float(text) == 0 else text
