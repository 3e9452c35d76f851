"""Notes on a study's data that lies on this machine, before the study begins."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from xlingual.data.squad import Split
from xlingual.errors import DataError
from xlingual.study import Study
from xlingual.study.data import HELD_OUT, TOY


def source_notes(study: Study) -> list[str]:
    """Say what of local training and development data is wrong: nothing of it can be read, or many offsets.

    Nothing is downloaded: nothing is said of data of the hub, or that is not there.
    """
    sources: list[tuple[str, str, Split]] = [
        ("data.train", study.data.train, "train"),
        ("data.dev", study.data.dev, "dev"),
    ]
    return list(dict.fromkeys(note for key, source, split in sources for note in _notes(study, key, source, split)))


def _notes(study: Study, key: str, source: str, split: Split) -> Iterator[str]:
    if source in (TOY, *HELD_OUT) or not Path(source).expanduser().exists():
        return
    benchmark = study.task_benchmark
    read = benchmark.load(benchmark.training_reader)
    try:
        yield from read(source, language=study.data.source_language, split=split).notes
    except DataError as error:
        yield f"{key}: {error}"
