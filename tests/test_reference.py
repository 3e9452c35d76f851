"""The reference pages are up to date, and describe every key and option."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import reference
from reference_commands import commands, commands_page, words_of
from reference_keys import anchor, keys_page
from reference_study import messages

from xlingual.cli import app
from xlingual.study import json_schema
from xlingual.study.keys import Part, parts


@pytest.mark.parametrize("path", reference.pages(), ids=lambda path: path.name)
def test_the_page_is_what_the_code_gives_now(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == reference.pages()[path], "the code has changed: run `make docs`"


def told(part: Part) -> str:
    """What the page has under the heading of a section."""
    page = keys_page()
    below = page.split(f"## `{part.path}`\n", 1)[1] if part.path else page
    return below.split("\n## ", 1)[0]


def test_every_key_has_words_and_a_row_that_a_search_finds() -> None:
    for part in parts():
        refers = "The keys are those of" in told(part)
        for key in part.keys:
            assert key.takes, part.of(key)
            assert refers or f"\n| `{part.of(key)}` | {key.takes}" in told(part)


def test_every_key_is_named_where_its_section_is_explained() -> None:
    """But those that are sections, which have an explanation of their own."""
    for part in parts():
        unsaid = [key.name for key in part.keys if not re.search(rf"`{key.name}[`:]", part.prose) and key.below is None]
        assert unsaid == [], part.path


def test_a_key_is_told_with_its_default_and_its_search_spaces() -> None:
    page = keys_page()
    row = "| `training.learning_rate` | a number above 0 and at most 1 | *required* | "
    assert row + "`uniform`, `log_uniform`, `log_normal`, `choice` |" in page
    assert "| `training.updates` | a whole number from 1 to 1000000000, one for all trials | *required* |  |" in page
    assert "| `search.scheduler` | none, median or asha | `none` |  |" in page
    assert "| `arms.NAME.mixture.weights` |" in page


def test_the_keys_are_those_of_the_schema() -> None:
    schema = json_schema()
    top = next(part for part in parts() if part.path == "")
    assert [key.name for key in top.keys] == list(schema["properties"])
    assert {key.name for key in top.keys if key.required} == set(schema["required"])


def test_an_anchor_is_that_of_its_heading() -> None:
    assert anchor("data.faq.filters") == "datafaqfilters"


def test_mistakes_are_told_with_their_lines() -> None:
    shown = messages((reference.ROOT / "studies" / "quickstart.yaml").read_text(encoding="utf-8"))
    assert [line.split(": ")[1] for line in shown] == [
        "training.learning_rate.log_unifrom",
        "arms.webfaq.mixture.faq_share.uniform",
        "search.objective",
    ]


def test_every_command_has_its_options_and_each_option_words() -> None:
    page = commands_page(reference.ROOT)
    found = dict(commands(app))
    assert {"xlingual run", "xlingual data webfaq", "xlingual evaluate"} <= set(found)
    for path, callback in found.items():
        part = page.split(f"## {path}\n", 1)[1].split("\n## ", 1)[0]
        for word in words_of(callback):
            assert word.meaning
            assert f"| `{word.written}` |".replace("N|all", "N\\|all") in part
    assert "--set KEY=VALUE" in page
    assert "--figure FILE" in page.split("## analysis/per_language.py")[1]
