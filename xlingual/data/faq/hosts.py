"""Decisions about hosts: which are drawn from a source, and which are held out for development.

A site counts as one, with and without `www.`, `m.` or a language in front, and in any case. Each decision is one for
all languages, as a site often has the same page in several, and follows from a seed and the site's name alone or from
plain counts: no order of rows, no process and no machine has a say.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from xlingual.data.faq.set_splitting import two_sided
from xlingual.errors import DataError
from xlingual.languages import ISO_639_3

_SAME_SITE = frozenset({"www", "m", *ISO_639_3, *ISO_639_3.values()})
"""First parts of host names that tell the language or the device, not the site."""

Sizes = Mapping[str, Mapping[str, int]]
"""By language, by host, its rows."""


def site(host: str) -> str:
    """The name that a host is decided about by: de.a.com, www.a.com and m.a.com:443 are a.com."""
    labels = host.casefold().split(":")[0].strip(".").split(".")
    while len(labels) > 2 and labels[0] in _SAME_SITE:
        labels = labels[1:]
    return ".".join(labels)


def is_drawn(host: str, seed: int, spread: int) -> bool:
    """Whether a host is among the one in `spread` that a seed draws."""
    return spread == 1 or int.from_bytes(_rank("draw", host, seed), "big") < (1 << 256) // spread


def held_out_hosts(hosts: Sizes, share: float, seed: int, development: Collection[str] | None = None) -> frozenset[str]:
    """Choose the hosts that are kept out of training in every language, for development.

    In each language with two hosts or more one at least is held out and one at least is not; about `share` of its rows
    are held out, as far as whole hosts allow: hosts are gone through in an order that is a seeded permutation, and one
    is held out when that brings the shares of the languages that it occurs in nearer to `share`, in sum. A language's
    only host is not held out, unless other languages cannot be divided otherwise.

    Args:
        hosts: rows of each host, by language.
        share: of each language's rows that should be held out, above 0 and below 1.
        seed: of the permutation.
        development: languages that need a development set; None: all of them.

    Returns:
        the hosts that are held out, in whichever language they occur.

    Raises:
        DataError: when a language that needs a development set has one host alone, or when no division gives every
            language both sides (three hosts of which each two make up a language, say).
    """
    if not 0 < share < 1:
        raise DataError(f"held-out hosts: asked for a share of {share}; write a number between 0 and 1, such as 0.1")
    sizes = _by_site(hosts)
    _refuse_single(sizes, hosts if development is None else development)
    order = sorted({name for counts in sizes.values() for name in counts}, key=lambda name: _rank("held", name, seed))
    held = _nearest(sizes, order, share)
    position = {name: number for number, name in enumerate(order)}
    groups = {code: sorted(counts, key=position.__getitem__) for code, counts in sizes.items() if len(counts) > 1}
    chosen = two_sided([groups[code] for code in sorted(groups)], held)
    if chosen is None:
        raise _no_division(groups)
    return frozenset(host for counts in hosts.values() for host in counts if site(host) in chosen)


def _by_site(hosts: Sizes) -> dict[str, dict[str, int]]:
    sizes: dict[str, dict[str, int]] = {}
    for language in sorted(hosts):
        counts: defaultdict[str, int] = defaultdict(int)
        for host, rows in hosts[language].items():
            counts[site(host)] += rows
        sizes[language] = dict(counts)
    return sizes


def _nearest(sizes: Sizes, order: Sequence[str], share: float) -> set[str]:
    """Take a site when the shares of its languages, summed, come nearer to `share` by it; then one more a language.

    The latter where nothing of a language was taken: the site that costs least.
    """
    balance = _Balance(sizes, share)
    only = {next(iter(counts)) for counts in sizes.values() if len(counts) == 1}
    for name in order:
        if name not in only and balance.gain(name) > 0:
            balance.take(name)
    for language in sorted(sizes):
        if len(sizes[language]) > 1 and not balance.taken[language]:
            free = [name for name in order if name in sizes[language] and name not in only]
            if free:
                balance.take(max(free, key=balance.gain))
    return balance.names


class _Balance:
    """What was taken, and what share of each language's rows that is."""

    def __init__(self, sizes: Sizes, share: float) -> None:
        self.share = share
        self.names: set[str] = set()
        self.taken = dict.fromkeys(sizes, 0.0)
        self._portions: defaultdict[str, list[tuple[str, float]]] = defaultdict(list)
        for language, counts in sizes.items():
            total = sum(counts.values()) or 1
            for name, rows in counts.items():
                self._portions[name].append((language, rows / total))

    def gain(self, name: str) -> float:
        """By how much the languages' distances to the share, summed, would fall."""
        distances = ((self.share - self.taken[code], part) for code, part in self._portions[name])
        return sum(abs(distance) - abs(distance - part) for distance, part in distances)

    def take(self, name: str) -> None:
        self.names.add(name)
        for code, part in self._portions[name]:
            self.taken[code] += part


def _refuse_single(sizes: Sizes, development: Collection[str]) -> None:
    few = [code for code in sorted(set(development)) if len(sizes.get(code, ())) < 2]
    if few:
        stated = ", ".join(f"{code} has {len(sizes.get(code, ()))}" for code in few)
        raise DataError(
            f"held-out hosts: a development set needs two hosts of a language or more, and {stated}; leave "
            f"{', '.join(few)} out of the development set, or read more rows: a greater rows_per_language or spread"
        )


def _no_division(groups: Mapping[str, Sequence[str]]) -> DataError:
    fewest = sorted(groups, key=lambda code: (len(groups[code]), code))[:5]
    stated = ", ".join(f"{code} has {len(groups[code])}" for code in fewest)
    return DataError(
        "held-out hosts: found no division that leaves every language a host on both sides, for languages share few "
        f"hosts ({stated}); leave one of {', '.join(fewest)} out, or read more rows: a greater rows_per_language or "
        "spread"
    )


def _rank(purpose: str, host: str, seed: int) -> bytes:
    return hashlib.sha256("\n".join((purpose, str(seed), site(host))).encode("utf-8", "surrogatepass")).digest()
