"""`import xlingual` costs nothing, and has every name that docs/python.md lists."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import xlingual

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "python.md"


def loaded(code: str) -> set[str]:
    """Packages that a new process has loaded after some code, without those of Python itself."""
    code = f"{code}; import json, sys; print(json.dumps(sorted(name.split('.')[0] for name in sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout)) - sys.stdlib_module_names


def test_importing_loads_no_other_package() -> None:
    before = loaded("pass")
    assert loaded("import xlingual; dir(xlingual)") - before == {"xlingual"}
    light = loaded("import xlingual; xlingual.open_study, xlingual.run_study, xlingual.evaluate, xlingual.score")
    assert not light & {"torch", "ray", "transformers", "datasets", "pandas", "matplotlib"}


@pytest.mark.parametrize("name", xlingual.__all__)
def test_every_name_is_there_and_in_the_page(name: str) -> None:
    assert name in dir(xlingual)
    assert getattr(xlingual, name) is getattr(xlingual, name)
    assert name == "__version__" or getattr(xlingual, name).__doc__
    assert f"`{name}" in PAGE.read_text(encoding="utf-8") or f"xlingual.{name}" in PAGE.read_text(encoding="utf-8")


def test_another_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'xlingual' has no attribute 'open_studies'"):
        xlingual.open_studies  # noqa: B018


def test_type_checkers_see_the_same_names() -> None:
    """The block that they read names what `__getattr__` imports, from the same modules."""
    text = Path(xlingual.__file__).read_text(encoding="utf-8")
    block = text.split("if TYPE_CHECKING:\n", 1)[1].split("\n\n", 1)[0]
    read = dict(reversed(found) for found in re.findall(r"from ([\w.]+) import (\w+) as \2", block))
    assert read == xlingual._PLACES
    assert {*read, "__version__"} == set(xlingual.__all__)


def test_the_page_has_every_column_that_the_docstrings_have() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for method in ("to_dataframe", "trials_dataframe", "reports_dataframe"):
        rows = re.findall(r"^ *\| (`.*)$", getattr(xlingual.OpenedStudy, method).__doc__, re.MULTILINE)
        assert len(rows) >= 7
        assert [row for row in rows if f"| {row}" not in page] == []


def test_no_other_name_is_offered() -> None:
    assert [name for name in dir(xlingual) if not name.startswith("__")] == sorted(
        set(xlingual.__all__) - {"__version__"}
    )


@pytest.mark.parametrize("overrides", ["training.updates=10", {"training.updates": 10}])
def test_overrides_are_a_list(overrides: Any) -> None:
    with pytest.raises(xlingual.XlingualError, match=r"overrides: found .*; write a list of texts"):
        xlingual.load_study(ROOT / "studies" / "quickstart.yaml", overrides)


def test_predictions_are_a_file() -> None:
    predictions: Any = {"en": {"q1": "Paris"}}
    with pytest.raises(xlingual.XlingualError, match="predictions: found a dict; write the path"):
        xlingual.evaluate(predictions=predictions, data="xquad")
