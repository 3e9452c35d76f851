"""Find the pairs of a split: local files by their names, copies of hub data sets by their folders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from xlingual.data.location import contents, is_saved, is_snapshot, local_path
from xlingual.data.sentence_pairs.hub_pairs import pairs_of_hub, pairs_of_saved
from xlingual.data.sentence_pairs.pair_source import HubLayout, PairSource, Split
from xlingual.data.sentence_pairs.row_reader import pairs_of_file
from xlingual.data.sentence_pairs.stated_pairs import StatedPair
from xlingual.errors import DataError

_SAVED: dict[Split, tuple[str, ...]] = {
    "train": ("train",),
    "dev": ("validation", "dev", "validation_matched"),
    "test": ("test",),
}

_OF_TEST_SETS: tuple[Split, ...] = ("test", "dev")
"""Splits that test pairs are read from: the second where a directory has nothing of the first."""


def read_pairs(layout: PairSource, source: str, codes: Sequence[str], split: Split) -> dict[str, list[StatedPair]]:
    """The pairs of a split by language, in the order of `codes`.

    Args:
        layout: of the test set.
        source: a file, a directory in one of the layouts, a copy of a hub data set, or a hub id.
        codes: two-letter.
        split: of the data.

    Raises:
        DataError: when the source lacks a language, or a file of it cannot be read; also when several languages would
            be the same pairs, because nothing says which language they are in.
    """
    found = _read(layout, source, codes, split)
    _refuse_unnamed(found)
    return found


def _read(layout: PairSource, source: str, codes: Sequence[str], split: Split) -> dict[str, list[StatedPair]]:
    path = local_path(source)
    if path is None:
        hub = layout.hubs.get(source, HubLayout())
        return {code: _of_hub(layout, hub, source, code, split) for code in codes}
    if path.is_file():
        return _of_files(dict.fromkeys(codes, path))
    if is_saved(path):
        splits, labels = _SAVED[split], layout.labels
        return {code: pairs_of_saved(path, splits=splits, language=code, labels=labels) for code in codes}
    files = {code: find_file(layout, path, code, split) for code in codes}
    found = {code: file for code, file in files.items() if file is not None}
    if len(found) == len(codes):
        return _of_files(found)
    if is_snapshot(path):
        return {code: _of_hub(layout, _layout_of_copy(layout, path, code), str(path), code, split) for code in codes}
    if unknown := [code for code in codes if code not in found and code not in layout.languages]:
        raise DataError(
            f"{source}: {layout.title} has no {', '.join(unknown)}; its languages are {', '.join(layout.languages)}; "
            f"leave {', '.join(unknown)} out"
        )
    missing = [code for code in codes if code not in found]
    names = " or ".join(dict.fromkeys(layout.files[split]))
    raise DataError(
        f"{source}: asked for {layout.title} in {', '.join(codes)} ({split}); no file for {', '.join(missing)} "
        f"({names}), found {contents(path, 20)}; add the files, leave these languages out, or name another directory"
    )


def _refuse_unnamed(found: Mapping[str, Sequence[StatedPair]]) -> None:
    first: dict[str, str] = {}
    for code, pairs in found.items():
        one = next((pair for pair in pairs if not pair.language), None)
        if one is not None and first.setdefault(one.source, code) != code:
            raise DataError(
                f"{one.where}: asked for pairs in {first[one.source]} and {code}, and nothing says which of them this "
                "is in; ask for one language, or name a directory with a file for each"
            )


def is_of_one_language(source: str) -> bool:
    """Whether a source is a single file that does not say which language its pairs are in."""
    path = local_path(source)
    return path is not None and path.is_file() and any(not pair.language for pair in pairs_of_file(path))


def languages_of(layout: PairSource, source: str) -> list[str]:
    """The test set's languages that a source has test or development files of; all of them for a hub id.

    Args:
        layout: of the test set.
        source: see `read_pairs`.

    Raises:
        DataError: when the source is neither there nor a hub id, holds nothing of the test set, or a file of it cannot
            be read.
    """
    path = local_path(source)
    if path is None:
        return list(layout.languages)
    if path.is_file():
        return _named_in(layout, path)
    for split in _OF_TEST_SETS:
        files = {code: find_file(layout, path, code, split) for code in layout.languages}
        found = {code: file for code, file in files.items() if file is not None}
        if found:
            shared = len(set(found.values())) < len(found)
            return _named_in(layout, next(iter(found.values()))) if shared else list(found)
    divided = [code for code in layout.languages if _is_divided(layout, path, code)]
    if not divided and not (is_saved(path) or is_snapshot(path)):
        names = " or ".join(dict.fromkeys(layout.files["test"]))
        raise DataError(
            f"{source}: no file of {layout.title} ({names}), found {contents(path)}; name the directory that has them"
        )
    return divided or list(layout.languages)


def _named_in(layout: PairSource, path: Path) -> list[str]:
    """The languages that a file's column of languages names; all of them without one."""
    named = {pair.language for pair in pairs_of_file(path)}
    return [code for code in layout.languages if code in named or "" in named]


def _is_divided(layout: PairSource, directory: Path, code: str) -> bool:
    """Whether a copy of a hub data set has a folder for a language."""
    return is_snapshot(directory) and "{language}" in _layout_of_copy(layout, directory, code).configuration


def find_file(layout: PairSource, directory: Path, code: str, split: Split) -> Path | None:
    """The file of a language and split in a directory; None if there is none."""
    names = (name.replace("{language}", code) for name in layout.files[split])
    return next((directory / name for name in names if (directory / name).is_file()), None)


def _of_files(files: dict[str, Path]) -> dict[str, list[StatedPair]]:
    """The pairs of each language; a file may hold several languages, and is read once."""
    read = {path: pairs_of_file(path) for path in dict.fromkeys(files.values())}
    return {code: _in_language(read[path], path, code) for code, path in files.items()}


def _in_language(pairs: list[StatedPair], path: Path, code: str) -> list[StatedPair]:
    found = [pair for pair in pairs if pair.language in ("", code)]
    if not found:
        there = ", ".join(sorted({pair.language for pair in pairs}))
        raise DataError(f"{path}: no pair in {code}, its column language has {there}; leave {code} out")
    return found


def _layout_of_copy(layout: PairSource, directory: Path, code: str) -> HubLayout:
    """How a copy of a hub data set is divided: the first layout that has a folder of that name."""
    known = [*layout.hubs.values(), HubLayout()]
    folders = {file.parent.name for file in directory.rglob("*.parquet")}
    named = [one for one in known if one.configuration and one.configuration.replace("{language}", code) in folders]
    single = next((one for one in known if not one.configuration), HubLayout(""))
    return named[0] if named else single


def _of_hub(layout: PairSource, hub: HubLayout, source: str, code: str, split: Split) -> list[StatedPair]:
    name = hub.dev if split == "dev" else split
    configuration = hub.configuration.replace("{language}", code) or None
    return pairs_of_hub(source, split=name, configuration=configuration, language=code, labels=layout.labels)
