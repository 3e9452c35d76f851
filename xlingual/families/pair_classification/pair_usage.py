"""Code that loads an exported model in plain `transformers` and labels a pair, as its model card shows it."""

from __future__ import annotations

from collections.abc import Mapping

from xlingual.study import PairSettings

_CODE = """\
import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

directory = "."  # the folder that holds this file
tokenizer = AutoTokenizer.from_pretrained(directory)
model = AutoModelForSequenceClassification.from_pretrained(directory).eval()


def answer(first, second):
    inputs = tokenizer(first, second, truncation="longest_first", max_length={max_length}, return_tensors="pt")
    if (getattr(model.config, "type_vocab_size", 0) or 0) < 2:  # it does not tell the sentences apart by types
        inputs.pop("token_type_ids", None)
    with torch.inference_mode():
        logits = model(**inputs).logits[0]
    return model.config.id2label[int(logits.argmax())]{meaning}


print(answer("The house is green.", "The car is blue."))
"""


def usage(pairs: PairSettings, words: Mapping[str, str]) -> str:
    """Python code whose function `answer(first, second)` gives the label that scoring a model gives.

    Args:
        pairs: lengths of its inputs.
        words: from each label to its word, which tells what a label that is a number means.
    """
    said = ", ".join(f'"{label}" is {word}' for label, word in words.items() if label.isdecimal())
    return _CODE.format(**pairs.model_dump(), meaning=f"  # {said}" if said else "")
