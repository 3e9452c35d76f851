"""Intervals of the difference between two arms, by resampling both the seeds and the paragraphs.

Replications of a study would vary because other seeds train other models and because another test set holds other
paragraphs; leaving either out understates the variation (Sälevä et al. 2025, arXiv 2509.22612). So both are drawn
with replacement: the seeds of each arm by themselves, and the paragraphs once for all languages and both arms, which
keeps the pairing of the arms, the questions of a paragraph together, and the correlation between languages.

Four choices; a simulation in the tests checks that 95% intervals of 2, 3 and 5 seeds cover a known truth:

1. The two deviations from the estimate are drawn apart and added. Resampling both at once would add their product,
   which counts the disagreement of seeds on single paragraphs a third time (it is in both parts already) and widens
   intervals further (Owen 2007, "The pigeonhole bootstrap", doi 10.1214/07-AOAS122, shows that bias). What is left
   errs on the wide side: the intervals cover more often than asked for where seeds mostly disagree on single questions.
2. Resampling R seeds understates their standard deviation by the factor sqrt((R - 1) / R), that is by 29% for two
   seeds. Seed deviations are multiplied by its inverse; paragraph deviations by sqrt(P / (P - 1)) likewise.
3. A standard deviation known from two or three seeds is itself uncertain, which percentiles ignore: with (2) alone, a
   95% interval of two seeds whose seeds decide covers the truth four times out of five. The interval is therefore
   widened about the estimate by t / z: Student's quantile over the normal one, with the degrees of freedom of the sum
   of the variances (Satterthwaite 1946; R - 1 of each arm, P - 1 of the paragraphs). Where the paragraphs decide, as
   in a large test set, the factor is close to one.
4. With one seed in either arm nothing is known of its variation: the interval covers the paragraphs only, and says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri, stdtrit

from xlingual.errors import DataError

Floats = npt.NDArray[np.float64]
_DRAWS_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Interval:
    """A difference in percentage points with its interval; `seed_variation`: whether it covers other seeds too."""

    estimate: float
    low: float
    high: float
    seed_variation: bool


@dataclass(frozen=True, slots=True)
class Sample:
    """Scores on one set of questions, which its languages share.

    treatment: (seeds, languages, questions) in percent; baseline: the same with its own number of seeds;
    paragraph: (questions,) the label of each question's paragraph.
    """

    treatment: npt.ArrayLike
    baseline: npt.ArrayLike
    paragraph: npt.ArrayLike


def difference(
    treatment: npt.ArrayLike,
    baseline: npt.ArrayLike,
    paragraph: npt.ArrayLike,
    means: Mapping[str, Sequence[int]],
    confidence: float = 0.95,
    draws: int = 10_000,
    seed: int = 0,
) -> dict[str | int, Interval]:
    """Treatment minus baseline: one interval a language (by its index) and one a named mean over languages.

    Shapes: treatment (seeds, languages, questions), baseline (seeds, languages, questions), both in percent;
    paragraph (questions,). The score of a language is its mean over questions, so long paragraphs weigh more.

    Raises:
        DataError: when shapes disagree, a score is missing (NaN), or there are fewer than two paragraphs.
    """
    return sampled_difference([Sample(treatment, baseline, paragraph)], means, confidence, draws, seed)


def sampled_difference(
    samples: Sequence[Sample],
    means: Mapping[str, Sequence[int]],
    confidence: float = 0.95,
    draws: int = 10_000,
    seed: int = 0,
) -> dict[str | int, Interval]:
    """`difference` for languages that do not all share their questions: one sample for each set of questions.

    Languages are numbered through the samples. Paragraphs of different samples are drawn independently.

    Raises:
        DataError: as `difference`; also when samples have different numbers of seeds.
    """
    tables = [_Table.of(sample) for sample in samples]
    columns = _columns(sum(table.treatment.shape[1] for table in tables), means)
    generator = np.random.default_rng(seed)
    data = np.concatenate([_paragraph_deviations(table, draws, generator) for table in tables], axis=1) @ columns
    arms = [_means(tables, arm) @ columns for arm in ("treatment", "baseline")]
    spread = [(data.var(axis=0), min(len(table.size) for table in tables) - 1)]
    deviations = data
    seed_variation = all(len(arm) > 1 for arm in arms)
    if seed_variation:
        deviations = data + _seed_deviations(arms[0], draws, generator) - _seed_deviations(arms[1], draws, generator)
        spread += [(arm.var(axis=0, ddof=1) / len(arm), len(arm) - 1) for arm in arms]
    estimate = arms[0].mean(axis=0) - arms[1].mean(axis=0)
    tails = [(1 - confidence) / 2, (1 + confidence) / 2]
    low, high = estimate + np.quantile(deviations, tails, axis=0) * _widening(spread, confidence)
    names: list[str | int] = [*range(columns.shape[0]), *means]
    return {
        name: Interval(float(estimate[i]), float(low[i]), float(high[i]), seed_variation)
        for i, name in enumerate(names)
    }


@dataclass(frozen=True, slots=True)
class _Table:
    """A sample summed over the questions of each paragraph: arms (seeds, languages, paragraphs), size (paragraphs,)."""

    treatment: Floats
    baseline: Floats
    size: Floats

    @classmethod
    def of(cls, sample: Sample) -> _Table:
        label = np.asarray(sample.paragraph)
        if label.ndim != 1:
            raise DataError(f"paragraph labels have one axis (questions), found shape {label.shape}")
        arms = [_checked(sample.treatment, "treatment", len(label)), _checked(sample.baseline, "baseline", len(label))]
        if arms[0].shape[1] != arms[1].shape[1]:
            raise DataError(
                f"both arms are scored in the same languages, found {arms[0].shape[1]} and {arms[1].shape[1]}"
            )
        order = np.argsort(label, kind="stable")
        _, first, size = np.unique(label[order], return_index=True, return_counts=True)
        if len(size) < 2:
            raise DataError(f"an interval needs at least two paragraphs, found {len(size)}; score more of the test set")
        sums = [np.add.reduceat(arm[:, :, order], first, axis=2) for arm in arms]
        return cls(sums[0], sums[1], size.astype(np.float64))


def _checked(scores: npt.ArrayLike, name: str, questions: int) -> Floats:
    array = np.asarray(scores, dtype=np.float64)
    if array.ndim != 3 or array.shape[2] != questions or 0 in array.shape:
        raise DataError(f"{name} scores have the shape (seeds, languages, {questions} questions), found {array.shape}")
    if not np.isfinite(array).all():
        missing = int((~np.isfinite(array)).sum())
        raise DataError(f"{missing} {name} score(s) are missing; score every question in every language first")
    return array


def _columns(languages: int, means: Mapping[str, Sequence[int]]) -> Floats:
    """Weights (languages, languages + means): a column a language, then a column a mean."""
    columns = [np.eye(languages)]
    for name, members in means.items():
        if not members or not all(0 <= member < languages for member in members):
            raise DataError(f"mean {name!r} is over languages {list(members)}; write indices from 0 to {languages - 1}")
        columns.append(np.eye(languages)[:, list(members)].mean(axis=1, keepdims=True))
    return np.concatenate(columns, axis=1)


def _means(tables: Sequence[_Table], arm: str) -> Floats:
    """Mean over questions of one arm: (seeds, languages of all tables)."""
    scores = [getattr(table, arm).sum(axis=2) / table.size.sum() for table in tables]
    if len({len(score) for score in scores}) > 1:
        raise DataError(f"every language has the same seeds, found {[len(score) for score in scores]} in the {arm} arm")
    return np.concatenate(scores, axis=1)


def _paragraph_deviations(table: _Table, draws: int, generator: np.random.Generator) -> Floats:
    """Resampled difference minus the observed one, (draws, languages): sum of scores over number of questions."""
    sums = (table.treatment.mean(axis=0) - table.baseline.mean(axis=0)).T
    paragraphs = len(table.size)
    observed = sums.sum(axis=0) / table.size.sum()
    chunks = []
    for start in range(0, draws, _DRAWS_AT_ONCE):
        chunk = min(_DRAWS_AT_ONCE, draws - start)
        counts = generator.multinomial(paragraphs, np.full(paragraphs, 1 / paragraphs), size=chunk).astype(np.float64)
        chunks.append(counts @ sums / (counts @ table.size)[:, None] - observed)
    deviations: Floats = np.concatenate(chunks) * np.sqrt(paragraphs / (paragraphs - 1))
    return deviations


def _seed_deviations(scores: Floats, draws: int, generator: np.random.Generator) -> Floats:
    """Mean over resampled seeds minus the mean over seeds: (seeds, columns) -> (draws, columns)."""
    seeds = len(scores)
    counts = generator.multinomial(seeds, np.full(seeds, 1 / seeds), size=draws)
    centred: Floats = (scores - scores.mean(axis=0)) * np.sqrt(seeds / (seeds - 1))
    return counts @ centred / seeds


def _widening(spread: Sequence[tuple[Floats, int]], confidence: float) -> Floats:
    """Student's over the normal quantile, (columns,), for a sum of variances with their degrees of freedom."""
    total = np.sum([variance for variance, _ in spread], axis=0)
    uncertainty = np.sum([variance**2 / freedom for variance, freedom in spread], axis=0)
    freedom = np.divide(total**2, uncertainty, out=np.full_like(total, np.inf), where=uncertainty > 0)
    quantile = (1 + confidence) / 2
    widening: Floats = np.where(np.isfinite(freedom), stdtrit(freedom, quantile) / ndtri(quantile), 1.0)
    return widening
