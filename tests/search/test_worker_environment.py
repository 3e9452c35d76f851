"""Workers of an existing cluster get the environment variables set by this program."""

from __future__ import annotations

import json

import pytest

from xlingual.search.cluster import ENVIRONMENT, environment_of_workers, prepare_environment

NAMES = ("TOKENIZERS_PARALLELISM", "RAY_TRAIN_HEALTH_CHECK_INTERVAL_S")


@pytest.fixture(autouse=True)
def _prepared(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ENVIRONMENT:
        monkeypatch.setenv(name, "")  # so that each is restored
        monkeypatch.delenv(name)
    monkeypatch.setenv("TOKENIZERS_PARALLELISM", "true")
    monkeypatch.delenv("RAY_JOB_CONFIG_JSON_ENV_VAR", raising=False)
    prepare_environment()


def test_each_is_passed_on_with_the_users_value_where_there_is_one() -> None:
    found = environment_of_workers()
    assert found.keys() == ENVIRONMENT.keys()
    assert [found[name] for name in NAMES] == ["true", "0.2"]


def test_what_a_submitted_job_says_to_its_workers_is_left_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    job = {"runtime_env": {"env_vars": {"TOKENIZERS_PARALLELISM": "false"}}}
    monkeypatch.setenv("RAY_JOB_CONFIG_JSON_ENV_VAR", json.dumps(job))
    assert environment_of_workers().keys() == ENVIRONMENT.keys() - {"TOKENIZERS_PARALLELISM"}
    monkeypatch.setenv("RAY_JOB_CONFIG_JSON_ENV_VAR", json.dumps({"runtime_env": None}))
    assert environment_of_workers().keys() == ENVIRONMENT.keys()
