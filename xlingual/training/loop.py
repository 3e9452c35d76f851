"""The training of one trial configuration: updates, development scorings, records."""

from __future__ import annotations

import math
import platform
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor

from xlingual.errors import RecordError
from xlingual.export.export import export_model
from xlingual.families import Checkpoint, ScoringSet
from xlingual.preparation.trial_inputs import TrialInputs
from xlingual.records import journal
from xlingual.records.files import read_json, remove, write_json, write_lines
from xlingual.records.layout import TrialDirectory
from xlingual.records.lease import NO_HOLDER, Holder, Lease, lease
from xlingual.study import TrialConfiguration, passes_of
from xlingual.tasks import merge
from xlingual.training.background_writer import BackgroundWriter
from xlingual.training.dev_scores import Scores, development_report
from xlingual.training.execution import Execution
from xlingual.training.hardware import cpu_name
from xlingual.training.lookout import Lookout
from xlingual.training.memory import NO_THRIFT, Thrift
from xlingual.training.model import TrainedModel
from xlingual.training.optimizer import learning_rate
from xlingual.training.order import training_order
from xlingual.training.saved_state import Progress, load_checkpoint, on_host, save_checkpoint, saved
from xlingual.training.scoring import Scoring
from xlingual.training.stages import first_stage_updates
from xlingual.training.update import Updater, numbers_of
from xlingual.training.worker import Report, Worker

DEFAULT_EXECUTION = Execution()


def train_trial(
    configuration: TrialConfiguration,
    inputs: TrialInputs,
    checkpoint: Checkpoint,
    directory: TrialDirectory,
    worker: Worker,
    *,
    keep_model: bool,
    execution: Execution = DEFAULT_EXECUTION,
    holder: Holder = NO_HOLDER,
    thrift: Thrift = NO_THRIFT,
    alive: Callable[[str], None] = lambda doing: None,
    leaves: Callable[[], bool] = lambda: False,
) -> None:
    """Train one configuration to its last update, continuing from its last checkpoint.

    Reports of an earlier start are handed to the worker again, in order, before training continues.

    Args:
        configuration: decides every number.
        inputs: the same on every worker.
        checkpoint: the pretrained model.
        directory: the trial's records; rank 0 writes them, and holds their lease meanwhile.
        worker: this process.
        keep_model: whether the trained model is written to `directory.model`.
        execution: how it is computed.
        holder: this process, as other machines know it.
        thrift: how memory is spared, beyond what the record says that an earlier start spared.
        alive: takes signs of life: what was done last, with each update and each batch of a scoring.
        leaves: tells whether this process is about to be ended; a checkpoint is then written at once.

    Raises:
        TrialDiverged: when a gradient is not finite.
        OutOfMemory: when a pass does not fit into memory, see `Updater.update`.
        RecordLocked: when another process trains it, or took over from this one.
    """
    with lease(directory.lock, holder) if worker.rank == 0 else nullcontext() as held:
        _write_configuration(configuration, directory, held)
        # Rank 0 alone reads records: what others see of them may be older.
        finished = worker.gather(held and trial_finished(configuration, directory, keep_model=keep_model))[0]
        if finished:
            with _writing(held):
                remove(directory.checkpoint)
            for report in worker.gather(journal.read(directory.reports) if held else None)[0]:
                worker.report(report)
        else:
            thrift = thrift.joined(worker.gather(held and _spared(directory))[0])
            Training(
                configuration, inputs, checkpoint, directory, worker, keep_model, execution, held, thrift, alive, leaves
            ).run()


def _writing(held: Lease | None) -> AbstractContextManager[None]:
    """A context for writing records, on the worker that does."""
    return held.writing() if held else nullcontext()


def _spared(directory: TrialDirectory) -> Thrift:
    """How the last start of a trial spared memory."""
    starts = journal.read(directory.environment)
    return Thrift.of(starts[-1]) if starts else NO_THRIFT


def trial_finished(configuration: TrialConfiguration, directory: TrialDirectory, *, keep_model: bool) -> bool:
    """Whether the records hold the last update's report (and the model, if it is kept)."""
    reports = journal.read(directory.reports)
    trained = bool(reports) and reports[-1]["updates"] == configuration.training.updates
    return trained and (not keep_model or directory.model.is_dir())


def report_updates(updates: int, reports: int) -> tuple[int, ...]:
    """Numbers of updates after which a trial reports: evenly spaced, the last one at the end."""
    return tuple(sorted({max(1, round(updates * i / reports)) for i in range(1, reports + 1)}))


def spent(configuration: TrialConfiguration, updates: int) -> dict[str, Any]:
    """Return what a report after `updates` updates records of the training's cost.

    Returns:
        `total_updates` of the whole training; `passes` of each example through the model so far, were it part of every
        update; `share`, the part of the training that is done: i of n reports, free of the rounding to whole updates.
    """
    training = configuration.training
    number = max(1, round(updates * training.reports / training.updates))
    return {
        "total_updates": training.updates,
        "passes": updates * passes_of(configuration.robust),
        "share": number / training.reports,
    }


class Training:
    """One training in progress in one worker."""

    def __init__(
        self,
        configuration: TrialConfiguration,
        inputs: TrialInputs,
        checkpoint: Checkpoint,
        directory: TrialDirectory,
        worker: Worker,
        keep_model: bool,
        execution: Execution,
        held: Lease | None,
        thrift: Thrift,
        alive: Callable[[str], None],
        leaves: Callable[[], bool],
    ) -> None:
        self.alive, self.lookout = alive, Lookout(leaves, worker)
        self.configuration, self.inputs, self.directory, self.worker = configuration, inputs, directory, worker
        self.source_checkpoint, self.keep_model, self.held = checkpoint, keep_model, held
        order = training_order(configuration, inputs.train, inputs.of_mixture(configuration.mixture))
        self.model = TrainedModel(configuration, inputs, checkpoint, worker, execution)
        self.writer = BackgroundWriter()
        self._update, self.scoring = 0, Scoring(self.model, configuration.lengths, worker, alive)
        self.progress = load_checkpoint(directory.checkpoint, self.model, worker)
        self.updater = Updater(configuration, order, self.model, worker, thrift)

    def run(self) -> None:
        """Train to the end, reporting on the way."""
        try:
            self._run()
        except SystemExit:  # the trial scheduler stopped it, and the driver removes its checkpoint
            self.writer.drop()
            raise
        finally:
            self.writer.end()  # within the lease

    def _run(self) -> None:
        self._write_environment(self.progress.updates)
        if self.progress.unreadable:
            self.worker.report({"note": self.progress.unreadable})
        training = self.configuration.training
        self._hand_over(self._recovered_reports())
        due = set(report_updates(training.updates, training.reports))
        losses, spent_before = self._go_on_from_sums()
        began = time.monotonic() - spent_before
        for update in range(self.progress.updates, training.updates):
            self._update = update
            losses.append(self.updater.update(update, self._spare))
            self.model.average.after_update(update + 1)
            self.alive(f"update {update + 1}")
            if update + 1 in due:
                seconds, began = time.monotonic() - began, time.monotonic()
                report = self._record(update + 1, losses, seconds)
                losses.clear()
                self._hand_over([report])
            elif self.lookout.says_save(update + 1):
                self._save_between_reports(update + 1, losses, time.monotonic() - began)

    def _hand_over(self, reports: Sequence[Report]) -> None:
        """Pass reports to the driver, which may end the trial at any of them; the last one once everything is saved."""
        for report in reports:
            if report["updates"] == self.configuration.training.updates:
                self._finish()
            self.worker.report(report)

    def _record(self, updates: int, losses: list[Tensor], seconds: float) -> Report:
        """Score the development data; keep the report, and a checkpoint."""
        self.updater.check_gradients()
        self.model.average.after_report(updates)
        scores, rows = self._score_development(updates)
        loss = sum(sum(part) for part in self.worker.gather(numbers_of(losses))) / max(1, len(losses))
        parts = self.worker.gather(self.updater.take_losses())
        named = {
            name: sum(part.get(name, 0.0) for part in parts) for name in sorted({n for part in parts for n in part})
        }
        report: Report = {
            "updates": updates,
            **spent(self.configuration, updates),
            **scores,
            "loss": loss,
            **({"losses": named} if set(named) - {self.model.family.objective} else {}),
            "learning_rate": learning_rate(
                self.configuration.training, updates - 1, first_stage_updates(self.configuration)
            ),
            "padding_share": self._padding_share(),
            **self._perturbation(),
            "seconds": round(seconds, 3),
        }
        self.progress = Progress(updates, (*self.progress.reports, report))
        if self.held:
            self.writer.wait()  # the checkpoint before; a full disk is told here
            with self.held.writing():
                write_lines(self.directory.development, rows)
                journal.append(self.directory.reports, report)
            if self.keep_model or updates < self.configuration.training.updates:
                self._save(self.held)
        return report

    def _save_between_reports(self, updates: int, losses: list[Tensor], seconds: float) -> None:
        """Write a checkpoint now, with what each worker summed up since the last report."""
        self.updater.check_gradients()
        mine = {"loss": torch.stack(losses).cpu(), "seconds": seconds, **self.updater.sums()}
        since = tuple(self.worker.gather(mine))
        if self.held:
            before, self.progress = self.progress, Progress(updates, self.progress.reports, since)
            self._save(self.held)
            self.progress = before

    def _go_on_from_sums(self) -> tuple[list[Tensor], float]:
        """Take this worker's share of what was summed up between the last report and the checkpoint.

        Returns:
            Each update's loss, and the seconds that they took.
        """
        since, worker = self.progress.since, self.worker
        if not since:
            return [], 0.0
        total = torch.zeros_like(since[0]["loss"])
        for sums in since[worker.rank :: worker.workers]:
            total += sums["loss"]
            self.updater.add_sums(sums)
        if worker.rank >= len(since):  # there were fewer workers
            self.updater.add_sums({"losses": {}, "updates": since[0]["updates"], "tokens": [0, 0], "squares": []})
        return list(total.to(worker.device)), float(since[0]["seconds"])

    def _save(self, held: Lease) -> None:
        """Write a checkpoint of the model as it is now, while training goes on.

        Until it is written a restart finds the one before, and the record is cut back to that: what came after it is
        trained again.
        """
        self.lookout.saved()
        content = on_host(saved(self.model, self.progress))

        def write() -> None:
            with held.writing():
                save_checkpoint(self.directory.checkpoint, content, self.writer.check)

        self.writer.start(write)

    def _padding_share(self) -> float:
        """Share of padding among the tokens that all workers trained on since the last report."""
        counts = self.worker.gather(self.updater.take_counts())
        tokens, padded = (sum(count[i] for count in counts) for i in range(2))
        return float(1.0 - tokens / max(1, padded))

    def _perturbation(self) -> dict[str, float]:
        """Root mean square of the perturbations since the last report, over that of what they were added to."""
        squares = self.worker.gather(self.model.robust.pop_squared_norms())
        added, clean = (sum(part[i] for part in squares) for i in range(2))
        return {"perturbation": math.sqrt(added / clean)} if clean else {}

    def _score_development(self, updates: int) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """Score every development set: the report's scores in percent, and every question's row."""
        rows: list[dict[str, Any]] = []
        questions, task = self._questions(updates), self.inputs.task
        asked = {(name, language): part for name, parts in questions.items() for language, part in parts.items()}
        with self.model.scored() as model:
            found = self.scoring.answers(model, asked)
        scores: dict[str, dict[str, Scores]] = {}
        for name, parts in questions.items():
            for language, part in parts.items():
                merged = merge(one[name, language] for one in found)
                answers = task.rows(part.examples, merged, self.model.family.row_extras)
                rows.extend({"set": name, "language": language, **row} for row in answers)
                scores.setdefault(name, {})[language] = task.scores(answers)
        return development_report(scores, self.inputs.objective, task.metrics), rows

    def _questions(self, updates: int) -> Mapping[str, Mapping[str, ScoringSet]]:
        """The development questions of a report: a fixed sample while the trial is young, where the study says so."""
        training = self.configuration.training
        if updates == training.updates or training.early_dev_questions is None:
            return self.inputs.development
        return self.inputs.development_sample(training.early_dev_questions)

    def _recovered_reports(self) -> tuple[Report, ...]:
        """Reports that the checkpoint holds; the record is made to hold these and no others.

        A crash may have kept the last one from the record. Without a checkpoint (a trial that the scheduler stopped,
        asked for again) training starts over, and the record with it.
        """
        reports = list(self.progress.reports)
        if self.held:
            with self.held.writing():
                if journal.read(self.directory.reports) != reports:
                    journal.rewrite(self.directory.reports, reports)
        return self.progress.reports

    def _finish(self) -> None:
        if self.held:
            self.writer.wait()
            with self.held.writing():
                self.directory.remove_unfinished()
                self._keep_model()
                remove(self.directory.checkpoint)
        self.worker.gather(None)  # no worker leaves before the records are whole

    def _keep_model(self) -> None:
        if self.keep_model:
            with self.model.whole(self.progress.updates) as whole:
                export_model(
                    whole, self.source_checkpoint, self.directory.model, self.configuration, self.progress.reports
                )

    def _spare(self, reason: str) -> None:
        """Write down, and tell, that from this update on memory is spared; the next start reads it."""
        self._write_environment(self._update, reason=reason)
        self.worker.report({"note": reason})

    def _write_environment(self, update: int, **more: Any) -> None:
        if not self.held:
            return
        device, model = self.worker.device, self.model
        record = {
            "time": time.time(),
            "from_update": update,
            "workers": self.worker.workers,
            "device": torch.cuda.get_device_name(device) if device.type == "cuda" else platform.processor() or "cpu",
            "cpu": cpu_name(),
            "instructions": torch.backends.cpu.get_cpu_capability(),
            "threads": torch.get_num_threads(),
            "precision": model.precision,
            "rows": model.batcher.layout,
            "deterministic": device.type == "cpu" or torch.are_deterministic_algorithms_enabled(),
            "rows_of_word_embeddings": model.vocabulary.rows if model.vocabulary else None,
            "torch": torch.__version__,
            **self.updater.thrift.record(),
            **more,
        }
        if perturbation := model.robust.record():
            record["perturbation"] = perturbation
        with self.held.writing():
            journal.append(self.directory.environment, record)


def _write_configuration(configuration: TrialConfiguration, directory: TrialDirectory, held: Lease | None) -> None:
    if not held:
        return
    content = {"fingerprint": configuration.fingerprint, **configuration.canonical()}
    if not directory.configuration.exists():
        with held.writing():
            write_json(directory.configuration, content)
    elif read_json(directory.configuration) != content:
        raise RecordError(f"{directory.configuration}: another configuration lies under this fingerprint")
