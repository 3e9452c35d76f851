"""A tokenizer.json made of a SentencePiece model (Kudo & Richardson, EMNLP 2018) that cuts texts as that one does.

What `transformers` 5 makes of `spm.model` for DeBERTa-v2 leaves the model's normalisation out, and what it makes of
mT5's `spiece.model` knows no bytes: characters outside the vocabulary, which pretraining saw as their UTF-8 bytes
(arXiv 2010.11934, section 3.2), become unknown tokens. Both are in the SentencePiece model, and are put in here.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

from xlingual.models.encoder import load_tokenizer, quiet_transformers
from xlingual.records.files import write_json

_UNICODE_FORMS = ("NFC", "NFD", "NFKC", "NFKD")
_AT_THE_END = ("Strip", "WhitespaceSplit")
"""Strips white space from the end of a text."""


def write_piece_tokenizer(directory: Path) -> bool:
    """Write the tokenizer.json of a checkpoint that has a SentencePiece model alone; say whether it was needed.

    Special tokens and their positions are those that `transformers` gives the checkpoint's kind of model; all else
    is the SentencePiece model's. `tokenizer_config.json` then names the plain class that takes tokenizer.json as it is.

    Args:
        directory: of the checkpoint.

    Raises:
        ModelError: when `transformers` cannot make a tokenizer of it.
    """
    pieces = sorted(directory.glob("*.model"))
    if (directory / "tokenizer.json").exists() or len(pieces) != 1:
        return False
    tokenizer = load_tokenizer(directory)
    with quiet_transformers():
        tokenizer.save_pretrained(str(directory))
    layout = json.loads((directory / "tokenizer.json").read_text(encoding="utf-8"))
    write_json(directory / "tokenizer.json", _as_pieces(layout, _read(pieces[0])))
    settings = json.loads((directory / "tokenizer_config.json").read_text(encoding="utf-8"))
    names = list(tokenizer.model_input_names)
    write_json(
        directory / "tokenizer_config.json",
        settings | {"tokenizer_class": "PreTrainedTokenizerFast", "model_input_names": names},
    )
    return True


def _as_pieces(layout: dict[str, Any], pieces: Any) -> dict[str, Any]:
    """Put the normalisation and the bytes of a SentencePiece model into the layout of a tokenizer.json."""
    characters = pieces.normalizer_spec.precompiled_charsmap
    normalizer = layout["normalizer"] or {"normalizers": []}
    steps = normalizer.get("normalizers", [normalizer])
    if characters and not _has(steps, "Precompiled"):  # in place of other forms of Unicode
        table = {"type": "Precompiled", "precompiled_charsmap": base64.b64encode(characters).decode("ascii")}
        steps = [table, *(step for step in steps if step["type"] not in _UNICODE_FORMS)]
    if pieces.normalizer_spec.remove_extra_whitespaces and not _has([*steps, layout["pre_tokenizer"]], *_AT_THE_END):
        steps = [*steps, {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "}]
        steps = [*steps, {"type": "Strip", "strip_left": False, "strip_right": True}]
    layout = layout | {"normalizer": {"type": "Sequence", "normalizers": steps}}
    if pieces.trainer_spec.byte_fallback and layout["model"]["type"] == "Unigram":
        decoder = {"type": "Sequence", "decoders": [{"type": "ByteFallback"}, layout["decoder"]]}
        layout = layout | {"model": layout["model"] | {"byte_fallback": True}, "decoder": decoder}
    return layout


def _has(steps: list[Any], *types: str) -> bool:
    return any(f'"type": "{kind}"' in json.dumps(steps) for kind in types)


def _read(path: Path) -> Any:
    from sentencepiece import sentencepiece_model_pb2

    return sentencepiece_model_pb2.ModelProto.FromString(path.read_bytes())
