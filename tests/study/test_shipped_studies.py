from __future__ import annotations

import math
import pathlib
from typing import get_args

import pytest

from xlingual.study import LogUniform, load_study, plan, possible_mixtures
from xlingual.study.methods import PlaceName
from xlingual.study.methods.registry import METHODS
from xlingual.study.plan_notes import unused_lexicons
from xlingual.study.section import section_options
from xlingual.study.space import values

STUDIES = sorted((pathlib.Path(__file__).parents[2] / "studies").glob("*.yaml"))


@pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.stem)
def test_every_study_of_the_repository_is_valid(path):
    study = load_study(path)
    assert study.name == path.stem
    assert plan(study).trials == study.search.trials_per_arm * len(study.arms)
    for name, arm in study.arms.items():
        assert (arm.mixture is None) == (not list(possible_mixtures(study, name)))


def test_the_study_of_recipes_has_every_recipe_and_its_control():
    study = load_study(next(path for path in STUDIES if path.stem == "webfaq_recipes"))
    found = {
        (one.mixture.recipe.name, one.mixture.pairs) for name in study.arms for one in possible_mixtures(study, name)
    }
    recipes = ("passage", "contrastive", "masked_language_model")
    assert found == {(recipe, pairs) for recipe in recipes for pairs in ("matched", "shuffled")}


def test_the_study_of_robust_training_has_every_method_and_place_at_equal_passes():
    study = load_study(next(path for path in STUDIES if path.stem == "robust_xlmr_base"))
    methods = [robust for arm in study.arms.values() for _, robust in section_options(arm.robust)]
    for name in METHODS:
        assert any(getattr(robust, name) is not None for robust in methods), f"no arm has {name}"
    noises = [robust.embedding_noise for robust in methods if robust.embedding_noise is not None]
    assert {place for noise in noises for place in values(noise.place)} == set(get_args(get_args(PlaceName)[0]))
    attacks = {
        (robust.adversarial.attack, robust.adversarial.against) for robust in methods if robust.adversarial is not None
    }
    assert attacks == {("freelb", "loss"), ("pgd", "loss"), ("pgd", "prediction")}
    assert {arm.passes for arm in plan(study).arms} == {plan(study).arms[0].passes}
    assert not list(unused_lexicons(study))


def test_magnitudes_are_searched_on_a_log_scale_that_covers_what_was_published():
    study = load_study(next(path for path in STUDIES if path.stem == "robust_xlmr_base"))
    norm = math.sqrt(384 * 768)  # of an example's elements, per root mean square
    for rms in (0.02, 0.2):
        for arm, method, key, published in [
            ("gaussian_noise", "embedding_noise", "magnitude", (1e-5 / rms, math.sqrt(3) / rms)),
            ("hidden_noise", "embedding_noise", "magnitude", (0.01, 0.1)),  # absolute
            ("freelb", "adversarial", "step_size", (0.04 / rms / norm, 0.2 / rms / norm)),
            ("freelb", "adversarial", "start", (0.08 / rms / norm, 1 / rms / norm)),
            ("freelb", "adversarial", "radius", (0.7 / rms / norm,)),
            ("r3f_dropout", "consistency", "magnitude", (1e-5 / rms,)),
            ("r3f_dropout", "consistency", "weight", (0.7, 1, 5)),
            ("r3f", "consistency", "weight", (0.7, 1, 5)),
        ]:
            space = getattr(getattr(study.arms[arm].robust, method), key)
            assert isinstance(space, LogUniform)
            assert all(space.low <= value * (1 + 1e-9) and value <= space.high * (1 + 1e-9) for value in published)


def test_the_study_of_magnitudes_has_an_arm_a_magnitude_and_searches_nothing():
    study = load_study(next(path for path in STUDIES if path.stem == "toy_noise_magnitude"))
    assert study.uses_toy and not any(arm.parameters for arm in plan(study).arms)
    lines = {}
    for name, arm in study.arms.items():
        if arm.robust is not None:
            noise, attack = arm.robust.embedding_noise, arm.robust.adversarial
            magnitude = noise.magnitude if noise else attack.radius
            assert name.split("_")[1].replace("-", ".") == f"{magnitude:g}"
            lines.setdefault(noise.place if noise else attack.attack, []).append(magnitude)
    assert set(lines) == {"word_embeddings", "embeddings", "last_hidden_states", "freelb"}
    assert all(magnitudes == sorted(set(magnitudes)) and len(magnitudes) > 4 for magnitudes in lines.values())
