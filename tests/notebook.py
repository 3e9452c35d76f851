"""Runs docs/notebook.ipynb from its first cell to its last, and keeps the outputs.

    make notebook

What differs from run to run without meaning anything (times of execution, versions of the kernel) is left out.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOK = ROOT / "docs" / "notebook.ipynb"
MINUTES = 60
"""For a cell at most."""


def executed(path: Path, folder: Path) -> Any:
    """Run a notebook in a folder; return it with its outputs.

    Raises:
        CellExecutionError: when a cell fails that is not marked `raises-exception`.
    """
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.read(path, as_version=4)
    metadata = {"metadata": {"path": str(folder)}}
    NotebookClient(notebook, timeout=60 * MINUTES, kernel_name="python3", resources=metadata).execute()
    return plain(notebook)


def plain(notebook: Any) -> Any:
    """Leave out what differs from run to run."""
    notebook.metadata.clear()
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook.metadata.language_info = {"name": "python"}
    for number, cell in enumerate(notebook.cells, start=1):
        cell.id = f"cell-{number}"
        cell.metadata.pop("execution", None)
    return notebook


if __name__ == "__main__":
    import nbformat

    with tempfile.TemporaryDirectory() as made:
        nbformat.write(executed(NOTEBOOK, Path(made)), NOTEBOOK)
    print(f"{NOTEBOOK.relative_to(ROOT)}: {NOTEBOOK.stat().st_size:,} bytes")
