"""A study at a URL: every command and program that reads a study's directory says the same of it, or one clear line."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from s3_server import BUCKET, S3Server
from toy_study import write_toy_study

from xlingual.records.attached import attach, detach, model_directory
from xlingual.records.layout import FOLDER_MARK
from xlingual.records.remote import Remote

URL = f"s3://{BUCKET}/read/small"
PROGRAMS = ("claims", "compare_arms", "cost", "generalised_grid", "mixture_response", "noise_response", "per_language")


@pytest.fixture(scope="module")
def directory(studies: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished study with what each program reads."""
    test = {"source": "toy", "languages": ["en", "de"]}
    builder = studies.finished_study(tmp_path_factory.mktemp("local"), ("plain", "noise"), questions=12, test=test)
    builder.robust("noise", 500, {"embedding_noise": {"magnitude": 0.1}})
    for arm in builder.arms:
        for seed in (1, 2):
            builder.reports(arm, seed, {250: 50.0 + seed, 500: 70.0 + seed})
    model = builder.directory.trial("noise-1-seed-1").model
    model.mkdir(parents=True)
    for name, text in {"weights": "large", FOLDER_MARK: "{}"}.items():
        (model / name).write_text(text)
    return Path(builder.directory.path)


@pytest.fixture(scope="module")
def uploaded(directory: Path, s3_server: S3Server) -> None:
    """The same study in the store: a journal in one part."""
    with pytest.MonkeyPatch.context() as patched:
        for name, value in s3_server.environment.items():
            patched.setenv(name, value)
        remote = Remote.at(URL)
    for path in directory.rglob("*"):
        if path.is_file():
            key = path.relative_to(directory).as_posix()
            remote.put(f"{key}/00000001" if path.suffix == ".jsonl" else key, path.read_bytes())


@pytest.fixture
def url(uploaded: None, s3: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Its URL, on a machine that never read it."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    arms = {"plain": {"baseline": True}, "noise": {"robust": {"embedding_noise": {"magnitude": 0.1}}}}
    write_toy_study(tmp_path / "study.yaml", arms=arms)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    yield URL
    detach(attach(URL))


@pytest.mark.parametrize(
    "command",
    [
        ("status",),
        ("status", "--json"),
        ("status", "--follow", "--json"),
        ("report",),
        ("report", "--json"),
        ("plan", "study.yaml", "--power", "--like"),
    ],
    ids=" ".join,
)
def test_a_command_says_of_a_url_what_it_says_of_the_directory(
    call: Any, url: str, directory: Path, s3: S3Server, command: tuple[str, ...]
) -> None:
    before = len(s3.requests())
    there, here = call(*command, url), call(*command, directory)
    assert (there.status, here.status) == (0, 0), there.errors + here.errors
    told = [re.sub(r'"time": "[^"]*"', "", each.output) for each in (there, here)]
    assert told[0] == told[1] != ""
    assert not [line for line in s3.requests()[before:] if not line.startswith(("GET", "HEAD"))], "it reads alone"


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_says_of_a_url_what_it_says_of_the_directory(
    load_program: Callable[[str], ModuleType], capsys: Any, url: str, directory: Path, name: str
) -> None:
    program = load_program(name)
    told = []
    for place in (url, str(directory)):
        status = program.main([place])
        said = capsys.readouterr()
        told.append((status, said.out, said.err.splitlines()[-1:]))
    (status, out, errors), here = told
    named = [line.replace(str(attach(url)), str(directory)) for line in errors]
    assert (status, out, named) == here
    assert out or errors


def test_no_study_and_no_model_at_a_url_are_one_line(call: Any, url: str, by_letter: Callable[..., None]) -> None:
    none = f"s3://{BUCKET}/read/none"
    for command in ("status", "report"):
        by_letter(call(command, none).errors.splitlines()[-1], command)
    for model in (f"{url}/trials/noise-1/model", f"{url}/weights", none):
        by_letter(call("evaluate", model, "--on", "xquad").errors.splitlines()[-1], model.rpartition("/read/")[2])
    detach(attach(none))


def test_a_model_is_fetched_by_its_url(url: str) -> None:
    model = Path(model_directory(f"{url}/trials/noise-1-seed-1/model"))
    assert {path.name: path.read_text() for path in model.iterdir()} == {"weights": "large", FOLDER_MARK: "{}"}


@pytest.mark.parametrize(
    "command",
    [
        ("evaluate", "toy", "--keep", "s3://b/k"),
        ("evaluate", "toy", "--predictions", f"{URL}/trials/noise-1-seed-1/predictions/xquad"),
        ("convert", "toy", "s3://b/out"),
        ("score", "s3://b/gold.json", "predictions.json"),
    ],
    ids=lambda command: " ".join(command[:3]),
)
def test_a_url_is_never_taken_for_the_name_of_a_folder(
    call: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by_letter: Callable[..., None], command: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    ended = call(*command)
    assert (ended.status, ended.output) == (1, "")
    by_letter(ended.errors.removesuffix("\n"), command[-2])
    assert list(tmp_path.iterdir()) == []
