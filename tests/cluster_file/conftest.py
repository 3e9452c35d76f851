"""A machine with a token and a key for ssh, on which the shipped cluster file has no mistake."""

from __future__ import annotations

from pathlib import Path

import pytest
from cluster_files import ROOT

from xlingual.cluster_file import Here


@pytest.fixture
def here(tmp_path: Path) -> Here:
    """The machine; tests may change its files."""
    home = tmp_path / "home"
    for name in (".ray/auth_token", ".ssh/id_ed25519"):
        (home / name).parent.mkdir(parents=True)
        (home / name).write_text("secret", encoding="utf-8")
        (home / name).chmod(0o600)
    versions = {"ray": "2.60.0", "torch": "2.9.1"}
    return Here(versions, "3.11", ROOT, home, {"RAY_UP_enable_autoscaler_v2": "0"})
