"""What is measured: a checkpoint, inputs to train on, questions to answer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

from xlingual.data.toy import ToyPaths, ToyWorld, write_toy_world
from xlingual.errors import DataError, XlingualError
from xlingual.families import Checkpoint, Lengths
from xlingual.preparation.trial_inputs import TrialInputs
from xlingual.speed.bench_data import BenchData
from xlingual.speed.input_spread import chosen_lengths, most_tokens
from xlingual.study import FamilyDefaults, Study, StudyLengths
from xlingual.study.benchmarks import BENCHMARKS, Benchmark
from xlingual.study.data import TOY, TOY_MODELS, TOY_TEXT_TO_TEXT
from xlingual.tasks import Task as Scored
from xlingual.tasks.named import task_of


@dataclass(frozen=True, slots=True)
class BenchRequest:
    """What a user asks to be measured; None means chosen automatically.

    Attributes:
        model: hub id or local directory; None or `toy` for the toy world's encoder, `toy_text_to_text` for its mT5.
        train: SQuAD file or hub id; None for the toy world's training data.
        score: directory with one xquad.LANGUAGE.json a language, or hub id; None for the questions of `train`.
        languages: comma-separated codes, or `all` for those that are there.
        questions: number of each language, from the first on.
        updates: that are timed.
        batch_size: windows to an update.
        precision: of the headline figures: fp32, tf32, bf16, or auto for what a study's `precision: auto` gives here.
        threads: of a CPU; None for all cores.
        max_length: tokens of a window, or of what a text-to-text model reads; None for the checkpoint's or the usual.
        stride: tokens that neighbouring windows share; of no meaning for a text-to-text model.
        max_train_examples: number of random examples of `train` that are made inputs.
        micro_batch_size: inputs to a micro-batch; None for a study's default.
        study: lengths that a study asks for; None without one.
        optimizer: that a study names; None for what suits the model's family.
        decay: of the learning rate, likewise.
        benchmark: the test set whose task is trained and asked; a study's headline.

    Raises:
        XlingualError: when a number is too small, or the precision unknown.
    """

    model: str | None = None
    train: str | None = None
    score: str | None = None
    languages: str = "all"
    questions: int | None = None
    updates: int = 8
    batch_size: int | None = None
    precision: str = "auto"
    threads: int | None = None
    max_length: int | None = None
    stride: int | None = None
    max_train_examples: int = 4000
    micro_batch_size: int | None = None
    study: StudyLengths | None = None
    optimizer: str | None = None
    decay: Literal["linear", "constant"] | None = None
    benchmark: Benchmark = BENCHMARKS["xquad"]

    def __post_init__(self) -> None:
        fewest = {"updates": 1, "batch_size": 1, "questions": 1, "threads": 1, "max_train_examples": 1}
        for name, least in {**fewest, "max_length": 8, "stride": 0}.items():
            value = getattr(self, name)
            if value is not None and value < least:
                option = {"batch_size": "batch"}.get(name, name.replace("_", "-"))
                raise XlingualError(f"--{option}: found {value}; write {least} or more")
        if self.precision not in (known := ("auto", "fp32", "tf32", "bf16")):
            raise XlingualError(f"--precision: found {self.precision!r}; write one of {', '.join(known)}")

    def or_as_in(self, study: Study) -> BenchRequest:
        """Take what is left open from a study: model, data, batch size, lengths, optimiser; never its test set."""
        training, train = study.training, study.data.train
        return replace(
            self,
            model=self.model or study.model,
            train=self.train or (None if train == TOY else train),
            batch_size=self.batch_size or _number(training.batch_size),
            micro_batch_size=self.micro_batch_size or _number(training.micro_batch_size),
            study=study.lengths,
            benchmark=study.task_benchmark,
            optimizer=_name(training.optimizer),
            decay=_name(training.decay),
        )


def _number(leaf: object) -> int | None:
    """Return a number that a study fixes; None for a search space."""
    return leaf if isinstance(leaf, int) else None


def _name(leaf: object) -> Any:
    """Return a name that a study fixes; None for a search space."""
    return leaf if isinstance(leaf, str) else None


@dataclass(frozen=True)
class Task:
    """What is measured.

    Attributes:
        model: as asked.
        checkpoint: of the model.
        traits: lengths of its inputs, and what it is trained with.
        inputs: to train on, their token ids counted.
        train_examples: that these were made of.
        questions: to answer, by language.
        notes: what a reader must know of it.
    """

    model: str
    checkpoint: Checkpoint
    traits: FamilyDefaults
    inputs: TrialInputs
    train_examples: int
    questions: dict[str, tuple[Any, ...]]
    notes: tuple[str, ...]

    @property
    def lengths(self) -> Lengths:
        """Of the inputs."""
        return self.traits.lengths


@contextmanager
def prepared(asked: BenchRequest) -> Iterator[Task]:
    """Load and tokenise what is asked; a temporary toy world is deleted when the context ends.

    Raises:
        DataError, ModelError: when something is absent or cannot be used.
    """
    model, task, toy = asked.model or TOY, task_of(asked.benchmark), None
    named = None if model in TOY_MODELS else Checkpoint.resolve(model, task)  # before a world is made
    with TemporaryDirectory(prefix="xlingual_bench_") as directory:
        if named is None or asked.train is None:
            toy = write_toy_world(Path(directory) / "toy", ToyWorld())
        checkpoint = named or _toy_checkpoint(model, toy, task)
        traits = _traits(checkpoint, asked)
        data = BenchData(asked.benchmark, asked.train, asked.score, toy)
        train, tokenizer = data.training(), checkpoint.tokenizer
        chosen = train.sample(asked.max_train_examples, seed=0).examples
        inputs = checkpoint.family.inputs(tokenizer, chosen, traits.lengths, targets=True)
        if not len(inputs):
            raise DataError(
                f"--train: of {len(chosen)} examples none has its answer in the first {most_tokens(traits.lengths)} "
                "tokens of its input; write a larger --max-length"
            )
        questions, where = data.asked(train, asked.languages, asked.questions)
        yield Task(
            model,
            checkpoint,
            traits,
            TrialInputs(inputs, {}, {}, int(tokenizer.pad_token_id)).counted(),
            len(chosen),
            questions,
            tuple(_notes(model, asked, where, traits.lengths)),
        )


def _toy_checkpoint(model: str, toy: ToyPaths | None, task: Scored) -> Checkpoint:
    assert toy is not None
    return replace(Checkpoint.at(toy.text_to_text if model == TOY_TEXT_TO_TEXT else toy.model, task), name=model)


def _traits(checkpoint: Checkpoint, asked: BenchRequest) -> FamilyDefaults:
    """What the model is trained with; speed does not depend on its learning rate."""
    own = checkpoint.traits(StudyLengths())
    lengths = chosen_lengths(checkpoint, study=asked.study, max_length=asked.max_length, stride=asked.stride)
    return replace(own, lengths=lengths, optimizer=asked.optimizer or own.optimizer, decay=asked.decay or own.decay)


def _notes(model: str, asked: BenchRequest, where: str, lengths: Lengths) -> Iterator[str]:
    if model in TOY_MODELS:
        kind = "mT5" if model == TOY_TEXT_TO_TEXT else "encoder"
        yield f"the toy world's tiny {kind}: a real one is many times slower; name a MODEL"
    if asked.train is None:
        yield "trained on the toy world's made-up sentences, shorter than real ones; name a file with --train"
        if asked.score is None:
            yield "scored on the toy world's questions; name a directory with --score"
    if where:
        yield f"scored on {where}; name a directory with --score"
    if lengths.writes_answers:
        yield (
            f"a model that is not fine-tuned may write on up to {lengths.longest_answer} tokens, where one that is "
            "ends its answers: questions/s of such a model are a lower bound"
        )
