from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xlingual.data.mixture import apportion, check_repeats, language_weights
from xlingual.errors import DataError
from xlingual.study import Mixture

SIZES = {"de": 1000, "el": 10, "th": 100}


def weighed(faq_share: float = 0.5, **said: object) -> Mixture:
    return Mixture.model_validate({"faq_share": faq_share, "recipe": {"contrastive": {}}, **said})


def tempered(temperature: float, languages: tuple[str, ...] = ("de", "el", "th")) -> Mixture:
    return weighed(temperature=temperature, languages=languages)


def test_a_temperature_goes_from_equal_shares_to_sizes() -> None:
    assert language_weights(tempered(0.0), SIZES) == pytest.approx(dict.fromkeys(SIZES, 1 / 3))
    assert language_weights(tempered(1.0), SIZES) == pytest.approx(
        {"de": 1000 / 1110, "el": 10 / 1110, "th": 100 / 1110}
    )
    half = language_weights(tempered(0.5), SIZES)
    assert half["de"] / half["el"] == pytest.approx(math.sqrt(1000 / 10))


def test_weights_that_are_said_are_taken_as_they_are() -> None:
    assert language_weights(weighed(weights={"th": 0.25, "de": 0.75}), SIZES) == {"de": 0.75, "th": 0.25}


@given(
    st.dictionaries(st.sampled_from(["ar", "de", "el", "th", "tr"]), st.integers(1, 10**7), min_size=1),
    st.floats(0, 1),
    st.integers(0, 10**6),
)
def test_whatever_the_sizes_the_counts_of_a_mixture_sum(sizes: dict[str, int], temperature: float, draws: int) -> None:
    weights = language_weights(tempered(temperature, tuple(sorted(sizes))), sizes)
    assert math.fsum(weights.values()) == pytest.approx(1)
    counts = apportion(list(weights.values()), draws)
    assert sum(counts) == draws
    assert all(abs(count - weight * draws) < 1 + 1e-6 for count, weight in zip(counts, weights.values(), strict=True))


@pytest.mark.parametrize("mixture", [weighed(weights={"de": 0.5, "ro": 0.5}), tempered(0.3, ("de", "ro"))])
@pytest.mark.parametrize("sizes", [{"de": 5}, {"de": 5, "ro": 0}])
def test_a_language_without_examples_is_refused(mixture: Mixture, sizes: dict[str, int]) -> None:
    with pytest.raises(DataError, match="filters and recipe left no FAQ example in ro; leave the language out"):
        language_weights(mixture, sizes)


def test_a_small_subset_is_not_repeated_more_than_was_said() -> None:
    mixture = weighed(weights={"el": 0.1, "de": 0.9})  # of 1600 draws, 80 are Greek: 8 times 10
    check_repeats(mixture, SIZES, 1600, most=8)
    check_repeats(mixture, SIZES, 1600, most=4, repeated=("el",))
    with pytest.raises(DataError) as caught:
        check_repeats(mixture, SIZES, 1600, most=4)
    for part in ("el has 10 examples (contrastive)", "8 times (80 draws; max_repeats is 4)", "provide 20 examples",
                 "faq_share of at most 0.25 at weight 0.1", "max_repeats: 8, or repeated: [el]"):  # fmt: skip
        assert part in str(caught.value)


@given(st.integers(1, 50), st.floats(0.01, 1), st.integers(1, 10**4), st.floats(0.5, 20))
def test_each_remedy_that_is_told_does(size: int, share: float, draws: int, most: float) -> None:
    mixture = weighed(share, weights={"el": 1.0})
    try:
        check_repeats(mixture, {"el": size}, draws, most=most)
    except DataError as error:
        text = str(error)
        rows = int(text.split("provide ")[1].split(" ")[0])
        lower = float(text.split("faq_share of at most ")[1].split(" ")[0])
        more = float(text.split("max_repeats: ")[1].split(",")[0])
        check_repeats(mixture, {"el": rows}, draws, most=most)
        check_repeats(weighed(lower, weights={"el": 1.0}), {"el": size}, draws, most=most)
        check_repeats(mixture, {"el": size}, draws, most=more)
        with pytest.raises(DataError):
            check_repeats(mixture, {"el": rows - 1}, draws, most=most)
    else:
        assert share * draws / size <= most * (1 + 1e-6)
