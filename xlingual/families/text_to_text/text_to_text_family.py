"""Encoders with a decoder that answer by writing text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from xlingual.data.augmentation.lexicon import Lexicons
from xlingual.errors import DataError, ModelError
from xlingual.families.batches import Batch, Batcher
from xlingual.families.family import Advice, Autocast
from xlingual.families.scoring_set import ScoringSet
from xlingual.families.text_to_text.batcher import TextBatcher
from xlingual.families.text_to_text.generation import written_answers
from xlingual.families.text_to_text.illegal_answers import classify_illegal
from xlingual.families.text_to_text.target_loss import text_loss, text_targets, token_weights
from xlingual.families.text_to_text.text_usage import usage
from xlingual.models.host_masks import decides_masks
from xlingual.models.outcome import Outcome
from xlingual.models.text_to_text import (
    check_text_to_text,
    load_text_to_text,
    load_text_tokenizer,
    reads_bytes,
    text_to_text_notes,
)
from xlingual.study import FamilyDefaults, Lengths, StudyLengths, TextToTextSettings
from xlingual.study.optimizers import ADAFACTOR
from xlingual.tasks import Candidates
from xlingual.tokens.feature_store import Examples, stored_sequences
from xlingual.tokens.rewritable import RewritableSequences
from xlingual.tokens.sequence_cutter import SequenceCutter, make_sequences
from xlingual.tokens.sequence_maker import SequenceMaker
from xlingual.tokens.sequences import Sequences

K = TypeVar("K")

USUAL = TextToTextSettings(max_input_tokens=1024, max_target_tokens=128, max_answer_tokens=64)
"""mT5 was fine-tuned on XQuAD with inputs of 1,024 tokens (its `finetune_mt5_tasks.sh`)."""

USUAL_BYTES = TextToTextSettings(max_input_tokens=4096, max_target_tokens=512, max_answer_tokens=512)
"""Four bytes for each of these tokens; the longest answer of XQuAD takes 415."""

ENOUGH = 64
"""Tokens that leave room for a question and a context whatever the tokenizer: the prompt has 20 characters."""


class TextToText:
    """T5, mT5, umT5 and ByT5: `question: ... context: ...` in, the answer out (arXiv 1910.10683, 2010.11934)."""

    lengths: ClassVar[type[Lengths]] = TextToTextSettings
    name: ClassVar[str] = TextToTextSettings.family
    answers_by: ClassVar[str] = "writes its answers"
    learns_from: ClassVar[str] = "Questions with answers"
    pipeline: ClassVar[str] = "question-answering"
    objective: ClassVar[str] = TextToTextSettings.answers
    recipes: ClassVar[tuple[str, ...]] = ("passage", "contrastive", "generation")

    def traits(self, directory: Path, lengths: StudyLengths) -> FamilyDefaults:
        """Adafactor at a constant rate without weight decay; lengths that are left open are those of T5, or of ByT5."""
        usual = self.usual_lengths(directory).model_dump()
        said = {name: value for name, value in lengths.text_to_text.model_dump().items() if value is not None}
        return FamilyDefaults(TextToTextSettings(**(usual | said)), ADAFACTOR.name, "constant", 0.0)

    def served_recipes(self, directory: Path) -> tuple[str, ...]:
        """Models that read bytes have no fast tokenizer, which lays pairs out."""
        return tuple(one for one in self.recipes if one != "contrastive" or not reads_bytes(directory))

    def advice(self, directory: Path) -> Advice:
        """What T5 and mT5 were fine-tuned with; in fp16 their activations overflow, so it is not offered."""
        source = "T5, arXiv 1910.10683 section 3.1.2, and mT5, arXiv 2010.11934: Adafactor at a constant 1e-3"
        return Advice((1e-4, 2e-3), ("fp32", "tf32", "bf16"), source)

    def usual_lengths(self, directory: Path) -> TextToTextSettings:
        """Lengths by the kind of tokens: pieces of words, or bytes."""
        return USUAL_BYTES if reads_bytes(directory) else USUAL

    def check(self, directory: Path, lengths: Lengths) -> None:
        """Positions are relative, so no input is too long; but it needs room for its texts."""
        check_text_to_text(directory)
        texts = text_lengths(lengths)
        if (texts.max_input_tokens or 0) >= ENOUGH:
            return
        try:
            self._cutter(self.tokenizer(directory), texts.max_input_tokens or 0, texts.max_target_tokens)
        except DataError as error:
            raise ModelError(f"model {directory}: {error}") from None

    def notes(self, directory: Path, tokenizer: Any) -> list[str]:
        """See `text_to_text_notes`."""
        return text_to_text_notes(directory, tokenizer)

    def load(self, directory: Path, seed: int, *, trained_head: bool = False) -> nn.Module:
        """See `load_text_to_text`: no weight is drawn, so `seed` is unused."""
        return load_text_to_text(directory)

    def tokenizer(self, directory: Path) -> Any:
        """See `load_text_tokenizer`."""
        return load_text_tokenizer(directory)

    def inputs(self, tokenizer: Any, examples: Iterable[Any], lengths: Lengths, *, targets: bool) -> Sequences:
        """See `make_sequences`."""
        return make_sequences(tokenizer, examples, **lengths_of_sequences(lengths, targets))

    def stored_inputs(
        self,
        folder: Path,
        tokenizer: Any,
        fingerprint: str,
        examples: Examples[Any],
        lengths: Lengths,
        *,
        targets: bool,
    ) -> Sequences:
        """See `stored_sequences`."""
        return stored_sequences(folder, tokenizer, fingerprint, examples, **lengths_of_sequences(lengths, targets))

    def rewritable(
        self, inputs: Any, tokenizer: Any, examples: Sequence[Any], lexicons: Lexicons, lengths: Lengths
    ) -> RewritableSequences:
        """See `RewritableSequences.of`."""
        return RewritableSequences.of(inputs, examples, tokenizer, lexicons, **lengths_of_sequences(lengths, True))

    def batcher(
        self,
        model: nn.Module,
        pad_token: int,
        device: torch.device,
        encode: Callable[[NDArray[Any]], NDArray[Any]] | None = None,
        *,
        packs: bool = True,
    ) -> Batcher:
        """See `TextBatcher`."""
        bare = packs and decides_masks(model)
        return TextBatcher(model, pad_token, device, None, encode, bare, "relative positions run across a row")

    def targets(self, places: Sequence[tuple[Any, int]], device: torch.device) -> dict[str, Tensor]:
        """See `text_targets`; training adds `weights`, (sequences,): of each token of a sequence."""
        return text_targets(places, device)

    def outcome(self, model: nn.Module, batch: Batch, targets: Mapping[str, Tensor], autocast: Autocast) -> Outcome:
        """See `text_loss` and `token_weights`."""
        labels, asked = targets["labels"], targets["asked"]
        weights = token_weights(targets)
        with autocast():
            shifted = model._shift_right(labels)  # type: ignore[operator]
            output = model(**batch.inputs, decoder_input_ids=shifted, use_cache=False)
        logits = output.logits.flatten(0, 1)[asked].float()
        return Outcome(text_loss(logits, labels.flatten()[asked], weights), (logits,), weights)

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
        """See `written_answers`."""
        most = text_lengths(lengths).max_answer_tokens
        assert most is not None, "a family fills lengths in"
        return written_answers(model, questions, batcher, max_answer_tokens=most, share=share, autocast=autocast)

    def usage(self, lengths: Lengths) -> str:
        """See `usage`."""
        return usage(text_lengths(lengths))

    def row_extras(self, example: Any, prediction: str) -> dict[str, Any]:
        """See `classify_illegal`."""
        return classify_illegal(example.context, prediction)

    def _cutter(self, tokenizer: Any, max_input_tokens: int, max_target_tokens: int | None) -> SequenceMaker:
        return SequenceCutter.of(tokenizer, max_input_tokens, max_target_tokens)


def text_lengths(lengths: Lengths) -> TextToTextSettings:
    """Lengths as those of texts."""
    assert isinstance(lengths, TextToTextSettings), "a text-to-text model has lengths of texts"
    return lengths


def lengths_of_sequences(lengths: Lengths, targets: bool) -> dict[str, Any]:
    """Most tokens of inputs and targets, by the names that the makers of sequences know them by."""
    texts = text_lengths(lengths)
    assert texts.max_input_tokens is not None and texts.max_target_tokens is not None, "a family fills lengths in"
    return {
        "max_input_tokens": texts.max_input_tokens,
        "max_target_tokens": texts.max_target_tokens if targets else None,
    }
