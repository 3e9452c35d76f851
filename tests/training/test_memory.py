"""A pass that does not fit into memory is computed with less of it: the same numbers, as far as they can be."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from gloo_worker import SmallMemory, TwoWorkers
from packing_models import pack_as_on_a_gpu
from robust_families import Family
from robust_variants import PERTURBING
from torch import nn

from xlingual.errors import OutOfMemory
from xlingual.families import Checkpoint
from xlingual.preparation.trial_inputs import TrialInputs
from xlingual.records import journal
from xlingual.records.layout import TrialDirectory
from xlingual.training.execution import Execution
from xlingual.training.loop import train_trial
from xlingual.training.memory import Thrift
from xlingual.training.model import TrainedModel
from xlingual.training.order import training_order
from xlingual.training.update import Updater
from xlingual.training.worker import Report, SoloWorker

WHOLE = 1000


class SmallWorker(SoloWorker):
    """A worker whose device has little memory."""

    def __init__(self, memory: SmallMemory, **more: Any) -> None:
        super().__init__(**more)
        self.memory = memory

    def wrap(self, model: nn.Module) -> nn.Module:
        return super().wrap(self.memory.limit(model))


class Killed(Exception):
    pass


def numbers(reports: list[Report]) -> list[Report]:
    return [
        {name: value for name, value in report.items() if name != "seconds"}
        for report in reports
        if "note" not in report
    ]


def notes(worker: SoloWorker) -> list[str]:
    return [report["note"] for report in worker.reports if "note" in report]


def trained(family: Family, configuration: Any, path: Path, worker: SoloWorker) -> list[Report]:
    train_trial(configuration, family.inputs, family.resolved, TrialDirectory(path), worker, keep_model=True)
    return numbers(worker.reports)


@pytest.mark.parametrize("backward", [False, True], ids=["forward", "backward"])
@pytest.mark.parametrize(
    ("name", "method", "recipe"),
    [
        ("encoder", "freelb", "contrastive"),
        ("text_to_text", "noise", None),
        ("pair_xlm_roberta", "consistency", "masked_language_model"),
    ],
)
def test_activations_computed_again_change_no_bit(
    name: str, method: str, recipe: str | None, backward: bool, family_named: Callable[[str], Family], tmp_path: Path
) -> None:
    """With dropout, perturbations whose size is reported, and two micro-batches to an update."""
    family = family_named(name)
    configuration = family.configuration(PERTURBING[method], recipe=recipe)
    memory = SmallMemory(2, WHOLE, backward=backward)
    worker = SmallWorker(memory)
    small = trained(family, configuration, tmp_path / "small", worker)
    assert memory.failed == [4]
    assert small == trained(family, configuration, tmp_path / "whole", SoloWorker())
    assert small[-1]["perturbation"] > 0
    weights, expected = (family.weights(tmp_path / one / "model") for one in ("small", "whole"))
    assert all(torch.equal(weights[one], expected[one]) for one in expected)
    first, second = journal.read(TrialDirectory(tmp_path / "small").environment)
    assert "memory" not in first
    assert second["from_update"] == 0
    assert second["memory"] == {"recompute": True, "tokens": None}
    assert second["reason"].endswith("; from now on activations are computed again instead of kept")
    assert notes(worker) == [second["reason"]]


def test_halves_of_a_pass_add_up_to_it_and_the_size_is_remembered(
    tiny_inputs: TrialInputs, no_dropout: Path, tmp_path: Path, configure: Any
) -> None:
    """Passes of 4 examples, of which 1 fits: halved twice, for good, and not tried again after a kill."""
    configuration = configure(mixture={"faq_share": 0.4, "weights": {"de": 1.0}})

    def on_report(report: Report) -> None:
        if report.get("updates") == 4:
            raise Killed

    def train(worker: SoloWorker, path: Path) -> list[Report]:
        checkpoint = Checkpoint.at(no_dropout)
        train_trial(configuration, tiny_inputs, checkpoint, TrialDirectory(path), worker, keep_model=False)
        return numbers(worker.reports)

    memory = SmallMemory(0, 1)
    first, second = SmallWorker(memory, on_report=on_report), SmallWorker(SmallMemory(0, 1))
    with pytest.raises(Killed):
        train(first, tmp_path / "small")
    assert memory.failed == [4, 4, 2]
    after = second.memory
    small, whole = train(second, tmp_path / "small"), train(SoloWorker(), tmp_path / "whole")
    assert after.failed == []
    assert [report["updates"] for report in small] == [2, 4, 6]
    for one, other in zip(small, whole, strict=True):
        assert one["loss"] == pytest.approx(other["loss"], rel=1e-5)
        assert one["f1"] == other["f1"]
    records = journal.read(TrialDirectory(tmp_path / "small").environment)
    assert [record.get("memory", {}).get("recompute", False) for record in records] == [False, True, True, True, True]
    assert notes(first) == [record["reason"] for record in records[1:4]]
    assert notes(second) == []
    bounds = [record["memory"]["tokens"] for record in records[1:]]
    assert bounds[0] is None
    assert bounds[1] // 2 >= bounds[2] == bounds[3] > 0


@pytest.mark.parametrize(
    ("name", "memory", "failed"), [("no dropout", (0, 1), [4, 4, 2]), ("dropout", (2, WHOLE), [4])]
)
def test_a_row_of_several_windows_is_halved_as_on_a_gpu(
    name: str, memory: tuple[int, int], failed: list[int], family_named: Callable[[str], Family],
    tiny_inputs: TrialInputs, no_dropout: Path, configure: Any, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """The kernel is in plain torch, and has dropout: activations that are computed again drop the same."""
    family = family_named("xlm_roberta")
    configuration, inputs, checkpoint = configure(), tiny_inputs, Checkpoint.at(no_dropout)
    if name == "dropout":
        configuration, inputs, checkpoint = family.configuration(), family.inputs, family.resolved
    asked = pack_as_on_a_gpu(monkeypatch)

    def losses(worker: SoloWorker) -> tuple[list[float], list[str]]:
        model = TrainedModel(configuration, inputs, checkpoint, worker, Execution())
        assert model.batcher.layout == "packed"
        updater = Updater(configuration, training_order(configuration, inputs.train, {}), model, worker)
        said: list[str] = []
        asked.clear()
        found = [float(updater.update(number, said.append)) for number in range(3)]
        assert len(asked) > 6  # each layer of each pass
        return found, said

    limited = SmallMemory(*memory)
    small, said = losses(SmallWorker(limited))
    whole, nothing = losses(SoloWorker())
    assert (limited.failed, len(said), nothing) == (failed, len(failed), [])
    if name == "dropout":
        assert small == whole
    else:
        assert small == pytest.approx(whole, rel=1e-5)


def test_only_passes_that_do_not_fit_are_cut(family_named: Callable[[str], Family]) -> None:
    """The others keep their examples and the names of their random numbers."""
    family = family_named("encoder")
    _, updater = family.started(family.configuration(batch_size=8, micro_batch_size=3))
    whole = updater._prepared(0)
    sizes = [len(part.batches[0].lengths) * max(part.batches[0].lengths) for part in whole]
    longest = max(sizes)
    updater.spare(Thrift(tokens=longest - 1))
    cut = updater._prepared(0)
    kept = {part.stream: part.batches[0].lengths for part in whole}
    assert len(cut) > len(whole)
    for part in cut:
        (lengths,) = (batch.lengths for batch in part.batches)
        assert len(lengths) * max(lengths) < longest
    untouched = [part for part in cut if part.batches[0].lengths == kept.get(part.stream)]
    assert len(untouched) == sum(size < longest for size in sizes) >= 1
    assert sorted(sum((part.batches[0].lengths for part in cut), ())) == sorted(sum(kept.values(), ()))
    assert len({part.stream for part in cut}) == len(cut)


@pytest.mark.parametrize("recipe", [None, "contrastive"])
def test_what_never_fits_says_what_would(
    recipe: str | None, family_named: Callable[[str], Family], tmp_path: Path, by_letter: Any
) -> None:
    family, memory = family_named("encoder"), SmallMemory(*((0, 0) if recipe is None else (4, 4)))
    with pytest.raises(OutOfMemory) as refusal:
        trained(family, family.configuration(recipe=recipe), tmp_path, SmallWorker(memory))
    assert memory.failed == ([4, 4, 2, 1] if recipe is None else [8, 8])
    assert refusal.value.thrift is None
    by_letter(str(refusal.value), str(recipe))


def test_scoring_halves_its_batches(family_named: Callable[[str], Family], tmp_path: Path) -> None:
    family = family_named("encoder")
    configuration = family.configuration()
    rows: list[int] = []

    class SmallScorer(SoloWorker):
        def wrap(self, model: nn.Module) -> nn.Module:
            def hook(module: nn.Module, inputs: Any, named: dict[str, Any]) -> None:
                if not module.training and len(named.get("window_lengths", ())) > 7:
                    rows.append(len(named["window_lengths"]))
                    raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes")

            model.model.register_forward_pre_hook(hook, with_kwargs=True)  # type: ignore[union-attr, operator]
            return super().wrap(model)

    small = trained(family, configuration, tmp_path / "small", SmallScorer())
    assert len(rows) == 2 and rows[0] > rows[1] > 7  # once for the trial, not once for each report
    whole = trained(family, configuration, tmp_path / "whole", SoloWorker())
    assert [report["f1"] for report in small] == [report["f1"] for report in whole]


def test_one_of_several_workers_says_at_once_what_to_spare(family_named: Callable[[str], Family]) -> None:
    """It cannot do the update again by itself: the others wait for its gradient in the midst of theirs."""
    family = family_named("encoder")
    worker = SmallWorker(SmallMemory(1, 2), rank=1, workers=2)
    _, updater = family.started(family.configuration(), worker)
    with pytest.raises(OutOfMemory, match=r"a pass of 4 inputs .* from now on activations are computed again") as short:
        updater.update(0)
    assert short.value.thrift == {"recompute": True, "tokens": None}
    assert updater.thrift == Thrift()
    updater.spare(Thrift(recompute=True))
    with pytest.raises(OutOfMemory) as shorter:
        updater.update(0)
    assert shorter.value.thrift is not None
    updater.spare(Thrift(**shorter.value.thrift))
    updater.update(0)
    assert worker.memory.failed == [4, 4]


def test_several_workers_that_spare_memory_give_the_numbers_of_one(
    tiny_inputs: TrialInputs, no_dropout: Path, tmp_path: Path, configure: Any, two_workers: TwoWorkers
) -> None:
    configuration, directory, worker = configure(), TrialDirectory(tmp_path / "together"), SoloWorker()
    task = (configuration, tiny_inputs, no_dropout, directory.path)
    wait = two_workers.start(tmp_path / "rendezvous", task, thrift=Thrift(recompute=True, tokens=20))
    train_trial(
        configuration, tiny_inputs, Checkpoint.at(no_dropout), TrialDirectory(tmp_path / "alone"), worker,
        keep_model=False,
    )  # fmt: skip
    wait()
    together = journal.read(directory.reports)
    assert [report["updates"] for report in together] == [2, 4, 6]
    for one, other in zip(together, worker.reports, strict=True):
        assert one["loss"] == pytest.approx(other["loss"], rel=1e-4)
    assert journal.read(directory.environment)[-1]["memory"] == {"recompute": True, "tokens": 20}


def test_the_error_reaches_the_driver_whole() -> None:
    error = pickle.loads(pickle.dumps(OutOfMemory("too little", {"recompute": True, "tokens": 4})))
    assert (str(error), error.thrift) == ("too little", {"recompute": True, "tokens": 4})
