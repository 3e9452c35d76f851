"""The schema for editors: published in docs/, named by every shipped study, and right about each of them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from xlingual.study.syntax import parse

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = ROOT / "docs" / "study.schema.json"
STUDIES = sorted(path for path in (ROOT / "studies").rglob("*.yaml") if path.name != "claims.yaml")
SHORT = """
name: short
question: Does it?
model: toy
data:
  train: toy
  test: {source: toy}
training:
  updates: 5
  learning_rate: 0.1
arms:
  baseline: {baseline: true}
search: {trials_per_arm: 1}
"""
LINE = re.compile(r"# yaml-language-server: \$schema=(\S+)")


@pytest.fixture(scope="module")
def published() -> jsonschema.Draft202012Validator:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def problems(validator: jsonschema.Draft202012Validator, text: str) -> list[str]:
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(parse(text).value)]


@pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.stem)
def test_every_shipped_study_names_the_schema_and_fits_it(path: Path, published: Any) -> None:
    text = path.read_text(encoding="utf-8")
    named = LINE.fullmatch(text.splitlines()[0])
    assert named is not None and (path.parent / named[1]).resolve() == SCHEMA
    assert problems(published, text) == []


def shown_studies() -> list[tuple[str, str]]:
    """Every whole study that a document shows, with the document."""
    blocks = [
        (file.name, block)
        for file in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
        for block in re.findall(r"^```yaml\n(.*?)^```$", file.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    ]
    return [(name, block) for name, block in blocks if re.search(r"^name: ", block, re.MULTILINE)]


def test_studies_in_documents_fit_it(published: Any) -> None:
    shown = shown_studies()
    assert {"README.md", "study.md"} <= {name for name, _ in shown}
    assert [(name, problems(published, block)) for name, block in shown] == [(name, []) for name, _ in shown]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("baseline: {baseline: true}", "baseline: {baseline: true}\n  plain:"),
        ("test: {source: toy}", "test: {source: toy, languages: all}"),
        ("test: {source: toy}", "test: {set: mlqa, also: {xquad: null, tydiqa_goldp: tydiqa}}"),
        ("test: {source: toy}", "test: [xquad, mlqa]"),
        ("learning_rate: 0.1", "learning_rate: 0.1\n  weight_decay: {choice: [0.0, 0.01]}"),
    ],
)
def test_what_the_loader_takes_fits_it(published: Any, old: str, new: str) -> None:
    assert old in SHORT
    assert problems(published, SHORT.replace(old, new, 1)) == []


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("name: quickstart", "nam: quickstart", "$: Additional properties"),
        ("updates: 150", "updates: many", "$.training.updates: 'many'"),
        ("log_uniform: [1.0e-3", "log_unifrom: [1.0e-3", "$.training.learning_rate: "),
        ("trials_per_arm: ", "trials_for_arm: ", "$.search: Additional properties"),
        ("baseline: true  ", "baseline: 1  ", "$.arms.baseline.baseline: 1"),
    ],
)
def test_a_broken_study_does_not_fit(published: Any, old: str, new: str, where: str) -> None:
    text = (ROOT / "studies" / "quickstart.yaml").read_text(encoding="utf-8")
    assert old in text
    found = problems(published, text.replace(old, new, 1))
    assert any(problem.startswith(where) for problem in found), found
