"""Every command that a document names runs: once, at toy size, with every option that is named.

The table says what each is run as. A command that joins a document and not the table fails a test. What takes long
(Ray, processes of their own) is marked `real`.
"""

# ruff: noqa: E501
from __future__ import annotations

import random
import re
import runpy
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import documented_commands
import pytest
from documented_commands import ROOT, options
from safetensors.torch import load_file

from xlingual.records.files import read_json, write_json, write_lines

BENCH = (
    "xlingual bench {pretrained} --train {train} --score {xquad} --study {root}/studies/quickstart.yaml --json "
    "--updates 1 --batch 2 --languages en,de --questions 1 --max-length 64 --stride 16 --max-train-examples 40"
)
STUDY_DIR = "{studies}/small"
# Of a study: every part of it is as small as it can be, and all that would be downloaded is the toy world's.
SMALL = (
    "--set training.updates=2 --set training.reports=1 --set training.batch_size=4 --set training.micro_batch_size=4 "
    "--set search.trials_per_arm=1 --set replicates.searches=1 --set replicates.seeds=1"
)
TOY = f"{SMALL} --set 'data.test={{{{source: toy, languages: [en, de]}}}}'"
COPIES = (
    "--set data.test.languages=[en,de] --set windows.max_length=64 --set windows.stride=16 "
    "--set model={model} --set data.train={train} --set data.test.source={xquad} --set data.faq.source={faq} "
    "--set data.faq.filters=off --set data.faq.rows_per_language=200 --set data.faq.allow_shortage=true "
    "--set 'data.faq.passages={{span: answer, answers: 4, min_passage_characters: 1}}'"
)
TASK = "--model {pretrained} --train {train} --max-length 64 --stride 16 --batch 2 --runs 1 --threads 1"
QUALITY = "--quality-updates 2 --quality-batch 4 --quality-examples 40 --quality-dev 4 --tolerance 100"

CONTAMINATION = "python tests/benchmarks/contamination.py --data {xquad} --clean {train} {dev} --rows 100 --runs 1 --json {folder}/e"

QUICK = {
    "xlingual plan studies/baselines.yaml": "xlingual plan {root}/studies/baselines.yaml",
    "xlingual plan studies/webfaq_mix.yaml": "xlingual plan {root}/studies/webfaq_mix.yaml",
    "xlingual plan studies/webfaq_recipes.yaml": "xlingual plan {root}/studies/webfaq_recipes.yaml",
    "xlingual plan studies/robust_xlmr_base.yaml": "xlingual plan {root}/studies/robust_xlmr_base.yaml",
    # For a GPU cluster, with models of a hub: what is run of it here is its check and its plan.
    "xlingual run studies/baselines.yaml --set name=baselines_long --set training.updates=8000 "
    "--set training.batch_size=128": "xlingual plan {root}/studies/baselines.yaml --set name=baselines_long "
    "--set training.updates=8000 --set training.batch_size=128",
    "xlingual validate wrong.yaml": "xlingual validate {root}/studies/quickstart.yaml",
    "xlingual validate STUDY": "xlingual validate {root}/studies/quickstart.yaml",
    "xlingual schema": "xlingual schema",
    "xlingual plan STUDY": "xlingual plan {root}/studies/quickstart.yaml",
    "xlingual plan --bench": "xlingual plan {root}/studies/quickstart.yaml --bench {speed}",
    "xlingual plan STUDY --power": "xlingual plan {root}/studies/baselines.yaml --power",
    "xlingual plan STUDY --power --like STUDY_DIR": "xlingual plan {root}/studies/webfaq_mix.yaml --power "
    f"--like {STUDY_DIR}",
    "xlingual plan STUDY --power [--like STUDY_DIR] [--json]": "xlingual plan {root}/studies/quickstart.yaml "
    f"--power --like {STUDY_DIR} --json",
    "xlingual plan STUDY --bench speed.json": "xlingual plan {root}/studies/quickstart.yaml --bench {speed}",
    "xlingual plan STUDY [--bench FILE.json]... [--json]": "xlingual plan {root}/studies/quickstart.yaml "
    "--bench {speed} --json",
    "xlingual bench MODEL --train squad/train-v1.1.json --score xquad --json > speed.json": BENCH,
    "xlingual bench [MODEL] [--train FILE] [--score XQUAD_DIR] [--updates N] [--batch N] [--study STUDY] [--json]": BENCH,
    "xlingual bench MODEL --study STUDY": BENCH,
    "xlingual status STUDY_DIR [--json]": f"xlingual status {STUDY_DIR} --json",
    "xlingual report STUDY_DIR [--json]": f"xlingual report {STUDY_DIR} --json",
    "xlingual data webfaq [SOURCE] --languages de,tr [--study STUDY] [--rows N] [--model MODEL] [--passages N] [--json]": ""
    "xlingual data webfaq {faq} --languages de,tr --study {root}/studies/webfaq_recipes.yaml --rows 20 "
    "--model {pretrained} --passages 1 --json --set data.faq.filters=off",
    "xlingual data webfaq --study studies/webfaq_recipes.yaml": "xlingual data webfaq {faq} --languages de --rows 20 "
    "--study {root}/studies/webfaq_recipes.yaml --set data.faq.filters=off",
    "xlingual data contamination FILE... [--data XQUAD_DIR] [--json]": "xlingual data contamination {train} {dev} "
    "--data {xquad} --json",
    "xlingual data contamination tydiqa_train.json --data xquad": "xlingual data contamination {train} --data {xquad}",
    "xlingual evaluate MODEL --on xquad [--data PATH] [--languages de,es] [--limit N] [--paragraphs N|all] [--json] "
    "[--predictions FILE] [--keep DIR] [--published NAME] [--address local|auto|HOST:PORT] [--workers N]": [
        "xlingual evaluate {model} --on xquad --data {xquad} --languages de,es --limit 1 --paragraphs 1 --json "
        "--keep {folder}/kept --published XLM-R-base",
        "xlingual evaluate theirs --predictions {answers} --data {xquad} --languages de",
        # --address and --workers start Ray: tests/on_ray/test_evaluation_workers.py
    ],
    "xlingual evaluate xlingual_studies/NAME/trials/FINGERPRINT/model --on xquad --data xquad": "xlingual evaluate "
    "{model} --on xquad --data {xquad} --languages de --limit 1",
    "xlingual evaluate OWNER/NAME --on xquad": "xlingual evaluate {model} --on xquad --data {xquad} --languages en "
    "--limit 1",
    "xlingual evaluate --predictions answers.json --data xquad": "xlingual evaluate --predictions {answers} "
    "--data {xquad} --languages de",
    "xlingual convert google/mt5-small models/mt5-small": "xlingual convert {pickled} {folder}/converted",
    "xlingual convert google/mt5-small DIR": "xlingual convert {pickled} {folder}/converted",
    "xlingual convert NAME DIR [--json]": "xlingual convert {pickled} {folder}/converted --json",
    "xlingual score GOLD.json PREDICTIONS.json": "xlingual score {xquad}/xquad.de.json {answers}",
    "python analysis/xquad_by_language.py STUDY_DIR ...": f"python analysis/xquad_by_language.py {STUDY_DIR}",
    "python analysis/xquad_by_language.py STUDY_DIR [STUDY_DIR ...] [--csv OUT.csv] [--figure OUT.png]": ""
    f"python analysis/xquad_by_language.py {STUDY_DIR} {{studies}}/other --csv {{folder}}/a.csv --figure {{folder}}/a.png",
    "python analysis/score_by_compute.py STUDY_DIR [--csv OUT.csv] [--figure OUT.png]": ""
    f"python analysis/score_by_compute.py {STUDY_DIR} --csv {{folder}}/b.csv --figure {{folder}}/b.png",
    "python analysis/score_by_magnitude.py STUDY_DIR [STUDY_DIR ...] [--figure OUT.svg]": ""
    f"python analysis/score_by_magnitude.py {STUDY_DIR} {{studies}}/other --figure {{folder}}/c.svg",
    "python analysis/score_by_magnitude.py xlingual_studies/toy_noise_magnitude --figure "
    "analysis/figures/toy_noise_magnitude.svg": f"python analysis/score_by_magnitude.py {STUDY_DIR} --figure "
    "{folder}/d.svg",
    "python tests/benchmarks/features.py [--model DIR --train FILE.json] [--threads 2] [--runs 5]": ""
    "python tests/benchmarks/features.py " + TASK,
    "python tests/benchmarks/contamination.py [--data XQUAD_DIR] [--clean FILE ...] [--rows 1000000] [--runs 3]": CONTAMINATION,
    "python tests/benchmarks/contamination.py --data DIR --clean FILE ... --json contamination.json": CONTAMINATION,
    "python tests/benchmarks/writable_answers.py --model DIR --xquad DIR": "python tests/benchmarks/writable_answers.py "
    "--model {pretrained} --xquad {xquad}",
    "writable_answers.py --model DIR --xquad DIR": "python tests/benchmarks/writable_answers.py --model {pretrained} "
    "--xquad {xquad}",
}

COPIED = f"xlingual run {{root}}/studies/small_encoder_cpu.yaml {COPIES} {SMALL}"
QUICKSTART = (
    "xlingual run {root}/studies/quickstart.yaml --storage {folder}/storage --until report --address local --json "
    + TOY
)
TRAINING = (
    f"python tests/benchmarks/training.py {TASK} --updates 2 --examples 40 --quality-seeds 2 {QUALITY} "
    "--precision auto --json {folder}/f"
)
SCORING = (
    f"python tests/benchmarks/scoring.py {TASK} --xquad {{xquad}} --languages en,de --questions 2 --head-updates 2 "
    "--json {folder}/g"
)
TRIAL_COST = f"python tests/benchmarks/trial_cost.py {TASK} --trials 2 --json {{folder}}/h"
MEMORY = f"python tests/benchmarks/memory.py {TASK} --megabytes 1 --updates 4 --json {{folder}}/i"
REGRET = (
    "python tests/benchmarks/search_regret.py --worlds 2 --first-world 0 --processes 1 --settings 11 --lines grid "
    "--json {folder}/l --figure {folder}/l.svg"
)
START = "python tests/benchmarks/search_start.py --worlds 2 --json"
FAQ_ROWS = (
    "python tests/benchmarks/faq_rows.py --model {pretrained} --rows {rows} --xquad {xquad} --languages de,tr --number 40 "
    "--runs 1 --memory-rows 40 --json {folder}/j"
)
ROBUST = (
    f"python tests/benchmarks/robust.py {TASK} --xquad {{xquad}} --synonyms {{synonyms}} --dictionaries {{dictionary}} "
    "--languages de,es --updates 15 --seeds 1 --clock cpu --methods 'embedding_noise;word_substitution;code_switch' --json {folder}/k"
)
REPORT = (
    "python tests/benchmarks/report.py --studies trials,questions --scale 0.001 --runs 1 --lines --storage {folder}/l "
    "--json {folder}/m"
)
CALIBRATION = "python tests/benchmarks/calibration.py --studies 1 --all --processes 1 --json --figure {folder}/c.svg"
TOY_CALIBRATION = "python tests/benchmarks/toy_calibration.py --studies 2 --processes 1 --set training.updates=1 --json"
LONG = {
    "python tests/benchmarks/report.py [--studies trials,questions] [--scale 1.0] [--storage DIR] [--runs 3] [--lines]": ""
    + REPORT,
    "python tests/benchmarks/report.py --json report.json": REPORT,
    "xlingual run studies/quickstart.yaml": QUICKSTART,
    "xlingual run STUDY [--storage DIR] [--until search|replicate|test|report] [--address local|auto|HOST:PORT] "
    "[--json]": QUICKSTART,
    "xlingual run studies/toy_text_to_text.yaml": "xlingual run {root}/studies/toy_text_to_text.yaml " + TOY,
    "xlingual run studies/toy_noise_magnitude.yaml": "xlingual run {root}/studies/toy_noise_magnitude.yaml --until search "
    + TOY.replace("updates=2", "updates=12"),  # FreeLB's passes are three an update
    "xlingual run studies/small_encoder_cpu.yaml": COPIED,
    "xlingual run studies/small_encoder_cpu.yaml --set model=models/multilingual-e5-small "
    "--set data.train=squad/train-v1.1.json --set data.test.source=xquad --set data.faq.source=webfaq": COPIED,
    "python tests/benchmarks/training.py $P --batch 16 --updates 8 --runs 5 --json training.json": TRAINING,
    "python tests/benchmarks/training.py [--model DIR --train FILE.json] [--batch 16] [--updates 8] [--runs 5]": TRAINING,
    "training.py --batch 16 --updates 5": TRAINING,
    "python tests/benchmarks/quality.py --quality-seeds 8": TRAINING,
    "python tests/benchmarks/quality.py [--quality-updates 200] [--quality-seeds 5]": TRAINING,
    "python tests/benchmarks/quality.py --quality-real --model DIR --train FILE.json --quality-updates 40 ...": ""
    f"python tests/benchmarks/quality.py --quality-real {TASK} --quality-seeds 2 {QUALITY}",
    "python tests/benchmarks/scoring.py $P --xquad DIR --languages en,de,th --questions 60 --json scoring.json": SCORING,
    "python tests/benchmarks/scoring.py [--model DIR --train FILE.json --xquad DIR] [--languages en,de] "
    "[--questions 60]": SCORING,
    "scoring.py --languages en,de,th --questions 50": SCORING,
    "python tests/benchmarks/trial_cost.py --json trial_cost.json": TRIAL_COST,
    "python tests/benchmarks/trial_cost.py [--model DIR --train FILE.json] [--runs 5]": TRIAL_COST,
    "trial_cost.py --trials 2": TRIAL_COST,
    "python tests/benchmarks/memory.py $P --megabytes 500 --json memory.json": MEMORY,
    "python tests/benchmarks/memory.py [--model DIR --train FILE.json] [--megabytes 500] [--runs 5]": MEMORY,
    "memory.py --updates 4 --batch 4": MEMORY,
    "python tests/benchmarks/faq_rows.py --model DIR --rows FAQ_DIR --xquad DIR --json faq_rows.json": FAQ_ROWS,
    "python tests/benchmarks/faq_rows.py [--model DIR --rows DIR] [--languages de,tr,zh,ru] [--number 5000] "
    "[--runs 3]": FAQ_ROWS,
    "faq_rows.py --model DIR --rows FAQ_DIR --xquad DIR --number 3000 --runs 3": FAQ_ROWS,
    "python tests/benchmarks/robust.py $P --xquad DIR --synonyms FILE.json --dictionaries FILE.tsv --json robust.json": ROBUST,
    "robust.py $P --xquad DIR --synonyms FILE.json --dictionaries FILE.tsv --languages de,es --seeds 0 --threads 1 "
    "--batch 4 --max-length 128 --stride 32 --clock cpu": ROBUST,
    "python tests/benchmarks/robust.py [--model DIR --train FILE.json --xquad DIR --synonyms FILE.json "
    "--dictionaries FILE.tsv --languages de,es] [--updates 60] [--seeds 1] [--runs 4]": ROBUST,
    "python tests/benchmarks/search_regret.py [--worlds 40] [--first-world 1000] [--processes 2] [--json FILE]": REGRET,
    "python tests/benchmarks/search_regret.py --worlds 40 --json search_regret.json": REGRET,
    "search_start.py --worlds 60": START,
    "python tests/benchmarks/search_start.py [--worlds 150] [--json]": START,
    "python tests/benchmarks/calibration.py --all": CALIBRATION,
    "python tests/benchmarks/calibration.py [--studies 400] [--all] [--processes 2] [--json] [--figure OUT.svg]": CALIBRATION,
    "python tests/benchmarks/calibration.py --all --figure tests/benchmarks/figures/calibration.svg": CALIBRATION,
    "python tests/benchmarks/toy_calibration.py [--studies 20] [--processes 2] [--set KEY=VALUE ...] [--json]": TOY_CALIBRATION,
    "python tests/benchmarks/toy_calibration.py --studies 20": TOY_CALIBRATION,
    "search_regret.py --worlds 40": REGRET,
}
MAKE = ("make quickstart", "make test", "make check", "make install", "make format", "make docs", "make PYTHON=/path/to/python install",
        "make PYTHON=/path/to/python quickstart")  # fmt: skip
RAY = (
    "ray get-auth-token --generate",
    "ray up cluster.yaml",
    "ray exec cluster.yaml 'cd ~/xlingual && xlingual run STUDY --address auto --storage /mnt/studies'",
    "ray exec cluster.yaml 'cd ~/xlingual && xlingual run studies/quickstart.yaml --address auto'",
    "ray dashboard cluster.yaml",
    "ray down cluster.yaml",
    "ray start --head --port=6379 --object-manager-port=8076 --dashboard-host=127.0.0.1",
    "ray start --address=$RAY_HEAD_IP:6379 --object-manager-port=8076",
)
"""For a cluster: that Ray has the command and its options is what is looked at here."""

MENTION = re.compile(r"(xlingual|ray) [a-z-]+( [a-z]+)?")


def replays(of: str | list[str]) -> list[str]:
    """What a documented command is run as: one command, or several that have its options between them."""
    return [of] if isinstance(of, str) else of


def short(command: str) -> str:
    """The beginning of a command, without the places that toy files take."""
    return re.sub(r"[{}]", "", command)[:60]


def mentions() -> set[str]:
    """Commands that are named in passing, without what they would need to run."""
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
    run = (QUICK | LONG)[documented]
    not_run_here = {"--address", "--workers"} if "evaluate" in documented else set()
    assert options(documented) - not_run_here <= set().union(*map(options, replays(run)))


@pytest.mark.parametrize("command", sorted({one for of in QUICK.values() for one in replays(of)}), ids=short)
def test_it_runs(command: str, toy: dict[str, str], run_here: None, capsys: pytest.CaptureFixture[str]) -> None:
    program, *arguments = [part.format(**toy) for part in shlex.split(command)]
    status = ended(program, arguments)
    assert status == 0
    assert capsys.readouterr().out


@pytest.mark.real
@pytest.mark.parametrize("command", sorted(set(LONG.values())), ids=short)
def test_it_runs_in_a_process_of_its_own(command: str, toy: dict[str, str], run_here: None) -> None:
    if re.search(r"(training|quality|scoring)\.py", command):
        pytest.importorskip("accelerate", reason="the reference's Trainer needs accelerate")
    program, *arguments = [part.format(**toy) for part in shlex.split(command)]
    start = [sys.executable, "-m", "xlingual"] if program == "xlingual" else [sys.executable]
    arguments = [str(ROOT / one) if one.startswith("tests/benchmarks/") else one for one in arguments]
    done = subprocess.run([*start, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    assert done.stdout


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


def ended(program: str, arguments: list[str]) -> int:
    """Run a command in this process, as from a shell; its exit status."""
    with pytest.MonkeyPatch.context() as patched:
        script = None if program == "xlingual" else str(ROOT / arguments.pop(0))
        patched.setattr(sys, "argv", [script or "xlingual", *arguments])
        try:
            if script is None:
                from xlingual.cli import main

                main()
            else:
                patched.syspath_prepend(str(Path(script).parent))
                runpy.run_path(script, run_name="__main__")
        except SystemExit as end:
            return int(end.code or 0)
    return 0


@pytest.fixture
def run_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Stand in an empty folder; modules that a script finds beside itself are forgotten after it."""
    monkeypatch.chdir(tmp_path)
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(ROOT / "tests" / "benchmarks")):
            del sys.modules[name]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What the commands work on: the toy world, a model with a head, answers, a measurement, a finished study."""
    import torch

    from xlingual.data.toy import ToyWorld, write_toy_world
    from xlingual.models.encoder import load_encoder, quiet_transformers

    folder = tmp_path_factory.mktemp("documented")
    toy = write_toy_world(folder / "world", ToyWorld())
    model = Path(shutil.copytree(toy.model, folder / "model"))
    with quiet_transformers():
        load_encoder(toy.model, seed=0).save_pretrained(str(model))
    pickled = Path(shutil.copytree(toy.text_to_text, folder / "pickled"))
    (pickled / "model.safetensors").unlink()
    torch.save(load_file(toy.text_to_text / "model.safetensors"), pickled / "pytorch_model.bin")
    questions = [qa for article in read_json(toy.xquad / "xquad.de.json")["data"] for p in article["paragraphs"]
                 for qa in p["qas"]]  # fmt: skip
    write_json(folder / "answers.json", {qa["id"]: qa["answers"][0]["text"] for qa in questions})
    write_json(folder / "synonyms.json", {"the": ["a"]})
    write_faq_rows(folder / "rows")
    row = {"precision": "fp32", "train_windows_per_s": 100.0}
    speed = {"model": "toy", "max_length": 64, "threads": 1, "cores": 2, "gpus": 0, "by_precision": [row],
             "study_precision": "fp32", "score_questions_per_s": 100.0}  # fmt: skip
    write_json(folder / "speed.json", speed)
    finished_study = runpy.run_path(str(ROOT / "tests" / "report" / "study_builder.py"))["finished_study"]
    for name in ("small", "other"):
        study = finished_study(folder, ("plain", "noise"), name=name, test={"source": "toy", "languages": ["en", "de"]})
        for arm, seed in product(("plain", "noise"), (1, 2)):
            study.reports(arm, seed, {250: 50.0, 500: 70.0})
        study.robust("noise", 500, {"embedding_noise": {"magnitude": 0.1, "distribution": "gaussian"}})
    paths = {name: getattr(toy, name) for name in ("train", "dev", "xquad", "faq", "dictionary")}
    paths |= {"pretrained": toy.model, "model": model, "pickled": pickled, "studies": folder, "root": ROOT,
              "rows": folder / "rows"}  # fmt: skip
    paths |= {name: folder / f"{name}.json" for name in ("answers", "synonyms", "speed")}
    return {name: str(path) for name, path in paths.items()}


def write_faq_rows(folder: Path) -> None:
    """FAQ rows that a study's filters keep: two languages, no two answers alike."""
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
    """Where everything lies, and a folder of the test's own."""
    return made | {"folder": str(tmp_path)}
