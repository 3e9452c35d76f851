"""Make texts from any source safe for the rest of the package."""

from __future__ import annotations

_SPACES = "".join(
    map(
        chr,
        (
            *range(9, 14),
            *range(28, 33),
            133,
            160,
            0x1680,
            *range(0x2000, 0x200B),
            0x2028,
            0x2029,
            0x202F,
            0x205F,
            0x3000,
        ),
    )
)
_ZERO_WIDTH = "".join(
    map(chr, (0, 0xAD, 0x180E, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xFEFF))
)


def mended(text: str) -> str:
    """Replace each half of a surrogate pair, which JSON can express but UTF-8 cannot, by a question mark."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode()
    return text


def stripped(text: str) -> str:
    """Strip white space and zero-width marks from both ends."""
    return text.strip(_SPACES + _ZERO_WIDTH)
