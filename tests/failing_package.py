"""A package of optimizers whose training fails in one way or another where XLINGUAL_FAULTS names a folder."""

from __future__ import annotations

from pathlib import Path

from extension_package import install

CODE = '''
"""Faults of training; without XLINGUAL_FAULTS these are all AdamW."""

import gc
import os
import shutil
import signal
import threading
from pathlib import Path

from xlingual.study.optimizer import Optimizer


def once(what):
    """Whether this is the first time that it is asked."""
    folder = os.environ.get("XLINGUAL_FAULTS")
    try:
        return folder is not None and not (Path(folder) / what).mkdir()
    except FileExistsError:
        return False


def die():
    if once("died"):
        os.kill(os.getpid(), signal.SIGKILL)


def hang():
    from xlingual.training.watch import Watch

    if once("hung"):
        for each in gc.get_objects():
            if isinstance(each, Watch):
                each._least = 1.0
        threading.Event().wait()


def fail():
    if "XLINGUAL_FAULTS" in os.environ:
        raise RuntimeError("this happens every time")


def sweep():
    if once("swept"):
        shutil.rmtree(Path(os.environ["XLINGUAL_SCRATCH"]))


def faulty(fault, after):
    def made(groups, training):
        import torch

        class Faulty(torch.optim.AdamW):
            steps = 0

            def step(self, closure=None):
                self.steps += 1
                if self.steps == after:
                    fault()
                return super().step(closure)

        return Faulty(groups, lr=training.learning_rate)

    return made


dying, hanging, failing, sweeping = faulty(die, 6), faulty(hang, 6), faulty(fail, 2), faulty(sweep, 6)
DYING = Optimizer("dying", "Dying", "failing:dying")
HANGING = Optimizer("hanging", "Hanging", "failing:hanging")
FAILING = Optimizer("failing", "Failing", "failing:failing")
SWEEPING = Optimizer("sweeping", "Sweeping", "failing:sweeping")
'''
OPTIMIZERS = ("dying", "hanging", "failing", "sweeping")


def install_failing(directory: Path) -> Path:
    """Write the package into a folder; return it for PYTHONPATH."""
    install(directory, {}, {name: f"failing:{name.upper()}" for name in OPTIMIZERS}, "failing")
    (directory / "failing.py").write_text(CODE)
    return directory
