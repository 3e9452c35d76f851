"""An object store behind a narrow interface: put an object whole, only if it is absent, or only if it is unchanged.

Known are Amazon S3 and what speaks its protocol (`s3://BUCKET/PREFIX`) and Google Cloud Storage (`gs://BUCKET/PREFIX`).
Credentials and endpoint are those of the environment; nothing of them is written anywhere.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xlingual.errors import RecordError, StorageError

if TYPE_CHECKING:
    from obstore.store import ClientConfig, ObjectStore, RetryConfig

SCHEMES = ("s3", "gs")
PATIENCE = 120.0
"""Seconds for which a request is tried again while the storage does not answer."""

FIRST_PATIENCE = 5.0
"""The same for the first request of a command, so that a wrong name is told at once."""

CHUNK = 16 << 20
"""Bytes of a request for a part of a large object."""

AT_ONCE = 8
"""Requests side by side for one large object."""

_URL = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]+):/")
_BUCKET = re.compile(r"[a-z0-9][a-z0-9._-]+")
_SEGMENT = re.compile(r"(?!\.{1,2}$)[\w.=+-]+", re.ASCII)
_SHAPES = "s3://BUCKET/PREFIX (Amazon S3 and what speaks its protocol) or gs://BUCKET/PREFIX (Google Cloud Storage)"


def is_url(place: str) -> bool:
    """Whether this is meant as a URL and not as a folder's path."""
    return _URL.match(place) is not None


def checked_url(place: str, asked: str = "") -> str:
    """Return a URL without needless slashes.

    Args:
        place: the URL.
        asked: how the user wrote it, for the message.

    Raises:
        RecordError: for an unknown scheme, or where the bucket is missing.
    """
    asked, found = asked or place, _URL.match(place)
    scheme = found["scheme"].lower() if found else ""
    if scheme not in SCHEMES:
        raise RecordError(f"{asked}: no known storage; write {_SHAPES}, or the path of a folder")
    rest = place[len(scheme) + 1 :]
    bucket, *segments = [part for part in rest.split("/") if part] or [""]
    if not rest.startswith("//") or rest.startswith("///") or not _BUCKET.fullmatch(bucket):
        raise RecordError(f"{asked}: names no bucket; write {scheme}://BUCKET/PREFIX, in which PREFIX may be left out")
    for segment in segments:
        if not _SEGMENT.fullmatch(segment):
            raise RecordError(
                f"{asked}: {segment!r} cannot be part of a prefix here; write letters, digits and . _ - = + between "
                "the slashes"
            )
    return f"{scheme}://{'/'.join([bucket, *segments])}"


@dataclass(frozen=True, slots=True)
class Tag:
    """One state of an object; `version` is what some stores ask for besides."""

    e_tag: str
    version: str | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Listed:
    """An object: its key below the URL, size in bytes, state, and when it was written (seconds since 1970)."""

    key: str
    size: int
    tag: Tag
    written: float


class Remote:
    """The objects below a URL.

    Args:
        url: see `checked_url`.
        store: an `obstore` store whose root is the URL.
    """

    def __init__(self, url: str, store: ObjectStore) -> None:
        self.url, self._store = url, store

    @classmethod
    def at(cls, url: str, patience: float = PATIENCE) -> Remote:
        """Open a URL; nothing is asked yet.

        Raises:
            StorageError: when the environment's settings cannot be used.
        """
        url = checked_url(url)
        with _told(url):
            return cls(url, _opened(url, patience))

    def get(self, key: str) -> tuple[bytes, Tag] | None:
        """Read an object; None where there is none."""
        with self._asking() as obs, suppress(FileNotFoundError):
            found = obs.get(self._store, key)
            return bytes(found.bytes()), _tag(found.meta)
        return None

    def head(self, key: str) -> Listed | None:
        """Describe an object; None where there is none."""
        with self._asking() as obs, suppress(FileNotFoundError):
            return _listed({**obs.head(self._store, key), "path": key})
        return None

    def list(self, prefix: str = "") -> list[Listed]:
        """Describe all objects below a prefix (whole segments of a key)."""
        with self._asking() as obs:
            found = obs.list(self._store, prefix.rstrip("/") or None, chunk_size=1000).collect()
            return [_listed(meta) for meta in found]

    def put(self, key: str, content: bytes | Path) -> Tag:
        """Write an object whole or not at all, whatever was there; a `Path` is read in parts."""
        with self._asking() as obs:
            return _tag(obs.put(self._store, key, content, chunk_size=CHUNK, max_concurrency=AT_ONCE))

    def create(self, key: str, content: bytes) -> Tag | None:
        """Write an object that is not there; None where there is another one.

        An answer may be lost, and the request sent again: the same content counts as this writer's.
        """
        from obstore.exceptions import AlreadyExistsError

        with self._asking() as obs, suppress(AlreadyExistsError):
            return _tag(obs.put(self._store, key, content, mode="create"))
        return self._written(key, content)

    def replace(self, key: str, content: bytes, tag: Tag) -> Tag | None:
        """Write an object in place of one state of it; None where it is in another state, or gone."""
        from obstore.exceptions import AlreadyExistsError, PreconditionError

        unchanged: Any = {"e_tag": tag.e_tag, **({"version": tag.version} if tag.version else {})}
        with self._asking() as obs, suppress(AlreadyExistsError, PreconditionError, FileNotFoundError):
            return _tag(obs.put(self._store, key, content, mode=unchanged))
        return self._written(key, content)

    def delete(self, keys: Sequence[str]) -> None:
        """Delete objects, there or not."""
        with self._asking() as obs:
            try:
                if keys:
                    obs.delete(self._store, list(keys))
            except FileNotFoundError:  # some stores complain of those that are not there, and stop
                for key in keys:
                    with suppress(FileNotFoundError):
                        obs.delete(self._store, key)

    def download(self, key: str, path: Path) -> Listed | None:
        """Read an object of any size into a file; None where there is none.

        Raises:
            OSError: when the file cannot be written.
        """
        found = self.head(key)
        if found is None:
            return None
        starts = range(0, found.size, CHUNK)
        with path.open("wb") as stream, ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(lambda start: self._part(found, start, stream.fileno()), starts))
        return found

    def _part(self, of: Listed, start: int, descriptor: int) -> None:
        end = min(of.size, start + CHUNK)
        with self._asking() as obs:
            found = obs.get(self._store, of.key, options={"range": (start, end), "if_match": of.tag.e_tag})
            content = memoryview(found.bytes())
        while content:
            written = os.pwrite(descriptor, content, start)
            start, content = start + written, content[written:]

    def check(self) -> None:
        """Ask for something, so that a wrong name or missing credentials are told.

        Raises:
            StorageError: names the URL, the reason and what to do.
        """
        with self._asking() as obs:
            obs.list_with_delimiter(self._store)

    def check_conditions(self) -> None:
        """See that objects are made only where none is, and replaced only in a known state: locks rest on it.

        Raises:
            StorageError: when the store does otherwise.
        """
        key = f".conditions-{secrets.token_hex(8)}"
        first = self.put(key, b"1")
        made, second = self.create(key, b"2"), self.put(key, b"3")
        replaced = self.replace(key, b"4", first)
        self.delete([key])
        if made or replaced or second == first:
            raise StorageError(
                f"{self.url}: the storage does not honour conditional writes (If-None-Match, If-Match), without which "
                "two commands could write the same records; use one that does, or a file system that all nodes mount"
            )

    def _written(self, key: str, content: bytes) -> Tag | None:
        found = self.get(key)
        return found[1] if found is not None and found[0] == content else None

    @contextmanager
    def _asking(self) -> Iterator[Any]:
        import obstore

        with _told(self.url):
            yield obstore


def _opened(url: str, patience: float) -> ObjectStore:
    from obstore.store import GCSStore, S3Store

    scheme, _, rest = url.partition("://")
    bucket, _, prefix = rest.partition("/")
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL") or ""
    client: ClientConfig = {"connect_timeout": timedelta(seconds=5), "timeout": timedelta(seconds=60)}
    if endpoint.startswith("http://"):
        client["allow_http"] = True
    retry: RetryConfig = {
        "max_retries": 3 if patience <= FIRST_PATIENCE else 20,
        "retry_timeout": timedelta(seconds=patience),
        "backoff": {"init_backoff": timedelta(seconds=0.1), "max_backoff": timedelta(seconds=10), "base": 2},
    }
    kind: Any = {"s3": S3Store, "gs": GCSStore}[scheme]
    opened: ObjectStore = kind(bucket, prefix=prefix or None, client_options=client, retry_config=retry)
    return opened


@contextmanager
def _told(url: str) -> Iterator[None]:
    """Turn what a store complains of into a StorageError of one line; a missing object passes."""
    from obstore.exceptions import AlreadyExistsError, BaseError, NotModifiedError, PreconditionError

    try:
        yield
    except FileNotFoundError as error:
        if "NoSuchBucket" not in str(error):
            raise
        raise _error(url, error) from None
    except (AlreadyExistsError, PreconditionError, NotModifiedError):
        raise
    except BaseError as error:
        raise _error(url, error) from None


def _error(url: str, error: Exception) -> StorageError:
    text = str(error).partition("\n\nDebug source")[0]
    said = re.search(r"<Message>(.*?)</Message>", text) or re.search(r"((?:HTTP error|status code): .*)", text)
    reason = re.sub(r"\s+", " ", said[1] if said else text.splitlines()[0]).strip(" :.")[:200]
    scheme, _, rest = url.partition("://")
    bucket = rest.partition("/")[0]
    code = found[1] if (found := re.search(r"<Code>(\w+)</Code>", text)) else ""
    if "NoSuchBucket" in text:
        told, number = f"there is no bucket {bucket}; create it, or name another one", errno.ENOENT
    elif _METADATA.search(text):
        told, number = f"no credentials were found; {_CREDENTIALS[scheme]}", errno.EACCES
    elif code in _REFUSED:
        told, number = f"access is denied ({reason}); {_REFUSED[code]}, then {_AGAIN}", errno.EACCES
    elif type(error).__name__ in ("PermissionDeniedError", "UnauthenticatedError") or re.search(r"code: 40[13]", text):
        told = f"access is denied ({reason}); the credentials must allow to list, get, put and delete there"
        number = errno.EACCES
    else:
        told = f"the storage does not answer ({reason}); check {_ENDPOINT[scheme]}, then {_AGAIN}"
        number = errno.EIO
    refused = StorageError(f"{url}: {told}")
    refused.errno = number
    return refused


_METADATA = re.compile(r"//169\.254\.|/latest/(?:api/token|meta-data)|computeMetadata|metadata\.google")
"""In an error: what was asked for credentials because the environment has none."""
_CREDENTIALS = {
    "s3": "export AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (profiles of ~/.aws are not read), or give the machine a "
    "role",
    "gs": "export GOOGLE_APPLICATION_CREDENTIALS, the path of a key file, or give the machine a service account",
}
_AGAIN = "run the same command again: finished work is kept"
_FRESH = "export credentials that are valid now"
_REFUSED = {
    "ExpiredToken": _FRESH,
    "ExpiredTokenException": _FRESH,
    "InvalidToken": _FRESH,
    "TokenRefreshRequired": _FRESH,
    "InvalidAccessKeyId": "check AWS_ACCESS_KEY_ID and AWS_ENDPOINT_URL",
    "SignatureDoesNotMatch": "check AWS_SECRET_ACCESS_KEY",
    "RequestTimeTooSkewed": "set this machine's clock",
}
"""What to do about S3's error codes that are about who asks, some of which come with status 400."""
_ENDPOINT = {"s3": "AWS_ENDPOINT_URL, AWS_REGION and the network", "gs": "the network"}


def _tag(meta: Any) -> Tag:
    return Tag(meta["e_tag"] or "", meta.get("version"))


def _listed(meta: Any) -> Listed:
    return Listed(meta["path"], meta["size"], _tag(meta), meta["last_modified"].timestamp())
