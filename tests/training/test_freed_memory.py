"""A reused Tune actor trains many trials in one process: none of them may stay in memory."""

from __future__ import annotations

import gc
import threading
import weakref
from pathlib import Path
from typing import Any

import pytest

from xlingual.families import Checkpoint
from xlingual.families.extractive.extractive_family import Extractive
from xlingual.preparation.trial_inputs import TrialInputs
from xlingual.records.layout import TrialDirectory
from xlingual.training.freed_memory import release_free_memory
from xlingual.training.loop import train_trial
from xlingual.training.worker import SoloWorker


@pytest.mark.parametrize("recipe", [None, "contrastive", "masked_language_model"])
def test_nothing_of_a_trial_stays_without_the_collectors_help(
    recipe: str | None,
    tiny_inputs: TrialInputs,
    mask_checkpoint: Path,
    tmp_path: Path,
    configure: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    models = []
    load = Extractive.load

    def loaded(*arguments: Any, **named: Any) -> Any:
        model = load(*arguments, **named)
        models.append(weakref.ref(model))
        return model

    monkeypatch.setattr(Extractive, "load", loaded)
    monkeypatch.delenv("HF_DEACTIVATE_ASYNC_LOAD")  # like trials
    gc.collect()
    gc.disable()
    try:
        directory = TrialDirectory(tmp_path / "trial")
        mixture = {"faq_share": 0.5, "weights": {"de": 1.0}, "recipe": {recipe: {}}} if recipe else None
        configuration = configure(robust={"embedding_noise": {"magnitude": 0.1}}, mixture=mixture)
        train_trial(
            configuration, tiny_inputs, Checkpoint.at(mask_checkpoint), directory, SoloWorker(), keep_model=True
        )
        assert len(models) == 1
        assert models[0]() is None
    finally:
        gc.enable()


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads the process's memory from /proc")
def test_memory_that_a_trials_thread_freed_goes_back_to_the_machine() -> None:
    def resident() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

    def allocate_and_free() -> None:
        blocks = [bytearray(b"x" * 65_536) for _ in range(3_000)]  # 200 MB, below what malloc maps by itself
        keep.append(blocks[-1])  # the arena's top stays in use
        del blocks

    keep: list[bytearray] = []
    before = resident()
    thread = threading.Thread(target=allocate_and_free)
    thread.start()
    thread.join()
    release_free_memory()
    assert resident() - before < 50e6
