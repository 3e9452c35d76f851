"""The encoder of a toy world: a BERT checkpoint whose word embeddings encode the meaning of words.

A word's embedding is the vector of its concept, shared by all languages, plus a deviation that grows with the
language's distance from English: the imperfect alignment that robust training is meant to overcome (Huang et al., EMNLP
2021, arXiv 2104.08645). All other weights are random, except that the query and key matrices of a layer are equal and
orthogonal: tokens attend to similar tokens from the start, which saves most of the updates (inspired by the mimetic
initialisation of Trockman and Kolter, ICML 2023, arXiv 2305.09828). There is no span head: it is initialised by a
trial's seed.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file

from xlingual.data.toy.tokenizer import SPECIAL_TOKENS
from xlingual.data.toy.vocabularies import Word
from xlingual.data.toy.world import DISTANCES, ToyWorld
from xlingual.records.files import follow_umask

WIDTH = 64
LAYERS = 2
HEADS = 4
INTERMEDIATE = 128
POSITIONS = 128
WEIGHT_DEVIATION = 0.1
POSITION_DEVIATION = 0.2
LOOK_ALIKE = 0.8

Matrix = NDArray[np.float32]


def write_encoder(directory: Path, world: ToyWorld, words: Matrix) -> None:
    """Write config.json and model.safetensors; word embeddings are those of the special tokens, then `words`."""
    table = np.concatenate([special_embeddings(world), words])
    weights = {"embeddings.word_embeddings.weight": table, **_body(world.generator("encoder"))}
    save_file(weights, directory / "model.safetensors", metadata={"format": "pt"})
    text = json.dumps(_configuration(len(table)), indent=2)
    (directory / "config.json").write_bytes(text.encode() + b"\n")
    follow_umask(directory)


def word_embeddings(world: ToyWorld, words: Sequence[Word]) -> Matrix:
    """One row per word, (words, WIDTH): concept vector plus deviation; shared words have no deviation."""
    part = functools.cache(lambda name: _vector(world, f"part {name}"))  # languages share their words' parts
    concepts = np.stack([_concept([part(name) for name in word.parts]) for word in words])
    deviations = np.stack([_deviation(world, word) for word in words])
    return (concepts + deviations).astype(np.float32)


def special_embeddings(world: ToyWorld) -> Matrix:
    """One row per special token, (special tokens, WIDTH); padding is zero."""
    rows = [_vector(world, f"part special token {token}") for token in SPECIAL_TOKENS]
    return np.stack([np.zeros(WIDTH), *rows[1:]]).astype(np.float32)


def _concept(parts: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """The scaled sum of the parts' vectors; each component has standard deviation 1."""
    scaled: NDArray[np.float64] = np.sum(parts, axis=0) / np.sqrt(len(parts))
    return scaled


def _deviation(world: ToyWorld, word: Word) -> NDArray[np.float64]:
    """A random vector per word, scaled by the language's distance from English."""
    if not word.language:
        return np.zeros(WIDTH)
    direction = _vector(world, f"deviation {word.language} {word.text}")
    return world.misalignment * DISTANCES[word.language] * direction


def _vector(world: ToyWorld, name: str) -> NDArray[np.float64]:
    return world.generator(name).standard_normal(WIDTH)


def _body(generator: np.random.Generator) -> dict[str, Matrix]:
    """All weights except the word embeddings, by their name in `transformers`."""
    weights = {
        "embeddings.position_embeddings.weight": _normal(generator, (POSITIONS, WIDTH), POSITION_DEVIATION),
        "embeddings.token_type_embeddings.weight": _normal(generator, (2, WIDTH), WEIGHT_DEVIATION),
        **_layer_norm("embeddings.LayerNorm"),
    }
    for number in range(LAYERS):
        weights |= _layer(f"encoder.layer.{number}", generator)
    return weights


def _layer(name: str, generator: np.random.Generator) -> dict[str, Matrix]:
    look_alike = LOOK_ALIKE * np.linalg.qr(generator.standard_normal((WIDTH, WIDTH)))[0].astype(np.float32)
    return {
        **_linear(f"{name}.attention.self.query", look_alike),
        **_linear(f"{name}.attention.self.key", look_alike.copy()),
        **_linear(f"{name}.attention.self.value", _normal(generator, (WIDTH, WIDTH), WEIGHT_DEVIATION)),
        **_linear(f"{name}.attention.output.dense", _normal(generator, (WIDTH, WIDTH), WEIGHT_DEVIATION)),
        **_layer_norm(f"{name}.attention.output.LayerNorm"),
        **_linear(f"{name}.intermediate.dense", _normal(generator, (INTERMEDIATE, WIDTH), WEIGHT_DEVIATION)),
        **_linear(f"{name}.output.dense", _normal(generator, (WIDTH, INTERMEDIATE), WEIGHT_DEVIATION)),
        **_layer_norm(f"{name}.output.LayerNorm"),
    }


def _normal(generator: np.random.Generator, shape: tuple[int, int], deviation: float) -> Matrix:
    return (deviation * generator.standard_normal(shape)).astype(np.float32)


def _linear(name: str, weight: Matrix) -> dict[str, Matrix]:
    return {f"{name}.weight": weight, f"{name}.bias": np.zeros(len(weight), np.float32)}


def _layer_norm(name: str) -> dict[str, Matrix]:
    return {f"{name}.weight": np.ones(WIDTH, np.float32), f"{name}.bias": np.zeros(WIDTH, np.float32)}


def _configuration(vocabulary: int) -> dict[str, object]:
    """The content of config.json. No dropout: drawing its random numbers would take a third of a trial's time."""
    return {
        "architectures": ["BertModel"],
        "model_type": "bert",
        "vocab_size": vocabulary,
        "hidden_size": WIDTH,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS,
        "intermediate_size": INTERMEDIATE,
        "max_position_embeddings": POSITIONS,
        "type_vocab_size": 2,
        "pad_token_id": SPECIAL_TOKENS.index("[PAD]"),
        "initializer_range": WEIGHT_DEVIATION,
        "hidden_act": "gelu",
        "hidden_dropout_prob": 0.0,
        "attention_probs_dropout_prob": 0.0,
    }
