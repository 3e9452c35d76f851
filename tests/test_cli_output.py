"""A terminal that cannot show a language's letters gets escapes instead; names and line ends may be of any kind."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import tiny_task

from xlingual.cli import main
from xlingual.study import load_study

QUESTION = "質問? café 😀"
STUDY = """
name: letters
question: {question}
model: toy
data: {{train: toy, dev: toy, test: {{source: toy, languages: [en, de]}}}}
windows: {{max_length: 64, stride: 16, max_answer_tokens: 8}}
training: {{updates: 20, batch_size: 16, learning_rate: 1.0e-3, precision: fp32}}
arms: {{baseline: {{baseline: true}}, other: {{training: {{learning_rate: 2.0e-3}}}}}}
search: {{trials_per_arm: 1}}
replicates: {{searches: 1, seeds: 1}}
"""


class Ended(NamedTuple):
    """Result of a command."""

    status: int
    output: bytes
    errors: bytes


def ran(*arguments: object, encoding: str = "ascii") -> Ended:
    """Run a command in this process, with streams of an encoding that is not UTF-8."""
    output, errors = io.BytesIO(), io.BytesIO()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sys, "argv", ["xlingual", *map(str, arguments)])
        patched.setattr(sys, "stdout", io.TextIOWrapper(output, encoding=encoding, write_through=True))
        patched.setattr(sys, "stderr", io.TextIOWrapper(errors, encoding=encoding, write_through=True))
        with pytest.raises(SystemExit) as ended:
            main()
        return Ended(int(ended.value.code or 0), output.getvalue(), errors.getvalue())


def ran_on_its_own(*arguments: object) -> Ended:
    """Run a command in a process of its own, whose terminal shows ASCII alone."""
    command = [sys.executable, "-c", "from xlingual.cli import main; main()", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, env={**os.environ, "PYTHONIOENCODING": "ascii"})
    return Ended(done.returncode, done.stdout, done.stderr)


def said(errors: bytes) -> list[bytes]:
    """The lines of standard error, without those that a slow machine gets while it waits."""
    return [line for line in errors.splitlines() if not re.fullmatch(rb"[A-Za-z .\xc3-]+.*: (\d+ min )?\d+ s", line)]


@pytest.fixture
def study(tmp_path: Path) -> Path:
    path = tmp_path / "study.yaml"
    path.write_text(STUDY.format(question=QUESTION), encoding="utf-8")
    return path


def test_letters_that_cannot_be_shown_become_escapes(study: Path) -> None:
    ended = ran("plan", study)
    assert (ended.status, said(ended.errors)) == (0, [])
    assert rb"\u8cea\u554f? caf\u00e9 \ud83d\ude00" in ended.output
    ended = ran("plan", study, encoding="latin-1")
    assert (ended.status, said(ended.errors)) == (0, [])
    assert rb"\u8cea\u554f? caf" in ended.output


def test_json_stays_json(tmp_path: Path) -> None:
    """A gold file in another script, also in its name, with an answer outside the first plane."""
    pages = tmp_path / "faq.jsonl"
    row = {"url": "https://例.example/é", "origin": "例.example", "question": "質問は何ですか", "answer": "答え😀 " * 9}
    pages.write_text(json.dumps(row, ensure_ascii=False) + "\n", encoding="utf-8")
    texts = []
    for encoding in ("ascii", "utf-8"):
        ended = ran("data", "webfaq", pages, "--languages", "jpn", "--json", encoding=encoding)
        assert ended.status == 0, ended.errors
        texts.append(json.loads(ended.output.decode(encoding)))
    assert texts[0] == texts[1]


def test_messages_of_errors_are_shown_so_too(tmp_path: Path) -> None:
    for ended in (ran("validate", tmp_path / "質問.yaml"), ran_on_its_own("validate", tmp_path / "質問.yaml")):
        assert ended.status == 1
        assert rb"\u8cea\u554f.yaml" in ended.errors and b"Traceback" not in ended.errors


@pytest.fixture
def odd(tmp_path: Path, study: Path, studies: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a space and other letters in its name, with a study file and its records, and Windows line ends."""
    folder = tmp_path / "my studies é 研究"
    (folder / "data").mkdir(parents=True)
    (folder / "my étude.yaml").write_bytes(study.read_bytes().replace(b"\n", b"\r\n"))
    tiny_task.write_data(folder / "my data")
    for file in (folder / "my data" / "train.json", folder / "my data" / "faq" / "deu.jsonl"):
        file.write_bytes(json.dumps(json.loads(file.read_text()), indent=1).encode().replace(b"\n", b"\r\n")
                         if file.suffix == ".json" else file.read_bytes().replace(b"\n", b"\r\n"))  # fmt: skip
    studies.finished_study(folder / "öffentlich", name="small", question=QUESTION)
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.parametrize(
    "command",
    [
        ("validate", "my étude.yaml"),
        ("plan", "my étude.yaml"),
        ("status", "öffentlich/small"),
        ("report", "öffentlich/small"),
        ("checklist", "öffentlich/small"),
        ("doctor", "--storage", "öffentlich"),
        ("init", "--gpus", "0", "--question", QUESTION, "--train", "my data/train.json", "--test", "my data/dév.json",
         "--faq", "my data/faq/deu.jsonl", "--language", "de"),
    ],
    ids=lambda command: " ".join(command[:2]),
)  # fmt: skip
def test_any_name_and_line_end_goes_through_every_command(odd: Path, command: tuple[str, ...]) -> None:
    shutil.copy(odd / "my data" / "xquad" / "xquad.de.json", odd / "my data" / "dév.json")
    ended = ran(*command)
    assert (ended.status, said(ended.errors)) == (0, [])
    assert ended.output.decode("ascii").strip()
    assert b"\xef\xbf\xbd" not in ended.output and b"?" * 3 not in ended.output  # nothing was replaced
    if command[0] == "init":
        written = load_study(odd / "my_study.yaml")
        assert (written.question, written.data.test.source) == (QUESTION, "my data/dév.json{de}")


def test_a_locale_without_utf_8_is_no_traceback(odd: Path) -> None:
    """Python reads names as UTF-8 all the same, unless that is switched off."""
    command = [sys.executable, "-c", "from xlingual.cli import main; main()", "validate", "my étude.yaml"]
    environment = {**os.environ, "LC_ALL": "C"}
    environment.pop("PYTHONIOENCODING", None)
    done = subprocess.run(command, capture_output=True, cwd=odd, env=environment)
    assert (done.returncode, done.stderr) == (0, b"")
    done = subprocess.run(
        command, capture_output=True, cwd=odd, env=environment | {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    )
    assert b"Traceback" not in done.stderr
