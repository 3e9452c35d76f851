"""A package from outside adds a perturbing method, a text-altering one and an optimiser: nothing of xlingual is edited.

Ray is started in tests/on_ray/test_extended_study.py.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from extension_package import ARM, environment, install
from extension_package import call as call_apart

from xlingual.errors import ExtensionError
from xlingual.extensions import registered
from xlingual.study.methods import Method

Write = Callable[..., Path]


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return install(tmp_path_factory.mktemp("packages") / "more")


@pytest.fixture(scope="module")
def study(write_study: Write) -> Path:
    return write_study(
        "extended",
        arms={"plain": {"baseline": True}, "extended": ARM},
        search={"trials_per_arm": 1},
        replicates={"searches": 1, "seeds": 1},
    )


MISTAKES = [
    ("token_dropot: {rate: 0.1}", "adamw", "did you mean 'token_dropout'?"),
    ("token_dropout: {rat: 0.1, rate: 0.1}", "adamw", "did you mean 'rate'?"),
    ("token_dropout: {}", "adamw", "token_dropout.rate: is missing"),
    ("token_dropout: {rate: 0}", "adamw", "as without token_dropout; write a rate above 0, or delete token_dropout"),
    ("token_dropout: {rate: 1}", "adamw", "token_dropout.rate: a rate of 1 leaves no token"),
    ("reversal: {rate: 2}", "adamw", "reversal.rate: must be a number from 0 to 1"),
    ("averaging: {}", "sign_decent", "did you mean 'sign_descent'?"),
    ("averaging: {}", "momentum", "must be adamw, adafactor or sign_descent"),
    (
        "{embedding_noise: {magnitude: 0.1}, token_dropout: {rate: 0.1}}",
        "adamw",
        "embedding_noise and token_dropout both perturb the model, but a trial can use one of them only; keep one, or",
    ),
    (
        "{consistency: {magnitude: 0.1}, token_dropout: {rate: 0.1}}",
        "adamw",
        "a trial can use one of them only; write dropout: drawn for consistency, keep one",
    ),
]
"""Robust training and optimiser of an arm, and a part of the one message."""


@pytest.fixture(scope="module")
def checked(package: Path, study: Path) -> dict[str, Any]:
    """The schema, the study's plan, and the problems of the study and of each mistake in it, from one process."""
    paths = [study]
    for robust, optimizer, _ in MISTAKES:
        document = yaml.safe_load(study.read_text())
        document["arms"]["extended"] = {"training": {"optimizer": optimizer}, "robust": yaml.safe_load(robust)}
        paths.append(study.with_name(f"wrong-{len(paths)}.yaml"))
        paths[-1].write_text(yaml.safe_dump(document, sort_keys=False))
    found: dict[str, Any] = json.loads(run(package, "check.py", *paths))
    return found


def run(package: Path, script: str, *arguments: object) -> str:
    """Run one of the package's scripts; return what it prints."""
    command = [sys.executable, str(package / script), *map(str, arguments)]
    ended = subprocess.run(command, env=environment(package), capture_output=True, text=True, timeout=300)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_a_study_file_may_write_what_a_package_adds(checked: dict[str, Any], study: Path) -> None:
    assert checked["problems"][0] == []
    document, schema = yaml.safe_load(study.read_text()), jsonschema.Draft202012Validator(checked["schema"])
    assert schema.is_valid(document)
    document["arms"]["extended"]["robust"]["token_dropout"]["rate"] = {"uniform": [0.1, 2]}
    assert not schema.is_valid(document)


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake[0])
def test_mistakes_are_told_as_those_of_built_in_methods(checked: dict[str, Any], mistake: tuple[str, str, str]) -> None:
    (problem,) = checked["problems"][1 + MISTAKES.index(mistake)]
    assert mistake[2] in problem


def test_a_plan_shows_what_a_package_adds(checked: dict[str, Any]) -> None:
    (arm,) = (one for one in checked["plan"]["arms"] if one["name"] == "extended")
    assert {one["name"]: one["text"] for one in arm["parameters"]} == {
        "robust.token_dropout.rate": "uniform 0.05 to 0.2",
        "robust.token_dropout.draws": "one of 1, 2",
    }


def test_a_trial_trains_and_goes_on_exactly_from_where_it_was_cut(package: Path, study: Path, tmp_path: Path) -> None:
    """With all three at once, in a process of its own; see tests/extension/train.py."""
    found = json.loads(run(package, "train.py", study, tmp_path))
    assert found["whole"] == found["cut"]
    assert found["starts"] == [0, 2]
    assert found["rows_of_word_embeddings"] is None  # the optimiser does not say that trimming is exact
    assert found["perturbation"] == {"rate": 0.1}
    assert found["passes"] == [4, 8]  # two draws
    assert found["text"] == "REVERSED .3, token_dropout .1"
    assert found["plain"] != found["whole"]
    card = found["card"]
    assert "8 windows each by Sign Descent" in card and "Robust training: reversal, token dropout," in card
    assert "| `robust.token_dropout.rate` | 0.1 |" in card


def test_a_study_that_names_what_no_package_adds_is_refused(study: Path, call: Callable[..., Any]) -> None:
    ended = call("validate", study)
    assert ended.status == 1 and "Traceback" not in ended.errors
    assert "unknown key 'token_dropout' in arms.extended.robust" in ended.errors
    assert "training.optimizer: must be adamw or adafactor" in ended.errors


def test_a_package_that_cannot_be_used_is_told_in_one_line(study: Path, tmp_path: Path) -> None:
    broken = install(tmp_path / "broken", {"broken": "no_such_module:METHOD"}, {}, name="broken-package")
    ended = call_apart("validate", study, folders=(broken,))
    assert ended.returncode == 1
    (line,) = ended.stderr.splitlines()
    assert line.startswith("error: package broken-package 1.0, entry point broken of xlingual.methods ")
    assert "it cannot be imported (ModuleNotFoundError: No module named" in line


@pytest.fixture
def not_imported() -> Iterator[None]:
    """Forget the package's module afterwards."""
    yield
    sys.modules.pop("more_methods", None)


@pytest.mark.parametrize(
    ("methods", "reason"),
    [
        ({"odd": "more_methods:TokenDropout"}, "a Method was asked for, found a ModelMetaclass"),
        ({"one": "more_methods:REVERSAL", "two": "more_methods:REVERSAL"}, "the name 'reversal' is taken"),
    ],
)
@pytest.mark.usefixtures("not_imported")
def test_what_a_package_adds_in_error_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, methods: dict[str, str], reason: str
) -> None:
    monkeypatch.syspath_prepend(install(tmp_path / "broken", methods, {}, name="broken-package"))
    with pytest.raises(ExtensionError, match=r"^package broken-package 1\.0, entry point ") as refused:
        registered("xlingual.methods", Method, [])
    assert reason in str(refused.value) and "\n" not in str(refused.value)
