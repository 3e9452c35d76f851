"""A package outside of xlingual, as an installer leaves it: the modules of tests/extension and their entry points."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

SOURCE = Path(__file__).parent / "extension"
REPOSITORY = Path(__file__).parents[1]
METHODS = {"token_dropout": "more_methods:TOKEN_DROPOUT", "reversal": "more_methods:REVERSAL"}
OPTIMIZERS = {"sign_descent": "more_methods:SIGN_DESCENT"}

ARM = {
    "training": {"optimizer": "sign_descent", "learning_rate": 3e-3},
    "robust": {
        "token_dropout": {"rate": {"uniform": [0.05, 0.2]}, "draws": {"choice": [1, 2]}},
        "reversal": {"rate": 0.3},
    },
}
"""An arm that uses everything that the package adds."""


def install(
    directory: Path, methods: dict[str, str] = METHODS, optimizers: dict[str, str] = OPTIMIZERS, name: str = "more"
) -> Path:
    """Write the package into a folder; return it for PYTHONPATH."""
    directory.mkdir(exist_ok=True)
    for module in SOURCE.glob("*.py"):
        shutil.copy(module, directory)
    described = directory / f"{name}-1.0.dist-info"
    described.mkdir()
    (described / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    groups = {"xlingual.methods": methods, "xlingual.optimizers": optimizers}
    lines = [line for group, points in groups.items() for line in (f"[{group}]", *_points(points))]
    (described / "entry_points.txt").write_text("\n".join(lines) + "\n")
    return directory


def environment(*folders: Path) -> dict[str, str]:
    """The environment of a process that finds packages in these folders."""
    path = os.pathsep.join(map(str, (REPOSITORY, *folders)))
    return {**os.environ, "PYTHONPATH": path, "PYTHONWARNINGS": "ignore"}


def call(*arguments: object, folders: tuple[Path, ...] = ()) -> subprocess.CompletedProcess[str]:
    """Call the command line in a process that finds packages in these folders."""
    command = [sys.executable, "-m", "xlingual", *map(str, arguments)]
    return subprocess.run(command, env=environment(*folders), capture_output=True, text=True, timeout=300)


def _points(points: dict[str, str]) -> list[str]:
    return [f"{name} = {value}" for name, value in points.items()]
