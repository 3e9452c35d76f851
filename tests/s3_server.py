"""A real S3-compatible server in a process of its own: moto's, on loopback, one request at a time.

One at a time, for moto looks at an object and replaces it in two steps: conditional writes would not be atomic.
As a script it serves the folder of faults that its argument names, see `S3Server`.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BUCKET = "studies"


@dataclass(frozen=True)
class S3Server:
    """Where the server answers, and the folder through which it is told to misbehave.

    Faults are read before each request: the file `fault` holds `METHOD SUBSTRING WHAT`, `WHAT` one of
        403, 503     refused, nothing done
        expired, skewed, signature  the same, with S3's code and words
        lost         done, but the answer is lost: the other side sees a 500
        unconditional  done, whatever the conditions of the request
    each followed by `once` if the next request is answered again.
    """

    url: str
    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs in its environment to use it."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": "us-east-1",
            "NO_PROXY": "127.0.0.1",
        }

    @contextmanager
    def fault(self, method: str, substring: str, what: str) -> Iterator[None]:
        """Misbehave on requests of a method whose path has a substring."""
        (self.folder / "fault").write_text(f"{method} {substring} {what}")
        try:
            yield
        finally:
            (self.folder / "fault").unlink(missing_ok=True)

    def requests(self) -> list[str]:
        """The requests so far: `METHOD PATH STATUS`."""
        return (self.folder / "requests").read_text().splitlines()

    def make_bucket(self, name: str) -> None:
        """Make a bucket."""
        urllib.request.urlopen(urllib.request.Request(f"{self.url}/{name}", method="PUT")).close()


@contextmanager
def serving(folder: Path) -> Iterator[S3Server]:
    """Run a server with one empty bucket while the context lasts.

    Args:
        folder: empty; for the faults and the log.
    """
    (folder / "requests").touch()
    with (folder / "output").open("w") as output:
        process = subprocess.Popen(
            [sys.executable, __file__, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=output,
            text=True,
        )
    try:
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        assert port, (folder / "output").read_text()
        server = S3Server(f"http://127.0.0.1:{port}", folder)
        server.make_bucket(BUCKET)
        yield server
    finally:
        process.kill()
        process.communicate()


ANSWERS = {
    "403": "403 Forbidden",
    "503": "503 Slow Down",
    "lost": "500 Lost",
    "expired": "400 Bad Request",
    "skewed": "403 Forbidden",
    "signature": "403 Forbidden",
}


def _told(code: str, message: str) -> bytes:
    return f'<?xml version="1.0"?><Error><Code>{code}</Code><Message>{message}</Message></Error>'.encode()


REFUSALS = {
    "403": b"",
    "503": b"",
    "expired": _told("ExpiredToken", "The provided token has expired."),
    "skewed": _told(
        "RequestTimeTooSkewed", "The difference between the request time and the current time is too large."
    ),
    "signature": _told("SignatureDoesNotMatch", "The request signature we calculated does not match."),
}
Answer = Callable[..., Any]


def one_at_a_time(app: Callable[[dict[str, Any], Answer], Iterable[bytes]], folder: Path) -> Any:
    """Put the faults, the log and a lock around moto."""
    lock = threading.Lock()

    def answer(environ: dict[str, Any], start: Answer) -> list[bytes]:
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        said: list[str] = []

        def started(status: str, *rest: Any) -> Any:
            said.append(status)
            return start(status, *rest)

        def lost(status: str, *rest: Any) -> None:
            said.append(status)

        with lock:
            fault = _fault(folder, method, path)
            if fault == "unconditional":
                environ = {name: value for name, value in environ.items() if not name.startswith("HTTP_IF_")}
                fault = ""
            if fault in REFUSALS:
                environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
                said.append(ANSWERS[fault])
            else:
                body = b"".join(app(environ, lost if fault == "lost" else started))
            if fault:
                body = REFUSALS.get(fault, b"")
                start(ANSWERS[fault], [("Content-Length", str(len(body)))])
            with (folder / "requests").open("a") as log:
                log.write(f"{method} {path} {said[0][:3]}\n")
        return [body]

    return answer


def _fault(folder: Path, method: str, path: str) -> str:
    try:
        wanted, substring, what, *once = (folder / "fault").read_text().split()
    except (FileNotFoundError, ValueError):
        return ""
    if method != wanted or substring not in path:
        return ""
    if once:
        (folder / "fault").unlink()
    return what


def _end_with_starter() -> None:
    """End this process when its standard input is closed."""
    sys.stdin.read()
    os._exit(0)


def main(folder: Path, address: str = "127.0.0.1", port: int = 0) -> None:
    """Serve until whoever started this process ends; prints the port first."""
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import make_server

    app = one_at_a_time(DomainDispatcherApplication(create_backend_app), folder)
    server = make_server(address, port, app, threaded=True)
    print(server.server_port, flush=True)
    threading.Thread(target=_end_with_starter, daemon=True).start()
    server.serve_forever()


if __name__ == "__main__":
    os.environ.setdefault("AWS_ACCESS_KEY_ID", "test")
    os.environ.setdefault("AWS_SECRET_ACCESS_KEY", "test")
    main(Path(sys.argv[1]), *sys.argv[2:3], *map(int, sys.argv[3:4]))
