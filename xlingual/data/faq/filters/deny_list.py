"""Deny hosts by regular expressions on their names, with a built-in spam list."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import unquote

from xlingual.study.faq_filters import DEFAULT_HOSTS

# Letters before "bet" in words unrelated to betting: alphabet, Tibet, Turkish sohbet (chat), rekabet (competition),
# hitabet and diyabet, Romanian diabet, Danish selskabet (the company) and beløbet (the amount).
_ENDINGS = (
    "alpha alfa ti sor elisa eliza lis lisa liz soh reka diya dia hita gur ser sher aki isa ica gara kara quodli mera "
    "ska lo loe ko koe haa gre b"
)
# The same for whole names: debet, elbet, nobet.
_WHOLE = "a bar co cor de e el ga gi ha i ki la li me no nor o ra ro ru tur u"
_NO_WORD = "".join(f"(?<!{word})" for word in _ENDINGS.split()) + "".join(
    f"(?<![./-]{word})" for word in _WHOLE.split()
)

_BRANDS = (
    "ultra|super|mars|most|mel|fon|tipo|merit|seka|rest|pera|kral|duman|asya|vd|jet|hepsi|imaj|bets|leon|sbo|ufa|dafa"
)

# A host is matched in pieces separated by dots and hyphens.
_START, _END = r"(?<=[./-])", r"(?=[./-]|$)"

SPAM_PAGES = (
    rf"{_START}(?:{_BRANDS}|\d{{1,3}}x?)bet\d*{_END}",  # ultrabet, 1xbet, 22bet
    rf"{_START}bet\d{{2,4}}{_END}|bets10|1xbet|bahis|iddaa|{_START}youwin\d*{_END}|(?:deneme|bedava)-?bonus",
    r"(?:situs|agen|bandar)-?(?:slot|judi|togel|poker|bola)|judi-?(?:slot|bola|online)|slot-?(?:gacor|online|88|777)",
)
"""Names of betting sites, searched in the host and in the first segment of the path."""

SPAM_HOSTS = (
    rf"{_START}[a-z0-9]+{_NO_WORD}bet\d*(?:giris|tr|casino|slot)?{_END}",
    rf"{_START}bet(?:s|way\w*|fair\w*|boo\w*|win\w*|victor\w*|nano|park|pas|ist|asus|tilt|turkey|cio|matik|sson|online"
    rf"|sport\w*)\d*{_END}",
    r"betting(?!en)|sportsbook|bookmaker|bodog|parimatch|gambling|jackpot|pgslot",
    rf"{_START}togel(?:online|hari|sgp?|hk|resmi)?\d*{_END}",
    r"(?<!groupe)(?<!groupe-)(?<!geant)(?<!geant-)casino(?!-?(?:drive|shop|market))|vulkan-?(?:vegas|24|club|platinum)",
    rf"{_START}(?:\d+-?diploma?s?|(?:buy|get|fake|kup|kupit|buying|order|novelty)-?(?:a-?)?diplom[a-z]*){_END}",
    rf"{_START}(?:[a-z]+-)?diplom[ay]?s?-?(?:store|shop|24|zakaz|kupit|centr|russia|online)[a-z0-9]*{_END}",
)
"""Betting, casinos, lotteries and diploma mills, searched in the host only."""


class DenyList:
    """Patterns searched in host names, ignoring case.

    The item `default` means SPAM_HOSTS and SPAM_PAGES. The latter are also searched in the path of the URL, because
    hacked sites carry betting pages under an innocent name (example.org/ultrabet).
    """

    def __init__(self, patterns: Sequence[str]) -> None:
        spam = DEFAULT_HOSTS in patterns
        self._own = [re.compile(pattern, re.IGNORECASE) for pattern in patterns if pattern != DEFAULT_HOSTS]
        self._hosts = [re.compile(pattern) for pattern in SPAM_HOSTS if spam]
        self._pages = [re.compile(pattern) for pattern in SPAM_PAGES if spam]
        self._last: tuple[tuple[str, str], bool] | None = None

    def denies(self, host: str, url: str) -> bool:
        """Whether a pattern matches the host, or a betting site's name matches host or path."""
        asked = (host, _first_step(url))
        if self._last is None or self._last[0] != asked:
            self._last = (asked, self._denies(*asked))  # consecutive rows are mostly of the same host
        return self._last[1]

    def _denies(self, host: str, step: str) -> bool:
        name = f"/{host.lower()}"
        return (
            any(pattern.search(host) for pattern in self._own)
            or any(pattern.search(name) for pattern in self._hosts)
            or any(pattern.search(f"{name}/{step}") for pattern in self._pages)
        )


def _first_step(url: str) -> str:
    _, _, rest = url.partition("://")
    _, _, path = (rest or url).partition("/")
    return unquote(re.split(r"[/?#]", path, maxsplit=1)[0]).lower()
