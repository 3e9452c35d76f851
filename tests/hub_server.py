"""A local server that stands for the hub where files are sent to it."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN = "hf_of_a_test"


@dataclass
class Repository:
    """What the hub holds of one repository."""

    private: bool
    files: dict[str, bytes] = field(default_factory=dict)
    commits: list[str] = field(default_factory=list)


class HubServer(ThreadingHTTPServer):
    """Keeps repositories, and what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.repositories: dict[str, Repository] = {}
        self.asked: list[str] = []
        self.refuses: dict[str, int] = {}
        """Beginning of a request -> HTTP status that answers it."""

    @property
    def address(self) -> str:
        """For HF_ENDPOINT."""
        return f"http://127.0.0.1:{self.server_address[1]}"


@contextmanager
def serving() -> Iterator[HubServer]:
    """Serve until the end of the context."""
    server = HubServer()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Answer(BaseHTTPRequestHandler):
    server: HubServer

    def do_GET(self) -> None:
        self.respond("GET", b"")

    def do_POST(self) -> None:
        self.respond("POST", self.rfile.read(int(self.headers["Content-Length"])))

    def respond(self, method: str, body: bytes) -> None:
        path = self.path.partition("?")[0]
        asked = f"{method} {path}"
        self.server.asked.append(asked)
        status = next((status for start, status in self.server.refuses.items() if asked.startswith(start)), None)
        if status is not None:
            return self.answer({"error": "no"}, status)
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            return self.answer({"error": "no"}, 401)
        if path == "/api/whoami-v2":
            return self.answer({"name": "ada", "type": "user"})
        if path == "/api/validate-yaml":
            return self.answer({"warnings": [], "errors": []})
        if path == "/api/repos/create":
            made = json.loads(body)
            kind = made.get("type", "model")
            name = f"{made['organization']}/{made['name']}"
            self.server.repositories[f"{kind}s/{name}"] = Repository(made["visibility"] == "private")
            return self.answer({"url": f"{self.server.address}/{name}", "id": name})
        kind, owner, name, *rest = path.removeprefix("/api/").split("/")
        repository = self.server.repositories.get(f"{kind}/{owner}/{name}")
        if repository is None:
            return self.answer({"error": "Repository not found"}, 404, "RepoNotFound")
        return self.of_repository(repository, f"{owner}/{name}", rest, body)

    def of_repository(self, repository: Repository, name: str, rest: list[str], body: bytes) -> None:
        if rest[:1] == ["preupload"]:
            files = [
                {"path": file["path"], "uploadMode": "regular", "shouldIgnore": False}
                for file in json.loads(body)["files"]
            ]
            return self.answer({"files": files})
        if rest[:1] == ["commit"]:
            header, *operations = map(json.loads, body.splitlines())
            repository.commits.append(header["value"]["summary"])
            for one in operations:
                repository.files[one["value"]["path"]] = base64.b64decode(one["value"]["content"])
            commit = f"{len(repository.commits):040x}"
            return self.answer({"commitUrl": f"{self.server.address}/{name}/commit/{commit}", "commitOid": commit})
        return self.answer({"_id": "0", "id": name, "private": repository.private, "siblings": [], "tags": []})

    def answer(self, content: Any, status: int = 200, code: str | None = None) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        if code:
            self.send_header("X-Error-Code", code)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: Any) -> None:
        pass
