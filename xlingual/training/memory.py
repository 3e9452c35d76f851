"""Giving a finished trial's memory back to the machine."""

from __future__ import annotations

import ctypes
import gc

import torch


def release_free_memory() -> None:
    """Hand memory that nothing uses any more back to the operating system, and the GPU's to its driver.

    A reused Tune actor runs each trial in a new thread, and glibc's allocator keeps what a thread freed for that thread
    alone: without this an actor grows by up to a trial's whole need with every trial. Does nothing for an allocator
    that has no `malloc_trim`.
    """
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
