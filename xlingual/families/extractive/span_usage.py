"""Code that loads an exported model in plain `transformers` and answers with it, as its model card shows it."""

from __future__ import annotations

from xlingual.study import WindowSettings

_CODE = """\
import torch
from transformers import AutoModelForQuestionAnswering, AutoTokenizer

directory = "."  # the folder that holds this file
tokenizer = AutoTokenizer.from_pretrained(directory)
model = AutoModelForQuestionAnswering.from_pretrained(directory).eval()


def answer(question, context):
    windows = tokenizer(
        question, context, truncation="only_second", max_length={max_length}, stride={stride}, padding=True,
        padding_side="right", return_overflowing_tokens=True, return_offsets_mapping=True, return_tensors="pt",
    )
    del windows["overflow_to_sample_mapping"]
    offsets = windows.pop("offset_mapping")
    if (getattr(model.config, "type_vocab_size", 0) or 0) < 2:  # it does not tell questions from contexts by types
        windows.pop("token_type_ids", None)
    with torch.inference_mode():
        output = model(**windows)
    context_tokens = torch.tensor([[part == 1 for part in windows.sequence_ids(i)] for i in range(len(offsets))])
    starts = output.start_logits.masked_fill(~context_tokens, -torch.inf)
    ends = output.end_logits.masked_fill(~context_tokens, -torch.inf)
    spans = starts[:, :, None] + ends[:, None, :]
    allowed = torch.ones_like(spans, dtype=torch.bool).triu().tril({longest})  # at most {max_answer_tokens} tokens
    spans = spans.masked_fill(~allowed, -torch.inf)
    window, start, end = torch.unravel_index(spans.argmax(), spans.shape)
    return context[offsets[window, start, 0] : offsets[window, end, 1]].strip()


print(answer("What colour is the house?", "The house is green and the car is blue."))
"""


def usage(windows: WindowSettings) -> str:
    """Python code whose function `answer(question, context)` gives what scoring a model gives.

    The sums of two logits may differ in their last bits, as questions lie in other batches there. A question of more
    than half a window loses its end in scoring, which this leaves out.
    """
    return _CODE.format(**windows.model_dump(), longest=windows.max_answer_tokens - 1)
