"""The interface of a family of models: how examples become inputs, the loss, and how questions are answered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal, Protocol, TypeAlias, TypeVar

import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from xlingual.data.augmentation.lexicon import Lexicons
from xlingual.families.batches import Batch, Batcher
from xlingual.families.scoring_set import ScoringSet
from xlingual.models.outcome import Outcome
from xlingual.study import FamilyDefaults, Lengths, StudyLengths
from xlingual.tasks import Candidates
from xlingual.tokens.feature_store import Examples
from xlingual.tokens.labelled_pairs import LabelledPairs
from xlingual.tokens.rewritable import Rewritable
from xlingual.tokens.sequences import Sequences
from xlingual.tokens.windows import Windows

Inputs: TypeAlias = Windows | Sequences | LabelledPairs
Autocast: TypeAlias = Callable[[], AbstractContextManager[Any]]
K = TypeVar("K")


@dataclass(frozen=True)
class Advice:
    """What a family is usually fine-tuned with; other settings give a note.

    Attributes:
        learning_rates: lowest and highest usual peak.
        precisions: that the family is known to train in.
        source: of all this.
    """

    learning_rates: tuple[float, float]
    precisions: tuple[Literal["fp32", "tf32", "bf16"], ...]
    source: str


class Family(Protocol):
    """A kind of model on a kind of task.

    Attributes:
        name: `extractive`, `text_to_text` or `pair_classification`.
        answers_by: how its models answer, in words: "a model that ...".
        learns_from: what one example is, in words and the plural.
        pipeline: the hub's name of what its models do.
        lengths: kind of the lengths of its inputs.
        objective: name of its loss on the task's examples.
        recipes: names of the FAQ recipes (fields of `xlingual.study.Recipe`) that it can be trained with.
    """

    name: ClassVar[str]
    answers_by: ClassVar[str]
    learns_from: ClassVar[str]
    pipeline: ClassVar[str]
    lengths: ClassVar[type[Lengths]]
    objective: ClassVar[str]
    recipes: ClassVar[tuple[str, ...]]

    def traits(self, directory: Path, lengths: StudyLengths) -> FamilyDefaults:
        """Defaults of a study's trials of this checkpoint.

        Args:
            directory: the checkpoint's.
            lengths: the study's, of which the family takes its own.
        """
        ...

    def served_recipes(self, directory: Path) -> tuple[str, ...]:
        """Names of the recipes, among `recipes`, that a checkpoint can be trained with."""
        ...

    def advice(self, directory: Path) -> Advice:
        """What a checkpoint is usually fine-tuned with."""
        ...

    def usual_lengths(self, directory: Path) -> Lengths:
        """Lengths that a checkpoint is asked with when it records none."""
        ...

    def check(self, directory: Path, lengths: Lengths) -> None:
        """Check, without reading weights, that a checkpoint can read inputs of these lengths.

        Raises:
            ModelError: when it cannot.
        """
        ...

    def notes(self, directory: Path, tokenizer: Any) -> list[str]:
        """Warn of what looks wrong about a usable checkpoint.

        Args:
            directory: the checkpoint's.
            tokenizer: its own.

        Raises:
            ModelError: when its tokenizer does not fit it.
        """
        ...

    def load(self, directory: Path, seed: int, *, trained_head: bool = False) -> nn.Module:
        """Load a checkpoint in float32, in training mode.

        Args:
            directory: in `transformers` layout.
            seed: decides every weight that the checkpoint does not hold.
            trained_head: whether it must hold all that answers are made with.

        Raises:
            ModelError: when it cannot be loaded, or lacks what is asked for.
        """
        ...

    def tokenizer(self, directory: Path) -> Any:
        """Load a checkpoint's tokenizer.

        Raises:
            ModelError: when there is none that the family can use.
        """
        ...

    def inputs(self, tokenizer: Any, examples: Iterable[Any], lengths: Lengths, *, targets: bool) -> Inputs:
        """Make a model's inputs of questions.

        Args:
            tokenizer: see `tokenizer`.
            examples: read once, in order.
            lengths: of the family's kind.
            targets: whether they are trained on: examples that cannot be learnt from are then left out.
        """
        ...

    def stored_inputs(
        self,
        folder: Path,
        tokenizer: Any,
        fingerprint: str,
        examples: Examples[Any],
        lengths: Lengths,
        *,
        targets: bool,
    ) -> Inputs:
        """The same, kept on disk and mapped, see `xlingual.tokens.feature_store.stored_windows`."""
        ...

    def rewritable(
        self, inputs: Inputs, tokenizer: Any, examples: Sequence[Any], lexicons: Lexicons, lengths: Lengths
    ) -> Rewritable:
        """Add to inputs what they were made of, and the lexicons that this may be rewritten with.

        Args:
            inputs: made of the examples, with targets.
            tokenizer: as for the inputs.
            examples: of the inputs.
            lexicons: other words for those of the training language.
            lengths: of the inputs.
        """
        ...

    def batcher(
        self,
        model: nn.Module,
        pad_token: int,
        device: torch.device,
        encode: Callable[[NDArray[Any]], NDArray[Any]] | None = None,
        *,
        packs: bool = True,
    ) -> Batcher:
        """Make the batcher of a model that is on the device.

        Args:
            model: see above.
            pad_token: padding id of the model's vocabulary.
            device: where inputs go.
            encode: from token ids of the inputs to those of the model, where its vocabulary is trimmed.
            packs: whether inputs may share a row, if the model allows it.
        """
        ...

    def targets(self, places: Sequence[tuple[Any, int]], device: torch.device) -> dict[str, Tensor]:
        """What the loss needs besides the inputs (each a source and a position in it)."""
        ...

    def outcome(self, model: nn.Module, batch: Batch, targets: Mapping[str, Tensor], autocast: Autocast) -> Outcome:
        """Run a model on a pass's inputs: the sum of the losses over examples, and the logits that they are made of."""
        ...

    def answers(
        self,
        model: nn.Module,
        questions: Mapping[K, ScoringSet],
        batcher: Batcher,
        lengths: Lengths,
        *,
        share: tuple[int, int] = (0, 1),
        autocast: Autocast | None = None,
    ) -> dict[K, Candidates]:
        """Answer questions.

        Args:
            model: put in evaluation mode while it answers.
            questions: by language (or whatever tells the sets apart).
            batcher: makes the model's inputs, and knows where the model lies.
            lengths: of the family's kind.
            share: (rank, workers): this worker answers every workers-th batch. Batches do not depend on it.
            autocast: context of mixed precision; None for float32.

        Returns:
            key -> index of the example -> its candidates, best first; of the questions that this worker saw. Join the
            shares with `xlingual.tasks.merge`.
        """
        ...

    def usage(self, lengths: Lengths) -> str:
        """Python code that answers with an exported model in plain `transformers`, for its model card."""
        ...

    def row_extras(self, example: Any, prediction: str) -> dict[str, Any]:
        """What is recorded of a prediction besides its scores; nothing if it is always part of the context."""
        ...
