"""The text-to-text model of a toy world: a tiny mT5 checkpoint (arXiv 2010.11934) initialised to copy.

It has the encoder's word embeddings (`toy_encoder.py`), including the deviations of the languages. Its other weights
are random, except for what takes long to learn from scratch (mimetic initialisation, Trockman and Kolter, ICML 2023,
arXiv 2305.09828; after 200 updates, English F1 was below 30 without it and above 90 with it):

- Query and key matrices are equal and orthogonal: tokens attend to similar tokens, also from decoder to context.
- One head of the encoder's first layer attends to the previous token, which gives the order of an answer's words.
- Cross-attention passes what it attends to unchanged to a head that is tied to the word embeddings.

What is asked for, and where an answer ends, has to be learned.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from xlingual.data.toy.text_tokenizer import NAMED_TOKENS
from xlingual.data.toy.toy_encoder import HEADS, INTERMEDIATE, LAYERS, WEIGHT_DEVIATION, WIDTH, Matrix
from xlingual.data.toy.world import ToyWorld
from xlingual.records.files import follow_umask

LOOK_ALIKE = 0.4
"""Half the encoder's: T5 does not divide products of queries and keys by the square root of the head width, 4."""

BUCKETS = 32
BEFORE = 1
"""The relative position bucket of the previous token."""

LOOKS_BEFORE = 4.0
SHARPNESS = 0.3
"""Weight of the decoder's last norm, which scales all logits. At 1, training first has to undo confident guesses."""


def write_text_to_text(directory: Path, world: ToyWorld, words: Matrix) -> None:
    """Write config.json and model.safetensors; word embeddings are those of the named tokens, then `words`."""
    generator = world.generator("text-to-text model")
    named = [world.generator(f"part text-to-text token {token}").standard_normal(WIDTH) for token in NAMED_TOKENS]
    table = np.concatenate([np.stack(named).astype(np.float32), words])
    weights = {"shared.weight": table, **_encoder(generator), **_decoder(generator)}
    save_file(weights, directory / "model.safetensors", metadata={"format": "pt"})
    text = json.dumps(_configuration(len(table)), indent=2)
    (directory / "config.json").write_bytes(text.encode() + b"\n")
    follow_umask(directory)


def _encoder(generator: np.random.Generator) -> dict[str, Matrix]:
    weights: dict[str, Matrix] = {"encoder.final_layer_norm.weight": _ones()}
    for number in range(LAYERS):
        name = f"encoder.block.{number}.layer"
        weights |= _block(f"{name}.0", "SelfAttention", _attention(generator))
        weights |= _feed_forward(f"{name}.1", generator)
    return weights | _positions("encoder", generator, LOOKS_BEFORE)


def _decoder(generator: np.random.Generator) -> dict[str, Matrix]:
    weights: dict[str, Matrix] = {"decoder.final_layer_norm.weight": SHARPNESS * _ones()}
    for number in range(LAYERS):
        name = f"decoder.block.{number}.layer"
        weights |= _block(f"{name}.0", "SelfAttention", _attention(generator))
        weights |= _block(f"{name}.1", "EncDecAttention", _copying(generator))
        weights |= _feed_forward(f"{name}.2", generator)
    return weights | _positions("decoder", generator, 0.0)


def _attention(generator: np.random.Generator) -> dict[str, Matrix]:
    alike = LOOK_ALIKE * _orthogonal(generator)
    return {"q": alike, "k": alike.copy(), "v": _normal(generator, WIDTH), "o": _normal(generator, WIDTH)}


def _copying(generator: np.random.Generator) -> dict[str, Matrix]:
    """Attention that passes values on unchanged: the output matrix inverts the value matrix."""
    seen = _orthogonal(generator)
    alike = LOOK_ALIKE * seen
    return {"q": alike, "k": alike.copy(), "v": seen, "o": np.ascontiguousarray(seen.T)}


def _block(name: str, kind: str, matrices: dict[str, Matrix]) -> dict[str, Matrix]:
    weights = {f"{name}.{kind}.{letter}.weight": matrix for letter, matrix in matrices.items()}
    return weights | {f"{name}.layer_norm.weight": _ones()}


def _feed_forward(name: str, generator: np.random.Generator) -> dict[str, Matrix]:
    return {
        f"{name}.DenseReluDense.wi_0.weight": _normal(generator, INTERMEDIATE),
        f"{name}.DenseReluDense.wi_1.weight": _normal(generator, INTERMEDIATE),
        f"{name}.DenseReluDense.wo.weight": np.ascontiguousarray(_normal(generator, INTERMEDIATE).T),
        f"{name}.layer_norm.weight": _ones(),
    }


def _positions(stack: str, generator: np.random.Generator, before: float) -> dict[str, Matrix]:
    """Relative position biases of each head, (BUCKETS, HEADS); `before` draws the first to the previous token."""
    biases = (WEIGHT_DEVIATION * generator.standard_normal((BUCKETS, HEADS))).astype(np.float32)
    biases[BEFORE, 0] += before
    return {f"{stack}.block.0.layer.0.SelfAttention.relative_attention_bias.weight": biases}


def _orthogonal(generator: np.random.Generator) -> Matrix:
    return np.linalg.qr(generator.standard_normal((WIDTH, WIDTH)))[0].astype(np.float32)


def _normal(generator: np.random.Generator, rows: int) -> Matrix:
    return (WEIGHT_DEVIATION * generator.standard_normal((rows, WIDTH))).astype(np.float32)


def _ones() -> Matrix:
    return np.ones(WIDTH, np.float32)


def _configuration(vocabulary: int) -> dict[str, object]:
    """The content of config.json. No dropout, as in the encoder."""
    return {
        "architectures": ["MT5ForConditionalGeneration"],
        "model_type": "mt5",
        "vocab_size": vocabulary,
        "d_model": WIDTH,
        "d_kv": WIDTH // HEADS,
        "d_ff": INTERMEDIATE,
        "num_layers": LAYERS,
        "num_decoder_layers": LAYERS,
        "num_heads": HEADS,
        "relative_attention_num_buckets": BUCKETS,
        "feed_forward_proj": "gated-gelu",
        "dropout_rate": 0.0,
        "is_encoder_decoder": True,
        "tie_word_embeddings": True,
        "pad_token_id": NAMED_TOKENS.index("<pad>"),
        "eos_token_id": NAMED_TOKENS.index("</s>"),
        "decoder_start_token_id": NAMED_TOKENS.index("<pad>"),
    }
