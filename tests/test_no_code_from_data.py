"""No data or checkpoint is run as code, and no name in a study file becomes a path or a shell word unchecked."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from xlingual.errors import StudyFileError
from xlingual.study import load_study

ROOT = Path(__file__).parents[1]
STUDY = str(ROOT / "studies" / "quickstart.yaml")
HOSTILE = ("../up", "a/b", "a b", "a;id", "$(id)", "`id`", "-rf", "a\nb", ".", "", "a'b")
OWN_PICKLE = "search/tuning.py"
"""Reads what Ray wrote to the driver's own disk of a trial's error."""


def calls() -> Iterator[tuple[str, str, ast.Call]]:
    """Every call of the package: its file, what is called, the call."""
    for path in sorted((ROOT / "xlingual").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                yield str(path.relative_to(ROOT / "xlingual")), ast.unparse(node.func), node


def test_pickles_are_read_only_where_ray_wrote_them_and_tensors_without_code() -> None:
    found = list(calls())
    pickles = {file for file, name, _ in found if name.split(".")[0] in ("pickle", "dill", "joblib") and "load" in name}
    assert pickles == {OWN_PICKLE}
    tensors = [call for _, name, call in found if name == "torch.load"]
    assert tensors
    for call in tensors:
        (safe,) = (word.value for word in call.keywords if word.arg == "weights_only")
        assert isinstance(safe, ast.Constant) and safe.value is True


def test_nothing_trusts_code_of_the_hub_or_asks_a_shell() -> None:
    for file, name, call in calls():
        words = {word.arg: word.value for word in call.keywords}
        trusted = words.get("trust_remote_code")
        assert trusted is None or (isinstance(trusted, ast.Constant) and trusted.value is False), file
        assert "shell" not in words and name not in ("eval", "exec", "os.system", "os.popen", "yaml.load"), (file, name)


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize(
    "setting",
    [
        "name={}",
        "arms={{{}: {{baseline: true}}}}",
        "data.test={{source: toy, set: {}, languages: [en]}}",
        "data.test={{source: toy, languages: [en, {}]}}",
        "data.test={{source: toy, languages: [en], also: {{{}: toy}}}}",
        "data.faq.languages=[{}]",
    ],
)
def test_a_name_that_is_no_name_is_refused(name: str, setting: str) -> None:
    quoted = '"' + name.replace("\n", "\\n") + '"'
    with pytest.raises(StudyFileError):
        load_study(STUDY, [setting.format(quoted)])
