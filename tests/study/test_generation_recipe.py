"""The recipe `generation` in a study file."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from xlingual.errors import StudyFileError
from xlingual.study import arm_space, build_configuration, possible_mixtures, resolved

WEIGHTS = "weights: {simplex: all}"
SHARE = "faq_share: {uniform: [0.05, 0.5]}"


def with_recipe(recipe: str, share: str = "0.3") -> list[tuple[str, str]]:
    return [(WEIGHTS, f"temperature: 1\n      recipe: {recipe}"), (SHARE, f"faq_share: {share}")]


def test_each_direction_that_is_searched_is_a_variant(load: Any, study_text: str) -> None:
    recipe = "{generation: {direction: {choice: [question_to_answer, answer_to_question]}}}"
    study = load(study_text, *with_recipe(recipe))
    found = [one.mixture for one in possible_mixtures(study, "webfaq")]
    assert {mixture.variant for mixture in found} == {"question_to_answer", "answer_to_question"}
    assert {mixture.recipe.name for mixture in found} == {"generation"}


def test_the_direction_is_part_of_the_fingerprint(load: Any, study_text: str) -> None:
    fingerprints = set()
    for direction in ("question_to_answer", "answer_to_question"):
        study = load(study_text, *with_recipe(f"{{generation: {{direction: {direction}}}}}"))
        tree = arm_space(study, "webfaq")
        tree["training"]["learning_rate"] = 3e-5
        sources = {"model": "m", "train": "t", "dev": "d", direction: "rows"}
        configuration = build_configuration(study, "webfaq", tree, 0, sources)
        assert configuration.canonical()["mixture"]["recipe"] == {"generation": {"direction": direction}}
        fingerprints.add(configuration.fingerprint)
    assert len(fingerprints) == 2


def test_the_default_is_written_out_and_fits_the_schema(load: Any, study_text: str, schema_validator: Any) -> None:
    for recipe in ("{generation: {}}", "{generation: {direction: answer_to_question}}"):
        (changed, instead), (share, fixed) = with_recipe(recipe)
        text = study_text.replace(changed, instead).replace(share, fixed).replace("1e-", "1.0e-")
        schema_validator.validate(yaml.safe_load(text))
    study = load(study_text, *with_recipe("{generation: {}}"))
    recipe = resolved(study)["arms"]["webfaq"]["mixture"]["recipe"]
    assert recipe["generation"] == {"direction": "question_to_answer"}


@pytest.mark.parametrize(
    ("recipe", "share", "message"),
    [
        ("{generation: {direction: both}}", "0.3", 'must be question_to_answer or answer_to_question, found "both"'),
        ("{generation: }", "0.3", "is null, so passages would be made; write generation: {}"),
        ("{generation: {}, passage: {}}", "0.3", "a mixture has one recipe, found passage, generation"),
        ("{generation: {weight: 1}}", "0.3", "unknown key 'weight'"),
        ("{generation: {}}", "1", "nothing but generation is trained, and no question about a context is learnt"),
    ],
)
def test_what_is_wrong_is_told(load: Any, study_text: str, recipe: str, share: str, message: str) -> None:
    with pytest.raises(StudyFileError) as told:
        load(study_text, *with_recipe(recipe, share))
    assert message in str(told.value)
