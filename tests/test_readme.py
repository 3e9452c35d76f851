"""Examples in README and docs/ match the code."""

from __future__ import annotations

import re
from pathlib import Path

from xlingual.study import load_study

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
STUDY_PAGE = (ROOT / "docs" / "study.md").read_text(encoding="utf-8")
MOST_BYTES = 10_000


def section(text: str, title: str) -> str:
    """Text between a heading and the next of its level."""
    return text.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]


def block(text: str, language: str = "") -> str:
    """The first fenced block of a text."""
    found = re.search(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    assert found is not None
    return found[1]


def test_readme_stays_a_map() -> None:
    assert len(README.encode()) <= MOST_BYTES


def test_the_study_in_readme_is_valid(tmp_path: Path) -> None:
    file = tmp_path / "study.yaml"
    file.write_text(block(README, "yaml"), encoding="utf-8")
    assert set(load_study(file).arms) == {"baseline", "webfaq"}


def test_the_rooms_are_the_layers_that_are_checked() -> None:
    settings = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    layers = re.search(r'^type = "layers"\nlayers = \[\n(.*?)^\]', settings, re.DOTALL | re.MULTILINE)
    assert layers is not None
    checked = [re.findall(r"xlingual\.(\w+)", line) for line in layers[1].splitlines()]
    lines = [line for line in block(section(README, "The rooms")).splitlines() if not line.startswith(" ")]
    shown = [re.split(r"  +", line)[0].split(", ") for line in lines]
    assert [sorted(line) for line in shown] == [sorted(line) for line in checked if line]
    for room in [room for line in shown for room in line]:
        assert (ROOT / "xlingual" / room).is_dir() or (ROOT / "xlingual" / f"{room}.py").is_file(), room


def test_every_shipped_study_is_listed() -> None:
    listed = set(re.findall(r"^\| `(studies/\w+\.yaml)` \|", STUDY_PAGE, re.MULTILINE))
    assert listed == {f"studies/{path.name}" for path in (ROOT / "studies").glob("*.yaml")}
