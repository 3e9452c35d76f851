"""The two studies of the platform's own question match their comments."""

from __future__ import annotations

from pathlib import Path

import pytest

from xlingual.languages import NON_ENGLISH
from xlingual.study import Choice, LogUniform, Simplex, Study, Uniform, arm_space, load_study
from xlingual.study.published_models import published_name

STUDIES = Path(__file__).parents[2] / "studies"


@pytest.fixture(scope="module")
def mix() -> Study:
    return load_study(STUDIES / "webfaq_mix.yaml")


def model(study: Study, arm: str) -> str | None:
    return published_name(study.arms[arm].model or study.model)


def test_both_models_have_every_treatment_and_are_compared_with_themselves(mix: Study) -> None:
    treatments = {
        name: (model(mix, name), arm.mixture is not None, arm.robust is not None) for name, arm in mix.arms.items()
    }
    both = (True, False)
    assert sorted(treatments.values()) == sorted(
        (one, m, r) for one in ("XLM-R-base", "mT5-base") for m in both for r in both
    )
    for name, arm in mix.arms.items():
        other = arm.against or next(name for name, arm in mix.arms.items() if arm.baseline)
        assert treatments[other][1:] == (False, False)
        if arm.mixture is not None or arm.robust is not None:
            assert treatments[other][0] == treatments[name][0]
    assert (mix.replicates.searches, mix.replicates.seeds) == (4, 1)


def test_the_mix_is_searched_over_all_eleven_languages(mix: Study) -> None:
    for name, arm in mix.arms.items():
        if arm.mixture is not None:
            weights = arm_space(mix, name)["mixture"]["weights"]
            assert isinstance(weights, Simplex) and set(weights.names) == set(NON_ENGLISH) and len(NON_ENGLISH) == 11
    longest = max(
        arm.mixture.faq_share.high
        for arm in mix.arms.values()
        if arm.mixture and isinstance(arm.mixture.faq_share, Uniform)
    )
    assert longest * mix.training.updates * mix.training.batch_size / 16 == 7200  # as the comment says


def test_baselines_see_english_alone_and_all_have_published_rows() -> None:
    study = load_study(STUDIES / "baselines.yaml")
    names = {model(study, arm) for arm in study.arms}
    assert names == {"mBERT", "XLM-R-base", "XLM-R-large", "mT5-small", "mT5-base", "mT5-large"}
    assert all(arm.mixture is None and arm.robust is None for arm in study.arms.values())
    assert study.data.test.paragraphs is None and len(study.data.test.languages) == 12


@pytest.mark.parametrize("name", ["baselines", "webfaq_mix"])
def test_mt5_is_searched_around_the_rate_that_it_was_published_with(name: str) -> None:
    study = load_study(STUDIES / f"{name}.yaml")
    for arm in study.arms:
        if (model(study, arm) or "").startswith("mT5"):
            training = arm_space(study, arm)["training"]
            rate, decay = training["learning_rate"], training["decay"]
            assert isinstance(rate, LogUniform) and rate.low < 1e-3 < rate.high
            assert isinstance(decay, Choice) and "constant" in decay.options
            optimizer = training["optimizer"]
            assert optimizer is None or "adafactor" in optimizer.options  # None: the family's default
