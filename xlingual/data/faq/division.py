"""Split stored pairs by host into training and development."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from xlingual.data.faq.hosts import held_out_hosts
from xlingual.data.faq.rows import FaqRow
from xlingual.data.faq.store import StoredRows


@dataclass(frozen=True)
class RowsPart:
    """The pairs of one language on one side of a split, read one host at a time.

    Attributes:
        stored: the pairs of both sides.
        held_out: hosts of the language held out for development.
        development: whether this is the development side.
        size: number of pairs on this side.
    """

    stored: StoredRows
    held_out: frozenset[str]
    development: bool
    size: int

    def __len__(self) -> int:
        return self.size

    def __iter__(self) -> Iterator[list[FaqRow]]:
        """The pairs of each host, in order."""
        for rows in self.stored:
            if (rows[0].origin in self.held_out) is self.development:
                yield rows

    @property
    def fingerprint(self) -> str:
        """16 hexadecimal digits that depend on the pairs of this side and their order."""
        if not self.held_out and not self.development:
            return self.stored.fingerprint
        stated = [self.stored.fingerprint, "development" if self.development else "training", *sorted(self.held_out)]
        return hashlib.sha256("\n".join(stated).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Division:
    """Both sides of one language's split; no host is on both sides, across all languages."""

    training: RowsPart
    development: RowsPart


def divide(
    rows: Mapping[str, StoredRows], share: float, seed: int, development: Collection[str] | None = None
) -> dict[str, Division]:
    """Split each language's pairs by host; takes the arguments of `held_out_hosts` and raises its errors."""
    sizes = {language: stored.host_sizes() for language, stored in rows.items()}
    held = held_out_hosts(sizes, share, seed, development)
    return {language: _division(stored, sizes[language], held) for language, stored in rows.items()}


def undivided(stored: StoredRows) -> RowsPart:
    """All pairs of a language, as the training side of a split without held-out hosts."""
    return RowsPart(stored, frozenset(), False, len(stored))


def _division(stored: StoredRows, sizes: Mapping[str, int], held: frozenset[str]) -> Division:
    own = held.intersection(sizes)
    kept = sum(sizes[host] for host in own)
    return Division(RowsPart(stored, own, False, len(stored) - kept), RowsPart(stored, own, True, kept))
