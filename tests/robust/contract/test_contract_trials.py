"""Every method in full trials: killed and resumed, evaluated without perturbation, able to learn.

The default run has some of the cases, see robust_default_run.py; all others are `real`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from robust_families import Family
from robust_trace import UPDATES, Trace, equal
from robust_variants import ALL, AVERAGING, COMBINATIONS, Settings

from xlingual.families.batches import Batcher
from xlingual.training.worker import Report

VARIANTS: dict[str, Settings] = ALL | COMBINATIONS
CONTINUED = ("freelb", "averaging, running", *COMBINATIONS)  # the combinations have all that alters texts
PERTURBED = ("freelb", "pgd, token, embeddings, no start", "prediction, linf, embeddings", "consistency")
LEARNING: dict[str, Settings] = {**{name: ALL[name] for name in PERTURBED}, **COMBINATIONS}


class Killed(Exception):
    pass


@pytest.mark.parametrize("name", CONTINUED)
def test_a_killed_training_goes_on_exactly(name: str, family: Family, tmp_path: Path) -> None:
    def kill(report: Report) -> None:
        if report["updates"] == 2:
            raise Killed

    configuration = family.configuration(VARIANTS[name])
    whole = family.train(configuration, tmp_path / "whole")
    with pytest.raises(Killed):
        family.train(configuration, tmp_path / "cut", kill)
    assert family.train(configuration, tmp_path / "cut") == whole
    found, expected = (family.weights(tmp_path / path / "model") for path in ("cut", "whole"))
    assert equal(found, expected)
    perturbs = any(method in VARIANTS[name] for method in ("embedding_noise", "adversarial", "consistency"))
    assert all(("perturbation" in report) == perturbs for report in whole)


@pytest.mark.parametrize("name", VARIANTS)
def test_nothing_is_perturbed_when_scoring(name: str, family: Family, traced: Callable[[str], Trace]) -> None:
    """The model in training predicts like a plain model with its weights."""
    model, updater = traced(name).model, traced(name).updater
    model.average.after_update(UPDATES)
    model.average.after_report(UPDATES)
    scored = family.inputs.development["dev"]["en"].inputs
    places = [(scored, index) for index in range(8)]
    with model.whole(UPDATES) as whole, torch.inference_mode():
        fresh = family.resolved.load(9)
        fresh.load_state_dict(whole.state_dict())
        inputs = Batcher(whole, family.inputs.pad_token, torch.device("cpu"))(places).inputs
        training = whole.training
        if family.objective == "text":
            inputs["decoder_input_ids"] = torch.zeros(len(places), 3, dtype=torch.long)
        outputs = [one.eval()(**inputs) for one in (whole, fresh)]
        logits = [torch.cat(output[:2]) if family.objective == "span" else output.logits for output in outputs]
        whole.train(training)
    torch.testing.assert_close(logits[0], logits[1], rtol=1e-5, atol=1e-6)
    assert updater.update(UPDATES) > 0  # and training continues


@pytest.mark.parametrize("name", AVERAGING)
def test_averaging_changes_what_is_exported(name: str, family: Family, tmp_path: Path) -> None:
    weights = []
    for settings in (None, AVERAGING[name]):
        path = tmp_path / str(settings is None)
        family.train(family.configuration(settings), path)
        weights.append(family.weights(path / "model"))
    assert weights[0].keys() == weights[1].keys() and not equal(weights[0], weights[1])


@pytest.mark.parametrize("name", LEARNING)
def test_a_few_examples_are_learnt_by_heart(name: str, family: Family) -> None:
    """Each perturbing method separately, and all combinations of text-altering and averaging ones."""
    updates = 20 if family.objective == "text" else 25
    configuration = family.configuration(LEARNING[name], updates=updates, micro_batch_size=8, learning_rate=family.rate)
    _, updater = family.started(configuration, inputs=family.few)
    losses = [float(updater.update(number)) for number in range(updates)]
    most = 0.6 if name in COMBINATIONS else 0.3  # texts change to the end
    if family.objective == "text":  # losses start near 5, and higher under an attack
        most = 0.2 * losses[0]
    assert losses[0] > (0.5 if family.objective == "label" else 2)  # ln 2 is chance for two labels
    assert sum(losses[-5:]) / 5 < most
