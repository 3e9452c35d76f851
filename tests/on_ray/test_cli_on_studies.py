"""The contract of the commands on a finished study: exit status, JSON keys."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from xlingual.records.state import read_state

Call = Callable[..., Any]


def test_status_and_report_have_their_keys(call: Call, finished: Any) -> None:
    _, directory, _ = finished
    status = json.loads(call("status", directory.path, "--json").output)
    assert {"study", "stage", "trials", "replicates"} <= set(status)
    assert {"total", "finished", "running", "failed", "pruned"} <= set(status["trials"])
    assert {"total", "finished"} <= set(status["replicates"])
    report = json.loads(call("report", directory.path, "--json").output)
    assert {"study", "complete", "oracle", "arms", "differences", "ledger"} <= set(report)
    assert {"baseline", "configuration", "seeds", "scores"} <= set(report["arms"]["both"])
    assert {"f1", "exact_match", "questions"} <= set(report["arms"]["both"]["scores"]["de"])
    assert {"f1", "low", "high"} <= set(report["differences"]["both"]["mean"])
    assert {"f1", "low", "high"} <= set(report["differences"]["both"]["de"])
    assert len(report["ledger"]) == 4


def test_status_and_report_are_drawn(call: Call, finished: Any) -> None:
    _, directory, _ = finished
    assert "plain" in call("status", directory.path).output
    assert "95% interval" in call("report", directory.path).output


def test_run_with_json_speaks_json_alone(call: Call, finished: Any) -> None:
    path, _, _ = finished
    ended = call("run", path, "--json")
    assert ended.status == 0
    lines = [json.loads(line) for line in ended.output.splitlines()]
    assert lines[-1]["complete"] is True


def test_a_quiet_run_prints_the_report_alone(call: Call, finished: Any) -> None:
    path, directory, _ = finished
    quiet = call("--quiet", "run", path)
    assert (quiet.status, quiet.errors) == (0, "")
    assert quiet.output == call("report", directory.path).output


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Change to an empty folder: evaluations are stored below the current directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_evaluate_reproduces_a_replicates_recorded_scores(call: Call, finished: Any, away: Path) -> None:
    """Scores to the last digit and predictions to the byte; `score` agrees on the stored predictions."""
    path, directory, _ = finished
    replicate = read_state(directory).replicates[0]
    trial = directory.trial(replicate.fingerprint)
    data = path.parent / "data" / "xquad"
    ended = call("evaluate", trial.model, "--data", data, "--languages", "en,de,es", "--json")
    evaluated = json.loads(ended.output)
    recorded = json.loads(call("report", directory.path, "--json").output)["arms"][replicate.arm]["scores"]
    assert set(evaluated["languages"]) == {"en", "de", "es"}
    kept = Path(evaluated["kept"])
    assert kept == Path("xlingual_evaluations") / f"{replicate.fingerprint}-model-xquad"
    for language, scores in evaluated["languages"].items():
        assert scores["f1"] == recorded[language]["f1"][0]
        assert scores["exact_match"] == recorded[language]["exact_match"][0]
        assert scores["questions"] == 20
        assert (kept / f"{language}.jsonl").read_bytes() == trial.predictions("xquad", language).read_bytes()
        official = json.loads(call("score", data / f"xquad.{language}.json", kept / f"{language}.json").output)
        assert official == pytest.approx({name: scores[name] for name in official}, abs=1e-9)


def test_evaluate_takes_the_predictions_of_a_study(call: Call, finished: Any, away: Path) -> None:
    path, directory, _ = finished
    replicate = read_state(directory).replicates[0]
    given = directory.trial(replicate.fingerprint).predictions("xquad", "de").parent
    data = path.parent / "data" / "xquad"
    ended = call("evaluate", "theirs", "--predictions", given, "--data", data, "--json")
    recorded = json.loads(call("report", directory.path, "--json").output)["arms"][replicate.arm]["scores"]
    evaluated = json.loads(ended.output)
    assert evaluated["model"] == "theirs"
    assert evaluated["kept"] == f"xlingual_evaluations/theirs-xquad-{evaluated['fingerprint'][:8]}"
    for language in ("en", "de", "es"):
        assert evaluated["languages"][language]["f1"] == recorded[language]["f1"][0]
    assert "theirs" in call("evaluate", "theirs", "--predictions", given, "--data", data).output


def test_evaluate_limits_questions_of_each_language(call: Call, finished: Any, away: Path) -> None:
    path, directory, _ = finished
    model = directory.trial(read_state(directory).replicates[0].fingerprint).model
    arguments = ("evaluate", model, "--data", path.parent / "data" / "xquad", "--languages", "en,de", "--limit", "7")
    scores = json.loads(call(*arguments, "--json").output)["languages"]
    assert {row["questions"] for row in scores.values()} == {7}
    again = call(*arguments)
    assert "first 7 questions" in again.output
    assert "answered before" in again.output and "answering" not in again.errors


def test_evaluate_refuses_a_model_without_a_trained_head(
    call: Call, tiny_checkpoint: Path, finished: Any, away: Path
) -> None:
    path, _, _ = finished
    ended = call("evaluate", tiny_checkpoint, "--data", path.parent / "data" / "xquad", "--languages", "de")
    assert ended.status == 1
    assert "span head is not in the checkpoint" in ended.errors
    assert list(away.iterdir()) == []
