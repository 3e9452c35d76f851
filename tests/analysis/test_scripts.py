"""Every script of `analysis/` on a small study: what it prints and writes, and that its mistakes are one line."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from xlingual.analyses.study_records import read_records
from xlingual.records import journal
from xlingual.records.files import read_json, write_json

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = sorted(path.stem for path in (ROOT / "analysis").glob("*.py"))
ARMS = ("baseline", "webfaq", "webfaq_noise")
CODES = ["en", "de", "es", "hi", "th"]
SPACE = {
    "mixture": {"faq_share": {"uniform": [0.1, 0.5]}, "weights": {"simplex": ["de", "es", "th"]}},
    "robust": {"embedding_noise": {"magnitude": {"log_uniform": [0.1, 0.8]}}},
}
ROWS = {  # number of rows of the CSV, and words that are printed
    "per_language": (
        3 * 6 * 3,
        ("Zero-shot F1 on XQuAD by language", "Transfer gap", "Worst language", "normalises to"),
    ),
    "compare_arms": (3, ("tie groups", "Every pair of arms", "Probability that a unit")),
    "mixture_response": (8 * 4, ("mixture.weights.th", "mixture.faq_share", "lowest third", "importance")),
    "noise_response": (8, ("robust.embedding_noise.magnitude", "a doubling")),
    "selection_signal": (2 * 6, ("Spearman's rank correlation", "its searches selected by dev.f1")),
    "language_distance": (5 * 5 * 4, ("Pearson's r", "word order", "Indo-European", "URIEL")),
    "generalised_grid": (3 * (5 * 5 + 3) * 2, ("generalised transfer, F1 on XQuAD",)),
    "cost": (3 * 3 * 2, ("hours of devices", "Device hours of each arm", "best after n trials", "n = 8")),
    "claims": (2, ("webfaq_xquad", "Source:", "not tested here")),
}


@pytest.fixture(scope="module")
def study(studies: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished study with everything that a script reads."""
    test = {"languages": CODES, "generalised": True}
    builder = studies.finished_study(
        tmp_path_factory.mktemp("s"),
        ARMS,
        seeds=3,
        questions=10,
        gains={"webfaq": 9},
        test=test,
        name="claims_webfaq_small",
    )
    study = read_json(builder.directory.study_json)
    study["arms"]["webfaq"] |= SPACE
    write_json(builder.directory.study_json, study)
    generator = np.random.default_rng(2)
    for number in range(2, 10):
        units = {f"mixture.weights.{place}": float(generator.uniform()) for place in range(2)}
        values = {"mixture.faq_share": generator.uniform(0.1, 0.5), "robust.embedding_noise.magnitude": 0.1 * number}
        drawn = {name: float(min(value, 0.8)) for name, value in values.items()} | units
        builder.trial("webfaq", number, "finished", 50.0 + number, **drawn)
    arms = read_records(builder.directory).summary.arms
    for arm in builder.arms:
        for place, seed in enumerate((1, 2, 3)):
            builder.reports(arm, seed, {250: 50.0 + seed, 500: 70.0 + seed}, seconds=36.0, exact_match=40.0 - seed)
            event = {code: {"f1": one.of("f1")[place], "exact_match": 0.0} for code, one in arms[arm].scores.items()}
            fingerprint = f"{arm}-1-seed-{seed}"
            builder.event("test_scored", arm=arm, seed=seed, fingerprint=fingerprint, set="xquad", scores=event)
    return Path(builder.directory.path)


def test_every_script_is_tried() -> None:
    assert sorted(ROWS) == SCRIPTS


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_prints_its_tables_and_writes_all_three_files(
    load_program: Callable[[str], ModuleType],
    study: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    table, tex, figure = (tmp_path / "out" / f"x.{ending}" for ending in ("csv", "tex", "svg"))
    files = ["--csv", str(table), "--latex", str(tex), "--figure", str(figure)]
    status = load_program(name).main([str(study), *files])
    printed = capsys.readouterr()
    assert (status, printed.err) == (0, "")
    count, words = ROWS[name]
    text = " ".join(printed.out.split())
    assert [word for word in words if word not in text] == []
    with table.open(newline="", encoding="utf-8") as file:
        assert len(list(csv.DictReader(file))) == count
    written = tex.read_text(encoding="utf-8")
    assert written.count(r"\begin{table}") == written.count(r"\end{table}") == written.count(r"\bottomrule") > 0
    assert figure.read_text(encoding="utf-8").startswith("<?xml")


def test_tables_and_figures_mark_late_arms(
    load_program: Callable[[str], ModuleType], study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setenv("COLUMNS", "250")
    late = Path(shutil.copytree(study, tmp_path / study.name))
    chosen = {"arm": "webfaq", "number": 1, "fingerprint": "webfaq-1", "objective": 60.0}
    journal.append(late / "journal.jsonl", {"event": "chosen", "time": 1.0, **chosen})
    for name in SCRIPTS:
        files = ["--figure", str(tmp_path / f"{name}.svg"), "--csv", str(tmp_path / f"{name}.csv")]
        assert load_program(name).main([str(late), *files]) == 0
        drawn = (tmp_path / f"{name}.svg").read_text(encoding="utf-8")
        assert "webfaq (late)" in drawn, name
        assert ("webfaq (late)" in capsys.readouterr().out) == (name != "selection_signal"), name  # its rows are scores
        assert "(late)" not in (tmp_path / f"{name}.csv").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", SCRIPTS)
def test_help_begins_with_the_question(
    load_program: Callable[[str], ModuleType], capsys: pytest.CaptureFixture[str], name: str
) -> None:
    program = load_program(name)
    with pytest.raises(SystemExit) as ended:
        program.main(["--help"])
    assert ended.value.code == 0
    first = str(program.__doc__).splitlines()[0]
    assert first in capsys.readouterr().out and first.endswith("?" if name != "claims" else ".")
    assert {"--csv", "--latex", "--figure"} <= {
        option for action in program.main.parser._actions for option in action.option_strings
    }


def test_mistakes_are_one_line_and_status_one(
    load_program: Callable[[str], ModuleType],
    studies: ModuleType,
    study: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    by_letter: Callable[..., None],
) -> None:
    plain = studies.finished_study(tmp_path / "plain", questions=5, test={"languages": ["en", "de"]}).directory.path
    empty = studies.StudyBuilder(tmp_path / "empty").directory.path
    alone = studies.finished_study(tmp_path / "one", ("only",), questions=5, test={"languages": ["en", "de"]})
    cases = {
        "a folder that is no study's": ("per_language", tmp_path),
        "nothing scored": ("per_language", empty),
        "a study named twice": ("compare_arms", study, study),
        "no pairs of languages": ("generalised_grid", plain),
        "no mixture searched": ("mixture_response", plain),
        "no magnitude": ("noise_response", plain),
        "no report yet": ("cost", plain),
        "no claim of this study": ("claims", plain),
        "a test set that the study lacks": ("selection_signal", study, "--set", "mlqa"),
        "one arm has no difference": ("per_language", alone.directory.path, "--figure", tmp_path / "x.svg"),
        "a figure of no known kind": ("cost", study, "--figure", tmp_path / "x.docx"),
    }
    for case, (name, *arguments) in cases.items():
        assert load_program(str(name)).main([str(argument) for argument in arguments]) == 1, case
        errors = capsys.readouterr().err
        assert errors.count("\n") == 1, case
        by_letter(errors.strip().replace(str(tmp_path), "DIR").replace(str(study.parent), "DIR"), case)
