"""Weighted sampling from several sources: the order of draws is a pure function of sizes, weights and seed."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Collection, Mapping, Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from xlingual.errors import DataError
from xlingual.study.arms import Mixture

BITEXT_PREFIX = "bitext-"
"""Prefix of a language's bitext rows as a source."""

Indices = NDArray[np.int64]


def draw_mixture(
    sizes: Sequence[int],
    weights: Sequence[float],
    draws: int,
    seed: int,
    names: Sequence[str] | None = None,
) -> tuple[Indices, Indices]:
    """Draw from sources in proportion to their weights: (source index, item index within it), both (draws,).

    The number of draws of each source is exact (largest-remainder method) and does not depend on the seed; their order
    is a seeded permutation. Each epoch over a source is a new seeded permutation, so every item is drawn once before
    any is drawn twice. Each source has its own random stream, keyed by its name (by its index without names): adding a
    source of weight 0 changes nothing for the others. Raises DataError for weights that are negative, not finite or all
    zero, and for a positive weight on an empty source.
    """
    labels = [str(index) for index in range(len(sizes))] if names is None else list(names)
    _check(sizes, weights, draws, labels)
    counts = apportion(weights, draws)
    order = _stream(seed, "order").permutation(draws)
    source = np.repeat(np.arange(len(sizes), dtype=np.int64), counts)[order]
    item = np.zeros(draws, dtype=np.int64)
    for index, count in enumerate(counts):
        item[source == index] = _items(sizes[index], count, seed, labels[index])
    return source, item


def apportion(weights: Sequence[float], total: int) -> list[int]:
    """Divide `total` in proportion to the weights (largest remainder; ties go to the first).

    Weights need not sum to one. Each result is the floor or ceiling of its exact share, computed with fractions.
    """
    exact = [Fraction(weight) for weight in weights]
    shares = [weight * total / sum(exact) for weight in exact]
    counts = [math.floor(share) for share in shares]
    by_remainder = sorted(range(len(shares)), key=lambda index: counts[index] - shares[index])
    for index in by_remainder[: total - sum(counts)]:
        counts[index] += 1
    return counts


def language_weights(mixture: Mixture, sizes: Mapping[str, int]) -> dict[str, float]:
    """Share of each language among a mixture's FAQ examples, sorted by language, summing to one.

    Args:
        mixture: gives the weights, or the languages and the temperature.
        sizes: number of examples (windows or pairs) of each language.

    Raises:
        DataError: when a language with a positive share has no examples.
    """
    if mixture.weights is not None:
        weights = dict(sorted(mixture.weights.items()))
    else:
        alpha = mixture.temperature or 0.0
        powers = {name: float(sizes.get(name, 0)) ** alpha for name in sorted(mixture.names)}
        total = math.fsum(powers.values())
        weights = {name: power / total if total else 0.0 for name, power in powers.items()}
    empty = [name for name in weights if (weights[name] > 0 or mixture.weights is None) and not sizes.get(name)]
    if empty:
        raise DataError(
            f"mixture: filters and recipe left no FAQ example in {', '.join(empty)}; "
            "leave the language out, raise data.faq.rows_per_language, or loosen data.faq.filters"
        )
    return weights


def drawn_weights(mixture: Mixture, sizes: Mapping[str, int]) -> dict[str, float]:
    """Share of each source among all FAQ examples that a trial draws, summing to one.

    Sources are languages, and `bitext-LANGUAGE` for bitext rows if the recipe gives them a share. That share is split
    in proportion to the weights of the languages that have bitext rows. Takes the arguments of `language_weights`.

    Raises:
        DataError: like `language_weights`, and when bitext rows are requested but no language has any.
    """
    weights = language_weights(mixture, sizes)
    recipe = mixture.recipe.contrastive
    if recipe is None or recipe.bitext_share == 0:
        return weights
    share = recipe.bitext_share
    bitexts = {name: weight for name, weight in weights.items() if weight > 0 and sizes.get(BITEXT_PREFIX + name)}
    if not bitexts:
        raise DataError(
            f"mixture: recipe.contrastive.bitext_share is {share:g}, but there are no bitext rows in "
            f"{', '.join(weights)}; lower data.faq.bitexts.similarity, or write bitext_share: 0"
        )
    total = math.fsum(bitexts.values())
    plain = {name: (1.0 - share) * weight for name, weight in weights.items()}
    return plain | {BITEXT_PREFIX + name: share * weight / total for name, weight in bitexts.items()}


def check_repeats(
    mixture: Mixture,
    sizes: Mapping[str, int],
    draws: int,
    *,
    most: float,
    repeated: Collection[str] = (),
) -> None:
    """Refuse a mixture that repeats a language's examples more often than allowed.

    Args:
        mixture: a mixture that a trial may have.
        sizes: number of examples of each language, and of bitext rows under `bitext-LANGUAGE`.
        draws: examples of all kinds that a trial draws: updates x batch size.
        most: maximum number of passes over one language's examples.
        repeated: languages exempt from the maximum.

    Raises:
        DataError: says how many rows, which share, or which maximum would do.
    """
    for name, weight in drawn_weights(mixture, sizes).items():
        drawn = mixture.faq_share * weight * draws
        limit = most * (1 + 1e-9)  # a share such as 0.1 is not exact in binary
        if drawn > limit * sizes[name] and name.removeprefix(BITEXT_PREFIX) not in repeated:
            repeats, share = drawn / sizes[name], most * sizes[name] / (weight * draws)
            raise DataError(
                f"mixture: {name} has {sizes[name]} examples ({mixture.recipe.name}), and a trial would see each "
                f"{repeats:.3g} times ({drawn:.0f} draws; max_repeats is {most:g}); provide "
                f"{math.ceil(drawn / limit)} examples (raise data.faq.rows_per_language or loosen data.faq.filters), "
                f"draw less (faq_share of at most {_down(share)} at weight {weight:.3g}), or allow it explicitly: "
                f"max_repeats: {math.ceil(repeats * (1 - 1e-9))}, or repeated: [{name.removeprefix(BITEXT_PREFIX)}]"
            )


def _down(value: float) -> str:
    """Round down to three significant digits."""
    digits = 2 - math.floor(math.log10(value)) if value > 0 else 0
    return f"{math.floor(value * 10**digits) / 10**digits:g}"


def _items(size: int, count: int, seed: int, name: str) -> Indices:
    """The first `count` items of a source, each epoch a new permutation."""
    if count == 0:
        return np.zeros(0, dtype=np.int64)
    epochs = range(-(-count // size))
    return np.concatenate([_stream(seed, "items", name, str(epoch)).permutation(size) for epoch in epochs])[:count]


def _stream(seed: int, *path: str) -> np.random.Generator:
    """A random generator that depends only on the seed and a path of names."""
    digest = hashlib.sha256("\n".join((str(seed), *path)).encode()).digest()
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(int.from_bytes(digest, "big"))))


def _check(sizes: Sequence[int], weights: Sequence[float], draws: int, names: Sequence[str]) -> None:
    if not len(sizes) == len(weights) == len(names) or len(set(names)) != len(names):
        raise DataError(
            f"mixture: {len(sizes)} sizes, {len(weights)} weights, {len(set(names))} distinct names; "
            "give one of each per source"
        )
    if draws < 0:
        raise DataError(f"mixture: asked for {draws} draws; ask for 0 or more")
    stated = dict(zip(names, weights, strict=True))
    if not all(math.isfinite(weight) and weight >= 0 for weight in weights) or not any(weights):
        raise DataError(f"mixture: weights must be finite, none negative, not all zero; found {stated}")
    empty = [name for name, size, weight in zip(names, sizes, weights, strict=True) if weight > 0 and size < 1]
    if empty:
        raise DataError(
            f"mixture: a positive weight on sources without examples: {', '.join(empty)}; "
            "give them weight 0 or a source that has examples"
        )
