"""Vocabulary trimming: training with those rows of the word embeddings that the windows use.

A multilingual vocabulary is most of a small encoder (192 of the 278 million parameters of XLM-R base), and AdamW
touches every row at each update. A row that no window looks up always has a zero gradient, and AdamW's decoupled weight
decay (Loshchilov & Hutter, arXiv 1711.05101) then only scales it: by 1 - learning rate x weight decay an update. So
such rows are cut out, and put back, scaled, when the model is written.

Logits and gradients are those of the untrimmed model to the bit. The norm that gradients are clipped by is a sum over
fewer zeros and may differ in its last bit. A scaled row differs by what the untrimmed one rounds at each update: half a
unit in the last place, 6e-8 of the weight, an update.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import safe_open
from torch import Tensor, nn

from xlingual.errors import DataError, ModelError
from xlingual.models.encoder import word_embeddings

REVIEWED = ("bert", "camembert", "data2vec-text", "deberta-v2", "distilbert", "electra", "ernie", "jina_embeddings_v3",
            "megatron-bert", "modernbert", "mpnet", "roberta", "roberta-prelayernorm", "xlm-roberta",
            "xlm-roberta-xl")  # fmt: skip
"""Families whose source uses a token id to look up its word embedding and, some, to tell padding from text."""

FIXED_IDS = 1024
"""A padding id below this keeps its number, for all rows before it are kept too."""


def can_trim(model: nn.Module) -> str | None:
    """Say why a model's vocabulary cannot be trimmed without changing its outputs; None when it can."""
    configuration: Any = model.config
    if getattr(configuration, "is_encoder_decoder", False):
        return "it has a decoder, whose softmax is over the whole vocabulary"
    try:
        table = model.get_input_embeddings()  # type: ignore[operator]
    except NotImplementedError:
        table = None
    if type(table) is not nn.Embedding:
        found = "none" if table is None else f"a {type(table).__name__}"
        return f"it needs one plain table of word embeddings (found: {found})"
    if table.embedding_dim != configuration.hidden_size:
        return (
            f"its word embeddings are factorised (width {table.embedding_dim}, hidden size {configuration.hidden_size})"
        )
    names = [name for name, value in model.named_parameters(remove_duplicate=False) if value is table.weight]
    if len(names) > 1:
        return f"its word embeddings are shared ({', '.join(names)})"
    if model.get_output_embeddings() is not None:  # type: ignore[operator]
        return "it has output embeddings, which are indexed by token id too"
    if configuration.model_type not in REVIEWED:
        return (
            f"other parts of a {configuration.model_type} model may use token ids; "
            f"families that were looked through: {', '.join(REVIEWED)}"
        )
    origin = _position_origin(model)
    if origin is not None and origin >= FIXED_IDS:
        return f"it counts positions from its padding id {origin}, which would move (ids below {FIXED_IDS} stay)"
    return None


def decay_of_unused_rows(learning_rates: Iterable[float], weight_decay: float) -> float:
    """Return what AdamW scales a row of zero gradients by over updates of these learning rates (1.0 if none)."""
    return math.prod(1.0 - rate * weight_decay for rate in learning_rates)


class TrimmedVocabulary:
    """Which rows of a model's word embeddings were kept, and where to reload the rest.

    Attributes:
        kept: original ids of the kept rows, ascending, (rows,).
        size: rows of the untrimmed table.
        pad_token: the padding id in the trimmed vocabulary.
        fingerprint: of `kept` and `size`; weights fit only a vocabulary of the same fingerprint.
    """

    def __init__(self, kept: NDArray[np.int64], size: int, pad_token: int, pretrained: _PretrainedTable) -> None:
        self.kept, self.size = kept, size
        self.fingerprint = hashlib.sha256(f"{size} ".encode() + kept.astype("<i8").tobytes()).hexdigest()[:16]
        self._row = np.full(size, -1, np.int32)
        self._row[kept] = np.arange(len(kept), dtype=np.int32)
        self._pretrained = pretrained
        self.pad_token = int(self._row[pad_token])

    @property
    def rows(self) -> int:
        """Rows that were kept."""
        return len(self.kept)

    def encode(self, ids: NDArray[np.integer]) -> NDArray[np.integer]:
        """Number token ids as in the trimmed vocabulary; shape and element type stay.

        Raises:
            DataError: when the row of an id was cut.
        """
        known = (ids >= 0) & (ids < self.size)
        rows = self._row[np.where(known, ids, 0)]
        lost = ~known | (rows < 0)
        if lost.any():
            raise DataError(
                f"token id {int(ids[lost].flat[0])}: not among the {self.rows} of {self.size} rows that the trimmed "
                "vocabulary kept; trim with the ids of every window that the model is to read"
            )
        return rows.astype(ids.dtype, copy=False)

    def restored_weight(self, model: nn.Module, decay: float) -> Tensor:
        """Return the full table, (size, width), on the CPU: trained rows at their places, others pretrained x decay.

        Args:
            model: the trimmed model.
            decay: what weight decay made of a row that was never used, see `decay_of_unused_rows`; 1.0 when the word
                embeddings were not trained.

        Raises:
            ModelError: when the checkpoint's file is gone, or holds no such table any more.
        """
        trained = word_embeddings(model).weight.detach().cpu()
        full = self._pretrained.read().to(trained.dtype) * decay
        full[torch.from_numpy(self.kept)] = trained
        return full

    @contextmanager
    def restored(self, model: nn.Module, decay: float) -> Iterator[None]:
        """Put the full vocabulary into the model for a while: it can be saved and used as if never trimmed.

        The trimmed table comes back afterwards as the same parameter, so that its optimiser goes on. What is done to
        the full table meanwhile is lost.
        """
        table, trimmed = word_embeddings(model), word_embeddings(model).weight
        full = self.restored_weight(model, decay).to(trimmed.device)
        padding = table.padding_idx
        original = None if padding is None else int(self.kept[padding])
        _install(model, nn.Parameter(full, trimmed.requires_grad), original)
        try:
            yield
        finally:
            _install(model, trimmed, padding)


def trim_vocabulary(
    model: nn.Module,
    used: NDArray[np.int64],
    pad_token: int,
    keep: Iterable[int] = (),
    checkpoint: Path | None = None,
) -> TrimmedVocabulary:
    """Cut a pretrained model's word embeddings down to the rows that are used, in place.

    The embedding module stays, hooks included, and gets a new parameter: trim before an optimiser or a distributed
    wrapper is made, and after anything that measures the pretrained table. `config.vocab_size` follows.

    Args:
        model: a `transformers` model that `can_trim` has nothing against.
        used: token ids of all windows that it is to read, see `data.windows.used_tokens`.
        pad_token: the tokenizer's padding id.
        keep: further ids whose rows stay.
        checkpoint: the directory that the model was loaded from. Cut rows are read from there again when they are
            needed; when it is None or holds another table, the pretrained table is kept in memory.

    Raises:
        ModelError: when the model cannot be trimmed, or has no row for an id.
    """
    if reason := can_trim(model):
        raise ModelError(f"its vocabulary cannot be trimmed: {reason}; train it untrimmed")
    table = word_embeddings(model)
    size = table.num_embeddings
    padding = (pad_token, table.padding_idx, _position_origin(model))
    kept = np.unique(np.concatenate([used, np.fromiter(keep, np.int64), *map(_anchored, padding)]))
    if kept[0] < 0 or kept[-1] >= size:
        wrong = kept[0] if kept[0] < 0 else kept[-1]
        raise ModelError(
            f"token id {wrong} has no word embedding: the model has {size}; name the tokenizer that it was made with"
        )
    weight, name = table.weight, _table_name(model)
    index = torch.from_numpy(kept)
    rows = weight.detach()[index.to(weight.device)]  # a copy
    vocabulary = TrimmedVocabulary(kept, size, pad_token, _PretrainedTable(weight, name, index, checkpoint))
    moved = None if table.padding_idx is None else int(np.searchsorted(kept, table.padding_idx))
    _install(model, nn.Parameter(rows, weight.requires_grad), moved)
    return vocabulary


class _PretrainedTable:
    """A checkpoint's table of word embeddings: a tensor of a safetensors file, or in memory where none holds it."""

    def __init__(self, weight: Tensor, name: str, kept: Tensor, checkpoint: Path | None) -> None:
        self._shape, self._name = weight.shape, name
        self._file = self._find(weight.detach(), kept, checkpoint)
        self._memory = weight.detach().cpu() if self._file is None else None

    def read(self) -> Tensor:
        """Return the table, (vocabulary, width), in the type that it is kept in. It is not to be written to."""
        if self._memory is not None:
            return self._memory
        found = self._read(self._file) if self._file and self._file.is_file() else None
        if found is None:
            raise ModelError(f"{self._file}: held {self._name} when training began and does no more; put it back")
        return found

    def _find(self, weight: Tensor, kept: Tensor, checkpoint: Path | None) -> Path | None:
        """Find the file whose rows are the model's, looking at the kept ones."""
        expected = weight[kept.to(weight.device)].cpu()
        for path in sorted(checkpoint.glob("*.safetensors")) if checkpoint else ():
            table = self._read(path)
            if table is not None and torch.equal(table[kept].to(weight.dtype), expected):
                return path
        return None

    def _read(self, path: Path) -> Tensor | None:
        """Map a file's table into memory; None when it has none of the model's shape.

        A checkpoint of the encoder alone lacks the first part of the name: `embeddings.word_embeddings.weight`.
        """
        names = (f"{self._name}.weight", f"{self._name.partition('.')[2]}.weight")
        with safe_open(path, framework="pt") as file:
            found = [name for name in names if name in file.keys()]  # noqa: SIM118 (it is no mapping)
            if not found or tuple(file.get_slice(found[0]).get_shape()) != tuple(self._shape):
                return None
            table: Tensor = file.get_tensor(found[0])
            return table


def _install(model: nn.Module, weight: Tensor, padding: int | None) -> None:
    """Give the embedding module another weight, and everything that states its size that size."""
    table = word_embeddings(model)
    configuration: Any = model.config
    if padding is not None and configuration.pad_token_id == table.padding_idx:
        configuration.pad_token_id = padding
    table.weight = weight
    table.num_embeddings = configuration.vocab_size = weight.shape[0]
    table.padding_idx = padding


def _position_origin(model: nn.Module) -> int | None:
    """Return the padding id that positions are counted from: RoBERTa-like embeddings keep it as `padding_idx`."""
    origins = [getattr(module, "padding_idx", None) for module in model.modules() if type(module) is not nn.Embedding]
    return max((origin for origin in origins if origin is not None), default=None)


def _anchored(padding: int | None) -> NDArray[np.int64]:
    """Return the ids to keep for a padding id: itself, and those before it where they are few."""
    if padding is None:
        return np.empty(0, np.int64)
    return np.arange(0 if 0 <= padding < FIXED_IDS else padding, padding + 1, dtype=np.int64)


def _table_name(model: nn.Module) -> str:
    table = word_embeddings(model)
    return next(name for name, module in model.named_modules() if module is table)
