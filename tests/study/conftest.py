from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from xlingual.errors import StudyFileError
from xlingual.study import Study, json_schema, load_study

STUDY = """\
name: example
question: Does it help?
model: xlm-roberta-base
data:
  train: rajpurkar/squad
  test: google/xquad
  faq: {source: PaDaS-Lab/webfaq, languages: [deu, es, ru]}
training:
  updates: 500
  learning_rate: {log_uniform: [1e-5, 1e-4]}
arms:
  baseline: {baseline: true}
  webfaq:
    mixture:
      faq_share: {uniform: [0.05, 0.5]}
      weights: {simplex: all}
  noise:
    robust:
      embedding_noise:
        magnitude: {log_uniform: [0.01, 1.0]}
  either:
    robust:
      choice:
        none: null
        noisy:
          embedding_noise: {magnitude: {log_uniform: [0.01, 1.0]}, distribution: uniform}
search:
  trials_per_arm: 8
"""


@pytest.fixture
def study_text() -> str:
    """A study on real data with four arms and every kind of search space except integer."""
    return STUDY


@pytest.fixture(scope="session")
def schema() -> dict[str, Any]:
    """The JSON Schema of a study file, built once: it takes half a second."""
    return json_schema()


@pytest.fixture(scope="session")
def schema_validator(schema: dict[str, Any]) -> jsonschema.Draft202012Validator:
    """A validator for that schema, which `jsonschema.validate` would recreate for every file."""
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@pytest.fixture
def load(tmp_path: Path) -> Callable[..., Study]:
    """Load a study from text; replacements are (old, new) pairs, each of which must occur."""

    def load_text(text: str = STUDY, *replacements: tuple[str, str], overrides: Sequence[str] = ()) -> Study:
        for old, new in replacements:
            assert old in text, f"{old!r} is not in the study"
            text = text.replace(old, new, 1)
        path = tmp_path / "study.yaml"
        path.write_text(text, encoding="utf-8")
        return load_study(path, overrides)

    return load_text


CHECKER = ("Input should", "function-", "literal[", "union", "pydantic", "validator", "Section", "[key]")
"""Words from the type-checking library that users should never see."""


@pytest.fixture
def one_problem(load: Callable[..., Study], by_letter: Callable[..., None]) -> Callable[..., None]:
    """Check that a study has a single problem, at a line, whose message has these parts in order: "this ... that"."""

    def check(text: str, *replacements: tuple[str, str], line: int, said: str) -> None:
        with pytest.raises(StudyFileError) as refused:
            load(text, *replacements)
        (problem,) = refused.value.problems
        assert re.search(".*".join(map(re.escape, said.split(" ... "))), problem.message), problem.message
        assert problem.line == line
        assert not [word for word in CHECKER if word in problem.message]
        case = "; ".join(
            f"{old.strip()} -> {new.strip()}" if new.strip() else f"without {old.strip()}" for old, new in replacements
        )
        by_letter(problem.message, case)

    return check
