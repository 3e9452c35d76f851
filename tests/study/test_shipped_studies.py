from __future__ import annotations

from pathlib import Path

import pytest

from xlingual.study import load_study, plan, possible_mixtures

STUDIES = sorted((Path(__file__).parents[2] / "studies").glob("*.yaml"))


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
