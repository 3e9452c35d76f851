"""Robust training gives the same result with two workers as with one; each draws for its own micro-batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from gloo_worker import TwoWorkers
from robust_families import FAMILIES, Family
from robust_variants import COMBINATIONS, PERTURBING

from xlingual.records import journal
from xlingual.records.layout import TrialDirectory
from xlingual.robust import RobustTraining, Rows, Run, Term
from xlingual.training.worker import SoloWorker

EVERYTHING = "consistency and everything else"
CASES = [
    *(("encoder", name) for name in ("noise, absolute, three samples", "freelb", "consistency")),
    *(pytest.param("encoder", name, marks=pytest.mark.real) for name in ("pgd", "prediction")),
    ("text_to_text", "prediction"),
]


@pytest.fixture(params=FAMILIES)
def family(request: pytest.FixtureRequest, family_named: Callable[[str], Family]) -> Family:
    return family_named(request.param)


class Watched:
    """Robust training that records the seeds of its passes."""

    def __init__(self, robust: RobustTraining) -> None:
        self._robust, self.passes, self.terms = robust, robust.passes, robust.terms
        self.seeds: list[int] = []

    def loss_terms(self, rows: Sequence[Rows], run: Run, seed: int) -> Iterator[Term]:
        self.seeds.append(seed)
        return self._robust.loss_terms(rows, run, seed)

    def record(self) -> Mapping[str, Any]:
        return self._robust.record()

    def pop_squared_norms(self) -> tuple[float, float]:
        return self._robust.pop_squared_norms()


@pytest.mark.parametrize(
    ("family", "combinations", "recipes"),
    [
        ("encoder", ("freelb and all texts", "prediction and subwords and averaging"), ("masked_language_model",)),
        ("text_to_text", (EVERYTHING,), ("generation",)),
        ("pair_encoder", ("noise and words and averaging",), ("contrastive",)),
        pytest.param("encoder", tuple(COMBINATIONS), None, marks=pytest.mark.real),
        *(pytest.param(name, (EVERYTHING,), None, marks=pytest.mark.real) for name in FAMILIES if name != "encoder"),
    ],
    indirect=["family"],
)
def test_two_workers_train_what_one_trains(
    family: Family,
    combinations: Sequence[str],
    recipes: Sequence[str] | None,
    tmp_path: Path,
    two_workers: TwoWorkers,
) -> None:
    """With dropout and two micro-batches per worker; only one worker has the last micro-batch of a mixture.

    The default run has each method and each kind of loss once; the `real` cases are all of each family's.
    """
    configurations = {name: family.configuration(COMBINATIONS[name], micro_batch_size=2) for name in combinations}
    configurations |= {
        f"{recipe}, consistency": family.configuration(PERTURBING["consistency"], recipe=recipe, micro_batch_size=3)
        for recipe in (family.recipes if recipes is None else recipes)
    }
    tasks = [
        (configuration, family.inputs, family.checkpoint, tmp_path / "together" / name)
        for name, configuration in configurations.items()
    ]
    wait = two_workers.start(tmp_path / "rendezvous", *tasks)
    for name, configuration in configurations.items():
        family.train(configuration, tmp_path / "alone" / name)
    wait()
    for name in configurations:
        alone, together = (journal.read(TrialDirectory(tmp_path / by / name).reports) for by in ("alone", "together"))
        assert [report["updates"] for report in together] == [report["updates"] for report in alone] == [2, 4]
        for one, two in zip(alone, together, strict=True):
            assert two["loss"] == pytest.approx(one["loss"], rel=1e-4), name
            score = family.task.metrics.headline.name
            assert two[score] == pytest.approx(one[score], abs=4.1)  # one example of twenty-five
            if "perturbation" in one:
                assert two["perturbation"] == pytest.approx(one["perturbation"], rel=1e-4), name
        environment = journal.read(TrialDirectory(tmp_path / "together" / name).environment)
        assert environment[0]["workers"] == 2


@pytest.mark.parametrize(("family", "name"), [("encoder", "freelb"), ("text_to_text", "noise")], indirect=["family"])
def test_each_worker_draws_noise_of_its_own(name: str, family: Family) -> None:
    """The seeds of two workers' passes are those of a single worker, divided between them, and all distinct."""
    seeds = {}
    for rank, workers in ((0, 1), (0, 2), (1, 2)):
        worker = SoloWorker(rank=rank, workers=workers)
        model, updater = family.started(family.configuration(PERTURBING[name], micro_batch_size=2), worker)
        watched = Watched(model.robust)
        model.robust = watched
        for number in range(2):
            updater.update(number)
        seeds[rank, workers] = watched.seeds
    assert len(set(seeds[0, 1])) == len(seeds[0, 1]) == 2 * 4
    assert not set(seeds[0, 2]) & set(seeds[1, 2])
    assert sorted(seeds[0, 2] + seeds[1, 2]) == sorted(seeds[0, 1])


@pytest.mark.parametrize(("family", "name"), CASES, indirect=["family"])
def test_workers_gradients_are_parts_of_one_workers(name: str, family: Family) -> None:
    """Each worker's gradient is that of its micro-batches times the workers; their mean is a single worker's."""
    gradients = []
    for rank, workers in ((0, 1), (0, 2), (1, 2)):
        worker = SoloWorker(rank=rank, workers=workers)
        model, updater = family.started(family.configuration(PERTURBING[name], micro_batch_size=2), worker)
        for part in (passes := updater._prepared(0)):
            updater._learn(part, last=part is passes[-1])
        gradients.append(torch.cat([p.grad.flatten() for p in model.losses.parameters() if p.grad is not None]))
    torch.testing.assert_close((gradients[1] + gradients[2]) / 2, gradients[0], rtol=1e-3, atol=1e-6)
    assert not torch.allclose(gradients[1], gradients[2], rtol=0.1)
