"""Encoders that point at a span of the context: two logits a token."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from xlingual.data.augmentation.lexicon import Lexicons
from xlingual.data.examples import Example
from xlingual.families.batches import Batch, Batcher
from xlingual.families.encoder_family import EncoderFamily
from xlingual.families.extractive.candidates import candidates
from xlingual.families.extractive.span_loss import span_loss
from xlingual.families.extractive.span_usage import usage
from xlingual.families.family import Advice, Autocast
from xlingual.families.scoring_set import ScoringSet
from xlingual.models.encoder import known_positions
from xlingual.models.encoder_head import SPAN_HEAD, EncoderHead
from xlingual.models.on_device import on_device
from xlingual.models.outcome import Outcome
from xlingual.study import FamilyDefaults, Lengths, StudyLengths, WindowSettings
from xlingual.tasks import Candidates
from xlingual.tokens.feature_store import Examples, stored_windows
from xlingual.tokens.rewritable import RewritableWindows
from xlingual.tokens.windows import Windows, make_windows

K = TypeVar("K")


class Extractive(EncoderFamily):
    """XLM-R, mBERT and whatever else `transformers` has a span head for (Devlin et al., NAACL 2019, section 4.2)."""

    lengths: ClassVar[type[Lengths]] = WindowSettings
    name: ClassVar[str] = WindowSettings.family
    answers_by: ClassVar[str] = "points at a span of the context"
    learns_from: ClassVar[str] = "Questions with answers"
    pipeline: ClassVar[str] = "question-answering"
    objective: ClassVar[str] = WindowSettings.answers
    recipes: ClassVar[tuple[str, ...]] = ("passage", "contrastive", "masked_language_model")

    @property
    def head(self) -> EncoderHead:
        """A start and an end."""
        return SPAN_HEAD

    def traits(self, directory: Path, lengths: StudyLengths) -> FamilyDefaults:
        """AdamW with linear decay, in the study's windows."""
        return FamilyDefaults(lengths.windows)

    def advice(self, directory: Path) -> Advice:
        """What BERT, XLM-R and RemBERT were fine-tuned with."""
        source = "XTREME's train_qa.sh: 3e-5; RemBERT, arXiv 2010.12821: 8e-6 to 3e-5"
        return Advice((5e-6, 1e-4), ("fp32", "tf32", "bf16"), source)

    def usual_lengths(self, directory: Path) -> WindowSettings:
        """Lengths of the usual recipe, as far as the checkpoint's positions reach."""
        usual = WindowSettings()
        longest = min(usual.max_length, known_positions(directory) or usual.max_length)
        return WindowSettings(max_length=longest, stride=min(usual.stride, longest // 3))

    def inputs(self, tokenizer: Any, examples: Iterable[Example], lengths: Lengths, *, targets: bool) -> Windows:
        """Windows of the questions' contexts, the same whether they are trained on or not."""
        windows = _windows(lengths)
        return make_windows(tokenizer, examples, max_length=windows.max_length, stride=windows.stride)

    def stored_inputs(
        self, folder: Path, tokenizer: Any, fingerprint: str, examples: Examples, lengths: Lengths, *, targets: bool
    ) -> Windows:
        """See `stored_windows`."""
        windows = _windows(lengths)
        return stored_windows(
            folder, tokenizer, fingerprint, examples, max_length=windows.max_length, stride=windows.stride
        )

    def rewritable(
        self, inputs: Any, tokenizer: Any, examples: Sequence[Example], lexicons: Lexicons, lengths: Lengths
    ) -> RewritableWindows:
        """See `RewritableWindows.of`."""
        windows = _windows(lengths)
        return RewritableWindows.of(
            inputs, examples, tokenizer, lexicons, max_length=windows.max_length, stride=windows.stride
        )

    def targets(self, places: Sequence[tuple[Any, int]], device: torch.device) -> dict[str, Tensor]:
        """First and last token of the answer within each window: `gold`, (windows, 2)."""
        spans = np.array([[int(source.start[i]), int(source.end[i])] for source, i in places])
        return {"gold": on_device(spans, device)}

    def outcome(self, model: nn.Module, batch: Batch, targets: Mapping[str, Tensor], autocast: Autocast) -> Outcome:
        """See `span_loss`."""
        with autocast():
            output = model(**batch.inputs)
        starts, ends = batch.rows(output.start_logits), batch.rows(output.end_logits)
        return Outcome(span_loss(starts, ends, targets["gold"]), (starts, ends))

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
        """See `candidates`."""
        longest = _windows(lengths).max_answer_tokens
        return candidates(model, questions, batcher, max_answer_tokens=longest, share=share, autocast=autocast)

    def usage(self, lengths: Lengths) -> str:
        """See `usage`."""
        return usage(_windows(lengths))


def _windows(lengths: Lengths) -> WindowSettings:
    assert isinstance(lengths, WindowSettings), "a span head answers in windows"
    return lengths
