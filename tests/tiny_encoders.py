"""Tiny encoders with a tokenizer of pieces, so that words have several segmentations."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import torch
from tiny_task import questions
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from torch import nn
from transformers import (
    BertConfig,
    BertForQuestionAnswering,
    DebertaV2Config,
    DebertaV2ForQuestionAnswering,
    PreTrainedTokenizerFast,
    RemBertConfig,
    RemBertForQuestionAnswering,
    XLMRobertaConfig,
    XLMRobertaForQuestionAnswering,
)

from xlingual.models.encoder import quiet_transformers

BERT = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
XLM_ROBERTA = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")
SIZE = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 64,
    "max_position_embeddings": 64,
}


def write_bert(directory: Path, others: Iterable[str]) -> None:
    """A tiny BERT without a span head, with dropout; `others` are words besides those of the tiny task."""
    size = _write_tokenizer_of_bert(directory, others)
    _save(BertForQuestionAnswering(BertConfig(vocab_size=size, **SIZE)), directory)


def write_deberta(directory: Path, others: Iterable[str]) -> None:
    """The same as a tiny DeBERTa with the settings of mDeBERTa-v3."""
    size = _write_tokenizer_of_bert(directory, others)
    config = DebertaV2Config(
        vocab_size=size, type_vocab_size=0, relative_attention=True, position_buckets=8, norm_rel_ebd="layer_norm",
        share_att_key=True, pos_att_type=["p2c", "c2p"], max_relative_positions=-1, position_biased_input=False,
        pooler_hidden_size=SIZE["hidden_size"], **SIZE,
    )  # fmt: skip
    _save(DebertaV2ForQuestionAnswering(config), directory)


def write_rembert(directory: Path, others: Iterable[str]) -> None:
    """The same as a tiny RemBERT, whose word embeddings are narrower than its layers."""
    size = _write_tokenizer_of_bert(directory, others)
    config = RemBertConfig(vocab_size=size, input_embedding_size=12, output_embedding_size=24, **SIZE)
    _save(RemBertForQuestionAnswering(config), directory)


def write_xlm_roberta(directory: Path, others: Iterable[str]) -> None:
    """The same as a tiny XLM-R: two separators in a pair, one token type, positions counted from the padding id."""
    pieces = [*((name, 0.0) for name in XLM_ROBERTA), *_pieces(others)]
    names = (XLM_ROBERTA[1], XLM_ROBERTA[3], XLM_ROBERTA[0], XLM_ROBERTA[2], XLM_ROBERTA[4])
    _write_tokenizer(directory, pieces, names, "<s> $A </s>", "<s> $A </s> </s> $B </s>")
    torch.manual_seed(0)
    config = XLMRobertaConfig(
        vocab_size=len(pieces), type_vocab_size=1, bos_token_id=0, pad_token_id=1, eos_token_id=2, **SIZE
    )
    _save(XLMRobertaForQuestionAnswering(config), directory)


def _write_tokenizer_of_bert(directory: Path, others: Iterable[str]) -> int:
    """Write it, return the size of its vocabulary, and seed the weights."""
    pieces = [*((name, 0.0) for name in BERT), *_pieces(others)]
    _write_tokenizer(directory, pieces, BERT, "[CLS] $A [SEP]", "[CLS] $A [SEP] $B:1 [SEP]:1")
    torch.manual_seed(0)
    return len(pieces)


def _pieces(others: Iterable[str]) -> list[tuple[str, float]]:
    """Every word as one piece, and its letters, which are slightly less likely in total."""
    words = {word for e in questions(60) for word in f"{e.question} {e.context}".split()} | set(others)
    letters = sorted({letter for word in words for letter in word})
    likely = [(f"▁{word}", -3.0) for word in sorted(words)]
    return [*likely, ("▁", -1.6), *((letter, -1.6) for letter in letters)]


def _write_tokenizer(
    directory: Path, pieces: list[tuple[str, float]], special: Sequence[str], single: str, pair: str
) -> None:
    """Special tokens in the order padding, unknown, first, last, mask."""
    ids = {name: place for place, (name, _) in enumerate(pieces)}
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=ids[special[1]], byte_fallback=False))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single=single, pair=pair, special_tokens=[(name, ids[name]) for name in special[2:4]]
    )
    names = ("pad_token", "unk_token", "cls_token", "sep_token", "mask_token")
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, **dict(zip(names, special, strict=True))).save_pretrained(
        directory
    )


def _save(model: nn.Module, directory: Path) -> None:
    state = {name: tensor for name, tensor in model.state_dict().items() if not name.startswith("qa_outputs")}
    with quiet_transformers():
        model.save_pretrained(directory, state_dict=state)  # type: ignore[operator]
