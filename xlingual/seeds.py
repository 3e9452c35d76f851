"""Named random streams: derive a separate seed for every use of randomness from one seed."""

from __future__ import annotations

import hashlib


def stream_seed(seed: int, *names: str | int) -> int:
    """Derive the seed of a named stream, in [0, 2**63).

    Streams of one seed are independent of each other, of the machine and of the number of workers.
    """
    text = "/".join(str(part) for part in (seed, *names))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1
