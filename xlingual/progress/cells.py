"""Short texts for numbers and configurations, for table cells and lines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from xlingual.progress.study_view import TimeLeft
from xlingual.study.methods.registry import METHODS

NOTHING = "-"


def duration(seconds: float) -> str:
    """Seconds as "45 s", "4 min 10 s" or "1 h 05 min"."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60:02d} min"


def estimate(seconds: float) -> str:
    """An estimate without digits that mean nothing: "45 s", "4 min 10 s", "17 min", "1 h 05 min"."""
    if seconds < 600:
        return duration(seconds if seconds < 100 else 10 * round(seconds / 10))
    return duration(60 * round(seconds / 60)).removesuffix(" 00 s")


def time_left(left: TimeLeft | None) -> str:
    """An estimate in words; empty while unknown, and once the time is up.

    What it would be if no further trial were stopped early is told where that is much more.
    """
    if left is None or left.seconds < 1:
        return ""
    before = " before the test" if left.before_test else ""
    much_more = left.at_most > 1.2 * left.seconds and left.at_most - left.seconds > 30
    return f"about {estimate(left.seconds)} left{before}" + (f", at most {estimate(left.at_most)}" if much_more else "")


def percent(score: float | None) -> str:
    """A score in percent with two digits; absent stays absent."""
    return NOTHING if score is None else f"{score:.2f}"


def share(number: float) -> str:
    """A number in 0..1 in at most three characters: ".4", ".05", "1"."""
    text = f"{number:.2f}".rstrip("0").rstrip(".")
    return text.removeprefix("0") or "0"


def learning_rate(configuration: Mapping[str, Any]) -> str:
    """The configuration's learning rate, two digits: "3.1e-05"."""
    rate = _part(configuration, "training").get("learning_rate")
    return f"{rate:.1e}" if isinstance(rate, (int, float)) else NOTHING


def mixture(configuration: Mapping[str, Any]) -> str:
    """The configuration's mixture, heaviest subsets first, without the defaults: "faq 0.31: de .4 es .2"."""
    drawn = _part(configuration, "mixture")
    if "faq_share" not in drawn:
        return NOTHING
    weights = sorted(_part(drawn, "weights").items(), key=lambda item: (-item[1], item[0]))
    subsets = " ".join(f"{language} {share(weight)}" for language, weight in weights)
    if "temperature" in drawn:
        subsets = f"size^{drawn['temperature']:.2g}"
    how = [name for name in _part(drawn, "recipe") if name != "passage"]
    how += [word for key, word in (("schedule", "then"), ("pairs", "shuffled")) if drawn.get(key) == word]
    words = " ".join(["faq", f"{drawn['faq_share']:.2f}", *how])
    return f"{words}: {subsets}".removesuffix(": ")


def robust(configuration: Mapping[str, Any]) -> str:
    """The configuration's robust training, a short text for each method: "freelb3 .1 r.3, avg 3"."""
    settings = _part(configuration, "robust")
    texts = [method.text(settings[name]) for name, method in METHODS.items() if isinstance(settings.get(name), Mapping)]
    return ", ".join(text for text in texts if text) or NOTHING


def _part(tree: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = tree.get(name)
    return found if isinstance(found, Mapping) else {}
