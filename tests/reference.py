"""Generates the parts of docs/ that follow from the code.

    make docs

`docs/study-file.md` is generated from the schema of a study, `docs/commands.md` from the commands;
`docs/study.schema.json` is that schema, for editors. `docs/study.md` shows the quickstart and the messages of mistakes.
tests/test_reference.py checks that all are up to date.
"""

from __future__ import annotations

import json
from pathlib import Path

from reference_commands import commands_page
from reference_keys import keys_page
from reference_study import study_page

from xlingual.study import json_schema

ROOT = Path(__file__).resolve().parents[1]
SCHEMA = ROOT / "docs" / "study.schema.json"


def pages() -> dict[Path, str]:
    """Every page of which all or a part is written, and its text."""
    written = {"study-file": keys_page(), "commands": commands_page(ROOT), "study": study_page(ROOT)}
    schema = json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"
    return {ROOT / "docs" / f"{name}.md": text for name, text in written.items()} | {SCHEMA: schema}


if __name__ == "__main__":
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")
        print(f"{path.relative_to(ROOT)}: {len(text.splitlines())} lines")
