"""What an evaluation's scores could be off by with other articles: their standard errors and intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from xlingual.data.examples import ExampleSet, SentencePair
from xlingual.statistics.one_sample import Estimate, clustered_mean

CONFIDENCE = 0.95

PARAGRAPHS, PAIR_GROUPS = "paragraphs", "groups"


@dataclass(frozen=True)
class Intervals:
    """Estimates of one set of scores, see `xlingual.statistics.one_sample`.

    Attributes:
        by_article: whether the data names the article of every question; else `groups` are resampled.
        groups: what these are, in the plural: paragraphs, or groups of pairs that share a sentence.
        estimates: languages (one, or those of a mean) -> metric -> its estimate.
    """

    by_article: bool = False
    groups: str = PARAGRAPHS
    estimates: Mapping[tuple[str, ...], Mapping[str, Estimate]] = field(default_factory=dict)

    @property
    def clusters(self) -> int:
        """How many articles or paragraphs all languages have together."""
        return max((one.clusters for metrics in self.estimates.values() for one in metrics.values()), default=0)

    @property
    def grouped_by(self) -> str:
        """What a cluster is, in the plural."""
        return "articles" if self.by_article else self.groups

    def of(self, languages: Sequence[str]) -> Mapping[str, Estimate]:
        """Estimates by metric of a language or a mean; none where it has none."""
        return self.estimates.get(tuple(languages), {})

    def as_json(self, languages: Sequence[str]) -> dict[str, Any]:
        """Standard error and bounds by metric, to print beside the scores; empty where there is none."""
        content = {}
        for metric, one in self.of(languages).items():
            low, high = one.interval(CONFIDENCE) or (None, None)
            content[metric] = {"standard_error": one.error, "low": low, "high": high, "clusters": one.clusters}
        return {"intervals": content} if content else {}


def intervals(
    metrics: Sequence[str],
    sets: Mapping[str, ExampleSet],
    rows: Mapping[str, Sequence[Mapping[str, Any]]],
    means: Sequence[Sequence[str]],
) -> Intervals:
    """Estimate every language's scores and those of means over languages.

    Args:
        metrics: names of scores in the rows.
        sets: the questions by language.
        rows: scored answers by language, in the order of the questions.
        means: the languages of each mean.
    """
    by_article = all(example.title for part in sets.values() for example in part.examples)
    clusters = {
        code: [example.title if by_article else example.paragraph for example in part.examples]
        for code, part in sets.items()
    }
    found: dict[tuple[str, ...], dict[str, Estimate]] = {}
    for metric in metrics:
        scores = {code: [row[metric] for row in rows[code]] for code in sets}
        for languages in [*((code,) for code in sets), *map(tuple, means)]:
            weights = dict.fromkeys(languages, 1.0 / len(languages))
            found.setdefault(languages, {})[metric] = clustered_mean(scores, clusters, weights)
    pairs = any(isinstance(example, SentencePair) for part in sets.values() for example in part.examples[:1])
    return Intervals(by_article, PAIR_GROUPS if pairs else PARAGRAPHS, found)
