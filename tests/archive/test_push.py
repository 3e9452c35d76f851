"""`xlingual push`: what is sent is shown before, and nothing is sent without a yes."""

from __future__ import annotations

import io
import json
import sys
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import json_page
import pytest
from hub_server import TOKEN, HubServer, serving
from huggingface_hub import close_session, constants

from xlingual.data import hub_connection
from xlingual.records.layout import StudyDirectory

Call = Callable[..., Any]
FILES = {"config.json": b"{}", "model.safetensors": b"weights", "README.md": b"---\ntags: [xlingual]\n---\n# A card\n"}


class Terminal(io.StringIO):
    """Standard input of a user who answers."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def study(studies: ModuleType, tmp_path: Path) -> StudyDirectory:
    """A finished study with the models of its replicates."""
    directory: StudyDirectory = studies.finished_study(tmp_path / "here").directory
    for arm in ("baseline", "webfaq"):
        for seed in (1, 2):
            model = directory.trial(f"{arm}-1-seed-{seed}").model
            model.mkdir(parents=True)
            for name, content in FILES.items():
                (model / name).write_bytes(content)
            (model / ".hidden").write_text("left out")
    return directory


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[HubServer]:
    """A hub that is reachable, and a token for it."""
    with serving() as server:
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
        monkeypatch.setattr(constants, "ENDPOINT", server.address)
        monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "no_token"))
        monkeypatch.setattr(hub_connection, "_known", {})
        monkeypatch.setenv("HF_TOKEN", TOKEN)
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        yield server
        close_session()


def test_a_model_is_sent_to_a_private_repository(call: Call, study: StudyDirectory, hub: HubServer) -> None:
    ended = call("push", study.path, "webfaq/seed-2", "--to", "ada/mine", "--yes", "--json")
    assert ended.status == 0, ended.errors
    repository = hub.repositories["models/ada/mine"]
    assert (repository.private, repository.files) == (True, FILES)
    assert repository.commits == ["Model of study small, arm webfaq, seed 2 (webfaq-1-seed-2)"]
    json_page.check("xlingual push", ended.output)
    sent = json.loads(ended.output)
    assert sent["url"] == f"{hub.address}/ada/mine" and sent["commit"].startswith(f"{hub.address}/ada/mine/commit/")
    assert sent["bytes"] == sum(map(len, FILES.values())) and not sent["existed"] and sent["private"]
    assert "(model repository, new, private)" in ended.errors and "model.safetensors" in ended.errors


def test_the_model_of_an_arm_is_found_by_number(call: Call, study: StudyDirectory, hub: HubServer) -> None:
    ended = call("push", study.path, "--arm", "webfaq", "--replicate", "1", "--to", "ada/mine", "--public", "--yes")
    assert ended.status == 0, ended.errors
    assert not hub.repositories["models/ada/mine"].private
    assert "arm webfaq, seed 1" in ended.errors and "new, PUBLIC: everyone can read it" in ended.errors
    assert ended.output == f"sent: {hub.address}/ada/mine/commit/{1:040x}\n"


def test_records_are_sent_to_a_dataset_repository(
    call: Call, study: StudyDirectory, hub: HubServer, tmp_path: Path
) -> None:
    assert call("push", study.path, "--records", "--to", "ada/runs", "--yes").status == 0
    (content,) = hub.repositories["datasets/ada/runs"].files.values()
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        names = tar.getnames()
    assert "small/journal.jsonl" in names and not any(name.endswith("model.safetensors") for name in names)


@pytest.mark.parametrize(("answer", "is_sent"), [("y\n", True), ("n\n", False), ("\n", False)])
def test_a_terminal_is_asked(
    call: Call, study: StudyDirectory, hub: HubServer, monkeypatch: pytest.MonkeyPatch, answer: str, is_sent: bool
) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal(answer))
    ended = call("push", study.path, "webfaq/seed-2", "--to", "ada/mine")
    assert (ended.status == 0) is is_sent is bool(hub.repositories)
    assert "Send it to ada/mine?" in ended.errors
    assert is_sent or not any(asked.startswith("POST") for asked in hub.asked)


def test_without_a_terminal_nothing_is_sent_unasked(
    call: Call, study: StudyDirectory, hub: HubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    ended = call("push", study.path, "webfaq/seed-2", "--to", "ada/mine")
    assert (ended.status, ended.output) == (1, "")
    assert ended.errors.splitlines()[-1] == (
        "error: nothing was sent, as nobody can be asked here; add --yes to send what is listed above"
    )
    assert hub.repositories == {} and not any(asked.startswith("POST") for asked in hub.asked)


def test_a_private_model_is_not_sent_to_a_public_repository(call: Call, study: StudyDirectory, hub: HubServer) -> None:
    assert call("push", study.path, "webfaq/seed-2", "--to", "ada/mine", "--public", "--yes").status == 0
    ended = call("push", study.path, "webfaq/seed-1", "--to", "ada/mine", "--yes")
    assert ended.status == 1 and "ada/mine: is there and public; add --public" in ended.errors
    ended = call("push", study.path, "webfaq/seed-1", "--to", "ada/mine", "--yes", "--public")
    assert ended.status == 0 and "is there; files of the same names are replaced" in ended.errors
    assert len(hub.repositories["models/ada/mine"].commits) == 2


@pytest.mark.parametrize(
    "words",
    [
        "--to ada/mine",
        "webfaq/seed-2 --replicate 1 --to ada/mine",
        "webfaq/seed-2 --arm webfaq --to ada/mine",
        "webfaq/seed-2 --to mine",
        "webfaq/seed-2 --to ada/no/name",
        "webfaq/seed-9 --to ada/mine",
        "webfaq --to ada/mine",
        "--arm webfaq --to ada/mine",
        "--arm webfaq --replicate 3 --to ada/mine",
        "--arm other --to ada/mine",
    ],
)
@pytest.mark.usefixtures("hub")
def test_a_mistake_is_one_line_and_nothing_is_asked(
    call: Call, study: StudyDirectory, by_letter: Callable[..., None], words: str
) -> None:
    ended = call("push", study.path, *words.split(), "--yes")
    assert (ended.status, ended.output) == (1, "")
    by_letter(ended.errors.strip(), words)


@pytest.mark.parametrize(
    ("what", "refuses"),
    [
        ("no_token", {}),
        ("wrong_token", {}),
        ("may_not_write", {"POST /api/repos/create": 403}),
        ("no_network", {}),
        ("offline", {}),
        ("breaks", {"POST /api/models/ada/mine/commit": 501}),
    ],
)
def test_what_the_hub_lacks_is_one_line(
    call: Call,
    study: StudyDirectory,
    hub: HubServer,
    by_letter: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    what: str,
    refuses: dict[str, int],
) -> None:
    hub.refuses = refuses
    if what == "no_token":
        monkeypatch.delenv("HF_TOKEN")
    if what == "wrong_token":
        monkeypatch.setenv("HF_TOKEN", "hf_of_another")
    if what == "no_network":
        monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:1")
    if what == "offline":
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    ended = call("push", study.path, "webfaq/seed-2", "--to", "ada/mine", "--yes")
    assert (ended.status, ended.output) == (1, "")
    assert not any(one.files for one in hub.repositories.values())
    by_letter(ended.errors.splitlines()[-1], what)


def test_a_model_that_is_not_there_is_told(call: Call, study: StudyDirectory, hub: HubServer) -> None:
    (study.trial("webfaq-1-seed-2").model / "config.json").unlink()
    ended = call("push", study.path, "webfaq/seed-2", "--to", "ada/mine", "--yes")
    assert ended.status == 1 and "unpacked records have none" in ended.errors and hub.asked == []
