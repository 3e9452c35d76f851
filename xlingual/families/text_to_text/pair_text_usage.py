"""Code that loads an exported model in plain `transformers` and labels a pair, as its model card shows it."""

from __future__ import annotations

import json

from xlingual.study import TextToTextSettings
from xlingual.tokens.pair_sequences import PairPrompt

_CODE = """\
import torch
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

directory = "."  # the folder that holds this file
tokenizer = AutoTokenizer.from_pretrained(directory)
model = AutoModelForSeq2SeqLM.from_pretrained(directory).eval()
sentinels = {{number for token, number in tokenizer.get_vocab().items() if "<extra_id_" in token}}
template = {template}
labels = {labels}


def answer(first, second):
    text = template.format(first=first, second=second)
    inputs = tokenizer(text, truncation=True, max_length={max_input_tokens}, return_tensors="pt")
    with torch.inference_mode():
        written = model.generate(
            input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"],
            max_new_tokens={max_answer_tokens}, num_beams=1, do_sample=False,
        )
    kept = [number for number in written[0].tolist() if number not in sentinels]
    text = tokenizer.decode(kept, skip_special_tokens=True).strip()
    return labels.get(text.lower(), text)  # a text that is no label stays as it is


print(answer("The house is green.", "The car is blue."))
"""


def usage(texts: TextToTextSettings, prompt: PairPrompt) -> str:
    """Python code whose function `answer(first, second)` gives what scoring a model gives.

    A pair that is too long loses the end of its second sentence there, and of the longer one in scoring.
    """
    labels = {name.lower(): label for label, word in prompt.words.items() for name in (label, word)}
    said = {
        "template": json.dumps(prompt.template, ensure_ascii=False),
        "labels": json.dumps(labels, ensure_ascii=False),
    }
    return _CODE.format(**said, **texts.model_dump())
