"""Checkpoints from the hub, served by a small local server."""

from __future__ import annotations

import hashlib
import json
import shutil
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote

import pytest
from huggingface_hub import close_session, constants

from xlingual.errors import ModelError
from xlingual.models.checkpoint_directory import checkpoint_fingerprint, resolve_checkpoint, split_revision

REFUSALS = {
    "absent/model": (401, "RepoNotFound"),
    "gated/model": (403, "GatedRepo"),
    "tired/model": (503, None),
}


class Hub(ThreadingHTTPServer):
    """Responds like a model hub: information on a revision, names of its files, the files."""

    daemon_threads = True

    def __init__(self, revisions: dict[str, Path]) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.revisions = revisions
        self.by_commit = {commit(revision): path for revision, path in revisions.items()}


def commit(revision: str) -> str:
    return hashlib.sha1(revision.encode()).hexdigest()


class Answer(BaseHTTPRequestHandler):
    server: Hub

    def do_GET(self) -> None:
        path = unquote(self.path.partition("?")[0]).removeprefix("/api/models").strip("/")
        model, rest = "/".join(path.split("/")[:2]), path.split("/")[2:]
        if model in REFUSALS:
            return self.answer(b"{}", *REFUSALS[model])
        if rest[:1] == ["resolve"]:
            return self.file(rest[1], rest[2])
        if rest[:1] == ["tree"]:
            files = [
                {"type": "file", "path": file.name, "size": file.stat().st_size, "oid": commit(file.name)}
                for file in (self.server.by_commit | self.server.revisions)[rest[1]].iterdir()
            ]
            return self.answer(json.dumps(files).encode())
        revision = "/".join(rest[1:]) or "main"
        if revision not in self.server.revisions:
            return self.answer(b"{}", 404, "RevisionNotFound")
        names = [{"rfilename": file.name} for file in self.server.revisions[revision].iterdir()]
        known = {"_id": "0", "id": model, "sha": commit(revision), "siblings": names, "private": False, "tags": []}
        return self.answer(json.dumps(known | {"downloads": 0, "likes": 0}).encode())

    do_HEAD = do_GET

    def file(self, revision: str, name: str) -> None:
        content = (self.server.by_commit[revision] / name).read_bytes()
        etag = hashlib.sha1(content).hexdigest()
        self.answer(content, headers={"ETag": f'"{etag}"', "X-Repo-Commit": revision})

    def answer(
        self, body: bytes, status: int = 200, code: str | None = None, headers: dict[str, str] | None = None
    ) -> None:
        self.send_response(status)
        for name, value in {**(headers or {}), **({"X-Error-Code": code} if code else {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def served(tiny_checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """Three revisions of a model: a complete one, another one, and a pickled one."""
    revisions = {
        revision: Path(shutil.copytree(tiny_checkpoint, tmp_path_factory.mktemp("hub") / "model"))
        for revision in ("main", "refs/pr/9", "pickled")
    }
    settings = json.loads((revisions["refs/pr/9"] / "config.json").read_text())
    (revisions["refs/pr/9"] / "config.json").write_text(json.dumps(settings | {"hidden_dropout_prob": 0.0}))
    (revisions["pickled"] / "model.safetensors").rename(revisions["pickled"] / "pytorch_model.bin")
    for revision in revisions.values():
        (revision / "README.md").write_text("# A model card")
    hub = Hub(revisions)
    thread = threading.Thread(target=hub.serve_forever)
    thread.start()
    yield hub
    hub.shutdown()
    thread.join()
    hub.server_close()


@pytest.fixture
def online(served: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    address = f"http://127.0.0.1:{served.server_address[1]}"
    monkeypatch.setattr(constants, "ENDPOINT", address)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", address + "/{repo_id}/resolve/{revision}/{filename}")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    yield served
    close_session()


def test_a_revision_is_had_by_its_name(online: Hub) -> None:
    whole, other = resolve_checkpoint("our/model"), resolve_checkpoint("our/model@refs/pr/9")
    assert checkpoint_fingerprint(whole) == checkpoint_fingerprint(online.revisions["main"])
    assert checkpoint_fingerprint(other) == checkpoint_fingerprint(online.revisions["refs/pr/9"])
    assert checkpoint_fingerprint(whole) != checkpoint_fingerprint(other)
    assert resolve_checkpoint(f"our/model@{commit('main')}") == whole
    assert not (whole / "README.md").exists()


def test_what_is_in_the_cache_needs_no_network(online: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    directory = resolve_checkpoint("our/model@refs/pr/9")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert resolve_checkpoint("our/model@refs/pr/9") == directory
    with pytest.raises(ModelError, match="not in the hub's cache, and HF_HUB_OFFLINE is set"):
        resolve_checkpoint("our/model")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("absent/model", r"neither a local directory nor a model on the hub that can be read from here"),
        ("gated/model", r"gated on the hub: accept its terms there and log in with `hf auth login`"),
        ("tired/model", r"the hub refused it \(HTTP status 503\)"),
        ("our/model@v9", r"no revision 'v9' of it on the hub; .*our/model@main"),
        ("our/model@pickled", r"found: pytorch_model\.bin\).*`xlingual convert our/model@pickled DIR`"),
        ("our/model@", r"no revision after the @; write our/model, or our/model@main"),
    ],
)
@pytest.mark.usefixtures("online")
def test_what_the_hub_refuses_is_one_clear_line(name: str, message: str) -> None:
    with pytest.raises(ModelError, match=message) as refused:
        resolve_checkpoint(name)
    assert "\n" not in str(refused.value)
    assert name in str(refused.value)


def test_no_network_is_one_clear_line(online: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:1")  # nothing listens there
    with pytest.raises(ModelError, match=r"not in the hub's cache, and the hub cannot be reached from here") as refused:
        resolve_checkpoint("our/model")
    assert "\n" not in str(refused.value)


def test_a_local_directory_with_an_at_sign_is_local(tiny_checkpoint: Path, tmp_path: Path) -> None:
    directory = Path(shutil.copytree(tiny_checkpoint, tmp_path / "model@main"))
    assert resolve_checkpoint(str(directory)) == directory.resolve()


def test_a_name_is_parted_at_its_first_at_sign() -> None:
    assert split_revision("owner/name") == ("owner/name", None)
    assert split_revision("owner/name@refs/pr/9") == ("owner/name", "refs/pr/9")
    assert split_revision("name@v1@2") == ("name", "v1@2")
