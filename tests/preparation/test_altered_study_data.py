"""What a study with text-altering arms loads, stores and refuses."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tiny_task
import yaml

from xlingual.errors import DataError, ModelError, RecordError
from xlingual.families import Checkpoint
from xlingual.preparation.inputs import StudyData, load_study_data, locate, trial_inputs
from xlingual.preparation.lexicon_arms import load_lexicons, text_methods
from xlingual.records.layout import StudyDirectory
from xlingual.search.study_guard import check_sources, loaded_lines
from xlingual.study import Study, build_configuration, load_study, resolved
from xlingual.study.changes import changes
from xlingual.tokens.rewritable import RewritableWindows

SYNONYMS = {"robust": {"word_substitution": {}}}
SWITCH = {"robust": {"code_switch": {"languages": ["de"]}}}
SWITCH_BOTH = {"robust": {"code_switch": {"languages": ["de", "es"]}}}
SAMPLING = {"robust": {"subword_sampling": {"rate": 0.3}}}
CHOSEN = {"robust": {"choice": {"plain": None, "words": {"code_switch": {"rate": {"uniform": [0.1, 0.5]}}}}}}
INNER = {"robust": {"word_substitution": {"choice": {"none": None, "some": {"rate": 0.2}}}}}
NAMED = {"synonyms": "words.json", "dictionaries": {"de": "en-de.txt", "es": "table.tsv"}}

Write = Callable[..., Study]
Load = Callable[..., tuple[Study, StudyData]]


@pytest.fixture
def write(tmp_path: Path, tiny_checkpoint: Path) -> Write:
    """Write a study with the tiny task's data and a second arm, and lexicons beside it."""
    tiny_task.write_data(tmp_path / "data")
    (tmp_path / "words.json").write_text(json.dumps({"house": ["home", "hut"], "car": ["van"]}))
    (tmp_path / "en-de.txt").write_text("house haus\ncar auto\n")
    (tmp_path / "table.tsv").write_text("en\tes\nhouse\tcasa\n")

    def one(arm: Any, data: Any = NAMED, **arms: Any) -> Study:
        named = {
            key: {code: str(tmp_path / path) for code, path in value.items()}
            if isinstance(value, dict)
            else str(tmp_path / value)
            for key, value in data.items()
        }
        test = {"source": str(tmp_path / "data" / "xquad"), "languages": ["en", "de", "es"]}
        definition = {
            "name": "altered",
            "question": "What is loaded?",
            "model": str(tiny_checkpoint),
            "data": {"train": str(tmp_path / "data" / "train.json"), "test": test, **named},
            "windows": {"max_length": 48, "stride": 8, "max_answer_tokens": 3},
            "training": {"updates": 4, "batch_size": 8, "micro_batch_size": 4, "learning_rate": 0.001, "reports": 1},
            "arms": {"plain": {"baseline": True}, "altered": arm, **arms},
            "search": {"trials_per_arm": 4},
        }
        path = tmp_path / "study.yaml"
        path.write_text(yaml.safe_dump(definition, sort_keys=False))
        return load_study(path)

    return one


@pytest.fixture
def load(write: Write, tmp_path: Path) -> Load:
    def one(arm: Any, data: Any = NAMED, **arms: Any) -> tuple[Study, StudyData]:
        study = write(arm, data, **arms)
        return study, load_study_data(study, locate(study, tmp_path), tmp_path / "rows")

    return one


@pytest.mark.parametrize(
    ("arm", "sources"),
    [
        ({"training": {"weight_decay": 0.5}}, []),
        (SYNONYMS, ["synonyms"]),
        (INNER, ["synonyms"]),
        (SWITCH, ["dictionary of de"]),
        (CHOSEN, ["dictionary of de", "dictionary of es"]),
        (SAMPLING, []),
    ],
    ids=str,
)
def test_lexicons_that_some_arm_asks_for_are_read_and_no_others(
    arm: Any, sources: list[str], load: Load, tmp_path: Path
) -> None:
    absent = {"synonyms": "none.json", "dictionaries": {"de": "none.de", "es": "none.es"}}
    used = dict(absent)
    if "synonyms" in sources:
        used["synonyms"] = NAMED["synonyms"]
    used["dictionaries"] = {
        code: NAMED["dictionaries"][code] if f"dictionary of {code}" in sources else path  # type: ignore[index]
        for code, path in absent["dictionaries"].items()  # type: ignore[attr-defined]
    }
    study, data = load(arm, used)
    found = data.sources()
    assert [name for name in found if name.startswith(("syn", "dict"))] == sources
    if sources:
        with pytest.raises(DataError, match=r"none\.(json|de|es)"):
            load(arm, absent)
    assert set(data.altered[locate(study, tmp_path).models["altered"]]) == text_methods(study, "altered")


def test_every_dictionary_that_is_not_named_is_told(write: Write) -> None:
    with pytest.raises(DataError, match=r"no dictionary of de, es for code_switch; add one for each"):
        load_lexicons(write(SWITCH_BOTH), None, {"th": "en-th.txt"})


def test_a_lexicon_s_content_is_part_of_a_trial_and_its_path_is_not(load: Load, tmp_path: Path) -> None:
    arm = {"robust": {"word_substitution": {}, "code_switch": {}}}
    study, data = load(arm)
    sources = {name: one["fingerprint"] for name, one in data.sources().items()} | {"model": "m"}
    tree = {"training": study.training.model_dump(), "robust": {"word_substitution": {}, "code_switch": {}}}
    configuration = build_configuration(study, "altered", tree, 0, sources)
    assert {"synonyms", "dictionary of de", "dictionary of es"} <= set(configuration.sources)
    (tmp_path / "moved.json").write_text(json.dumps({"car": ["van"], "house": ["home", "hut"], "is": []}, indent=1))
    (tmp_path / "moved.tsv").write_text("en\tde\tes\ncar\tauto\t\nhouse\thaus\tcasa\n")
    moved = {"synonyms": "moved.json", "dictionaries": {"de": "moved.tsv", "es": "moved.tsv"}}
    other, again = load(arm, moved)
    assert {name: one["fingerprint"] for name, one in again.sources().items()} | {"model": "m"} == sources
    assert changes(resolved(study), resolved(other)).refused == ()
    directory = StudyDirectory(tmp_path / "study")
    directory.path.mkdir()
    check_sources(directory, data.sources())
    check_sources(directory, again.sources())
    (tmp_path / "en-de.txt").write_text("house haus\ncar wagen\n")
    with pytest.raises(RecordError, match="the content of dictionary of de "):
        check_sources(directory, load(arm)[1].sources())


def test_languages_of_dictionaries_may_not_come_or_go_once_a_trial_used_them(write: Write) -> None:
    de, both = {"dictionaries": {"de": "en-de.txt"}}, {"dictionaries": NAMED["dictionaries"]}
    one, two, none = (resolved(write(SAMPLING, data)) for data in (de, both, {}))
    used = {"dictionary of de"}
    assert changes(one, two, used).refused[0].startswith("data.dictionaries.es was absent")
    assert changes(two, one, used).refused[0].startswith("data.dictionaries.es was")
    assert changes(one, none, used).refused[0].startswith("data.dictionaries was given, is now absent")
    assert changes(one, two).refused == changes(none, two).refused == ()


def test_what_was_read_is_told(load: Load) -> None:
    lines = loaded_lines(load({"robust": {"word_substitution": {}, "code_switch": {}}})[1].sources())
    assert "synonyms: 2 words, 3 alternatives" in lines
    assert "dictionary: 3 words, 3 alternatives" in lines


def test_inputs_hold_texts_only_for_models_whose_arms_alter_them(
    load: Load, tiny_checkpoint: Path, tmp_path: Path
) -> None:
    other = tiny_task.write_checkpoint(tmp_path / "other")
    study, data = load({**SYNONYMS, "model": str(other)})
    assert type(trial_inputs(Checkpoint.at(tiny_checkpoint), study, data).train).__name__ == "Windows"
    for features in (None, tmp_path / "features"):
        inputs = trial_inputs(Checkpoint.at(other), study, data, features)
        assert isinstance(inputs.train, RewritableWindows)
        assert [inputs.train.texts[i].context for i in range(len(data.train))] == [
            e.context for e in data.train.examples
        ]
        assert inputs.train.lexicons.synonyms is not None
        assert inputs.summary() == trial_inputs(Checkpoint.at(tiny_checkpoint), study, data).summary()


def test_a_tokenizer_without_segmentations_to_draw_is_refused_where_it_is_used(
    load: Load, tiny_checkpoint: Path, tmp_path: Path
) -> None:
    study, data = load(SAMPLING)
    with pytest.raises(ModelError, match=r"subword_sampling: model .* has a WordLevel tokenizer: each word is"):
        trial_inputs(Checkpoint.at(tiny_checkpoint), study, data)
    study, data = load({**SAMPLING, "model": str(tiny_task.write_checkpoint(tmp_path / "other"))})
    assert len(trial_inputs(Checkpoint.at(tiny_checkpoint), study, data).train) == len(data.train)


def test_toy_studies_have_dictionaries(toy_storage: Path, tmp_path: Path) -> None:
    definition = {
        "name": "toy",
        "question": "Are there words?",
        "model": "toy",
        "data": {"train": "toy", "test": "toy", "dictionaries": "toy"},
        "windows": {"max_length": 48, "stride": 8, "max_answer_tokens": 8},
        "training": {"updates": 4, "batch_size": 8, "micro_batch_size": 4, "learning_rate": 0.001, "reports": 1},
        "arms": {"plain": {"baseline": True}, "switched": {"robust": {"code_switch": {"rate": 0.5}}}},
        "search": {"trials_per_arm": 4},
    }
    path = tmp_path / "study.yaml"
    path.write_text(yaml.safe_dump(definition))
    study = load_study(path)
    locations = locate(study, toy_storage)
    data = load_study_data(study, locations, tmp_path / "rows")
    assert len(data.lexicons.dictionaries) == 11
    inputs = trial_inputs(Checkpoint.resolve(locations.models["switched"]), study, data)
    assert isinstance(inputs.train, RewritableWindows)
    sentence = data.train.examples[0].context.split(".")[0].split()
    assert (
        sum(bool(data.lexicons.dictionaries["th"].find(word, opens=False)) for word in sentence) == 2
    )  # relation and filler
