"""A node can use a study's URL when each reads what the other put; what fails is one line, within seconds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from s3_server import BUCKET, S3Server

from xlingual.records.remote import Remote
from xlingual.search.object_probe import ObjectProbe, objects_of_node

URL = f"s3://{BUCKET}/probed/study"


def asked(mirror: Path) -> str | None:
    """Ask a node."""
    probe = ObjectProbe(URL, mirror)
    with probe.open() as fault:
        assert fault is None
        question, *arguments = probe.question
        return probe.difference("a1b2", question("a1b2", *arguments))


def test_a_node_that_puts_and_reads_passes_and_nothing_stays_there(s3: S3Server, tmp_path: Path) -> None:
    assert asked(tmp_path / "mirror") is None
    assert Remote.at(URL).list() == []
    assert list((tmp_path / "mirror").iterdir()) == []


def test_what_a_node_cannot_do_is_told(
    s3: S3Server, tmp_path: Path, by_letter: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    probe = ObjectProbe(URL, tmp_path / "mirror")
    with probe.open():
        question, *arguments = probe.question
        assert question is objects_of_node
        with s3.fault("PUT", "/probed/", "403"):
            by_letter(probe.difference("a1b2", question("a1b2", *arguments)) or "", "denied")
        (tmp_path / "file").write_text("")
        told = probe.difference("a1b2", question("a1b2", *arguments[:-1], str(tmp_path / "file" / "mirror"))) or ""
        by_letter(told.replace(str(tmp_path), "FOLDER"), "no folder")
        with monkeypatch.context() as patched:
            patched.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
            by_letter(probe.difference("a1b2", question("a1b2", *arguments)) or "", "not reached")
        by_letter(probe.difference("other", None) or "", "nothing arrived")
    with probe.open():
        question, url, folder, _, mirror = probe.question
        by_letter(probe.difference("a1b2", question("a1b2", url, folder, "other", mirror)) or "", "another store")


def test_a_driver_that_cannot_put_is_told(s3: S3Server, tmp_path: Path, by_letter: Callable[..., None]) -> None:
    probe = ObjectProbe(URL, tmp_path)
    with s3.fault("PUT", "/probed/", "403"), probe.open() as fault:
        by_letter(f"{probe.place}: {fault}")
