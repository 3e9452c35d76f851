"""Optimisations of training change no results: losses and scores are those of the original plain loop."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from xlingual.families import Checkpoint, batches
from xlingual.models.encoder import load_encoder
from xlingual.preparation.trial_inputs import TrialInputs
from xlingual.records.layout import TrialDirectory
from xlingual.training.execution import Execution
from xlingual.training.loop import train_trial
from xlingual.training.worker import SoloWorker

GOLDEN = json.loads((Path(__file__).parent / "golden_losses.json").read_text())
NOISE = {"embedding_noise": {"distribution": "gaussian", "magnitude": 0.1}}
CONFIGURATIONS: dict[str, dict[str, Any]] = {
    "plain": {},
    "noise and mixture": {"robust": NOISE, "mixture": {"faq_share": 0.4, "weights": {"de": 0.5, "es": 0.5}}},
    "weight decay": {"weight_decay": 0.3, "clip_norm": 0.05},
}


def reports(configuration: Any, inputs: TrialInputs, checkpoint: Path, path: Path, **execution: Any) -> Any:
    worker = SoloWorker()
    options = Execution(**execution)
    train_trial(
        configuration,
        inputs,
        Checkpoint.at(checkpoint),
        TrialDirectory(path),
        worker,
        keep_model=True,
        execution=options,
    )
    return worker.reports


def check(found: Any, expected: Any, tolerances: tuple[float, float] = (1e-6, 1e-4)) -> None:
    assert [report["updates"] for report in found] == [report["updates"] for report in expected]
    for number, (one, other) in enumerate(zip(found, expected, strict=True)):
        # The order of summation moved; AdamW divides by the size of gradients that are nothing but rounding, so that
        # differences grow over updates.
        assert one["loss"] == pytest.approx(other["loss"], rel=tolerances[number > 0])
        assert (one["f1"], one["exact_match"]) == (other["f1"], other["exact_match"])


@pytest.mark.parametrize(
    ("name", "tokens"),
    [
        ("plain", None),
        ("weight decay", 40),
        pytest.param("plain", 40, marks=pytest.mark.real),
        pytest.param("weight decay", None, marks=pytest.mark.real),
    ],
)
def test_losses_and_scores_are_those_of_the_plain_loop(
    name: str, tokens: int | None, tiny_inputs: TrialInputs, no_dropout: Path, tmp_path: Path, configure: Any
) -> None:
    configuration = configure(
        updates=40, reports=4, precision="fp32", micro_batch_tokens=tokens, **CONFIGURATIONS[name]
    )
    found = reports(configuration, tiny_inputs, no_dropout, tmp_path)
    check(found, GOLDEN["reports"][name])
    assert {report["padding_share"] for report in found} == {0.0}


@pytest.mark.parametrize("name", ["plain", "weight decay"])
def test_the_first_updates_losses_are_equal_but_for_rounding(
    name: str, tiny_inputs: TrialInputs, no_dropout: Path, tmp_path: Path, configure: Any
) -> None:
    configuration = configure(updates=2, reports=2, precision="fp32", micro_batch_tokens=40, **CONFIGURATIONS[name])
    found = reports(configuration, tiny_inputs, no_dropout, tmp_path)
    check(found, GOLDEN["first_updates"][name], (1e-6, 1e-6))


@pytest.mark.parametrize("name", ["noise and mixture", "weight decay", pytest.param("plain", marks=pytest.mark.real)])
def test_rows_of_one_window_give_them_too(
    name: str,
    tiny_inputs: TrialInputs,
    no_dropout: Path,
    tmp_path: Path,
    configure: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Noise depends on positions in the model's inputs, so its golden losses are for padded rows."""
    monkeypatch.setattr(batches, "pack_windows", lambda *_: "not asked")
    found = reports(
        configure(updates=40, reports=4, precision="fp32", **CONFIGURATIONS[name]), tiny_inputs, no_dropout, tmp_path
    )
    check(found, GOLDEN["reports"][name])


def test_activation_checkpointing_changes_no_number(
    tiny_inputs: TrialInputs, tiny_checkpoint: Path, tmp_path: Path, configure: Any
) -> None:
    """With dropout and noise: recomputation draws the same random numbers."""
    configuration = configure(updates=4, reports=2, robust=NOISE)
    plain = reports(configuration, tiny_inputs, tiny_checkpoint, tmp_path / "plain")
    again = reports(configuration, tiny_inputs, tiny_checkpoint, tmp_path / "again", activation_checkpointing=True)
    for one, other in zip(again, plain, strict=True):
        assert one["loss"] == pytest.approx(other["loss"], rel=1e-6)


def test_the_kept_model_has_the_whole_vocabulary_decayed_as_if_trained(
    tiny_inputs: TrialInputs, no_dropout: Path, tmp_path: Path, configure: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    configuration = configure(updates=20, micro_batch_size=16, reports=1, weight_decay=0.3)
    used = {0, *tiny_inputs.used_tokens(None)}
    tables = {}
    for trimmed in (True, False):
        if not trimmed:
            monkeypatch.setattr("xlingual.training.model.can_trim", lambda model: "as a comparison")
        path = tmp_path / str(trimmed)
        reports(configuration, tiny_inputs, no_dropout, path)
        tables[trimmed] = load_encoder(TrialDirectory(path).model, 0).get_input_embeddings().weight  # type: ignore[operator]
        rows = json.loads(TrialDirectory(path).environment.read_text().splitlines()[0])["rows_of_word_embeddings"]
        assert rows == (len(used) if trimmed else None)
    unused = [row for row in range(len(tables[True])) if row not in used]
    before = load_encoder(no_dropout, 0).get_input_embeddings().weight  # type: ignore[operator]
    assert unused
    assert not torch.allclose(tables[True][unused], before[unused], rtol=1e-3)
    torch.testing.assert_close(tables[True][unused], tables[False][unused], rtol=1e-5, atol=1e-8)
    torch.testing.assert_close(tables[True], tables[False], rtol=1e-3, atol=1e-5)
