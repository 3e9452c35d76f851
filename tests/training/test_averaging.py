"""Averages of weights: compared with closed forms, and as evaluated and exported by a trial."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from gloo_worker import TwoWorkers
from torch import Tensor, nn

from xlingual.errors import RecordError
from xlingual.families import Checkpoint
from xlingual.families.batches import Batcher
from xlingual.families.extractive.candidates import candidates
from xlingual.models.encoder import load_encoder
from xlingual.preparation.trial_inputs import TrialInputs
from xlingual.records import journal
from xlingual.records.layout import TrialDirectory
from xlingual.study import Robust, TrialConfiguration
from xlingual.tasks.question_answering import answer_rows
from xlingual.training.averaging import WeightAverage, weight_average
from xlingual.training.execution import Execution
from xlingual.training.loop import train_trial
from xlingual.training.model import TrainedModel
from xlingual.training.order import training_order
from xlingual.training.saved_state import Progress, load_checkpoint, save_checkpoint, saved
from xlingual.training.stages import first_stage_updates
from xlingual.training.update import Updater
from xlingual.training.worker import Report, SoloWorker

LAST = {"kind": "last", "checkpoints": 2, "decay": None}
RUNNING = {"kind": "running", "checkpoints": None, "decay": 0.8}
KINDS = {"last": LAST, "running": RUNNING}
STAGES = {"faq_share": 0.5, "weights": {"de": 1.0}, "schedule": "then"}
UPDATES, REPORTED = 6, (2, 4, 6)


class Killed(Exception):
    pass


def shares(kind: str, updates: int, first_stage: int = 0) -> dict[int, float]:
    """The closed form: the share of the weights after each update in the average."""
    begin = first_stage if updates > first_stage else 0
    if kind == "last":
        kept = [number for number in REPORTED if begin < number <= updates][-2:]
        return dict.fromkeys(kept, 1 / len(kept))
    whole = sum(0.2 * 0.8**age for age in range(updates - begin))
    return {number: 0.2 * 0.8 ** (updates - number) / whole for number in range(begin + 1, updates + 1)}


def average_of(walk: Sequence[Tensor], found: dict[int, float]) -> Tensor:
    return torch.stack([share * walk[number - 1].double() for number, share in found.items()]).sum(0)


def walked(average: WeightAverage, parameter: Tensor, walk: Sequence[Tensor], seen: Callable[[int], None]) -> None:
    """Move a parameter along a walk, updating an average like training does."""
    for number, weights in enumerate(walk, 1):
        parameter.data.copy_(weights)
        average.after_update(number)
        if number in REPORTED:
            average.after_report(number)
            seen(number)


@pytest.mark.parametrize("first_stage", [0, 3, 4])
@pytest.mark.parametrize("kind", KINDS)
def test_an_average_is_that_of_the_closed_form(kind: str, first_stage: int) -> None:
    """Neither pretrained weights nor those of an earlier stage have a share."""
    model = nn.Linear(3, 4, bias=False)
    nn.init.constant_(model.weight, 1e6)
    walk = torch.randn(UPDATES, 4, 3, generator=torch.Generator().manual_seed(0))
    average = weight_average(Robust.model_validate({"averaging": KINDS[kind]}), model, first_stage)

    def check(updates: int) -> None:
        with average.applied():
            expected = average_of(list(walk), shares(kind, updates, first_stage))
            torch.testing.assert_close(model.weight.double(), expected, rtol=1e-6, atol=1e-6)
        assert torch.equal(model.weight, walk[updates - 1])
        numbers = [1.0, -2.0, 4.0, 7.0, 11.0, -16.0][:updates]
        expected_number = sum(share * numbers[n - 1] for n, share in shares(kind, updates, first_stage).items())
        assert average.of(numbers) == pytest.approx(expected_number, rel=1e-12)

    walked(average, model.weight, list(walk), check)


def test_without_averaging_the_weights_count_as_they_are() -> None:
    model = nn.Linear(2, 2)
    average, before = weight_average(None, model, 0), model.weight.data_ptr()
    average.after_update(1)
    average.after_report(1)
    with average.applied():
        assert model.weight.data_ptr() == before
    assert average.of([0.5, 0.25]) == 0.25


def test_a_running_average_of_weights_that_stand_still_is_they_to_the_bit() -> None:
    """Rounding errors do not accumulate: no sum grows."""
    model = nn.Linear(50, 50)
    average = weight_average(Robust.model_validate({"averaging": RUNNING | {"decay": 0.999}}), model, 0)
    for number in range(1, 2001):
        average.after_update(number)
    own = model.weight.detach().clone()
    with average.applied():
        assert torch.equal(model.weight, own)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_averaged_is_what_is_trained_each_tensor_once(kind: str) -> None:
    tied, frozen, other = (nn.Linear(4, 4) for _ in range(3))
    other.weight = tied.weight
    frozen.requires_grad_(False)
    average = weight_average(Robust.model_validate({"averaging": KINDS[kind]}), nn.ModuleList([tied, frozen, other]), 0)
    average.after_update(1)
    average.after_report(1)
    tensors = [tensor for value in average.state_dict().values() for tensor in _tensors(value)]
    assert sum(tensor.numel() for tensor in tensors) == 16 + 4 + 4
    own, untouched = tied.weight.data_ptr(), frozen.weight.data_ptr()
    with pytest.raises(Killed), average.applied():
        assert other.weight is tied.weight
        assert (tied.weight.data_ptr() != own, frozen.weight.data_ptr() == untouched) == (True, True)
        raise Killed
    assert tied.weight.data_ptr() == own


def _tensors(value: Any) -> list[Tensor]:
    if isinstance(value, Tensor):
        return [value]
    return [tensor for part in (value.values() if isinstance(value, dict) else value) for tensor in _tensors(part)]


# In training


def train(
    configuration: TrialConfiguration, inputs: TrialInputs, checkpoint: Path, path: Path, kill_after: int | None = None
) -> tuple[list[Report], TrialDirectory]:
    def on_report(report: Report) -> None:
        if report["updates"] == kill_after:
            raise Killed

    worker, directory = SoloWorker(on_report=on_report), TrialDirectory(path)
    train_trial(configuration, inputs, Checkpoint.at(checkpoint), directory, worker, keep_model=True)
    return worker.reports, directory


def weights_after_updates(
    configuration: TrialConfiguration, inputs: TrialInputs, checkpoint: Path
) -> list[dict[str, Tensor]]:
    """The weights after each update, with an untrimmed vocabulary."""
    worker = SoloWorker()
    order = training_order(configuration, inputs.train, inputs.of_mixture(configuration.mixture))
    model = TrainedModel(configuration, inputs, Checkpoint.at(checkpoint), worker, Execution())
    assert model.vocabulary is None
    updater, found = Updater(configuration, order, model, worker), []
    for number in range(configuration.training.updates):
        updater.update(number)
        found.append({name: weight.detach().clone() for name, weight in model.plain.named_parameters()})
    return found


def exported(directory: TrialDirectory) -> dict[str, Tensor]:
    return {name: weight.detach() for name, weight in load_encoder(directory.model, 0).named_parameters()}


@pytest.fixture
def untrimmed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xlingual.training.model.can_trim", lambda model: "as a comparison")


@pytest.mark.parametrize(
    ("kind", "mixture"),
    [
        pytest.param("last", STAGES, id="last, two stages"),
        pytest.param("running", None, id="running, one stage"),
        pytest.param("last", None, id="last, one stage", marks=pytest.mark.real),
        pytest.param("running", STAGES, id="running, two stages", marks=pytest.mark.real),
    ],
)
@pytest.mark.usefixtures("untrimmed")
def test_the_exported_model_is_the_average_and_training_is_what_it_is_without(
    kind: str, mixture: Any, tiny_inputs: TrialInputs, tiny_checkpoint: Path, tmp_path: Path, configure: Any
) -> None:
    plain = configure(mixture=mixture, micro_batch_size=8)
    assert first_stage_updates(plain) == (3 if mixture else 0)
    walk = weights_after_updates(plain, tiny_inputs, tiny_checkpoint)
    expected, _ = train(plain, tiny_inputs, tiny_checkpoint, tmp_path / "plain")
    averaged = configure(mixture=mixture, micro_batch_size=8, robust={"averaging": KINDS[kind]})
    reports, directory = train(averaged, tiny_inputs, tiny_checkpoint, tmp_path / "averaged")
    assert [report["loss"] for report in reports] == [report["loss"] for report in expected]
    for name, weight in exported(directory).items():
        closed = average_of([weights[name] for weights in walk], shares(kind, UPDATES, first_stage_updates(plain)))
        torch.testing.assert_close(weight.double(), closed, rtol=1e-6, atol=1e-7)
    assert not torch.equal(exported(directory)["qa_outputs.weight"], walk[-1]["qa_outputs.weight"])


@pytest.mark.parametrize("kind", KINDS)
def test_scores_are_those_of_the_exported_average(
    kind: str, tiny_inputs: TrialInputs, tiny_checkpoint: Path, tmp_path: Path, configure: Any
) -> None:
    configuration = configure(updates=12, micro_batch_size=8, robust={"averaging": KINDS[kind]}, early_dev_questions=7)
    _, directory = train(configuration, tiny_inputs, tiny_checkpoint, tmp_path)
    model, asked = load_encoder(directory.model, 5, trained_head=True), tiny_inputs.development["dev"]["en"]
    found = candidates(model, {"en": asked}, Batcher.of(model, 0, torch.device("cpu")), max_answer_tokens=3)["en"]
    rows = journal.read(directory.development)
    assert len(rows) == 40
    for row, again in zip(rows, answer_rows(asked.examples, found), strict=True):
        assert again["prediction"] == row["prediction"]
        assert again["n_best"][0]["score"] == pytest.approx(row["n_best"][0]["score"], abs=2e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_a_killed_training_goes_on_with_its_average_exactly(
    kind: str, tiny_inputs: TrialInputs, tiny_checkpoint: Path, tmp_path: Path, configure: Any
) -> None:
    noise = {"embedding_noise": {"magnitude": 0.1}}
    configuration = configure(robust={"averaging": KINDS[kind], **noise}, mixture=STAGES, micro_batch_size=8)
    whole, whole_directory = train(configuration, tiny_inputs, tiny_checkpoint, tmp_path / "whole")
    with pytest.raises(Killed):
        train(configuration, tiny_inputs, tiny_checkpoint, tmp_path / "cut", kill_after=4)
    rest, directory = train(configuration, tiny_inputs, tiny_checkpoint, tmp_path / "cut")
    assert [report | {"seconds": 0} for report in rest] == [report | {"seconds": 0} for report in whole]
    assert journal.read(directory.development) == journal.read(whole_directory.development)
    weights = exported(directory)
    assert all(torch.equal(weights[name], weight) for name, weight in exported(whole_directory).items())


@pytest.mark.parametrize(
    ("kind", "frozen"), [("last", False), ("running", True), pytest.param("running", False, marks=pytest.mark.real)]
)
def test_a_trimmed_vocabulary_comes_back_averaged_as_if_trained(
    kind: str,
    frozen: bool,
    tiny_inputs: TrialInputs,
    tiny_checkpoint: Path,
    tmp_path: Path,
    configure: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    configuration = configure(
        micro_batch_size=8,
        robust={"averaging": KINDS[kind]},
        weight_decay=1.0,
        learning_rate=1e-2,
        freeze_word_embeddings=frozen,
    )
    name = "bert.embeddings.word_embeddings.weight"
    tables = []
    for trimmed in (True, False):
        if not trimmed:
            monkeypatch.setattr("xlingual.training.model.can_trim", lambda model: "as a comparison")
        _, directory = train(configuration, tiny_inputs, tiny_checkpoint, tmp_path / str(trimmed))
        tables.append(exported(directory)[name])
    used = {0, *tiny_inputs.used_tokens(None)}
    unused = [row for row in range(len(tables[0])) if row not in used]
    assert unused
    torch.testing.assert_close(tables[0][unused], tables[1][unused], rtol=1e-5, atol=1e-8)
    torch.testing.assert_close(tables[0], tables[1], rtol=1e-3, atol=1e-5)
    before = load_encoder(tiny_checkpoint, 0).get_parameter(name)
    assert torch.allclose(tables[0][unused], before[unused], rtol=1e-3) is frozen


def test_a_checkpoint_without_an_average_continues_no_trial_that_needs_one(
    tiny_inputs: TrialInputs, tiny_checkpoint: Path, tmp_path: Path, configure: Any
) -> None:
    def model_of(robust: Any) -> TrainedModel:
        return TrainedModel(
            configure(robust=robust), tiny_inputs, Checkpoint.at(tiny_checkpoint), SoloWorker(), Execution()
        )

    path, plain = tmp_path / "checkpoint.pt", model_of(None)
    save_checkpoint(path, saved(plain, Progress(4)))
    assert load_checkpoint(path, plain) == Progress(4)
    for settings in KINDS.values():
        with pytest.raises(RecordError, match="not a checkpoint of this trial"):
            load_checkpoint(path, model_of({"averaging": settings}))


def test_two_workers_score_the_average_that_one_scores(
    tiny_inputs: TrialInputs, tiny_checkpoint: Path, tmp_path: Path, configure: Any, two_workers: TwoWorkers
) -> None:
    configurations = {kind: configure(robust={"averaging": settings}) for kind, settings in KINDS.items()}
    tasks = [
        (configuration, tiny_inputs, tiny_checkpoint, tmp_path / "together" / kind)
        for kind, configuration in configurations.items()
    ]
    wait = two_workers.start(tmp_path / "rendezvous", *tasks)
    best: dict[str, list[float]] = {}
    for name, configuration in {"plain": configure(), **configurations}.items():
        _, directory = train(configuration, tiny_inputs, tiny_checkpoint, tmp_path / "alone" / name)
        best[name] = [row["n_best"][0]["score"] for row in journal.read(directory.development)]
    wait()
    for kind in configurations:
        rows = journal.read(TrialDirectory(tmp_path / "together" / kind).development)
        assert [row["n_best"][0]["score"] for row in rows] == pytest.approx(
            best[kind], abs=4e-3
        )  # rounding, after Adam
        assert best[kind] != pytest.approx(best["plain"], abs=1e-2)
