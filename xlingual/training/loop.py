"""The training of one trial configuration: updates, development scorings, records."""

from __future__ import annotations

import math
import platform
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from xlingual.data.windows import Windows
from xlingual.errors import RecordError, TrialDiverged
from xlingual.evaluation.batches import padded
from xlingual.evaluation.scoring import ScoringSet, accepted, answer_rows, candidates, mean_scores, merge
from xlingual.models.encoder import load_encoder
from xlingual.records import journal
from xlingual.records.files import read_json, write_json, write_lines
from xlingual.records.layout import TrialDirectory
from xlingual.records.lock import hold
from xlingual.robust import RobustTraining, robust_training
from xlingual.study import TrialConfiguration
from xlingual.training.checkpoint import Progress, load_checkpoint, save_checkpoint
from xlingual.training.export import export_model
from xlingual.training.optimizer import learning_rate, make_optimizer
from xlingual.training.order import Place, TrainingOrder, training_order
from xlingual.training.seeds import stream_seed
from xlingual.training.worker import Report, Worker

# Seconds that a training waits for another process to leave its directory: one that a killed driver left behind.
LOCK_PATIENCE = 60.0


@dataclass(frozen=True)
class TrialInputs:
    """What a trial trains on and is scored on while it trains.

    Attributes:
        train: windows of the English training data.
        faq: windows of FAQ passages by two-letter language.
        development: questions by two-letter language (English alone, unless the study is an oracle).
        pad_token: the tokenizer's padding id.
    """

    train: Windows
    faq: Mapping[str, Windows]
    development: Mapping[str, ScoringSet]
    pad_token: int

    def summary(self) -> str:
        """Say how many windows there are, how long they are on average, and whether questions had to be cut."""
        parts = {"train": [self.train], "dev": [part.windows for part in self.development.values()]}
        parts |= {"faq": list(self.faq.values())} if self.faq else {}
        texts = []
        for name, windows in parts.items():
            count = sum(map(len, windows))
            tokens = sum(len(part.input_ids) for part in windows)
            texts.append(f"{name} {count} of {tokens / max(1, count):.0f} tokens on average")
        cut = sum(part.questions_cut for windows in parts.values() for part in windows)
        return ", ".join(texts) + (f"; {cut} questions were too long and lost their end" if cut else "")


def train_trial(
    configuration: TrialConfiguration,
    inputs: TrialInputs,
    checkpoint: Path,
    directory: TrialDirectory,
    worker: Worker,
    *,
    keep_model: bool,
) -> None:
    """Train one configuration to its last update, from wherever its directory says that it stands.

    Reports of an earlier start are handed to the worker again, in order, before training goes on.

    Args:
        configuration: decides every number.
        inputs: the same on every worker.
        checkpoint: the pretrained model's directory.
        directory: the trial's records; rank 0 writes them, and holds their lock meanwhile.
        worker: this process.
        keep_model: whether the trained model is written to `directory.model`.

    Raises:
        TrialDiverged: when a gradient is not finite.
    """
    with hold(directory.lock, patience=LOCK_PATIENCE) if worker.rank == 0 else nullcontext():
        _write_configuration(configuration, directory, worker)
        finished = worker.gather(trial_finished(configuration, directory, keep_model=keep_model))[0]
        if finished:
            directory.checkpoint.unlink(missing_ok=True)
            for report in journal.read(directory.reports):
                worker.report(report)
        else:
            Training(configuration, inputs, checkpoint, directory, worker, keep_model).run()


def trial_finished(configuration: TrialConfiguration, directory: TrialDirectory, *, keep_model: bool) -> bool:
    """Say whether the records hold the last update's report (and the model, where it is to be kept)."""
    reports = journal.read(directory.reports)
    trained = bool(reports) and reports[-1]["updates"] == configuration.training.updates
    return trained and (not keep_model or directory.model.is_dir())


def report_updates(updates: int, reports: int) -> tuple[int, ...]:
    """Numbers of updates after which a trial reports: evenly spaced, the last one at the end."""
    return tuple(sorted({max(1, round(updates * i / reports)) for i in range(1, reports + 1)}))


class Training:
    """One training in progress in one worker."""

    def __init__(
        self,
        configuration: TrialConfiguration,
        inputs: TrialInputs,
        checkpoint: Path,
        directory: TrialDirectory,
        worker: Worker,
        keep_model: bool,
    ) -> None:
        self.configuration, self.inputs, self.directory, self.worker = configuration, inputs, directory, worker
        self.source_checkpoint, self.keep_model = checkpoint, keep_model
        self.order: TrainingOrder = training_order(configuration, inputs.train, inputs.faq)
        plain = load_encoder(checkpoint, stream_seed(configuration.seed, "span head")).to(worker.device)
        self.robust: RobustTraining = robust_training(configuration, plain)
        self.optimizer = make_optimizer(plain, configuration.training)
        self.progress = load_checkpoint(directory.checkpoint, plain, self.optimizer, worker.device)
        self.plain = plain
        self.model = worker.wrap(plain)
        self.bf16 = _uses_bf16(configuration.training.precision, worker.device)

    def run(self) -> None:
        """Train to the end, reporting on the way."""
        self._write_environment()
        training = self.configuration.training
        self._hand_over(self._recovered_reports())
        due = set(report_updates(training.updates, training.reports))
        losses: list[float] = []
        began = time.monotonic()
        for update in range(self.progress.updates, training.updates):
            losses.append(self._update(update))
            if update + 1 in due:
                seconds, began = time.monotonic() - began, time.monotonic()
                report = self._record(update + 1, losses, seconds)
                losses.clear()
                self._hand_over([report])

    def _hand_over(self, reports: Sequence[Report]) -> None:
        """Give reports to the driver, which may end the trial at any of them: the last one only when all is kept."""
        for report in reports:
            if report["updates"] == self.configuration.training.updates:
                self._finish()
            self.worker.report(report)

    def _update(self, update: int) -> float:
        """Do one update; return this worker's part of the mean loss over the update's windows."""
        training = self.configuration.training
        micro_batches = self.order.micro_batches(update)
        mine = range(self.worker.rank, len(micro_batches), self.worker.workers)
        total = 0.0
        for index in mine:
            with self._synchronised_only_if(index == mine[-1]):
                loss = self._loss(micro_batches[index], update, index)
                (loss * self.worker.workers).backward()  # type: ignore[no-untyped-call]
            total += float(loss.detach())
        norm = nn.utils.clip_grad_norm_(self.model.parameters(), training.clip_norm)
        if not math.isfinite(float(norm)):
            raise TrialDiverged(
                f"diverged at update {update + 1}: the gradient is not finite "
                f"(learning rate {training.learning_rate:g}); search smaller learning rates or noise magnitudes"
            )
        rate = learning_rate(training, update)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        return total

    def _loss(self, places: list[Place], update: int, index: int) -> Tensor:
        """Sum of the windows' span losses, divided by the size of the whole update.

        A window's loss is the mean of the cross-entropies of its start and its end over its tokens (Devlin et al.,
        NAACL 2019, section 4.2). Random numbers are those of (seed, update, micro-batch): no worker count changes them.
        """
        seed = self.configuration.seed
        tensors = padded(places, self.inputs.pad_token, self.worker.device)
        gold = torch.tensor(
            [[int(source.start[i]), int(source.end[i])] for source, i in places], device=self.worker.device
        )
        torch.manual_seed(stream_seed(seed, "dropout", update, index))
        with self.robust.around(stream_seed(seed, "noise", update, index)), self._autocast():
            output = self.model(**accepted(self.model, tensors))
        barred = tensors["attention_mask"] == 0
        loss = torch.zeros((), device=self.worker.device)
        for logits, target in ((output.start_logits, gold[:, 0]), (output.end_logits, gold[:, 1])):
            masked = logits.float().masked_fill(barred, -1e9)
            loss = loss + nn.functional.cross_entropy(masked, target, reduction="sum") / 2
        share: Tensor = loss / self.configuration.training.batch_size
        return share

    def _record(self, updates: int, losses: list[float], seconds: float) -> Report:
        """Score the development data; keep a checkpoint, then the report."""
        scores, rows = self._score_development()
        loss = sum(sum(part) for part in self.worker.gather(list(losses))) / max(1, len(losses))
        report: Report = {
            "updates": updates,
            "f1": scores["f1"],
            "exact_match": scores["exact_match"],
            "loss": loss,
            "learning_rate": learning_rate(self.configuration.training, updates - 1),
            "seconds": round(seconds, 3),
        }
        self.progress = Progress(updates, (*self.progress.reports, report))
        if self.worker.rank == 0:
            save_checkpoint(self.directory.checkpoint, self.plain, self.optimizer, self.progress)
            write_lines(self.directory.development, rows)
            journal.append(self.directory.reports, report)
        return report

    def _score_development(self) -> tuple[dict[str, float], list[dict[str, Any]]]:
        """Mean over languages of the development scores in percent, and every question's row."""
        rows: list[dict[str, Any]] = []
        means = []
        for language, questions in self.inputs.development.items():
            mine = candidates(
                self.plain,
                questions,
                pad_token=self.inputs.pad_token,
                device=self.worker.device,
                max_answer_tokens=self.configuration.windows.max_answer_tokens,
                share=(self.worker.rank, self.worker.workers),
                autocast=self._autocast,
            )
            answers = answer_rows(questions.examples, merge(self.worker.gather(mine)))
            rows.extend({"language": language, **row} for row in answers)
            means.append(mean_scores(answers))
        return {name: sum(mean[name] for mean in means) / len(means) for name in ("f1", "exact_match")}, rows

    def _recovered_reports(self) -> tuple[Report, ...]:
        """Reports that the checkpoint holds; the record is made to hold these and no others.

        A crash may have kept the last one from the record. Without a checkpoint (a trial that the scheduler stopped,
        asked for again) training starts over, and the record with it.
        """
        reports = list(self.progress.reports)
        if self.worker.rank == 0 and journal.read(self.directory.reports) != reports:
            write_lines(self.directory.reports, reports)
        return self.progress.reports

    def _finish(self) -> None:
        if self.worker.rank == 0:
            if self.keep_model:
                export_model(self.plain, self.source_checkpoint, self.directory.model, self.configuration)
            self.directory.checkpoint.unlink(missing_ok=True)
        self.worker.gather(None)  # no worker leaves before the records are whole

    def _write_environment(self) -> None:
        if self.worker.rank != 0:
            return
        device = self.worker.device
        record = {
            "time": time.time(),
            "from_update": self.progress.updates,
            "workers": self.worker.workers,
            "device": torch.cuda.get_device_name(device) if device.type == "cuda" else platform.processor() or "cpu",
            "threads": torch.get_num_threads(),
            "precision": "bf16" if self.bf16 else "fp32",
            "torch": torch.__version__,
        }
        if hasattr(self.robust, "absolute"):
            record["noise_absolute"] = self.robust.absolute
        journal.append(self.directory.environment, record)

    def _synchronised_only_if(self, last: bool) -> AbstractContextManager[Any]:
        no_sync = getattr(self.model, "no_sync", None)
        return nullcontext() if last or no_sync is None else no_sync()

    def _autocast(self) -> AbstractContextManager[Any]:
        return torch.autocast(self.worker.device.type, dtype=torch.bfloat16, enabled=self.bf16)


def _uses_bf16(precision: str, device: torch.device) -> bool:
    if precision == "auto":
        return device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)
    return precision == "bf16"


def _write_configuration(configuration: TrialConfiguration, directory: TrialDirectory, worker: Worker) -> None:
    if worker.rank != 0:
        return
    content = {"fingerprint": configuration.fingerprint, **configuration.canonical()}
    if not directory.configuration.exists():
        write_json(directory.configuration, content)
    elif read_json(directory.configuration) != content:
        raise RecordError(f"{directory.configuration}: another configuration lies under this fingerprint")
