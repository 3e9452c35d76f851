"""A task that a tiny encoder learns within a second: the colour of one of two things."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import BertConfig, BertForQuestionAnswering, PreTrainedTokenizerFast

from xlingual.data.examples import Example
from xlingual.models.encoder import quiet_transformers

COLOURS = ("red", "blue", "green", "black", "white")
THINGS = ("house", "car", "tree", "cat", "boat", "hat")
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")


def questions(count: int, offset: int = 0, language: str = "en") -> tuple[Example, ...]:
    """Questions about the colour of one of two things."""
    made = []
    for n in range(offset, offset + count):
        first, second = THINGS[n % 6], THINGS[(n + 1 + n // 6 % 5) % 6]
        colour, other = COLOURS[n % 5], COLOURS[(n * 3 + 1) % 5]
        context = f"the {first} is {colour} and the {second} is {other} ."
        start = context.index(f"is {colour}") + 3
        made.append(
            Example(str(n), f"which colour has the {first}", context, (colour,), (start,), language, "", str(n))
        )
    return tuple(made)


def write_checkpoint(directory: Path, *, mask: bool = False) -> Path:
    """A tiny BERT without a span head, and its word-level tokenizer, optionally with a mask token."""
    words = sorted({word for e in questions(60) for word in f"{e.question} {e.context}".split()})
    vocabulary = {word: index for index, word in enumerate((*SPECIAL, *words, *(["[MASK]"] if mask else [])))}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    special = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    special |= {"mask_token": "[MASK]"} if mask else {}
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, **special).save_pretrained(directory)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=64,
    )
    model = BertForQuestionAnswering(config)
    state = {name: tensor for name, tensor in model.state_dict().items() if not name.startswith("qa_outputs")}
    with quiet_transformers():
        model.save_pretrained(directory, state_dict=state)
    return directory


def squad(examples: Sequence[Example]) -> dict[str, Any]:
    """SQuAD format, five examples per article."""
    articles: dict[str, list[Any]] = {}
    for e in examples:
        answers = [
            {"text": text, "answer_start": start} for text, start in zip(e.answers, e.answer_starts, strict=True)
        ]
        paragraph = {"context": e.context, "qas": [{"id": e.id, "question": e.question, "answers": answers}]}
        articles.setdefault(f"article {int(e.id) // 5}", []).append(paragraph)
    return {"version": "1.1", "data": [{"title": title, "paragraphs": ps} for title, ps in articles.items()]}


def write_data(directory: Path, languages: Sequence[str] = ("en", "de", "es")) -> None:
    """Training data, a parallel test set and German FAQ pages, all in one made-up English."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "train.json").write_text(json.dumps(squad(questions(150))))
    (directory / "xquad").mkdir()
    for language in languages:
        (directory / "xquad" / f"xquad.{language}.json").write_text(json.dumps(squad(questions(20, 517))))
    (directory / "faq").mkdir()
    rows = [
        {
            "origin": "faq.example",
            "url": f"https://faq.example/{n // 5}",
            "question": e.question,
            "answer": f"{COLOURS[n % 5]} {THINGS[n % 6]} {THINGS[n // 3 % 6]}",
        }
        for n, e in enumerate(questions(60))
    ]
    (directory / "faq" / "deu.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
