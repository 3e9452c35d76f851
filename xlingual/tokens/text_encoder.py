"""Encode single texts as token ids, with a fast tokenizer or as bytes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from xlingual.errors import ModelError
from xlingual.tokens.tokens import PROBE, encode, prepare

BYTES = "ByT5Tokenizer"
"""The only slow tokenizer supported: it has no vocabulary, so bytes can be encoded directly."""


class Encoding(Protocol):
    """Tokens of one text, as returned by `tokenizers`."""

    @property
    def ids(self) -> list[int]:
        """Token ids, without special tokens."""

    @property
    def offsets(self) -> list[tuple[int, int]]:
        """First and past-last character of each token."""

    def __len__(self) -> int: ...


@dataclass(frozen=True)
class Bytes:
    """A text in UTF-8, one token per byte; special tokens in it are encoded as text.

    Attributes:
        content: the bytes.
        first: token id of byte 0.
    """

    content: bytes
    first: int

    @classmethod
    def of(cls, text: str, first: int) -> Bytes:
        """Encode a text; half a surrogate pair, which JSON may contain, becomes three bytes."""
        return cls(text.encode("utf-8", "surrogatepass"), first)

    def __len__(self) -> int:
        return len(self.content)

    @property
    def ids(self) -> list[int]:
        """Token ids."""
        return [byte + self.first for byte in self.content]

    @property
    def offsets(self) -> list[tuple[int, int]]:
        """First and past-last character of each byte."""
        made, character = list[tuple[int, int]](), -1
        for byte in self.content:
            character += (byte & 0xC0) != 0x80
            made.append((character, character + 1))
        return made


@dataclass(frozen=True)
class TextEncoder:
    """Encodes texts without special tokens; thread-safe.

    Attributes:
        backend: a tokenizer of the `tokenizers` library; None for bytes.
        first_byte: token id of byte 0; None with a backend.
        end_token: id of the end-of-sequence token.
    """

    backend: Any
    first_byte: int | None
    end_token: int

    @classmethod
    def of_tokenizer(cls, tokenizer: Any) -> TextEncoder:
        """Set up a tokenizer; it must not be called by others meanwhile.

        Raises:
            ModelError: when it is slow and not ByT5's, or does not end texts with its end-of-sequence token.
        """
        end = tokenizer.eos_token_id
        if type(tokenizer).__name__ == BYTES:
            return cls(None, int(tokenizer.offset), int(end))
        backend = prepare(tokenizer)
        ids = backend.encode(PROBE).ids
        if end is None or ids != [*encode(backend, [PROBE], offsets=False)[0].ids, end]:
            raise ModelError(
                f"{type(tokenizer).__name__}: does not just add an end-of-sequence token to a text "
                f"({PROBE!r} gives {backend.encode(PROBE).tokens}); name a model with T5's tokenizer"
            )
        return cls(backend, None, int(end))

    def encode(self, texts: Sequence[str], *, offsets: bool) -> list[Encoding]:
        """Encode texts; offsets are valid only if requested."""
        if self.first_byte is not None:
            return [Bytes.of(text, self.first_byte) for text in texts]
        return encode(self.backend, texts, offsets=offsets)
