"""Differences between two versions of a study: refused, renamed, or a changed space."""

from __future__ import annotations

import copy
from collections.abc import Collection
from typing import Any

import pytest

from xlingual.study.changes import Changes, changes

RATE = {"log_uniform": [1e-4, 1e-2]}
NOISE = {"embedding_noise": {"magnitude": {"uniform": [0.1, 0.5]}}}


def arm(baseline: bool = False, model: str = "m", **drawn: Any) -> dict[str, Any]:
    return {"baseline": baseline, "model": model, "training": {"learning_rate": RATE}, "mixture": None,
            "robust": None, **drawn}  # fmt: skip


STUDY: dict[str, Any] = {
    "name": "s",
    "question": "Does it?",
    "model": "m",
    "data": {
        "train": "train.json",
        "source_language": "en",
        "dev": "held-out-articles",
        "test": {
            "set": "xquad",
            "source": "xquad",
            "languages": ["en", "de"],
            "paragraphs": None,
            "generalised": False,
            "also": {"mlqa": {"source": "mlqa", "languages": ["de"], "paragraphs": None, "generalised": False}},
        },
        "faq": None,
        "synonyms": None,
        "dictionaries": None,
        "contamination": "drop",
    },
    "windows": {"max_length": 384},
    "training": {"updates": 20, "learning_rate": RATE},
    "arms": {"plain": arm(baseline=True), "noise": arm(robust=NOISE)},
    "search": {"trials_per_arm": 4, "objective": "dev.f1", "seed": 0},
    "oracle": False,
    "replicates": {"searches": 1, "seeds": 3},
    "scaling": {"concurrent_trials": 1},
    "storage": "here",
}
NOTHING = Changes(refused=(), renamed={}, gone=(), new=(), respaced=(), baseline=None)


def compared(
    edit: Any, before: dict[str, Any] = STUDY, used: Collection[str] = (), read: Collection[str] = ("xquad", "mlqa")
) -> Changes:
    now = copy.deepcopy(before)
    edit(now)
    return changes(before, now, used, read)


def setting(path: str, value: Any) -> Any:
    def edit(study: dict[str, Any]) -> None:
        *steps, last = path.split(".")
        for step in steps:
            study = study[step]
        study[last] = value

    return edit


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("question", "Another wording"),
        ("storage", "there"),
        ("scaling", {"concurrent_trials": 8, "workers_per_trial": 2}),
        ("search.trials_per_arm", 9),
        ("replicates.seeds", 5),
        ("model", "elsewhere/m"),
        ("data.train", "elsewhere/train.json"),
        ("data.dev", "dev.json"),
        ("data.test.source", "elsewhere/xquad"),
        ("data.test.also.mlqa.source", "elsewhere/mlqa"),
        ("data.test.also.mine", {"source": "{language}.json", "languages": ["fi"], "paragraphs": None}),
        ("data.synonyms", "synonyms.json"),
        ("data.dictionaries", {"de": "de.tsv"}),
        ("data.faq", {"source": "webfaq", "rows_per_language": 50}),
        ("data.contamination", "stop"),
        ("arms.noise.model", "elsewhere/m"),
        ("arms.noise.against", "plain"),
        ("arms.noise.published", "XLM-R"),
        ("training.learning_rate", 1e-3),
    ],
)
def test_what_decides_no_recorded_number_may_change(path: str, value: Any) -> None:
    assert compared(setting(path, value)) == NOTHING


@pytest.mark.parametrize(
    ("path", "value", "text"),
    [
        ("search.seed", 1, "search.seed was 0, is now 1"),
        ("search.objective", {"dev.f1": 1.0}, "search.objective was dev.f1, is now given"),
        ("oracle", True, "oracle was False, is now True"),
        ("windows.max_length", 256, "windows.max_length was 384, is now 256"),
        ("data.test.languages", ["en"], "data.test.languages was ['en', 'de'], is now ['en']"),
        ("data.test.paragraphs", 3, "data.test.paragraphs was absent, is now 3"),
        ("data.test.generalised", True, "data.test.generalised was False, is now True"),
        ("data.test.set", "mlqa", "data.test.set was xquad, is now mlqa"),
        ("data.test.also.mlqa.paragraphs", 3, "data.test.also.mlqa.paragraphs was absent, is now 3"),
        ("data.test.also", {}, "data.test.also.mlqa was given, is now absent"),
        ("data.source_language", "de", "data.source_language was en, is now de"),
        ("data.train_examples", 100, "data.train_examples was absent, is now 100"),
        ("toy", {"seed": 1, "misalignment": 2.0}, "toy was absent, is now given"),
    ],
)
def test_what_decides_recorded_numbers_is_refused_in_one_text_each(path: str, value: Any, text: str) -> None:
    assert compared(setting(path, value)).refused == (text,)


WITH_FAQ = copy.deepcopy(STUDY)
WITH_FAQ["data"] |= {"faq": {"source": "w", "rows_per_language": 50}, "dictionaries": {"de": "de.tsv", "es": "es.tsv"}}
OF_FAQ = [
    ("data.faq.rows_per_language", 60, "data.faq.rows_per_language was 50, is now 60"),
    ("data.faq", None, "data.faq was given, is now absent"),
]
OF_DICTIONARIES = [
    ("data.dictionaries", {"de": "de.tsv"}, "data.dictionaries.es was es.tsv, is now absent"),
    ("data.dictionaries", None, "data.dictionaries was given, is now absent"),
]


@pytest.mark.parametrize("used", ["faq", "webfaq_dev", "dictionary of de"])
def test_faq_pages_and_dictionaries_may_change_until_a_trial_used_them(used: str) -> None:
    sources = {"model", "train", "dev", used}
    of_used, others = (OF_DICTIONARIES, OF_FAQ) if used == "dictionary of de" else (OF_FAQ, OF_DICTIONARIES)
    for path, value, text in of_used:
        assert compared(setting(path, value), WITH_FAQ, sources).refused == (text,)
    for path, value, _ in others:
        assert compared(setting(path, value), WITH_FAQ, sources) == NOTHING


def test_sources_that_trials_used_may_lie_elsewhere() -> None:
    used = {"faq", "dictionary of de"}
    assert compared(setting("data.faq.source", "elsewhere"), WITH_FAQ, used) == NOTHING
    assert compared(setting("data.dictionaries.de", "elsewhere.tsv"), WITH_FAQ, used) == NOTHING


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("training", {"learning_rate": {"log_uniform": [1e-5, 1e-1]}}),
        ("training", {"learning_rate": 1e-3}),
        ("robust", None),
        ("robust", {"embedding_noise": {"magnitude": 0.1}}),
        ("mixture", {"faq_share": 0.1}),
    ],
)
def test_an_arm_may_be_drawn_from_another_space(path: str, value: Any) -> None:
    assert compared(setting(f"arms.noise.{path}", value)) == Changes((), {}, (), (), ("noise",), None)


def rename(old: str, new: str, **change: Any) -> Any:
    def edit(study: dict[str, Any]) -> None:
        study["arms"] = {new if name == old else name: one for name, one in study["arms"].items()}
        study["arms"][new] |= change

    return edit


def test_an_arm_of_the_same_model_and_space_is_renamed() -> None:
    assert compared(rename("noise", "noisy")) == Changes((), {"noise": "noisy"}, (), (), (), None)
    assert compared(rename("noise", "noisy", published="x")).renamed == {"noise": "noisy"}
    assert compared(rename("plain", "base")) == Changes((), {"plain": "base"}, (), (), (), None)


@pytest.mark.parametrize("change", [{"robust": None}, {"model": "other"}, {"training": {"learning_rate": 1e-3}}])
def test_an_arm_of_another_name_and_another_definition_is_another(change: dict[str, Any]) -> None:
    assert compared(rename("noise", "noisy", **change)) == Changes((), {}, ("noise",), ("noisy",), (), None)


def test_which_of_several_equal_arms_was_renamed_is_not_guessed() -> None:
    def two_for_one(study: dict[str, Any]) -> None:
        study["arms"] |= {"one": study["arms"]["noise"], "two": study["arms"].pop("noise")}

    assert compared(two_for_one) == Changes((), {}, ("noise",), ("one", "two"), (), None)
    before = copy.deepcopy(STUDY)
    two_for_one(before)

    def one_for_two(study: dict[str, Any]) -> None:
        study["arms"] = {"plain": study["arms"]["plain"], "noise": study["arms"]["one"]}

    assert compared(one_for_two, before) == Changes((), {}, ("one", "two"), ("noise",), (), None)


def test_arms_that_came_and_went_and_another_baseline() -> None:
    def edit(study: dict[str, Any]) -> None:
        study["arms"] = {"noise": {**study["arms"]["noise"], "baseline": True}, "faq": arm(mixture={"faq_share": 0.3})}

    assert compared(edit) == Changes((), {}, ("plain",), ("faq",), (), "noise")


@pytest.mark.parametrize(("path", "value"), [("data.test.languages", ["en"]), ("data.test.paragraphs", 3)])
def test_what_the_test_asks_may_change_until_it_was_read(path: str, value: Any) -> None:
    now = copy.deepcopy(STUDY)
    setting(path, value)(now)
    assert changes(STUDY, now) == NOTHING
    setting("search.seed", 1)(now)
    assert changes(STUDY, now).refused == ("search.seed was 0, is now 1",)


@pytest.mark.parametrize(
    ("path", "value"),
    [("also.mlqa.languages", ["en"]), ("also.mlqa.generalised", True), ("also.mlqa.paragraphs", 3), ("also", {})],
)
def test_a_set_that_was_not_read_may_change_beside_one_that_was(path: str, value: Any) -> None:
    edit = setting(f"data.test.{path}", value)
    assert compared(edit, read=["xquad"]) == NOTHING
    assert compared(edit, read=["xquad", "mlqa"]).refused
