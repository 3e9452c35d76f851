"""Encoders that tell the labels of sentence pairs apart: one logit a label."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import torch
from torch import Tensor, nn

from xlingual.data.augmentation.lexicon import Lexicons
from xlingual.data.examples import SentencePair
from xlingual.families.batches import Batch, Batcher
from xlingual.families.encoder_family import EncoderFamily
from xlingual.families.family import Advice, Autocast
from xlingual.families.pair_classification.label_candidates import label_candidates
from xlingual.families.pair_classification.label_loss import label_loss, label_numbers
from xlingual.families.pair_classification.pair_usage import usage
from xlingual.families.scoring_set import ScoringSet
from xlingual.models.encoder import known_positions
from xlingual.models.encoder_head import EncoderHead, label_head
from xlingual.models.label_head import LabelHead, hidden_states, label_head_of
from xlingual.models.outcome import Outcome
from xlingual.models.packing import Outputs
from xlingual.study import FamilyDefaults, Lengths, PairSettings, StudyLengths
from xlingual.tasks import Candidates
from xlingual.tasks.sentence_pairs import SentencePairTask
from xlingual.tokens.feature_store import Examples, stored_labelled_pairs
from xlingual.tokens.labelled_pairs import LabelledPairs, make_labelled_pairs
from xlingual.tokens.rewritable import RewritablePairs

K = TypeVar("K")


class PairClassification(EncoderFamily):
    """XLM-R, mBERT and whatever else `transformers` has a classification head for.

    Args:
        task: whose labels the head tells apart.
    """

    lengths: ClassVar[type[Lengths]] = PairSettings
    name: ClassVar[str] = PairSettings.family
    answers_by: ClassVar[str] = "tells the labels of sentence pairs apart"
    learns_from: ClassVar[str] = "Pairs of sentences"
    pipeline: ClassVar[str] = "text-classification"
    objective: ClassVar[str] = PairSettings.answers
    recipes: ClassVar[tuple[str, ...]] = ("contrastive", "masked_language_model")

    def __init__(self, task: SentencePairTask) -> None:
        self.task = task

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PairClassification) and other.task == self.task

    def __hash__(self) -> int:
        return hash((self.name, self.task.name))

    @property
    def head(self) -> EncoderHead:
        """One logit for each label of the task."""
        return label_head(self.task.labels, self.task.name.replace("_", " "))

    @property
    def outputs(self) -> Outputs:
        """Last hidden states: the head reads nothing else."""
        return hidden_states

    def traits(self, directory: Path, lengths: StudyLengths) -> FamilyDefaults:
        """AdamW with linear decay, on pairs of the study's length."""
        return FamilyDefaults(lengths.pairs)

    def advice(self, directory: Path) -> Advice:
        """What BERT and XLM-R were fine-tuned with."""
        source = "XTREME's train_pawsx.sh and train_xnli.sh: 2e-5; BERT, arXiv 1810.04805: 2e-5 to 5e-5"
        return Advice((5e-6, 1e-4), ("fp32", "tf32", "bf16"), source)

    def usual_lengths(self, directory: Path) -> PairSettings:
        """XTREME's 128 tokens, as far as the checkpoint's positions reach."""
        usual = PairSettings()
        return PairSettings(max_length=min(usual.max_length, known_positions(directory, self.head) or usual.max_length))

    def load(self, directory: Path, seed: int, *, trained_head: bool = False) -> nn.Module:
        """See `load_encoder`; how its logits of labels are made is kept as `label_head`."""
        model: Any = super().load(directory, seed, trained_head=trained_head)
        model.label_head = LabelHead.of(model, self.task.labels)
        loaded: nn.Module = model
        return loaded

    def inputs(
        self, tokenizer: Any, examples: Iterable[SentencePair], lengths: Lengths, *, targets: bool
    ) -> LabelledPairs:
        """See `make_labelled_pairs`; the same whether they are trained on or not."""
        return make_labelled_pairs(tokenizer, examples, **self._made_with(lengths))

    def stored_inputs(
        self,
        folder: Path,
        tokenizer: Any,
        fingerprint: str,
        examples: Examples[SentencePair],
        lengths: Lengths,
        *,
        targets: bool,
    ) -> LabelledPairs:
        """See `stored_labelled_pairs`."""
        return stored_labelled_pairs(folder, tokenizer, fingerprint, examples, **self._made_with(lengths))

    def rewritable(
        self, inputs: Any, tokenizer: Any, examples: Sequence[SentencePair], lexicons: Lexicons, lengths: Lengths
    ) -> RewritablePairs:
        """See `RewritablePairs.of`."""
        return RewritablePairs.of(inputs, examples, tokenizer, lexicons, **self._made_with(lengths))

    def targets(self, places: Sequence[tuple[Any, int]], device: torch.device) -> dict[str, Tensor]:
        """Number of each pair's label: `gold`, (pairs,)."""
        return {"gold": label_numbers(places, device)}

    def outcome(self, model: nn.Module, batch: Batch, targets: Mapping[str, Tensor], autocast: Autocast) -> Outcome:
        """See `label_loss`."""
        with autocast():
            logits = label_head_of(model).logits(model, batch.inputs, batch.lengths, packed=batch.packed)
        return Outcome(label_loss(logits, targets["gold"]), (logits,))

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
        """See `label_candidates`."""
        return label_candidates(model, questions, batcher, self.task.labels, share=share, autocast=autocast)

    def usage(self, lengths: Lengths) -> str:
        """See `usage`."""
        return usage(_pairs(lengths), self.task.words)

    def _made_with(self, lengths: Lengths) -> dict[str, Any]:
        return {"labels": self.task.labels, "max_length": _pairs(lengths).max_length}


def _pairs(lengths: Lengths) -> PairSettings:
    assert isinstance(lengths, PairSettings), "a classification head reads pairs"
    return lengths
