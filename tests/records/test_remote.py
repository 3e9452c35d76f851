"""Objects are put whole, only if absent, or only if unchanged; a store that fails is told in one line, at once."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from s3_server import BUCKET, S3Server

from xlingual.errors import RecordError, StorageError
from xlingual.records import remote
from xlingual.records.remote import FIRST_PATIENCE, Remote, checked_url, is_url


@pytest.fixture
def objects(s3: S3Server, request: pytest.FixtureRequest) -> Remote:
    """The objects below a URL of the test's own."""
    return Remote.at(f"s3://{BUCKET}/{request.node.name}", FIRST_PATIENCE)


def test_an_object_is_put_whole_read_listed_and_deleted(objects: Remote) -> None:
    assert objects.get("a/b.json") is None
    assert objects.head("a/b.json") is None
    tag = objects.put("a/b.json", b"{}")
    objects.put("a/c.json", b"[1]")
    objects.put("ab.json", b"")
    assert objects.get("a/b.json") == (b"{}", tag)
    assert {each.key: each.size for each in objects.list()} == {"a/b.json": 2, "a/c.json": 3, "ab.json": 0}
    assert {each.key for each in objects.list("a")} == {"a/b.json", "a/c.json"}
    assert objects.head("a/b.json") == next(each for each in objects.list("a") if each.key == "a/b.json")
    objects.delete(["a/b.json", "never"])
    assert {each.key for each in objects.list()} == {"a/c.json", "ab.json"}


def test_an_object_is_made_only_where_none_is(objects: Remote) -> None:
    tag = objects.create("key", b"mine")
    assert tag is not None
    assert objects.create("key", b"yours") is None
    assert objects.get("key") == (b"mine", tag)


def test_an_object_is_replaced_only_in_the_state_that_was_seen(objects: Remote) -> None:
    first = objects.put("key", b"1")
    second = objects.replace("key", b"2", first)
    assert second is not None
    assert objects.replace("key", b"3", first) is None
    assert objects.replace("absent", b"3", first) is None
    assert objects.get("key") == (b"2", second)


def test_of_several_that_make_an_object_one_does(objects: Remote) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda number: objects.create("key", b"%d" % number), range(8)))
    (winner,) = [number for number, tag in enumerate(made) if tag is not None]
    assert objects.get("key") == (b"%d" % winner, made[winner])


def test_a_large_object_is_read_in_parts_of_one_state(
    objects: Remote, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote, "CHUNK", 5 << 20)  # the least that S3 takes
    content = os.urandom((5 << 20) * 2 + 17)
    (tmp_path / "source").write_bytes(content)
    objects.put("large", tmp_path / "source")
    assert objects.download("large", tmp_path / "copy") == objects.head("large")
    assert (tmp_path / "copy").read_bytes() == content
    assert objects.download("absent", tmp_path / "other") is None


def test_what_was_written_although_the_answer_was_lost_counts(s3: S3Server, objects: Remote) -> None:
    objects.put("b", b"1")
    with s3.fault("PUT", "/b", "lost once"):
        assert objects.create("b2", b"mine") is not None
    with s3.fault("PUT", "/b", "lost once"):
        assert objects.create("b", b"other") is None
    with s3.fault("PUT", "/b", "503 once"):
        assert objects.create("b3", b"mine") is not None


def _refused(url: str) -> str:
    began = time.monotonic()
    with pytest.raises(StorageError) as told:
        Remote.at(url, FIRST_PATIENCE).check()
    assert time.monotonic() - began < FIRST_PATIENCE + 5
    return str(told.value)


def test_a_store_that_cannot_be_used_is_told_at_once(
    s3: S3Server, by_letter: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    by_letter(_refused("s3://no-such-bucket/studies"), "no bucket")
    with s3.fault("GET", "/", "503"):
        by_letter(_refused(f"s3://{BUCKET}"), "busy")
    with s3.fault("GET", "/", "403"):
        by_letter(_refused(f"s3://{BUCKET}"), "denied")
    for refusal in ("expired", "skewed", "signature"):
        with s3.fault("GET", "/", refusal):
            by_letter(_refused(f"s3://{BUCKET}"), refusal)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    by_letter(_refused(f"s3://{BUCKET}"), "no endpoint")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_METADATA_ENDPOINT", "http://127.0.0.1:1")
    by_letter(_refused(f"s3://{BUCKET}"), "no credentials")


def test_a_store_without_conditional_writes_is_refused(
    s3: S3Server, objects: Remote, by_letter: Callable[..., None]
) -> None:
    objects.check_conditions()
    with s3.fault("PUT", "/", "unconditional"), pytest.raises(StorageError) as told:
        objects.check_conditions()
    by_letter(str(told.value).replace(objects.url, "URL"))
    assert objects.list() == []


@pytest.mark.parametrize(
    "place",
    [
        "file:///x",
        "http://host/x",
        "s3:/bucket/x",
        "s3://",
        "s3:///x",
        "s3://key:secret@bucket",
        "s3://b1/../x",
        "s3://b1/a b",
        "s3://b1/ä",
    ],
)
def test_a_url_that_cannot_be_used_is_one_line(place: str, by_letter: Callable[..., None]) -> None:
    assert is_url(place)
    with pytest.raises(RecordError) as told:
        checked_url(place, f"--storage {place}")
    by_letter(str(told.value), place)


def test_a_url_loses_needless_slashes_and_a_path_is_none() -> None:
    assert checked_url("S3://bucket//a/b/") == "s3://bucket/a/b"
    assert checked_url("gs://bucket") == "gs://bucket"
    assert not any(map(is_url, ["/mnt/studies", "studies", "~/a:b", "C:/studies", "a/b:c"]))
