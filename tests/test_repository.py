"""Rules for the whole repository."""

from __future__ import annotations

import importlib.metadata
import pkgutil
import re
import shutil
import subprocess
from pathlib import Path

import pytest

import xlingual

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = {"docs", "studies", "xlingual", "tests", "analysis", ".ci", ".github"}
LARGEST = 2 * 1024 * 1024
PRODUCT = ("README.md", "CONTRIBUTING.md", "pyproject.toml", "cluster.yaml", "xlingual", "analysis", "studies", "docs")
PATH = re.compile(r"\bxlingual(?:[.:][A-Za-z_]\w*)+")
NO_PATHS = {"xlingual.escapes", "xlingual.json", "xlingual.methods", "xlingual.optimizers", "xlingual.schema.json"}
"""Names of a codec error handler, files and groups of entry points."""
FOREIGN = re.compile(r"\.\./(shared|\.library)|(?<![\w.~])/(work|root|home(?!/ray\b)|tmp/build|opt)/[a-z]")
"""Places of a developer's machine; the home of Ray's images is not one."""


@pytest.fixture(scope="module")
def tracked() -> list[Path]:
    """Every file that git tracks, in the checkout."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("needs a git checkout")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [path for name in listed.split("\0") if name and (path := ROOT / name).exists()]


def product_texts() -> list[Path]:
    """The text files for users: documents, settings, package, analyses and studies."""
    files = [
        file for name in PRODUCT for file in ([ROOT / name] if (ROOT / name).is_file() else (ROOT / name).rglob("*"))
    ]
    return [file for file in files if file.suffix in {".py", ".md", ".toml", ".yaml", ".txt", ".json"}]


def test_only_the_agreed_folders_stand_at_the_top(tracked):
    folders = {path.relative_to(ROOT).parts[0] for path in tracked if len(path.relative_to(ROOT).parts) > 1}
    assert folders <= FOLDERS
    assert {"xlingual", "tests"} <= folders


def test_no_large_file_is_tracked(tracked):
    assert [str(path) for path in tracked if path.stat().st_size > LARGEST] == []


def test_the_package_says_the_version_that_is_installed():
    declared = re.search(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)
    assert declared is not None
    assert xlingual.__version__ == declared[1] == importlib.metadata.version("xlingual")


def test_the_product_points_only_at_what_its_users_have():
    texts = product_texts()
    assert ROOT / "pyproject.toml" in texts
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in texts
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if FOREIGN.search(line)
    ]
    assert found == []


def test_the_pattern_for_foreign_places_knows_them():
    assert FOREIGN.search("see ../shared/facts.md")
    assert FOREIGN.search("open('/root/x')")
    assert not FOREIGN.search("https://example.org/work/here and net/home/x")


def test_test_files_have_names_of_their_own():
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert sorted(names) == sorted(set(names))


def test_the_commands_that_the_readers_are_told_of_exist():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, flags=re.MULTILINE))
    assert {"quickstart", "test", "check", "format", "docs", "clean", "install"} <= targets
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o111


def test_what_the_product_names_by_a_dotted_path_exists():
    """Docstrings, comments and documents keep up with modules and classes that move."""
    named = {path for text in product_texts() for path in PATH.findall(text.read_text(encoding="utf-8"))} - NO_PATHS
    assert len(named) > 300
    assert sorted(path for path in named if not exists(path)) == []


def exists(path: str) -> bool:
    """Whether a module, or what a module or a class has, is there."""
    try:
        pkgutil.resolve_name(path.replace(":", "."))
    except (ImportError, AttributeError):
        return False
    return True
