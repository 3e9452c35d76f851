"""Variation of scores over trainings, searches and articles: stated with a source, or measured in a study."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from xlingual.errors import RecordError
from xlingual.report.differences import MEAN
from xlingual.report.summary import Summary
from xlingual.statistics.crossed import Inference

XQUAD_ARTICLES, XQUAD_PARAGRAPHS = 48, 240


@dataclass(frozen=True, slots=True)
class Stated:
    """One figure that is shipped, in points of the headline.

    Attributes:
        what: `seed` (one configuration over training seeds), `search` (expected scores of winners over searches),
            `articles` (standard error of a difference of two arms, all of XQuAD), or `training` (the same model
            fine-tuned by different groups, whose recipes differ too: for comparison only).
        target: a language, `mean` (of the non-English ones), `language` (any) or `all` (any, and the mean).
        points: the standard deviation.
        kind: assumed, simulated or published.
        source: who says so; a command of this repository for what is assumed or simulated.
    """

    what: str
    target: str
    points: float
    kind: str
    source: str


@dataclass(frozen=True)
class Deviations:
    """Standard deviations in points of the headline, by target: a language or `mean`.

    Attributes:
        seed: of one configuration's score over training seeds.
        search: of the winners' expected scores over searches.
        articles: standard errors of a difference of two arms due to articles, at any number of units.
        clusters: number of these articles.
        source: where the figures come from, in words.
        facts: the stated figures; empty where they are measured.
        seeds: of a measured winner, whose variation is part of `search` for this number of seeds only; None if `search`
            excludes it.
    """

    seed: Mapping[str, float]
    search: Mapping[str, float]
    articles: Mapping[str, float]
    clusters: int
    source: str
    facts: tuple[Stated, ...] = ()
    seeds: int | None = field(default=None)

    def of_unit(self, target: str, seeds: int, *, searched: bool) -> float:
        """Standard deviation over an arm's units.

        Args:
            target: a language or `mean`.
            seeds: under which the winner of each search is trained.
            searched: whether the units are searches; else they are seeds.
        """
        if not searched:
            return self.seed[target]
        if self.seeds is not None:
            return self.search[target]
        return math.sqrt(self.search[target] ** 2 + self.seed[target] ** 2 / seeds)

    def as_json(self, targets: Sequence[str]) -> dict[str, Any]:
        """Plain values."""
        return {
            "source": self.source,
            **{
                name: {target: one[target] for target in targets if target in one}
                for name, one in (("seed", self.seed), ("search", self.search), ("articles", self.articles))
            },
            "clusters": self.clusters,
            "seeds_of_search": self.seeds,
            "facts": [asdict(fact) for fact in self.facts],
        }


@cache
def stated_facts() -> tuple[Stated, ...]:
    """All figures that are shipped (deviations.csv)."""
    text = files("xlingual.report").joinpath("deviations.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return tuple(Stated(r["what"], r["target"], float(r["points"]), r["kind"], r["source"]) for r in rows)


def stated(languages: Sequence[str], paragraphs: int | None = None) -> Deviations:
    """Stated figures for a study on XQuAD.

    Args:
        languages: of the test set.
        paragraphs: number of XQuAD's paragraphs; None for all. Articles matter more with fewer.
    """
    facts = stated_facts()
    part = min(1.0, (paragraphs or XQUAD_PARAGRAPHS) / XQUAD_PARAGRAPHS)
    targets = [*languages, MEAN]

    def points(what: str, target: str) -> float:
        names = (target, "all") if target == MEAN else (target, "language", "all")
        found = {fact.target: fact.points for fact in facts if fact.what == what}
        return next((found[name] for name in names if name in found), max(found.values()))

    return Deviations(
        seed={target: points("seed", target) for target in targets},
        search={target: points("search", target) for target in targets},
        articles={target: points("articles", target) / math.sqrt(part) for target in targets},
        clusters=min(XQUAD_ARTICLES, paragraphs or XQUAD_ARTICLES),
        source="stated: assumed and simulated by tests/benchmarks/calibration.py, for base models on XQuAD",
        facts=facts,
    )


def measured(summary: Summary, path: Path) -> Deviations:
    """Deviations that a finished study measured: the root mean square over its comparisons.

    Searches and seeds are kept apart: arms with several searches and arms that search nothing each count for their own
    kind. What was not measured is stated.

    Raises:
        RecordError: when no comparison of it has two units in both arms and two articles.
    """
    found: dict[str, list[_Compared]] = {}
    for arm, cells in summary.differences.items():
        searched = (summary.arms[arm].searches > 1, summary.arms[str(summary.arms[arm].against)].searches > 1)
        for target, gaps in cells.items():
            found.setdefault(target, []).append(_Compared(gaps[summary.headline].found, searched))
    known = {target: [one for one in several if one.is_known] for target, several in found.items()}
    if not known or not all(known.values()):
        raise RecordError(
            f"--like {path}: its records allow no standard deviation; name a study in which two compared arms have two "
            "searches or seeds each, scored on two articles"
        )
    general = stated(tuple(known))
    seeds, searches = ({target: _units(s, kind) for target, s in known.items()} for kind in (False, True))
    articles = {t: _root_mean_square([one.found.article_error or 0.0 for one in s]) for t, s in known.items()}
    clusters = min(one.found.clusters for several in known.values() for one in several)
    of_seeds = {target: _root_mean_square(values) for target, values in seeds.items() if values}
    of_searches = {target: _root_mean_square(values) for target, values in searches.items() if values}
    if of_searches:
        several = [arm for arm in summary.arms.values() if arm.searches > 1]
        per_search = max(len(winner.seeds) for arm in several for winner in arm.winners)
        source = f"measured over searches of {per_search} seed{'s' * (per_search > 1)} each in {summary.study}"
        source += "" if of_seeds else "; that of fixed configurations over seeds is stated"
        return Deviations(of_seeds or general.seed, of_searches, articles, clusters, source, seeds=per_search)
    source = f"measured over seeds in {summary.study}; that of searches is stated, as no arm there has several"
    return Deviations(of_seeds, general.search, articles, clusters, source, general.facts)


@dataclass(frozen=True, slots=True)
class _Compared:
    """A comparison, with whether the units of its arms are searches."""

    found: Inference
    searched: tuple[bool, bool]

    @property
    def is_known(self) -> bool:
        return self.found.unit_error is not None and self.found.article_error is not None and min(self.found.units) > 1

    def deviations(self, searched: bool) -> list[float]:
        """Deviation of a unit of one kind, of both arms together if they share it; of pairs, what pairing leaves."""
        if self.searched == (searched, searched):
            return [(self.found.unit_error or 0.0) / math.sqrt(sum(1.0 / count for count in self.found.units))]
        both = zip(self.searched, self.found.deviations or (), strict=False)
        return [deviation for kind, deviation in both if kind == searched]


def _units(compared: Sequence[_Compared], searched: bool) -> list[float]:
    return [deviation for one in compared for deviation in one.deviations(searched)]


def _root_mean_square(values: Sequence[float]) -> float:
    return math.sqrt(math.fsum(value**2 for value in values) / len(values))
