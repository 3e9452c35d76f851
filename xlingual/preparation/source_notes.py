"""Notes on a study's data that lies on this machine, before the study begins."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from xlingual.data.squad import Split, load_squad
from xlingual.errors import DataError
from xlingual.study import Study
from xlingual.study.data import HELD_OUT_ARTICLES, TOY


def source_notes(study: Study) -> list[str]:
    """Say what of local training and development data is wrong: nothing of it can be read, or many offsets.

    Nothing is downloaded: nothing is said of data of the hub, or that is not there.
    """
    sources: list[tuple[str, str, Split]] = [
        ("data.train", study.data.train, "train"),
        ("data.dev", study.data.dev, "dev"),
    ]
    return list(dict.fromkeys(note for key, source, split in sources for note in _notes(key, source, split)))


def _notes(key: str, source: str, split: Split) -> Iterator[str]:
    if source in (TOY, HELD_OUT_ARTICLES) or not Path(source).expanduser().exists():
        return
    try:
        yield from load_squad(source, split=split).notes
    except DataError as error:
        yield f"{key}: {error}"
