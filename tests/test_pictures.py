"""The pictures of the live table in the docs show it as it is: `python tests/pictures.py` draws them again."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest
from pictures import PICTURES, file_of, picture

README = Path(__file__).parents[1] / "README.md"


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_shows_the_table_as_it_is(name: str) -> None:
    drawn = picture(name)
    ElementTree.fromstring(drawn)
    assert "http" not in drawn.replace("http://www.w3.org/2000/svg", "").replace("https://www.textualize.io", "")
    assert file_of(name).read_text(encoding="utf-8") == drawn, "python tests/pictures.py draws it again"


def test_every_picture_is_shown() -> None:
    text = README.read_text(encoding="utf-8")
    assert all(f"docs/pictures/{file_of(name).name}" in text for name in PICTURES)
