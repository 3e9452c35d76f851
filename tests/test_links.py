"""Every relative link of the documents leads to a file that exists, and to a heading of it; so do names of files."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = (
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "tests/benchmarks/README.md")),
    *sorted((ROOT / "docs").glob("*.md")),
)
LINK = re.compile(r"\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)
NAMED = re.compile(r"`((?:xlingual|tests|studies|analysis|docs)/[\w/.-]+)`")


def prose(path: Path) -> str:
    """A page without its fenced blocks."""
    return FENCE.sub("", path.read_text(encoding="utf-8"))


def links(text: str) -> Iterator[str]:
    """Where the links of a page lead to, those to other sites left out."""
    return (target for target in LINK.findall(text) if "://" not in target)


def anchors(text: str) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    found: Counter[str] = Counter()
    names = set()
    for title in re.findall(r"^#+ (.+)$", text, re.MULTILINE):
        plain = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", title).lower().strip()
        name = re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")
        names.add(f"{name}-{found[name]}" if found[name] else name)
        found[name] += 1
    return names


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in links(prose(page)):
        name, _, anchor = target.partition("#")
        file = (page.parent / name).resolve() if name else page
        assert file.exists(), f"{page.name}: {target}"
        assert not anchor or anchor in anchors(prose(file)), f"{page.name}: {target} has no such heading"


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_file_that_is_named_exists(page: Path) -> None:
    missing = [name for name in NAMED.findall(prose(page)) if not (ROOT / name).exists()]
    assert missing == []


def test_every_page_is_reached_from_readme() -> None:
    reached, rest = set[Path](), [ROOT / "README.md"]
    while rest:
        page = rest.pop()
        if page in reached or page.suffix != ".md":
            continue
        reached.add(page)
        rest += [(page.parent / target.partition("#")[0]).resolve() for target in links(prose(page))]
    assert set(PAGES) <= reached


def test_anchors_are_those_of_github() -> None:
    text = "# Speed\n\n## What `bench` measures, exactly\n\n## `data.faq`\n\n## [One](x.md): two\n\n## Speed\n"
    assert anchors(text) == {"speed", "what-bench-measures-exactly", "datafaq", "one-two", "speed-1"}
