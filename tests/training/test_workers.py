"""The number of workers does not affect results."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from gloo_worker import TwoWorkers

from xlingual.families import Checkpoint
from xlingual.preparation.trial_inputs import TrialInputs
from xlingual.records import journal
from xlingual.records.layout import TrialDirectory
from xlingual.training.loop import train_trial
from xlingual.training.order import dealt, training_order
from xlingual.training.worker import SoloWorker

NOISE = {"embedding_noise": {"magnitude": 0.1}}
DRAWN = {"faq_share": 0.4, "weights": {"de": 0.5, "es": 0.5}}
RECIPES: dict[str, dict[str, Any]] = {
    "passage": {"passage": {}},
    "contrastive": {"contrastive": {"bitext_share": 0.5}},
    "masked_language_model": {"masked_language_model": {}},
}
EVERY_CASE = (
    *(
        (name, schedule, micro)
        for name in RECIPES
        for schedule, micro in (("mix", 4), ("then", 16))
        if name != "passage"
    ),
    ("passage", "then", 16),
)


@pytest.mark.parametrize(
    ("updates", "cases"),
    [
        (8, (("contrastive", "mix", 4), ("masked_language_model", "then", 16))),
        pytest.param(20, EVERY_CASE, marks=pytest.mark.real),
    ],
    ids=["some", "all"],
)
def test_two_workers_train_what_one_trains(
    updates: int,
    cases: Sequence[tuple[str, str, int]],
    tiny_inputs: TrialInputs,
    mask_checkpoint: Path,
    tmp_path: Path,
    configure: Any,
    two_workers: TwoWorkers,
) -> None:
    """With dropout, noise and gradient accumulation, and stages with fewer micro-batches than workers."""
    configurations = {"long": configure(updates=updates, robust=NOISE, mixture=DRAWN)}
    for name, schedule, micro in cases:
        configurations[f"{name} {schedule}"] = configure(
            updates=4,
            reports=2,
            micro_batch_size=micro,
            robust=NOISE,
            mixture=DRAWN | {"faq_share": 0.5, "recipe": RECIPES[name], "schedule": schedule},
        )
    together = [
        (configuration, tiny_inputs, mask_checkpoint, tmp_path / "together" / name)
        for name, configuration in configurations.items()
    ]
    wait = two_workers.start(tmp_path / "rendezvous", *together)
    for name, configuration in configurations.items():
        directory = TrialDirectory(tmp_path / "alone" / name)
        train_trial(
            configuration, tiny_inputs, Checkpoint.at(mask_checkpoint), directory, SoloWorker(), keep_model=False
        )
    wait()
    for name in configurations:
        first, second = (journal.read(TrialDirectory(tmp_path / by / name).reports) for by in ("alone", "together"))
        assert [report["updates"] for report in first] == [report["updates"] for report in second]
        for one, two in zip(first, second, strict=True):
            assert two["loss"] == pytest.approx(one["loss"], rel=1e-4), name
            assert two["f1"] == pytest.approx(one["f1"], abs=2.6)  # one question of forty
        assert second[0]["loss"] == pytest.approx(first[0]["loss"], rel=1e-6), name
    assert journal.read(TrialDirectory(tmp_path / "together" / "long").environment)[0]["workers"] == 2


def test_workers_share_out_each_updates_micro_batches(tiny_inputs: TrialInputs, configure: Any) -> None:
    order = training_order(configure(), tiny_inputs.train, {})
    (draws,) = order.parts
    for update in range(6):
        micro_batches = order.micro_batches(update)
        shared = [place for rank in range(2) for number in dealt(4, rank, 2) for place in micro_batches[number].places]
        drawn = [int(item) for item in draws.item[update * 16 : (update + 1) * 16]]
        assert sorted(item for _, item in shared) == sorted(drawn)


@pytest.mark.parametrize("workers", [1, 2, 3, 4])
def test_no_worker_gets_the_longest_micro_batches(workers: int) -> None:
    """Lengths ascend by one here: after an even number of rounds all workers have the same sum."""
    assert [dealt(7, rank, 3) for rank in range(3)] == [[0, 5, 6], [1, 4], [2, 3]]
    for count in range(4 * workers + 1):
        shares = [dealt(count, rank, workers) for rank in range(workers)]
        assert sorted(number for share in shares for number in share) == list(range(count))
        assert max(map(len, shares)) - min(map(len, shares)) <= 1
        if count % (2 * workers) == 0:
            assert len({sum(share) for share in shares}) == 1


def test_an_update_holds_as_many_faq_windows_as_the_mixture_says(tiny_inputs: TrialInputs, configure: Any) -> None:
    configuration = configure(updates=50, mixture={"faq_share": 0.25, "weights": {"de": 0.5, "es": 0.5}})
    order = training_order(configuration, tiny_inputs.train, tiny_inputs.of_mixture(configuration.mixture))
    counts = [int((order.parts[0].source == source).sum()) for source in range(3)]
    assert counts == [600, 100, 100]
