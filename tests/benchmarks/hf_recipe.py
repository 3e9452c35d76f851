"""The reference: question answering as a user of `transformers` would train and run it.

The steps and defaults are those of the library's own question-answering example (`run_qa.py`), written for the
installed version, neither weakened nor tuned:

- windows of 384 tokens, 128 of them shared, every one padded to 384;
- `Trainer` with the defaults of `TrainingArguments` (for the installed version: fused AdamW, betas 0.9 and 0.999,
  no weight decay, linear learning-rate schedule without warm-up, gradients clipped at 1, float32, 8 windows to an
  evaluation batch, no loader processes); dropout and attention as the checkpoint and the library set them;
- answers from the 20 best start and the 20 best end logits of a window, at most 30 tokens long.

Progress bars, logging and checkpoints are switched off: they take time and do not matter here. One flaw of the example
is fixed in the reference's favour: a label is not moved to the padding when an answer begins in a window's last token.
"""

from __future__ import annotations

import contextlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from xlingual import metrics
from xlingual.data.examples import Example

N_BEST = 20


def load_model(checkpoint: str, seed: int) -> Any:
    """Load an encoder with a span head in float32; the seed decides a head that the checkpoint lacks."""
    import torch
    from transformers import AutoModelForQuestionAnswering, set_seed

    set_seed(seed)
    with _quiet():
        return AutoModelForQuestionAnswering.from_pretrained(checkpoint, dtype=torch.float32)


def load_tokenizer(checkpoint: str) -> Any:
    """Load the checkpoint's fast tokenizer."""
    from transformers import AutoTokenizer

    with _quiet():
        return AutoTokenizer.from_pretrained(checkpoint)


def as_dataset(examples: Sequence[Example]) -> Any:
    """Examples as the columns that the example's functions read: id, question, context, answers."""
    from datasets import Dataset

    rows = [
        {
            "id": example.id,
            "question": example.question,
            "context": example.context,
            "answers": {"text": list(example.answers), "answer_start": list(example.answer_starts)},
        }
        for example in examples
    ]
    return Dataset.from_list(rows)


def _tokenized(batch: Mapping[str, list[Any]], tokenizer: Any, max_length: int, stride: int) -> Any:
    return tokenizer(
        [question.lstrip() for question in batch["question"]],
        batch["context"],
        truncation="only_second",
        max_length=max_length,
        stride=stride,
        return_overflowing_tokens=True,
        return_offsets_mapping=True,
        padding="max_length",
    )


def train_features(dataset: Any, tokenizer: Any, *, max_length: int, stride: int) -> Any:
    """Windows with the token positions of the first answer; a window without the whole answer points to its first."""

    def prepare(batch: Mapping[str, list[Any]]) -> Any:
        encoded = _tokenized(batch, tokenizer, max_length, stride)
        owners = encoded.pop("overflow_to_sample_mapping")
        offset_mapping = encoded.pop("offset_mapping")
        labels = [
            _label(offsets, encoded.sequence_ids(window), batch["answers"][owners[window]])
            for window, offsets in enumerate(offset_mapping)
        ]
        encoded["start_positions"] = [start for start, _ in labels]
        encoded["end_positions"] = [end for _, end in labels]
        return encoded

    with _quiet():
        return dataset.map(prepare, batched=True, remove_columns=dataset.column_names)


def _label(
    offsets: Sequence[tuple[int, int]], parts: Sequence[int | None], answers: Mapping[str, list[Any]]
) -> tuple[int, int]:
    """First and last token of the first answer in a window; (0, 0), the first special token, when it is not whole."""
    context = [place for place, part in enumerate(parts) if part == 1]
    if not answers["answer_start"] or not context:
        return 0, 0
    begin = answers["answer_start"][0]
    end = begin + len(answers["text"][0])
    first, last = context[0], context[-1]
    if offsets[first][0] > begin or offsets[last][1] < end:
        return 0, 0
    while first < context[-1] and offsets[first + 1][0] <= begin:
        first += 1
    while last > context[0] and offsets[last - 1][1] >= end:
        last -= 1
    return first, last


def validation_features(dataset: Any, tokenizer: Any, *, max_length: int, stride: int) -> Any:
    """Windows with the id of their question and the offsets of their context tokens (None elsewhere)."""

    def prepare(batch: Mapping[str, list[Any]]) -> Any:
        encoded = _tokenized(batch, tokenizer, max_length, stride)
        owners = encoded.pop("overflow_to_sample_mapping")
        encoded["example_id"] = [batch["id"][owner] for owner in owners]
        encoded["offset_mapping"] = [
            [offset if part == 1 else None for offset, part in zip(offsets, encoded.sequence_ids(window), strict=True)]
            for window, offsets in enumerate(encoded["offset_mapping"])
        ]
        return encoded

    with _quiet():
        return dataset.map(prepare, batched=True, remove_columns=dataset.column_names)


def make_trainer(model: Any, folder: Path | str, features: Any = None, **arguments: Any) -> Any:
    """A `Trainer` with the library's defaults; `arguments` are the few things that a comparison must fix."""
    from transformers import Trainer, TrainingArguments, default_data_collator
    from transformers.trainer_callback import PrinterCallback

    settings = TrainingArguments(
        output_dir=str(folder), save_strategy="no", logging_strategy="no", disable_tqdm=True, **arguments
    )
    trainer = Trainer(model=model, args=settings, train_dataset=features, data_collator=default_data_collator)
    trainer.remove_callback(PrinterCallback)
    return trainer


def train(trainer: Any) -> None:
    """Train to the last update."""
    with _quiet():
        trainer.train()


def answer(
    trainer: Any, tokenizer: Any, examples: Sequence[Example], *, max_length: int, stride: int, max_answer_length: int
) -> dict[str, str]:
    """From text to answers: tokenise, predict, post-process. Question id -> answer."""
    dataset = as_dataset(examples)
    features = validation_features(dataset, tokenizer, max_length=max_length, stride=stride)
    with _quiet():
        predicted = trainer.predict(features)
    start_logits, end_logits = predicted.predictions
    return postprocess(dataset, features, start_logits, end_logits, max_answer_length=max_answer_length)


def postprocess(
    examples: Any,
    features: Any,
    start_logits: np.ndarray,
    end_logits: np.ndarray,
    *,
    max_answer_length: int = 30,
    n_best: int = N_BEST,
) -> dict[str, str]:
    """Convert logits to one answer per question.

    Args:
        examples: rows with id and context.
        features: rows with example_id and offset_mapping, in the order of the logits.
        start_logits: (windows, tokens).
        end_logits: (windows, tokens).
        max_answer_length: longest answer, in tokens.
        n_best: starts and ends of a window that are combined.

    Returns:
        question id -> the text of the best span of all of its windows; "empty" when there is none, as the example does.
    """
    windows: dict[str, list[int]] = defaultdict(list)
    for index, owner in enumerate(features["example_id"]):
        windows[owner].append(index)
    answers = {}
    for example in examples:
        spans: list[tuple[float, int, int]] = []
        for index in windows[example["id"]]:
            offsets = features[index]["offset_mapping"]
            spans += _spans(start_logits[index], end_logits[index], offsets, max_answer_length, n_best)
        best = sorted(spans, key=lambda span: span[0], reverse=True)[:n_best]
        answers[example["id"]] = example["context"][best[0][1] : best[0][2]] if best else "empty"
    return answers


def _spans(
    start_logits: np.ndarray,
    end_logits: np.ndarray,
    offsets: Sequence[Sequence[int] | None],
    max_answer_length: int,
    n_best: int,
) -> Iterator[tuple[float, int, int]]:
    """Score, first and past-last character of the spans between a window's best starts and best ends."""
    starts = np.argsort(start_logits)[-1 : -n_best - 1 : -1].tolist()
    ends = np.argsort(end_logits)[-1 : -n_best - 1 : -1].tolist()
    for start in starts:
        for end in ends:
            outside = max(start, end) >= len(offsets) or not offsets[start] or not offsets[end]
            if outside or end < start or end - start + 1 > max_answer_length:
                continue
            yield float(start_logits[start] + end_logits[end]), offsets[start][0], offsets[end][1]


def scores(examples: Sequence[Example], answers: Mapping[str, str]) -> dict[str, float]:
    """Mean exact match and F1 in percent, by SQuAD v1.1's script."""
    return {
        "exact_match": 100 * float(np.mean([metrics.exact_match(answers[e.id], e.answers) for e in examples])),
        "f1": 100 * float(np.mean([metrics.f1(answers[e.id], e.answers) for e in examples])),
    }


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """No bars and no load reports."""
    import datasets

    from xlingual.models.encoder import quiet_transformers

    shown = datasets.is_progress_bar_enabled()
    datasets.disable_progress_bars()
    try:
        with quiet_transformers():
            yield
    finally:
        if shown:
            datasets.enable_progress_bars()
