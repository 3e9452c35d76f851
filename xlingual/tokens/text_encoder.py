"""Texts by themselves as token ids: by a fast tokenizer, or byte by byte."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from xlingual.errors import ModelError
from xlingual.tokens.tokens import PROBE, encode, prepare

BYTES = "ByT5Tokenizer"
"""The one slow tokenizer that is used: it has no vocabulary, so that nothing is lost by writing bytes as they are."""


class Encoding(Protocol):
    """Tokens of one text, as `tokenizers` gives them."""

    @property
    def ids(self) -> list[int]:
        """Token ids, special ones left out."""

    @property
    def offsets(self) -> list[tuple[int, int]]:
        """First and past-last character of each token."""

    def __len__(self) -> int: ...


@dataclass(frozen=True)
class Bytes:
    """A text in UTF-8, a token a byte; what looks like a special token is text.

    Attributes:
        content: the bytes.
        first: token id of byte 0.
    """

    content: bytes
    first: int

    @classmethod
    def of(cls, text: str, first: int) -> Bytes:
        """Encode a text; half a surrogate pair, which JSON may hold, counts as a character of three bytes."""
        return cls(text.encode("utf-8", "surrogatepass"), first)

    def __len__(self) -> int:
        return len(self.content)

    @property
    def ids(self) -> list[int]:
        """Token ids."""
        return [byte + self.first for byte in self.content]

    @property
    def offsets(self) -> list[tuple[int, int]]:
        """The character of each byte, and the next one."""
        made, character = list[tuple[int, int]](), -1
        for byte in self.content:
            character += (byte & 0xC0) != 0x80
            made.append((character, character + 1))
        return made


@dataclass(frozen=True)
class TextEncoder:
    """Encodes texts without special tokens; safe to use from several threads at once.

    Attributes:
        backend: a tokenizer of the `tokenizers` library; None for bytes.
        first_byte: token id of byte 0; None where there is a backend.
        end_token: id that ends a text.
    """

    backend: Any
    first_byte: int | None
    end_token: int

    @classmethod
    def of_tokenizer(cls, tokenizer: Any) -> TextEncoder:
        """Set a tokenizer up; nobody else may call it meanwhile.

        Raises:
            ModelError: when it is a slow one other than ByT5's, or a text does not end with its end-of-sequence token.
        """
        end = tokenizer.eos_token_id
        if type(tokenizer).__name__ == BYTES:
            return cls(None, int(tokenizer.offset), int(end))
        backend = prepare(tokenizer)
        ids = backend.encode(PROBE).ids
        if end is None or ids != [*encode(backend, [PROBE], offsets=False)[0].ids, end]:
            raise ModelError(
                f"{type(tokenizer).__name__}: does not end a text with one end-of-sequence token alone "
                f"({PROBE!r} gives {backend.encode(PROBE).tokens}); name a model whose tokenizer is T5's"
            )
        return cls(backend, None, int(end))

    def encode(self, texts: Sequence[str], *, offsets: bool) -> list[Encoding]:
        """Encode texts; offsets are to be used only where they are asked for."""
        if self.first_byte is not None:
            return [Bytes.of(text, self.first_byte) for text in texts]
        return encode(self.backend, texts, offsets=offsets)
