from __future__ import annotations

import json
import pickle

import jsonschema
import pydantic
import pytest
import yaml

from xlingual.languages import NON_ENGLISH, XQUAD_LANGUAGES
from xlingual.study import HELD_OUT_ARTICLES, TOY, PassageSettings, ToySettings, TrainingSettings, resolved
from xlingual.study.syntax import parse

TOY_STUDY = """\
name: toy_study
question: Does it help?
model: toy
data: {train: toy, test: toy, faq: {source: toy}}
training: {updates: 5e2, learning_rate: 1}
arms:
  baseline: {baseline: true}
  webfaq: {mixture: {faq_share: 0.25, weights: {deu: 0.75, no: 0.0, es: 0.25}}}
search: {trials_per_arm: 2}
"""


def test_defaults_are_those_of_the_study_file_description(load, study_text):
    study = load(study_text)
    assert study.data.dev == HELD_OUT_ARTICLES
    assert (study.data.dev_examples, study.data.train_examples) == (None, None)
    assert study.data.test.languages == XQUAD_LANGUAGES
    assert study.data.faq.rows_per_language == 2000
    assert study.data.faq.passages == PassageSettings()
    assert (study.data.faq.spread, study.data.faq.allow_shortage, study.data.contamination) == (1, False, "drop")
    assert study.search.summands == {"dev.f1": 1.0}
    assert study.windows.model_dump() == {"max_length": 384, "stride": 128, "max_answer_tokens": 30}
    assert study.training.model_dump() == {
        "updates": 500,
        "batch_size": 32,
        "micro_batch_size": 16,
        "micro_batch_tokens": None,
        "learning_rate": {"log_uniform": [1e-5, 1e-4]},
        "warmup_share": 0.1,
        "weight_decay": None,
        "clip_norm": 1.0,
        "freeze_word_embeddings": False,
        "precision": "auto",
        "reports": 5,
        "early_dev_questions": None,
        "optimizer": None,
        "decay": None,
    }
    assert study.search.model_dump() == {
        "trials_per_arm": 8,
        "objective": "dev.f1",
        "sampler": "tpe",
        "equal": "updates",
        "startup": "centred",
        "startup_trials": 8,
        "scheduler": "none",
        "grace_share": 0.2,
        "reduction_factor": 3,
        "seed": 0,
    }
    assert study.replicates.model_dump() == {"searches": 4, "seeds": 1}
    assert study.scaling.model_dump() == {
        "workers_per_trial": 1,
        "cpus_per_worker": 1,
        "gpus_per_worker": 0.0,
        "concurrent_trials": "auto",
        "compile": False,
        "activation_checkpointing": False,
        "deterministic": False,
    }
    assert (study.oracle, study.storage, str(study.directory)) == (
        False,
        "xlingual_studies",
        "xlingual_studies/example",
    )


def test_toy_studies_take_toy_development_data_and_all_faq_languages(load):
    study = load(TOY_STUDY, ("no: 0.0, ", ""))
    assert study.uses_toy
    assert study.data.dev == TOY
    assert study.data.faq.languages == NON_ENGLISH
    assert study.toy == ToySettings(seed=0, misalignment=1.0, faq_helpfulness=1.0)


def test_norwegian_is_a_language_in_lists_and_in_weights(load, study_text):
    study = load(
        study_text,
        ("languages: [deu, es, ru]", "languages: [no, de]"),
        ("{simplex: all}", "{no: 0.5, de: 0.5}"),
    )
    assert study.data.faq.languages == ("no", "de")
    assert study.arms["webfaq"].mixture.weights == {"de": 0.5, "no": 0.5}


def test_whole_numbers_may_be_written_as_floats_and_reals_as_whole_numbers(load, study_text):
    study = load(study_text, ("updates: 500", "updates: 5e2"), ("{log_uniform: [1e-5, 1e-4]}", "1"))
    assert (study.training.updates, type(study.training.updates)) == (500, int)
    assert (study.training.learning_rate, type(study.training.learning_rate)) == (1.0, float)


def test_the_test_set_may_be_written_as_its_source_alone(load, study_text):
    whole = ("test: google/xquad", "test: {source: google/xquad, languages: all, paragraphs: null}")
    assert load(study_text).data == load(study_text, whole).data


def test_an_oracle_study_may_search_on_the_test_set(load, study_text):
    study = load(study_text, ("trials_per_arm: 8", "trials_per_arm: 8\n  objective: test.exact_match\noracle: true"))
    assert study.search.objective == "test.exact_match"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("train: rajpurkar/squad", "train: ./squad_without_xquad.json\n  dev: held-out-articles"),
        ("train: rajpurkar/squad", "train: rajpurkar/squad\n  dev: data/xquad-free/dev.json"),
        ("test: google/xquad", "test: {source: /somewhere/xquad, languages: [deu, en]}"),
        ("updates: 500", "updates: 500\n  reports: {integer: [1, 5]}"),
        ("updates: 500", "updates: 500\n  batch_size: {choice: [16, 32, 64]}\n  micro_batch_size: {choice: [8, 16]}"),
        ("updates: 500", "updates: 500\n  batch_size: 64\n  reports: 500"),
        ("trials_per_arm: 8", "trials_per_arm: 8\nscaling: {workers_per_trial: 2}"),
        ("trials_per_arm: 8", "trials_per_arm: 8\nwindows: {max_length: 512, stride: 256}"),
        ("trials_per_arm: 8", "trials_per_arm: 8\nscaling: {gpus_per_worker: 0.5, concurrent_trials: 2}"),
        ("{simplex: all}", "{simplex: [ru]}"),
        ("{simplex: all}", "{choice: {even: {de: 0.5, es: 0.5}, any: {simplex: [de, ru]}}}"),
        ("  noise:\n", "  noise:\n    training: {updates: 500, learning_rate: 2e-5}\n"),
        ("magnitude: {log_uniform: [0.01, 1.0]}", "magnitude: 0.1"),
        ("model: xlm-roberta-base", "model: &m xlm-roberta-base"),
        ("uniform: [0.05, 0.5]", "uniform: [0, 1]"),
        ("name: example", "name: Run-2_b"),
        ("name: example", "name: '2024'"),
    ],
)
def test_studies_that_are_right_are_accepted(load, study_text, schema_validator, old, new):
    study = load(study_text, (old, new))
    assert study.baseline == "baseline"
    schema_validator.validate(json.loads(json.dumps(yaml_values(study.source_text))))


def yaml_values(text):
    return parse(text).value


def test_the_text_is_kept_as_written_and_overrides_are_applied(load, study_text):
    study = load(study_text, overrides=["data.train=local/train.json", "search.trials_per_arm=4"])
    assert study.source_text == study_text
    assert study.data.train == "local/train.json"
    assert study.search.trials_per_arm == 4


def test_a_study_survives_pickling(load, study_text):
    study = load(study_text)
    again = pickle.loads(pickle.dumps(study))
    assert again == study
    assert again.source_text == study_text
    assert resolved(again) == resolved(study)


def test_a_study_is_frozen_through_and_through(load, study_text):
    study = load(study_text)
    for section, name in ((study, "name"), (study.training, "updates"), (study.arms["noise"], "model")):
        with pytest.raises(pydantic.ValidationError):
            setattr(section, name, 1)


def test_a_resolved_study_is_plain_and_loads_as_the_same_study(load, study_text):
    plain = resolved(load(study_text))
    again = load(yaml.safe_dump(json.loads(json.dumps(plain))))
    assert resolved(again) == plain


def test_a_resolved_study_shows_every_arm_whole(load, study_text):
    plain = resolved(load(study_text))
    assert plain["arms"]["noise"]["training"] == plain["training"]
    assert plain["arms"]["noise"]["model"] == "xlm-roberta-base"
    assert plain["arms"]["noise"]["robust"]["embedding_noise"]["distribution"] == "gaussian"
    assert plain["arms"]["webfaq"]["mixture"]["weights"] == {"simplex": ["de", "es", "ru"]}
    assert "toy" not in plain
    assert resolved(load(TOY_STUDY, ("no: 0.0, ", "")))["toy"] == {
        "seed": 0,
        "misalignment": 1.0,
        "faq_helpfulness": 1.0,
    }


def test_the_json_schema_is_a_schema_of_the_current_draft(schema):
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    jsonschema.Draft202012Validator.check_schema(schema)
    assert json.loads(json.dumps(schema)) == schema
    assert set(schema["required"]) == {"name", "question", "model", "data", "training", "arms", "search"}
    assert schema["additionalProperties"] is False


def test_the_json_schema_gives_arms_no_defaults_of_training(schema):
    leaves = schema["$defs"]["ArmTraining"]["properties"]
    assert set(leaves) == set(TrainingSettings.model_fields)
    assert not any("default" in leaf for leaf in leaves.values())


def test_a_resolved_study_fits_the_json_schema(load, study_text, schema_validator):
    assert list(schema_validator.iter_errors(resolved(load(study_text)))) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("name: example", "nam: example"),
        ("updates: 500", "updates: 0"),
        ("updates: 500", "updates: 500\n  reports: {uniform: [1, 2]}"),
        ("{log_uniform: [1e-5, 1e-4]}", "{log_uniform: [0, 1e-4]}"),
        ("{log_uniform: [1e-5, 1e-4]}", "{log_uniform: [1e-4]}"),
        ("{log_uniform: [1e-5, 1e-4]}", "{log_normal: [1e-4, 1]}"),
        ("{log_uniform: [1e-5, 1e-4]}", "{log_normal: [1e-4]}"),
        ("{uniform: [0.05, 0.5]}", "{log_normal: [0, 2]}"),
        ("baseline: {baseline: true}", "baseline: {baseline: true, first: {model: m}}"),
        ("{uniform: [0.05, 0.5]}", "{uniform: [0.1, 2.0]}"),
        ("{simplex: all}", "{simplex: every}"),
        ("trials_per_arm: 8", "objective: xquad"),
    ],
)
def test_the_json_schema_refuses_what_it_can_know(study_text, schema_validator, old, new):
    values = yaml_values(study_text)
    schema_validator.validate(values)
    with pytest.raises(jsonschema.ValidationError):
        schema_validator.validate(yaml_values(study_text.replace(old, new)))
