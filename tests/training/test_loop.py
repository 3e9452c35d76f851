from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import pytest
import torch

from xlingual.errors import RecordError, RecordLocked, TrialDiverged
from xlingual.families import Checkpoint
from xlingual.families.batches import Batcher
from xlingual.families.extractive.candidates import candidates
from xlingual.models.encoder import load_encoder
from xlingual.preparation.trial_inputs import TrialInputs
from xlingual.records import journal
from xlingual.records.layout import TrialDirectory
from xlingual.records.lease import Holder
from xlingual.study import TrialConfiguration
from xlingual.tasks.question_answering import answer_rows
from xlingual.training.execution import Execution
from xlingual.training.loop import report_updates, train_trial
from xlingual.training.worker import Report, SoloWorker

Configure: TypeAlias = Callable[..., TrialConfiguration]
NOISE = {"embedding_noise": {"distribution": "gaussian", "magnitude": 0.1}}
TIMES = {"seconds"}


class Killed(Exception):
    pass


@pytest.fixture(scope="session")
def configure(configure: Configure) -> Configure:
    """Two micro-batches to an update."""
    return partial(configure, micro_batch_size=8)


def train(
    configuration: TrialConfiguration,
    inputs: TrialInputs,
    checkpoint: Path,
    path: Path,
    *,
    kill_after: int | None = None,
    keep_model: bool = False,
) -> tuple[list[Report], TrialDirectory]:
    directory = TrialDirectory(path / configuration.fingerprint)

    def on_report(report: Report) -> None:
        if kill_after is not None and report["updates"] >= kill_after:
            raise Killed

    worker = SoloWorker(on_report=on_report)
    train_trial(configuration, inputs, Checkpoint.at(checkpoint), directory, worker, keep_model=keep_model)
    return worker.reports, directory


def numbers(reports: list[Report]) -> list[dict[str, Any]]:
    return [{name: value for name, value in report.items() if name not in TIMES} for report in reports]


def test_learns_a_task_that_can_be_learnt(
    tiny_inputs: TrialInputs, tiny_checkpoint: Path, tmp_path: Path, configure: Any
) -> None:
    configuration = configure(updates=120, micro_batch_size=16, learning_rate=3e-3)
    reports, _ = train(configuration, tiny_inputs, tiny_checkpoint, tmp_path)
    assert reports[-1]["exact_match"] >= 90
    assert reports[-1]["loss"] < reports[0]["loss"] / 2


@pytest.mark.parametrize("robust", [None, NOISE])
def test_equal_configuration_and_seed_give_identical_numbers(
    tiny_inputs: TrialInputs, tiny_checkpoint: Path, tmp_path: Path, configure: Any, robust: Any
) -> None:
    first, _ = train(configure(robust=robust), tiny_inputs, tiny_checkpoint, tmp_path / "one")
    torch.manual_seed(999)  # earlier random draws of the process must not matter
    second, _ = train(configure(robust=robust), tiny_inputs, tiny_checkpoint, tmp_path / "two")
    assert numbers(first) == numbers(second)


def test_seeds_and_noise_change_the_numbers(
    tiny_inputs: TrialInputs, tiny_checkpoint: Path, tmp_path: Path, configure: Any
) -> None:
    losses = {
        name: train(configuration, tiny_inputs, tiny_checkpoint, tmp_path)[0][-1]["loss"]
        for name, configuration in {
            "plain": configure(),
            "seed": configure(seed=1),
            "noise": configure(robust=NOISE),
            "mixture": configure(mixture={"faq_share": 0.5, "weights": {"de": 0.5, "es": 0.5}}),
        }.items()
    }
    assert len(set(losses.values())) == 4


@pytest.mark.parametrize("kill_after", [2, 4])
def test_a_killed_training_goes_on_exactly(
    tiny_inputs: TrialInputs, tiny_checkpoint: Path, tmp_path: Path, configure: Any, kill_after: int
) -> None:
    configuration = configure(robust=NOISE, mixture={"faq_share": 0.4, "weights": {"de": 1.0}})
    whole, whole_directory = train(configuration, tiny_inputs, tiny_checkpoint, tmp_path / "whole", keep_model=True)
    with pytest.raises(Killed):
        train(configuration, tiny_inputs, tiny_checkpoint, tmp_path / "cut", kill_after=kill_after)
    rest, directory = train(configuration, tiny_inputs, tiny_checkpoint, tmp_path / "cut", keep_model=True)
    assert numbers(rest) == numbers(whole)
    assert numbers(journal.read(directory.reports)) == numbers(whole)
    weights = [load_encoder(d.model, 0).state_dict() for d in (directory, whole_directory)]
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])
    starts = [start["from_update"] for start in journal.read(directory.environment)]
    assert starts == [0, kill_after]


@pytest.mark.parametrize("after", [2, 4])
def test_a_training_that_another_machine_took_over_writes_nothing_more(
    tiny_inputs: TrialInputs, tiny_checkpoint: Path, tmp_path: Path, configure: Any, after: int
) -> None:
    """The first attempt's machine loses its network after a report; the second finishes; the first continues."""
    configuration = configure(mixture={"faq_share": 0.4, "weights": {"de": 1.0}})
    whole, _ = train(configuration, tiny_inputs, tiny_checkpoint, tmp_path / "whole")
    directory = TrialDirectory(tmp_path / "trial" / configuration.fingerprint)
    elsewhere = SoloWorker()

    def on_report(report: Report) -> None:
        if report["updates"] == after:
            second = Holder("node-2", lambda node: node == "node-1")
            train_trial(
                configuration,
                tiny_inputs,
                Checkpoint.at(tiny_checkpoint),
                directory,
                elsewhere,
                keep_model=False,
                holder=second,
            )

    first, holder = SoloWorker(on_report=on_report), Holder("node-1")
    with pytest.raises(RecordLocked, match="took over while this one could not be reached"):
        train_trial(
            configuration,
            tiny_inputs,
            Checkpoint.at(tiny_checkpoint),
            directory,
            first,
            keep_model=False,
            holder=holder,
        )
    assert numbers(journal.read(directory.reports)) == numbers(elsewhere.reports) == numbers(whole)
    assert not directory.checkpoint.exists()


def test_a_report_that_a_crash_kept_from_the_record_is_written_on_resume(
    tiny_inputs: TrialInputs, tiny_checkpoint: Path, tmp_path: Path, configure: Any
) -> None:
    with pytest.raises(Killed):
        train(configure(), tiny_inputs, tiny_checkpoint, tmp_path, kill_after=4)
    directory = TrialDirectory(tmp_path / configure().fingerprint)
    lines = directory.reports.read_text().splitlines(keepends=True)
    directory.reports.write_text(lines[0])
    reports, _ = train(configure(), tiny_inputs, tiny_checkpoint, tmp_path)
    assert [report["updates"] for report in reports] == [2, 4, 6]
    assert [report["updates"] for report in journal.read(directory.reports)] == [2, 4, 6]


def test_a_training_that_starts_over_leaves_no_report_twice(
    tiny_inputs: TrialInputs, tiny_checkpoint: Path, tmp_path: Path, configure: Any
) -> None:
    with pytest.raises(Killed):
        train(configure(), tiny_inputs, tiny_checkpoint, tmp_path, kill_after=4)
    directory = TrialDirectory(tmp_path / configure().fingerprint)
    directory.checkpoint.unlink()  # as if the trial scheduler had stopped it
    train(configure(), tiny_inputs, tiny_checkpoint, tmp_path)
    assert [report["updates"] for report in journal.read(directory.reports)] == [2, 4, 6]


def test_a_finished_training_is_not_done_again(
    tiny_inputs: TrialInputs, tiny_checkpoint: Path, tmp_path: Path, configure: Any
) -> None:
    first, directory = train(configure(), tiny_inputs, tiny_checkpoint, tmp_path)
    again, _ = train(configure(), tiny_inputs, tiny_checkpoint, tmp_path)
    assert again == first
    assert len(journal.read(directory.environment)) == 1
    assert not directory.checkpoint.exists()


def test_the_kept_model_gives_the_recorded_predictions(
    tiny_inputs: TrialInputs, tiny_checkpoint: Path, tmp_path: Path, configure: Any
) -> None:
    _, directory = train(
        configure(updates=30, micro_batch_size=16), tiny_inputs, tiny_checkpoint, tmp_path, keep_model=True
    )
    model = load_encoder(directory.model, seed=5, trained_head=True)
    asked = tiny_inputs.development["dev"]["en"]
    batcher = Batcher.of(model, 0, torch.device("cpu"))
    found = candidates(model, {"en": asked}, batcher, max_answer_tokens=3)["en"]
    recorded = [row["prediction"] for row in journal.read(directory.development)]
    assert [row["prediction"] for row in answer_rows(asked.examples, found)] == recorded


def test_frozen_word_embeddings_stay(
    tiny_inputs: TrialInputs, tiny_checkpoint: Path, tmp_path: Path, configure: Any
) -> None:
    configuration = configure(freeze_word_embeddings=True)
    _, directory = train(configuration, tiny_inputs, tiny_checkpoint, tmp_path, keep_model=True)
    before, after = load_encoder(tiny_checkpoint, 0), load_encoder(directory.model, 0)
    assert torch.equal(before.get_input_embeddings().weight, after.get_input_embeddings().weight)  # type: ignore[operator]
    name = "bert.encoder.layer.0.attention.self.query.weight"
    assert not torch.equal(before.state_dict()[name], after.state_dict()[name])


def test_a_training_that_is_not_finite_says_so(
    tiny_inputs: TrialInputs, tiny_checkpoint: Path, tmp_path: Path, configure: Any
) -> None:
    robust = {"embedding_noise": {"distribution": "uniform", "magnitude": 1e38}}
    with pytest.raises(TrialDiverged, match="diverged at update 1"):
        train(configure(robust=robust), tiny_inputs, tiny_checkpoint, tmp_path)


def test_a_checkpoint_of_another_training_is_refused(
    tiny_inputs: TrialInputs, tiny_checkpoint: Path, tmp_path: Path, configure: Any
) -> None:
    with pytest.raises(Killed):
        train(configure(), tiny_inputs, tiny_checkpoint, tmp_path, kill_after=2)
    directory = TrialDirectory(tmp_path / configure().fingerprint)
    torch.save({}, directory.checkpoint)
    with pytest.raises(RecordError, match=r"checkpoint\.pt: not a checkpoint of this trial"):
        train(configure(), tiny_inputs, tiny_checkpoint, tmp_path)


@pytest.mark.parametrize("left", [0.0, 0.5, 0.999])
def test_a_checkpoint_cut_in_half_is_set_aside_and_the_numbers_are_those_of_one_go(
    tiny_inputs: TrialInputs, tiny_checkpoint: Path, tmp_path: Path, configure: Any, left: float
) -> None:
    whole, _ = train(configure(), tiny_inputs, tiny_checkpoint, tmp_path / "whole")
    with pytest.raises(Killed):
        train(configure(), tiny_inputs, tiny_checkpoint, tmp_path, kill_after=4)
    directory = TrialDirectory(tmp_path / configure().fingerprint)
    content = directory.checkpoint.read_bytes()
    directory.checkpoint.write_bytes(content[: int(left * len(content))])
    (told, *reports), _ = train(configure(), tiny_inputs, tiny_checkpoint, tmp_path)
    assert told["note"].startswith(f"{directory.checkpoint}: cannot be read (")
    assert told["note"].endswith("); kept as checkpoint.pt.broken, training starts over")
    assert numbers(reports) == numbers(whole)
    assert journal.read(directory.reports) == reports


@pytest.mark.parametrize(("updates", "reports", "expected"), [(10, 3, (3, 7, 10)), (2, 5, (1, 2)), (5, 1, (5,))])
def test_reports_are_evenly_spaced_and_end_with_the_last_update(
    updates: int, reports: int, expected: tuple[int, ...]
) -> None:
    assert report_updates(updates, reports)[-1] == updates
    assert report_updates(updates, reports) == expected


def test_a_young_trial_is_scored_on_the_same_few_questions_and_a_whole_one_on_all(
    tiny_inputs: TrialInputs, tiny_checkpoint: Path, tmp_path: Path, configure: Any
) -> None:
    kept: list[list[str]] = []

    def on_report(report: Report) -> None:
        kept.append([row["id"] for row in journal.read(directory.development)])

    configuration = configure(early_dev_questions=7)
    directory = TrialDirectory(tmp_path)
    train_trial(
        configuration,
        tiny_inputs,
        Checkpoint.at(tiny_checkpoint),
        directory,
        SoloWorker(on_report=on_report),
        keep_model=False,
    )
    assert [len(ids) for ids in kept] == [7, 7, 40]
    assert kept[0] == kept[1]
    assert set(kept[0]) < set(kept[2])
    whole, _ = train(configure(), tiny_inputs, tiny_checkpoint, tmp_path / "whole")
    assert journal.read(directory.reports)[-1]["f1"] == whole[-1]["f1"]


def test_the_fingerprint_of_a_configuration_without_the_new_keys_is_what_it_was(configure: Any) -> None:
    assert not {"micro_batch_tokens", "early_dev_questions"} & set(configure().canonical()["training"])


@pytest.mark.parametrize(("updates", "least"), [(4, 0), pytest.param(120, 90, marks=pytest.mark.real)])
def test_a_compiled_model_learns_the_task_too(
    updates: int,
    least: int,
    tiny_inputs: TrialInputs,
    tiny_checkpoint: Path,
    tmp_path: Path,
    configure: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The compiled encoder is the one called; test_compiled_model.py tests its results.

    The default run only calls it: test_golden_losses.py has the scores of a training on rows of one window.
    """
    compiled: list[Any] = []
    inputs: list[set[str]] = []

    def compile_(call: Any, **options: Any) -> Any:
        compiled.append(options)

        def called(*positional: Any, **named: Any) -> Any:
            inputs.append({"input_ids", *named} if positional else set(named))
            return call(*positional, **named)

        return called

    monkeypatch.setattr(torch, "compile", compile_)
    worker = SoloWorker()
    train_trial(
        configure(updates=updates, micro_batch_size=16, learning_rate=3e-3),
        tiny_inputs,
        Checkpoint.at(tiny_checkpoint),
        TrialDirectory(tmp_path),
        worker,
        keep_model=False,
        execution=Execution(compile=True),
    )
    assert compiled == [{"dynamic": True}]
    assert worker.reports[-1]["exact_match"] >= least
    assert len(inputs) >= updates
    assert all("attention_mask" in named and "window_lengths" not in named for named in inputs)  # rows of one window
