"""Rows of a hub data set, or of a local copy in the hub's layout."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar

from xlingual.data.file_kinds import POINTER, is_pointer, pull
from xlingual.data.hub_connection import fetch_elsewhere, hub_or_caches, is_offline, why_offline
from xlingual.errors import DataError

Row = dict[str, Any]
_SHARD = re.compile(r"(.+)-(\d{5})-of-(\d{5})(.*)")
_Item = TypeVar("_Item")


class PartlyDownloaded(ConnectionError):
    """The hub's cache has some files of a split, and the others cannot be asked for."""


def hub_rows(
    source: str,
    *,
    split: str,
    columns: Sequence[str],
    configuration: str | None = None,
    streaming: bool = False,
) -> Iterator[Row]:
    """The rows of one split, in order, each with at least these columns.

    `source` is a hub id, or a directory in the same layout, which is read in place. `streaming` downloads only the rows
    that are consumed and keeps nothing on disk. The data set's own code is never executed. Raises DataError when the
    data set, its configuration, its split or a column does not exist, or when the hub cannot be reached.
    """
    asked = _phrase(source, configuration, split)
    rows = _open(source, configuration, split, streaming or Path(source).is_dir())
    return _checked(_guarded(rows, source, asked), columns, asked)


def _checked(rows: Iterator[Row], columns: Sequence[str], asked: str) -> Iterator[Row]:
    first = next(rows, None)
    if first is None:
        raise DataError(f"{asked}: found no rows; name a split that has some, or a local file")
    _check_columns(first, columns, asked)
    return chain([first], rows)


def saved_rows(source: Path, *, splits: Sequence[str], columns: Sequence[str]) -> Iterator[Row]:
    """The rows of a directory written by `save_to_disk` of `datasets`: the first of these splits that exists.

    Without `splits`, the rows of all of them. A directory with a single unnamed split is always read. Raises DataError
    like hub_rows.
    """
    asked = _phrase(str(source), None, splits[0] if splits else "any")
    return _checked(_guarded(_saved(source, splits), str(source), asked), columns, asked)


def hub_commit(source: str) -> str | None:
    """The commit of a data set of the hub that was read last on this machine; None where the cache does not know."""
    from huggingface_hub import try_to_load_from_cache

    card = try_to_load_from_cache(source, "README.md", repo_type="dataset")
    return Path(card).parent.name if isinstance(card, str) else None


def hub_files(source: str, *, split: str, configuration: str | None = None) -> list[Path]:
    """The files of one split of a local copy, in order.

    Raises DataError like hub_rows.
    """
    asked = _phrase(source, configuration, split)
    return [Path(name) for name in _guarded(_file_names(source, configuration, split), source, asked)]


def _file_names(source: str, configuration: str | None, split: str) -> Iterator[str]:
    from datasets import load_dataset_builder

    files = load_dataset_builder(source, configuration).config.data_files or {}
    if split not in files:
        raise ValueError(f"unknown split {split!r}; there are {list(files)}")
    yield from files[split]


def _open(source: str, configuration: str | None, split: str, streaming: bool) -> Iterator[Row]:
    """The rows as `datasets` returns them, opened lazily.

    A configuration that is not declared in README.md may be a folder of that name. Where the hub cannot be asked, what
    `datasets` has prepared before comes first, then files that were downloaded as they are.
    """
    from datasets import load_dataset  # before the context below, which changes its settings

    with _quiet_hub(), nullcontext() if Path(source).exists() else hub_or_caches():
        try:
            rows = _loaded(load_dataset, source, configuration, split, streaming)
        except Exception:
            copy = _downloaded(source, configuration, split) if _lacks_hub(source) else None
            if copy is None:
                raise
            rows = _loaded(load_dataset, str(copy), configuration, split, True)
    yield from rows


def _loaded(
    load_dataset: Callable[..., Any], source: str, configuration: str | None, split: str, streaming: bool
) -> Any:
    folder = Path(source) / (configuration or "")
    try:
        return load_dataset(source, configuration, split=split, streaming=streaming)
    except ValueError:
        if not (configuration and folder.is_dir()):
            raise
        return load_dataset(str(folder), split=split, streaming=streaming)


def _downloaded(source: str, configuration: str | None, split: str) -> Path | None:
    """The files of a hub data set in the hub's cache, as `hf download` leaves them; None where there are none.

    Other configurations than the one that is asked for may be missing, but for the first: `datasets` looks at it.

    Raises:
        PartlyDownloaded: when files of this one are known to be missing.
    """
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import IncompleteSnapshotError

    find = partial(snapshot_download, source, repo_type="dataset", local_files_only=True)
    try:
        copy = Path(find())
    except IncompleteSnapshotError as error:
        copy = Path(error.snapshot_path)
    except Exception:  # not a hub id, or not there: the error before this one says more
        return None
    try:
        names = _names_in(copy, configuration, split)
        find(allow_patterns=[_siblings(name) for name in names])
    except (FileNotFoundError, IncompleteSnapshotError):
        raise PartlyDownloaded from None
    if not names or _lacks_shards(names):
        raise PartlyDownloaded
    return copy


def _names_in(copy: Path, configuration: str | None, split: str) -> list[str]:
    """Paths of a split's files below a copy of a data set."""
    try:
        files = list(_file_names(str(copy), configuration, split))
    except ValueError:
        if not (configuration and (copy / configuration).is_dir()):
            raise
        files = list(_file_names(str(copy / configuration), None, split))
    return [Path(os.path.relpath(file, copy)).as_posix() for file in files]


def _siblings(name: str) -> str:
    """A pattern of the files that a file may be one part with: the shards of its name, else all of its folder."""
    if _SHARD.fullmatch(name):
        return _SHARD.sub(r"\1-*-of-\3\4", name)
    folder = name.rpartition("/")[0]
    return f"{folder}/*" if folder else name


def _lacks_shards(names: Sequence[str]) -> bool:
    """Whether there are some of the files NAME-00000-of-00003, but not all."""
    shards = [shard for name in names if (shard := _SHARD.fullmatch(name))]
    found = Counter((shard[1], shard[3], shard[4]) for shard in shards)
    return any(number != int(of) for (_, of, _), number in found.items())


def _saved(source: Path, splits: Sequence[str]) -> Iterator[Row]:
    from datasets import DatasetDict, load_from_disk

    rows = load_from_disk(str(source))
    if isinstance(rows, DatasetDict):
        found = [split for split in splits or rows if split in rows]
        if not found:
            raise ValueError(f"unknown split {splits[0]!r}; there are {list(rows)}")
        yield from chain.from_iterable(rows[split] for split in (found[:1] if splits else found))
    else:
        yield from rows


@contextmanager
def _quiet_hub() -> Iterator[None]:
    """Silence the hub library's messages about retried requests; a final failure is reported as a DataError."""
    from huggingface_hub.utils import logging

    before = logging.get_verbosity()
    logging.set_verbosity_error()
    try:
        yield
    finally:
        logging.set_verbosity(before)


def _guarded(rows: Iterator[_Item], source: str, asked: str) -> Iterator[_Item]:
    """The same items; any error of the hub's libraries becomes a DataError that says what to do."""
    try:
        yield from rows
    except Exception as error:
        pointers = (file for file in sorted(Path(source).rglob("*.parquet")) if is_pointer(file))
        if pointer := next(pointers, None):
            raise DataError(f"{asked}: {pointer.name} is {POINTER}; {pull(pointer.parent)}") from error
        raise DataError(f"{asked}: {_reason(source, error)}; {_remedy(source, error)}") from error


def _reason(source: str, error: Exception) -> str:
    if isinstance(error, PartlyDownloaded):
        return f"only in part in the hub's cache, and {why_offline()}"
    if isinstance(error, ConnectionError) and _lacks_hub(source):
        return f"not in the caches of this machine, and {why_offline()}"
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def _remedy(source: str, error: Exception) -> str:
    if isinstance(error, ValueError) and not _lacks_hub(source):
        return "name a data set that has this configuration and split"
    if isinstance(error, (ConnectionError, ValueError)):
        return f"{fetch_elsewhere(source, 'dataset')}, or write the path of a local file or directory"
    return "check the spelling of the hub id, or write the path of a local file or directory"


def _lacks_hub(source: str) -> bool:
    return not Path(source).exists() and is_offline()


def _check_columns(row: Row, columns: Sequence[str], asked: str) -> None:
    missing = [column for column in columns if column not in row]
    if missing:
        raise DataError(
            f"{asked}: asked for the columns {', '.join(columns)}; {', '.join(missing)} missing, "
            f"found {', '.join(row)}; name a data set with these columns"
        )


def _phrase(source: str, configuration: str | None, split: str) -> str:
    inner = f"configuration {configuration}, " if configuration else ""
    return f"data set {source!r} ({inner}split {split})"
