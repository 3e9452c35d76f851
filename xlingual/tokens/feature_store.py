"""Cache windows, pairs and sequences on disk, under a fingerprint of their inputs, and map them into memory.

FOLDER/FINGERPRINT/
  input_ids.npy  token_types.npy  pointers.npy ...    the arrays of Windows, Pairs or Sequences
  features.json       the inputs, and counts; written last

A directory appears atomically. Directories can be deleted while no command is running; they are recreated.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Iterable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

from typing_extensions import TypeVar

from xlingual.activity import doing
from xlingual.data.examples import Example, SentencePair
from xlingual.records.lock import hold
from xlingual.tokens.array_files import ArrayKind, keep, mapped
from xlingual.tokens.labelled_pairs import LabelledPairs, labelled_pairs_in_pieces, no_labelled_pairs
from xlingual.tokens.pair_sequences import PairPrompt, pair_sequences_in_pieces
from xlingual.tokens.pairs import Pairs, PairText, no_pairs, pairs_in_pieces
from xlingual.tokens.sequence_cutter import PROMPT, TextPair, sequences_in_pieces, text_sequences_in_pieces
from xlingual.tokens.sequences import COUNTS, Sequences, no_sequences
from xlingual.tokens.windows import QUESTION_SHARE, Windows, no_windows, windows_in_pieces

FORMAT = 1
"""Version of the stored arrays. Raise it whenever the code would give other windows."""

TOKENIZER_FILES = ("tokenizer*", "special_tokens_map.json", "added_tokens.json", "vocab*", "merges.txt", "*.model")

_ARRAYS = ("input_ids", "token_types", "offsets", "pointers", "example", "start", "end")
_WINDOWS = ArrayKind(no_windows(), _ARRAYS, ("input_ids", "token_types", "offsets"), ("questions_cut",), "windows")
_PAIRS = ArrayKind(
    no_pairs(),
    ("input_ids", "token_types", "pointers", "parts", "host", "question_key", "answer_key"),
    ("input_ids", "token_types"),
    ("questions_cut", "answers_cut", "without_text"),
    "pairs",
)

_LABELLED = ArrayKind(
    no_labelled_pairs(),
    ("input_ids", "token_types", "pointers", "example", "label"),
    ("input_ids", "token_types"),
    ("pairs_cut",),
    "pairs",
)

_SEQUENCES = ArrayKind(
    no_sequences(),
    ("input_ids", "pointers", "target_ids", "target_pointers", "example"),
    ("input_ids",),
    COUNTS,
    "sequences",
    {"target_pointers": ("target_ids",)},
)

T = TypeVar("T", Windows, Pairs, LabelledPairs, Sequences)
E = TypeVar("E", covariant=True, default=Example)


class Examples(Protocol[E]):
    """Examples with a fingerprint, such as an ExampleSet or a source larger than memory."""

    @property
    def fingerprint(self) -> str:
        """Depends on all texts and what is to be learnt of every example, in order."""

    @property
    def examples(self) -> Iterable[E]:
        """Read at most once, and only if the windows are not cached."""


class PairTexts(Protocol):
    """Questions and answers with a fingerprint."""

    @property
    def fingerprint(self) -> str:
        """Depends on host, question, answer and keys of every pair, in order."""

    @property
    def texts(self) -> Iterable[PairText]:
        """Read at most once, and only if the pairs are not cached."""


class TextPairs(Protocol):
    """Input and target texts with a fingerprint."""

    @property
    def fingerprint(self) -> str:
        """Depends on both texts of every pair, in order."""

    @property
    def texts(self) -> Iterable[TextPair]:
        """Read at most once, and only if the sequences are not cached."""


def stored_windows(
    folder: Path,
    tokenizer: Any,
    tokenizer_fingerprint: str,
    examples: Examples,
    *,
    max_length: int,
    stride: int,
    threads: int | None = None,
) -> Windows:
    """Map the windows of examples from disk, creating them first if they are not cached.

    The arrays are those of `make_windows`, read-only. If several processes need the same windows at once, one creates
    them and the others wait. Creating them needs memory for a few batches.

    Args:
        folder: cache for windows of all studies; created if it does not exist.
        tokenizer: a fast tokenizer.
        tokenizer_fingerprint: hash of its files (see `fingerprint_tokenizer`).
        examples: examples to cut into windows.
        max_length: maximum tokens per window, including special tokens.
        stride: tokens shared by consecutive windows.
        threads: number of tokenising threads; None for all cores available to this process.

    Raises:
        ModelError, DataError: see `make_windows`.
    """
    made_of = _made_of(tokenizer, tokenizer_fingerprint, examples.fingerprint) | {
        "max_length": max_length,
        "stride": stride,
    }
    return _stored(
        folder,
        made_of,
        _WINDOWS,
        lambda: windows_in_pieces(tokenizer, examples.examples, max_length=max_length, stride=stride, threads=threads),
    )


def stored_pairs(
    folder: Path, tokenizer: Any, tokenizer_fingerprint: str, texts: PairTexts, *, max_length: int
) -> Pairs:
    """Map tokenised pairs from disk, creating them first if they are not cached.

    See `stored_windows` and `make_pairs` for arguments and errors.
    """
    made_of = _made_of(tokenizer, tokenizer_fingerprint, texts.fingerprint) | {
        "kind": "pairs",
        "max_length": max_length,
    }
    return _stored(folder, made_of, _PAIRS, lambda: pairs_in_pieces(tokenizer, texts.texts, max_length=max_length))


def stored_sequences(
    folder: Path,
    tokenizer: Any,
    tokenizer_fingerprint: str,
    examples: Examples,
    *,
    max_input_tokens: int,
    max_target_tokens: int | None,
) -> Sequences:
    """Map the sequences of questions from disk, creating them first if they are not cached.

    See `stored_windows` and `make_sequences` for arguments and errors.
    """
    lengths: dict[str, Any] = {"max_input_tokens": max_input_tokens, "max_target_tokens": max_target_tokens}
    made_of = _made_of(tokenizer, tokenizer_fingerprint, examples.fingerprint) | lengths
    made_of |= {"kind": "sequences", "prompt": PROMPT}
    return _stored(folder, made_of, _SEQUENCES, lambda: sequences_in_pieces(tokenizer, examples.examples, **lengths))


def stored_text_sequences(
    folder: Path,
    tokenizer: Any,
    tokenizer_fingerprint: str,
    texts: TextPairs,
    *,
    max_input_tokens: int,
    max_target_tokens: int,
) -> Sequences:
    """Map the sequences of pairs of texts from disk, creating them first if they are not cached.

    See `stored_windows` and `sequences_of_texts` for arguments and errors.
    """
    lengths = {"max_input_tokens": max_input_tokens, "max_target_tokens": max_target_tokens}
    made_of = _made_of(tokenizer, tokenizer_fingerprint, texts.fingerprint) | lengths | {"kind": "text sequences"}
    return _stored(folder, made_of, _SEQUENCES, lambda: text_sequences_in_pieces(tokenizer, texts.texts, **lengths))


def stored_labelled_pairs(
    folder: Path,
    tokenizer: Any,
    tokenizer_fingerprint: str,
    examples: Examples[SentencePair],
    *,
    labels: Sequence[str],
    max_length: int,
) -> LabelledPairs:
    """Map the tokenised pairs of sentences from disk, creating them first if they are not cached.

    See `stored_windows` and `make_labelled_pairs` for arguments and errors.
    """
    made_of = _made_of(tokenizer, tokenizer_fingerprint, examples.fingerprint)
    made_of |= {"kind": "labelled pairs", "labels": list(labels), "max_length": max_length}
    return _stored(
        folder,
        made_of,
        _LABELLED,
        lambda: labelled_pairs_in_pieces(tokenizer, examples.examples, labels=labels, max_length=max_length),
    )


def stored_pair_sequences(
    folder: Path,
    tokenizer: Any,
    tokenizer_fingerprint: str,
    examples: Examples[SentencePair],
    *,
    prompt: PairPrompt,
    max_input_tokens: int,
    max_target_tokens: int | None,
) -> Sequences:
    """Map the sequences of pairs of sentences from disk, creating them first if they are not cached.

    See `stored_windows` and `make_pair_sequences` for arguments and errors.
    """
    lengths: dict[str, Any] = {"max_input_tokens": max_input_tokens, "max_target_tokens": max_target_tokens}
    made_of = _made_of(tokenizer, tokenizer_fingerprint, examples.fingerprint) | lengths
    made_of |= {"kind": "pair sequences", "prompt": prompt.template, "words": dict(prompt.words)}
    return _stored(
        folder,
        made_of,
        _SEQUENCES,
        lambda: pair_sequences_in_pieces(tokenizer, examples.examples, prompt=prompt, **lengths),
    )


@doing("tokenising")
def _stored(folder: Path, made_of: dict[str, Any], kind: ArrayKind[T], pieces: Callable[[], Iterable[T]]) -> T:
    directory = folder / _digest(json.dumps(made_of, sort_keys=True).encode())
    found = mapped(directory, made_of, kind)
    if found is not None:
        return found
    with hold(folder / f".{directory.name}.lock", patience=math.inf):
        found = mapped(directory, made_of, kind)
        if found is None:
            keep(directory, made_of, kind, pieces())
            found = mapped(directory, made_of, kind)
    assert found is not None, f"{directory} was just written"
    return found


def fingerprint_tokenizer(directory: Path) -> str:
    """Hash a checkpoint's tokenizer files: 16 hexadecimal digits, independent of weights and paths."""
    digest = hashlib.sha256()
    for path in sorted({path for pattern in TOKENIZER_FILES for path in directory.glob(pattern) if path.is_file()}):
        content = path.read_bytes()
        digest.update(f"{path.name} {len(content)} ".encode() + content)
    return digest.hexdigest()[:16]


def _made_of(tokenizer: Any, fingerprint: str, examples: str) -> dict[str, Any]:
    """All inputs except lengths; includes tokenizer settings, which may differ from those in its files."""
    return {
        "format": FORMAT,
        "examples": examples,
        "tokenizer": {
            "files": fingerprint,
            "class": type(tokenizer).__name__,
            "inputs": list(getattr(tokenizer, "model_input_names", [])),
            "truncation_side": getattr(tokenizer, "truncation_side", "right"),
            "split_special_tokens": bool(getattr(tokenizer, "split_special_tokens", False)),
            "steps": _steps(tokenizer),
        },
        "question_share": QUESTION_SHARE,
        "versions": {package: version(package) for package in ("tokenizers", "transformers")},
    }


def _steps(tokenizer: Any) -> str:
    """Hash the tokenizer's pipeline around its vocabulary, which `transformers` may alter when loading it."""
    backend = getattr(tokenizer, "backend_tokenizer", None)
    names = ("normalizer", "pre_tokenizer", "post_processor")
    steps = [getattr(backend, name, None) for name in names]
    return _digest(b"\0".join(b"" if step is None else step.__getstate__() for step in steps))


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]
