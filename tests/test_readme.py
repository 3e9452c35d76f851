"""What README shows is what there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from xlingual.errors import StudyFileError
from xlingual.study import load_study

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    """Text between a heading and the next."""
    return README.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]


def test_the_study_file_is_the_quickstart() -> None:
    block = re.search(r"```yaml\n(.*?)```", section("A study file, line by line"), re.DOTALL)
    assert block is not None
    assert block.group(1) == (ROOT / "studies" / "quickstart.yaml").read_text(encoding="utf-8")


def test_the_mistakes_are_reported_as_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (ROOT / "studies" / "quickstart.yaml").read_text(encoding="utf-8")
    for right, wrong in (
        ("log_uniform: [1.0e-3", "log_unifrom: [1.0e-3"),
        ("uniform: [0.2, 0.5]", "uniform: [0.5, 0.2]"),
        ("objective: dev.f1", "objective: xquad.f1"),
    ):
        text = text.replace(right, wrong, 1)
    monkeypatch.chdir(tmp_path)
    Path("wrong.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(StudyFileError) as refused:
        load_study("wrong.yaml")
    shown = [line.strip() for line in README.splitlines() if line.strip().startswith("wrong.yaml:")]
    assert shown == str(refused.value).splitlines()


def test_the_tree_names_what_is_there() -> None:
    stack: list[str] = []
    found = 0
    for line in section("The tree").strip("\n").splitlines():
        if not line.startswith("    "):
            continue
        depth, name = (len(line) - len(line.lstrip()) - 4) // 2, line.split()[0]
        path = ROOT.joinpath(*stack[:depth], name)
        assert path.exists(), f"README's tree names {path}"
        stack = [*stack[:depth], name]
        found += 1
    assert found > 25
