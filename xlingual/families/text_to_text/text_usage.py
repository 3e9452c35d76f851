"""Code that loads an exported model in plain `transformers` and answers with it, as its model card shows it."""

from __future__ import annotations

from xlingual.study import TextToTextSettings

_CODE = """\
import torch
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

directory = "."  # the folder that holds this file
tokenizer = AutoTokenizer.from_pretrained(directory)
model = AutoModelForSeq2SeqLM.from_pretrained(directory).eval()
sentinels = {{number for token, number in tokenizer.get_vocab().items() if "<extra_id_" in token}}


def answer(question, context):
    text = f"question: {{question}} context: {{context}}"
    inputs = tokenizer(text, truncation=True, max_length={max_input_tokens}, return_tensors="pt")
    with torch.inference_mode():
        written = model.generate(
            input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"],
            max_new_tokens={max_answer_tokens}, num_beams=1, do_sample=False,
        )
    kept = [number for number in written[0].tolist() if number not in sentinels]
    return tokenizer.decode(kept, skip_special_tokens=True).strip()


print(answer("What colour is the house?", "The house is green and the car is blue."))
"""


def usage(texts: TextToTextSettings) -> str:
    """Python code whose function `answer(question, context)` gives what scoring a model gives."""
    return _CODE.format(**texts.model_dump())
