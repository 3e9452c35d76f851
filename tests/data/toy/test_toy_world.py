from __future__ import annotations

import math

import pytest

from xlingual.data.toy import DISTANCES, ToyWorld
from xlingual.errors import DataError
from xlingual.languages import XQUAD_LANGUAGES


def test_the_fingerprint_follows_the_knobs():
    assert ToyWorld().fingerprint == ToyWorld(seed=0, misalignment=1.0).fingerprint
    others = [ToyWorld(seed=1), ToyWorld(misalignment=0.5), ToyWorld(faq_helpfulness=0.0), ToyWorld(faq_pages=59)]
    assert len({world.fingerprint for world in (ToyWorld(), *others)}) == 5
    assert len(ToyWorld().fingerprint) == 16


def test_whole_numbers_mean_the_same_as_floats():
    assert ToyWorld(misalignment=1, faq_helpfulness=0).fingerprint == ToyWorld(faq_helpfulness=0.0).fingerprint
    assert ToyWorld(misalignment=0).fingerprint == ToyWorld(misalignment=-0.0).fingerprint


def test_every_language_of_xquad_has_a_distance_and_english_has_none():
    assert set(DISTANCES) == set(XQUAD_LANGUAGES)
    assert DISTANCES["en"] == 0
    assert list(DISTANCES.values()) == sorted(DISTANCES.values())
    assert len(set(DISTANCES.values())) == len(DISTANCES)


def test_streams_of_random_numbers_differ_by_purpose_and_seed_and_by_nothing_else():
    def first(world: ToyWorld, purpose: str) -> float:
        return float(world.generator(purpose).standard_normal())

    assert first(ToyWorld(), "a") == first(ToyWorld(misalignment=2.0), "a")
    assert len({first(ToyWorld(), "a"), first(ToyWorld(), "b"), first(ToyWorld(seed=1), "a")}) == 3


@pytest.mark.parametrize(
    ("knobs", "message"),
    [
        ({"seed": -1}, "seed is -1; write an integer that is 0 or larger"),
        ({"misalignment": -0.1}, "misalignment is -0.1; write a number that is 0 or larger"),
        ({"misalignment": math.nan}, "misalignment is nan"),
        ({"misalignment": math.inf}, "misalignment is inf"),
        ({"faq_helpfulness": 1.5}, "faq_helpfulness is 1.5; write a share between 0 and 1"),
        ({"faq_helpfulness": math.nan}, "faq_helpfulness is nan"),
        ({"dev_articles": 0}, "dev_articles is 0; write a number from 1 to 100"),
        ({"facts_per_person": 13}, "facts_per_person is 13; write a number from 1 to 12, the number of relations"),
        ({"questions_per_person": 6}, "a number from 1 to 5, the number of facts_per_person"),
    ],
)
def test_a_knob_out_of_range_is_refused_with_what_to_write(knobs, message):
    with pytest.raises(DataError) as refused:
        ToyWorld(**knobs)
    assert message in str(refused.value)
