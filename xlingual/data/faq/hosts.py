"""Choose the hosts drawn from a source, and those held out for development.

Host names that differ only in case or in a leading `www.`, `m.` or language code are one site. Each choice applies to
all languages, because sites often have the same page in several. It depends only on a seed and the site's name, or on
counts, never on the order of rows, the process or the machine.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from xlingual.data.faq.set_splitting import two_sided
from xlingual.errors import DataError
from xlingual.languages import ISO_639_3

_SAME_SITE = frozenset({"www", "m", *ISO_639_3, *ISO_639_3.values()})
"""Leading labels of host names that denote a language or device, not the site."""

Sizes = Mapping[str, Mapping[str, int]]
"""Number of rows by language and host."""


def site(host: str) -> str:
    """The site of a host: de.a.com, www.a.com and m.a.com:443 are a.com."""
    labels = host.casefold().split(":")[0].strip(".").split(".")
    while len(labels) > 2 and labels[0] in _SAME_SITE:
        labels = labels[1:]
    return ".".join(labels)


def is_drawn(host: str, seed: int, spread: int) -> bool:
    """Whether a seed draws this host, with probability 1 / `spread`."""
    return spread == 1 or int.from_bytes(_rank("draw", host, seed), "big") < (1 << 256) // spread


def held_out_hosts(hosts: Sizes, share: float, seed: int, development: Collection[str] | None = None) -> frozenset[str]:
    """Choose the hosts to hold out of training, in every language, for development.

    Each language with at least two hosts has at least one on either side. About `share` of its rows are held out, as
    far as whole hosts allow: hosts are visited in a seeded permutation, and one is held out if this brings the
    held-out shares of its languages closer to `share` in total. A language's only host is not held out, unless the
    other languages cannot be split otherwise.

    Args:
        hosts: number of rows of each host, by language.
        share: share of each language's rows to hold out, above 0 and below 1.
        seed: seed of the permutation.
        development: languages that need a development set; None for all.

    Returns:
        The held-out hosts of all languages.

    Raises:
        DataError: when a language that needs a development set has a single host, or when no split gives every language
            both sides (for example three hosts where each two make up a language).
    """
    if not 0 < share < 1:
        raise DataError(f"held-out hosts: share is {share}; write a number between 0 and 1, such as 0.1")
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
    """Take each site that brings its languages' shares, in total, closer to `share`.

    Then take the cheapest site of each language of which nothing was taken.
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
    """The sites taken so far, and their share of each language's rows."""

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
        """How much taking a site would reduce the languages' total distance to the share."""
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
            f"held-out hosts: a development set needs at least two hosts per language, but {stated}; leave "
            f"{', '.join(few)} out of the development set, or read more rows (raise rows_per_language or spread)"
        )


def _no_division(groups: Mapping[str, Sequence[str]]) -> DataError:
    fewest = sorted(groups, key=lambda code: (len(groups[code]), code))[:5]
    stated = ", ".join(f"{code} has {len(groups[code])}" for code in fewest)
    return DataError(
        "held-out hosts: found no split that gives every language a host on both sides, because languages share few "
        f"hosts ({stated}); leave one of {', '.join(fewest)} out, or read more rows (raise rows_per_language or spread)"
    )


def _rank(purpose: str, host: str, seed: int) -> bytes:
    return hashlib.sha256("\n".join((purpose, str(seed), site(host))).encode("utf-8", "surrogatepass")).digest()
