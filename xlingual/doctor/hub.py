"""The hub of models and data sets: reachable, or else what its caches on this machine have."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from xlingual.doctor.finding import OK, WARNING, Finding
from xlingual.task_metrics import counted

SECONDS = 1.5
"""For the hub to answer, names looked up included."""


@dataclass(frozen=True, slots=True)
class Hub:
    """Facts of the hub.

    Attributes:
        endpoint: its address.
        is_offline: whether HF_HUB_OFFLINE is set.
        refusal: why it was not reached; empty where it was, or was not asked.
        cache: folder of the files that were downloaded.
        models: number of models there.
        data_sets: number of data sets there, or prepared by `datasets`.
    """

    endpoint: str
    is_offline: bool
    refusal: str
    cache: str
    models: int
    data_sets: int

    @classmethod
    def here(cls) -> Hub:
        """Ask it once, and count what the caches have."""
        from huggingface_hub import constants
        from huggingface_hub.utils import get_session

        def ask() -> None:
            answer = get_session().head(constants.ENDPOINT, timeout=SECONDS)
            if answer.status_code >= 500:
                raise OSError(f"HTTP status {answer.status_code}")

        refusal = "" if constants.HF_HUB_OFFLINE else within(SECONDS, ask)
        models, downloaded = (_named(constants.HF_HUB_CACHE, f"{kind}--*") for kind in ("models", "datasets"))
        prepared = _named(os.environ.get("HF_DATASETS_CACHE") or f"{constants.HF_HOME}/datasets", "*")
        data_sets = {name.removeprefix("datasets--").replace("--", "___") for name in downloaded | prepared}
        return cls(
            constants.ENDPOINT, constants.HF_HUB_OFFLINE, refusal, constants.HF_HUB_CACHE, len(models), len(data_sets)
        )


def check_hub(hub: Hub) -> Finding:
    """See whether models and data sets can be downloaded, or may be there already."""
    cached = f"{counted(hub.models, 'models')} and {counted(hub.data_sets, 'data sets')} in its cache ({hub.cache})"
    if not hub.is_offline and not hub.refusal:
        return Finding("hub", OK, f"{hub.endpoint} answers; {cached}")
    away = "HF_HUB_OFFLINE is set" if hub.is_offline else f"{hub.endpoint} cannot be reached ({hub.refusal})"
    local = "name local directories and files in studies"
    if not hub.models and not hub.data_sets:
        return Finding("hub", WARNING, f"{away}, and {cached}", f"{local}, or copy a filled cache here (HF_HOME)")
    if hub.is_offline:
        return Finding("hub", OK, f"{away}; {cached}")
    return Finding("hub", WARNING, f"{away}; {cached}", f"set HF_HUB_OFFLINE=1 to use the cache alone, or {local}")


def within(seconds: float, action: Callable[[], None]) -> str:
    """Do something for a limited time, look-ups of names included; return why it failed, or ""."""
    told = [f"no answer in {seconds:g} s"]

    def attempt() -> None:
        try:
            action()
            told[:] = [""]
        except Exception as error:  # of whatever library speaks HTTP
            told[:] = [(str(error).strip() or type(error).__name__).splitlines()[0]]

    thread = threading.Thread(target=attempt, daemon=True, name="hub")
    thread.start()
    thread.join(seconds)
    return told[0]


def _named(folder: str, pattern: str) -> set[str]:
    place = Path(folder)
    return {path.name for path in place.glob(pattern) if path.is_dir()} if place.is_dir() else set()
