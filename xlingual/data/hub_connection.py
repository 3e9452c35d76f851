"""Whether the hub can be reached: asked once and quickly, where the hub's libraries would retry for half a minute."""

from __future__ import annotations

import os
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from xlingual.activity import doing

LIMIT_S = 1.5
"""How long a connection may take; `HF_HUB_ETAG_TIMEOUT`, the hub library's own limit, replaces it where it is set."""

_KEPT_S = 60.0
_known: dict[tuple[str, int], tuple[float, bool]] = {}


@contextmanager
def hub_or_caches() -> Iterator[None]:
    """Within the context, the hub's libraries read their caches alone if the hub cannot be reached.

    That is as if HF_HUB_OFFLINE were set; it does nothing where it is.
    """
    from huggingface_hub import constants

    if constants.HF_HUB_OFFLINE or hub_is_reachable():
        yield
        return
    datasets = sys.modules.get("datasets")
    modules = [constants, *([datasets.config] if datasets is not None else [])]
    before = [module.HF_HUB_OFFLINE for module in modules]
    for module in modules:
        module.HF_HUB_OFFLINE = True
    try:
        yield
    finally:
        for module, value in zip(modules, before, strict=True):
            module.HF_HUB_OFFLINE = value


def hub_is_reachable() -> bool:
    """Whether something listens at the hub's address (`HF_ENDPOINT`), or at the proxy that leads there.

    An answer is kept for a minute.
    """
    address = _address()
    asked, reachable = _known.get(address, (float("-inf"), False))
    if time.monotonic() - asked > _KEPT_S:
        with doing(f"connecting to {address[0]}"):
            reachable = _listens(address)
        _known[address] = time.monotonic(), reachable
    return reachable


def why_offline() -> str:
    """Why the hub is not asked, for a message."""
    from huggingface_hub import constants

    if constants.HF_HUB_OFFLINE:
        return "HF_HUB_OFFLINE is set"
    if hub_is_reachable():
        return "the hub cannot be reached from here"
    return f"the hub cannot be reached from here (no connection to {_address()[0]} within {_limit():g} s)"


def is_offline() -> bool:
    """Whether the hub is not asked."""
    from huggingface_hub import constants

    return bool(constants.HF_HUB_OFFLINE) or not hub_is_reachable()


def fetch_elsewhere(name: str, kind: str = "model", revision: str | None = None) -> str:
    """What to write where there is network, so that a hub id is found in the cache.

    Args:
        name: hub id.
        kind: model or dataset.
        revision: None for the main branch.
    """
    options = ("" if kind == "model" else f" --repo-type {kind}") + (f" --revision {revision}" if revision else "")
    return f"run `hf download {name}{options}` where there is network, with HF_HOME in a place that is seen from here"


def _address() -> tuple[str, int]:
    """Host and port to connect to: the hub's, or those of its proxy."""
    from huggingface_hub import constants

    hub = urlsplit(constants.ENDPOINT)
    proxies, host = getproxies(), hub.hostname or ""
    proxy = proxies.get(hub.scheme) or proxies.get("all")
    if proxy and not proxy_bypass(host):
        way = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        return way.hostname or "", way.port or (443 if way.scheme == "https" else 80)
    return host, hub.port or (443 if hub.scheme == "https" else 80)


def _limit() -> float:
    from huggingface_hub import constants

    return float(constants.HF_HUB_ETAG_TIMEOUT) if os.environ.get("HF_HUB_ETAG_TIMEOUT") else LIMIT_S


def _listens(address: tuple[str, int]) -> bool:
    """Connect in a thread: looking a name up has no time limit of its own."""
    limit, found = _limit(), threading.Event()

    def connect() -> None:
        try:
            socket.create_connection(address, timeout=limit).close()
        except OSError:
            return
        found.set()

    thread = threading.Thread(target=connect, daemon=True)
    thread.start()
    thread.join(limit)
    return found.is_set()
