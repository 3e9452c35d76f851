"""Tell JSON from Parquet by a file's first bytes, and name what is neither."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Literal, TypeAlias, cast

from xlingual.errors import DataError

Kind: TypeAlias = Literal["json", "parquet"]

POINTER = "a Git LFS pointer instead of the data"
_LFS = b"version https://git-lfs"
_GZIP, _PARQUET, _ZIP = b"\x1f\x8b", b"PAR1", b"PK\x03\x04"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_HEAD = 512


def kind_of(path: Path) -> Kind:
    """Whether a file, gzipped or not, holds JSON or Parquet; unknown text counts as JSON.

    Raises:
        DataError: for a Git LFS pointer, a web page, an archive, UTF-16 text, or a file that cannot be read.
    """
    with readable(path), opened(path) as stream:
        head = stream.read(_HEAD)
    if head.startswith(_PARQUET):
        return "parquet"
    remedy = _remedy(head, path)
    if remedy:
        raise DataError(f"{path}: {remedy}")
    return "parquet" if path.suffix.lower() == ".parquet" else "json"


def opened(path: Path) -> IO[bytes]:
    """Open a file for reading bytes, decompressing gzip whatever the file's name."""
    with path.open("rb") as stream:
        packed = stream.read(2) == _GZIP
    return cast(IO[bytes], gzip.open(path, "rb")) if packed else path.open("rb")


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Turn the errors of reading a broken file into a DataError."""
    from pyarrow import ArrowException

    try:
        yield
    except EOFError:
        raise DataError(f"{path}: cannot be read: its gzip data is truncated; download or write it again") from None
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: not UTF-8 text (byte {error.start}); write it as UTF-8") from None
    except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}); write the path of a data file") from None
    except (OSError, zlib.error, ArrowException) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise DataError(f"{path}: cannot be read: {reason}; download or write it again") from error


def is_pointer(path: Path) -> bool:
    """Whether a file is a Git LFS pointer instead of its content."""
    with path.open("rb") as stream:
        return stream.read(len(_LFS)) == _LFS


def pull(directory: Path) -> str:
    """How to fetch the file that a Git LFS pointer refers to."""
    return f"fetch it with `git lfs pull` in {directory}"


def _remedy(head: bytes, path: Path) -> str | None:
    if head.startswith(_LFS):
        return f"{POINTER}; {pull(path.parent)}"
    if head.startswith(_ZIP):
        return "a zip archive; unpack it and name the file in it"
    if head.startswith(_UTF16):
        return "not UTF-8 text but UTF-16; save it as UTF-8"
    if head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"<":
        return "a web page or XML, not JSON; download the file itself (its raw form)"
    return None
