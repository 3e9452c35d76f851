"""Writes the reference pages: `docs/study-file.md` from the schema of a study, `docs/commands.md` from the commands.

    make docs

Both pages follow from the code alone; tests/test_reference.py compares them with what the code gives now.
"""

from __future__ import annotations

from pathlib import Path

from reference_commands import commands_page
from reference_keys import keys_page

ROOT = Path(__file__).resolve().parents[1]


def pages() -> dict[Path, str]:
    """Every generated page and its text."""
    return {ROOT / "docs" / "study-file.md": keys_page(), ROOT / "docs" / "commands.md": commands_page(ROOT)}


if __name__ == "__main__":
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")
        print(f"{path.relative_to(ROOT)}: {len(text.splitlines())} lines")
