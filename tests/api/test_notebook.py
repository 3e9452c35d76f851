"""docs/notebook.ipynb names what exists, was run from its first cell to its last, and holds nothing of a machine."""

from __future__ import annotations

import ast
import importlib.util
import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest

import xlingual

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOK = ROOT / "docs" / "notebook.ipynb"
CELLS: list[dict[str, Any]] = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
CODE = [cell for cell in CELLS if cell["cell_type"] == "code"]
TREE = ast.parse("\n".join("".join(cell["source"]) for cell in CODE))
MACHINE = re.compile(r"(?<![\w.<])/(?:home|root|work|tmp|var|usr|opt|Users|private|mnt)/|[A-Z]:\\")
LARGEST = 150_000


def text(value: Any) -> str:
    """A text of the notebook format, which may be a list of lines."""
    return value if isinstance(value, str) else "".join(value)


def outputs(cell: dict[str, Any]) -> list[str]:
    """All texts of a cell's outputs."""
    return [
        text(value)
        for output in cell["outputs"]
        for value in (output.get("text", ""), *output.get("data", {}).values(), *output.get("traceback", ()))
    ]


def kinds(cell: dict[str, Any]) -> list[tuple[str, list[str]]]:
    return [(output["output_type"], sorted(output.get("data", {}))) for output in cell["outputs"]]


def test_it_imports_and_calls_what_exists() -> None:
    modules = {alias.name for node in ast.walk(TREE) if isinstance(node, ast.Import) for alias in node.names}
    modules |= {str(node.module) for node in ast.walk(TREE) if isinstance(node, ast.ImportFrom)}
    assert modules == {"xlingual", "pathlib"} and all(map(importlib.util.find_spec, modules))
    found = [(node.value.id, node.attr) for node in ast.walk(TREE)
             if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)]  # fmt: skip
    called = {name for where, name in found if where == "xlingual"}
    assert called == {"load_study", "run_study", "open_study", "score"} <= set(xlingual.__all__)
    used = {name for where, name in found if where in ("study", "same")}
    assert used == {"report", "to_dataframe", "trials_dataframe", "reports_dataframe", "state", "stage"}
    assert all(hasattr(xlingual.OpenedStudy, name) for name in used)


def test_its_study_is_valid_and_its_mistake_is_said_as_it_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (written,) = (
        node.value for node in ast.walk(TREE) if isinstance(node, ast.Constant) and "model: toy" in str(node.value)
    )
    Path("notebook_study.yaml").write_text(str(written), encoding="utf-8")
    assert list(xlingual.load_study("notebook_study.yaml").arms) == ["baseline", "noise"]
    (marked,) = [cell for cell in CODE if cell["metadata"].get("tags") == ["raises-exception"]]
    with pytest.raises(xlingual.StudyFileError) as refused:
        xlingual.load_study("notebook_study.yaml", ["training.udpates=10"])
    assert marked["outputs"][0]["traceback"] == [f"StudyFileError: {refused.value}"]


def test_it_was_run_in_one_go_and_its_outputs_are_small() -> None:
    assert [cell["execution_count"] for cell in CODE] == list(range(1, len(CODE) + 1))
    failed = [cell for cell in CODE if any(kind == "error" for kind, _ in kinds(cell))]
    assert [cell["metadata"] for cell in failed] == [{"tags": ["raises-exception"]}]
    assert NOTEBOOK.stat().st_size < LARGEST
    found = [one for cell in CODE for one in outputs(cell)]
    assert len(found) > 15
    assert [one for one in found if MACHINE.search(one)] == []
    assert MACHINE.search("in /home/me/x") and not MACHINE.search("a</var/x>") and not MACHINE.search("docs/var/x")


def test_it_says_that_its_world_is_made_up() -> None:
    first = text(CELLS[0]["source"])
    assert "toy world" in first and "nothing about real languages" in first
    assert any("TOY" in one for cell in CODE for one in outputs(cell))


@pytest.mark.real
def test_it_runs(tmp_path: Path) -> None:
    pytest.importorskip("nbclient", reason="needs the package's extra `notebook`")
    pytest.importorskip("ipykernel", reason="needs the package's extra `notebook`")
    from notebook import executed

    ran = [cell for cell in executed(NOTEBOOK, tmp_path).cells if cell.cell_type == "code"]
    assert [kinds(cell) for cell in ran] == [kinds(cell) for cell in CODE]
    assert [text(cell.source) for cell in ran] == [text(cell["source"]) for cell in CODE]
    assert (tmp_path / "xlingual_studies" / "notebook" / "ledger.jsonl").exists()
    assert "IPython" not in sys.modules
