"""Every documented command runs once, at toy size, with every documented option.

`command_replays` defines how each is run; slow ones are marked `real`.
"""

from __future__ import annotations

import multiprocessing
import random
import re
import runpy
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from itertools import product
from multiprocessing.context import ForkServerContext
from pathlib import Path

import documented_commands
import json_page
import pytest
from _pytest.mark import ParameterSet
from benchmark_modules import forget
from cluster_files import write_for_this_machine
from command_replays import EVERY, LONG, MAKE, ON_RAY, QUICK, RAY
from documented_commands import ROOT, options
from reference_commands import every_command
from safetensors.torch import load_file

from xlingual.records.files import read_json, write_json, write_lines
from xlingual.records.journal import append

STARTS_RAY = re.compile(r"xlingual run|/(trial_cost|memory)\.py")
MENTION = re.compile(r"(xlingual|ray) [a-z-]+( [a-z]+)?")


def replays(of: str | list[str]) -> list[str]:
    """How a documented command is run: as one command, or as several that cover its options."""
    return [of] if isinstance(of, str) else of


def short(command: str) -> str:
    """The beginning of a command, without placeholders for toy files."""
    return re.sub(r"[{}]", "", command)[:60]


HERE = sorted({one for of in [*QUICK.values(), *EVERY.values()] for one in replays(of)} - set(LONG.values()))
"""Commands that run in this process."""


def mentions() -> set[str]:
    """Commands mentioned without the arguments that they need to run."""
    return {one for one in documented_commands.documented() if MENTION.fullmatch(one)} - set(QUICK)


def test_every_documented_command_is_run_here_and_no_other_is_listed() -> None:
    covered = [*QUICK, *LONG, *MAKE, *RAY]
    assert len(set(covered)) == len(covered)
    assert set(documented_commands.documented()) - mentions() == set(covered)


def test_commands_are_found_in_text_and_over_several_lines() -> None:
    text = """Run `xlingual score A B`, or
    .venv/bin/xlingual run STUDY \\
        --set a=b          # comment
#     xlingual plan STUDY [--bench FILE]   what would run
    python x.py [--one]
        [--two]
    A sentence. `xlingual run` and `quality.py
--seeds 3` too.
    $ xlingual data webfaq"""
    assert list(documented_commands.commands(text)) == [
        "xlingual run STUDY --set a=b",
        "xlingual plan STUDY [--bench FILE]",
        "python x.py [--one] [--two]",
        "xlingual data webfaq",
        "xlingual score A B",
        "xlingual run",
        "quality.py --seeds 3",
    ]


@pytest.mark.parametrize("documented", [*QUICK, *LONG])
def test_what_is_run_has_every_option_that_is_named(documented: str) -> None:
    assert options(documented) <= set().union(*map(options, replays((QUICK | LONG)[documented])))


def test_every_command_is_run_with_every_option_that_it_has() -> None:
    commands = every_command(ROOT)
    assert set(EVERY) == set(commands)
    for command, words in commands.items():
        named = {word.name for word in words if word.is_option} - ON_RAY.get(command, set())
        assert named <= set().union(*map(options, replays(EVERY[command]))), command


@pytest.mark.parametrize("command", HERE, ids=short)
def test_it_runs(command: str, toy: dict[str, str], run_here: None, capsys: pytest.CaptureFixture[str]) -> None:
    program, *arguments = [part.format(**toy) for part in shlex.split(command)]
    status = ended(program, arguments)
    printed = capsys.readouterr().out
    assert status == 0
    assert printed
    if program == "xlingual" and "--json" in arguments and "--help" not in arguments:
        json_page.check(command, printed)


def one_after_the_other(commands: set[str]) -> list[ParameterSet]:
    """Commands as parameters; those that start Ray run in one process of several, as Ray Train fails beside another."""
    ray = [pytest.mark.xdist_group("ray")]
    return [pytest.param(one, marks=ray if STARTS_RAY.search(one) else [], id=short(one)) for one in sorted(commands)]


@pytest.mark.real
@pytest.mark.parametrize("command", one_after_the_other(set(LONG.values())))
def test_it_runs_in_a_process_of_its_own(
    command: str, toy: dict[str, str], tmp_path: Path, forks: ForkServerContext
) -> None:
    if re.search(r"(training|quality|scoring)\.py", command):
        pytest.importorskip("accelerate", reason="the reference's Trainer needs accelerate")
    parts = [part.format(**toy) for part in shlex.split(command)]
    process = forks.Process(target=documented_commands.run, args=(parts, tmp_path))
    process.start()
    process.join()
    assert process.exitcode == 0, (tmp_path / "stderr").read_text()[-4000:]
    printed = (tmp_path / "stdout").read_text()
    assert printed
    if parts[0] == "xlingual" and "--json" in parts:
        json_page.check(command, printed)


@pytest.mark.parametrize("command", MAKE)
def test_make_has_the_target(command: str) -> None:
    if shutil.which("make") is None:
        pytest.skip("needs make")
    done = subprocess.run([*shlex.split(command), "--dry-run"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_ray_has_the_commands_and_their_options() -> None:
    from ray.scripts.scripts import cli

    for command in RAY:
        _, name, *arguments = shlex.split(command)
        named = {option.partition("=")[0] for option in arguments if option.startswith("--")}
        assert named <= {option for parameter in cli.commands[name].params for option in parameter.opts}, command
    assert {one.split()[1] for one in mentions() if one.startswith("ray ")} <= set(cli.commands)


def test_commands_named_in_passing_exist() -> None:
    import typer.main

    from xlingual.cli import app

    known = typer.main.get_command(app)
    for mention in mentions():
        program, *names = mention.split()
        found = known
        for name in names if program == "xlingual" else ():
            assert name in found.commands, mention
            found = found.commands[name]


@pytest.fixture(scope="module")
def forks() -> ForkServerContext:
    """Where processes begin with what most commands import first."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["xlingual.search.driver", "xlingual.cli"])
    return context


def ended(program: str, arguments: list[str]) -> int:
    """Run a command in this process, as from a shell; return its exit status."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sys, "argv", list(sys.argv))
        patched.setattr(sys, "path", list(sys.path))
        try:
            documented_commands.start(program, arguments)
        except SystemExit as end:
            return int(end.code or 0)
    return 0


@pytest.fixture
def run_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Change to an empty folder; afterwards, unload modules that a script imported from its own folder."""
    monkeypatch.chdir(tmp_path)
    before = set(sys.modules)
    yield
    forget(before)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Inputs of the commands: the toy world, a model with a head, answers, a measurement, a finished study."""
    import torch

    from xlingual.data.toy import ToyWorld, write_toy_world
    from xlingual.models.encoder import load_encoder, quiet_transformers

    folder = tmp_path_factory.mktemp("documented")
    toy = write_toy_world(folder / "world", ToyWorld(train_articles=20))
    model = Path(shutil.copytree(toy.model, folder / "model"))
    with quiet_transformers():
        load_encoder(toy.model, seed=0).save_pretrained(str(model))
    pickled = Path(shutil.copytree(toy.text_to_text, folder / "pickled"))
    (pickled / "model.safetensors").unlink()
    torch.save(load_file(toy.text_to_text / "model.safetensors"), pickled / "pytorch_model.bin")
    questions = [qa for article in read_json(toy.xquad / "xquad.de.json")["data"] for p in article["paragraphs"]
                 for qa in p["qas"]]  # fmt: skip
    write_json(folder / "answers.json", {qa["id"]: qa["answers"][0]["text"] for qa in questions})
    write_other_test_sets(folder, toy.xquad)
    write_json(folder / "synonyms.json", {"the": ["a"]})
    write_faq_rows(folder / "rows")
    row = {"precision": "fp32", "train_windows_per_s": 100.0}
    speed = {"model": "toy", "family": "extractive", "max_length": 64, "threads": 1, "cores": 2,
             "gpus": 0, "by_precision": [row], "skipped": [],
             "study_precision": "fp32", "score_questions_per_s": 100.0}  # fmt: skip
    write_json(folder / "speed.json", speed)
    finished_study = runpy.run_path(str(ROOT / "tests" / "report" / "study_builder.py"))["finished_study"]
    for name in ("small", "other", "pairs"):
        test = {"source": "toy", "languages": ["en", "de"], "generalised": name == "pairs"}
        study = finished_study(folder, ("plain", "noise"), name=name, test=test)
        for arm, seed in product(("plain", "noise"), (1, 2)):
            study.reports(arm, seed, {250: 50.0, 500: 70.0})
        study.robust("noise", 500, {"embedding_noise": {"magnitude": 0.1, "distribution": "gaussian"}})
    finished_study(folder, ("baseline", "webfaq", "webfaq_noise"), name="claims_webfaq_small", test=test)
    searched = finished_study(folder, ("plain", "mixed"), name="searched", test=test).directory
    content = read_json(searched.study_json)
    content["arms"]["mixed"]["mixture"] = {"faq_share": {"uniform": [0.1, 0.5]}}
    write_json(searched.study_json, content)
    for number in range(2, 8):
        trial = {"arm": "mixed", "number": number, "fingerprint": f"mixed-{number}", "time": 0.0}
        append(searched.journal, {"event": "trial_started", "values": {"mixture.faq_share": number / 20}, **trial})
        append(searched.journal, {"event": "trial_ended", "state": "finished", "objective": 50.0 + number, **trial})
    paths = {name: getattr(toy, name) for name in ("train", "dev", "xquad", "faq", "dictionary")}
    paths |= {"pretrained": toy.model, "model": model, "pickled": pickled, "studies": folder, "root": ROOT,
              "rows": folder / "rows", "mlqa": folder / "mlqa", "mydata": folder / "mydata",
              "cluster": write_for_this_machine(folder)}  # fmt: skip
    paths |= {name: folder / f"{name}.json" for name in ("answers", "theirs", "synonyms", "speed")}
    return {name: str(path) for name, path in paths.items()}


def write_other_test_sets(folder: Path, xquad: Path) -> None:
    """The toy world's test set as MLQA's files and as a user's own, with answers to the latter."""
    for place in ("mlqa", "mydata"):
        (folder / place).mkdir()
    for context, question in product(("en", "de"), repeat=2):
        target = folder / "mlqa" / f"test-context-{context}-question-{question}.json"
        shutil.copy(xquad / f"xquad.{context}.json", target)
    for code, copied in (("fi", "de"), ("sw", "es")):
        shutil.copy(xquad / f"xquad.{copied}.json", folder / "mydata" / f"{code}.json")
    answers = read_json(folder / "answers.json")
    write_json(folder / "theirs.json", {"fi": answers, "sw": answers})


def write_faq_rows(folder: Path) -> None:
    """FAQ rows that pass a study's filters: two languages, all answers different."""
    draw = random.Random(0)
    letters = {"deu": "abcdefghilmnoprstuwzäöü", "tur": "abcçdefgğıiklmnoöprsştuüvyz"}
    for code, alphabet in letters.items():

        def words(count: int, alphabet: str = alphabet) -> str:
            return " ".join("".join(draw.choices(alphabet, k=draw.randint(3, 9))) for _ in range(count))

        rows = []
        for number in range(60):
            answer = " ".join(f"{words(9).capitalize()}." for _ in range(3))
            host = f"https://host{number // 6:02d}.example"
            row = {"origin": host, "url": f"{host}/faq", "question": f"{words(6).capitalize()}?", "answer": answer}
            rows.append(row)
        write_lines(folder / f"{code}.jsonl", rows)


@pytest.fixture
def toy(made: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """The paths of all inputs, and a folder of the test."""
    return made | {"folder": str(tmp_path)}
