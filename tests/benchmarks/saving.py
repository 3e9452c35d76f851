"""What training waits for a checkpoint: written in turn, and written beside it.

    python tests/benchmarks/saving.py [--width 256] [--rate 100] [--updates 12] [--runs 3]

A BERT is trained by this package's optimiser on random tokens, one update after the other, and saved once, after the
third. Storage is as fast as `--rate` MB/s says (the write sleeps for the rest; 0: as fast as it is). All ranks of a
trial wait for rank 0 at the next update, so what it waits is what they wait. The sides take turns:

- reference: the checkpoint is written before the next update begins;
- xlingual: it is copied, and written by a thread while the next updates are computed.

Printed are the seconds between the end of the third update and the beginning of the fourth, and the seconds of all
updates with the write, of which the writes of both sides have ended.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import torch
from transformers import BertConfig, BertForQuestionAnswering

from xlingual.records.files import write_whole
from xlingual.training.background_writer import BackgroundWriter
from xlingual.training.saved_state import on_host

ROWS, TOKENS = 4, 128


def run(model: torch.nn.Module, path: Path, *, beside: bool, rate: float, updates: int) -> tuple[float, float]:
    """Train and save once; return the seconds that the fourth update waited, and those of everything."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-5, fused=True)
    writer, waited = BackgroundWriter(), 0.0

    def write(content: Any) -> None:
        def fill(partial: Path) -> None:
            began = time.perf_counter()
            torch.save(content, partial)
            if rate:
                time.sleep(max(0.0, partial.stat().st_size / (rate * 1e6) - (time.perf_counter() - began)))

        write_whole(path, fill)

    def update() -> None:
        ids = torch.randint(1000, (ROWS, TOKENS))
        model(input_ids=ids, start_positions=ids[:, 0] % TOKENS, end_positions=ids[:, 1] % TOKENS).loss.backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)

    update()  # allocates the optimiser's state
    began = time.perf_counter()
    for number in range(updates):
        update()
        if number == 2:
            ended = time.perf_counter()
            content = {"model": model.state_dict(), "optimizer": optimizer.state_dict()}
            if beside:
                copy = on_host(content)
                writer.start(lambda copy=copy: write(copy))
            else:
                write(content)
            waited = time.perf_counter() - ended
    writer.wait()
    return waited, time.perf_counter() - began


def main() -> None:
    """Measure both sides in turn, and print medians."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--width", type=int, default=256)
    options.add_argument("--rate", type=float, default=100.0)
    options.add_argument("--updates", type=int, default=12)
    options.add_argument("--runs", type=int, default=3)
    options.add_argument("--threads", type=int, default=0)
    asked = options.parse_args()
    if asked.threads:
        torch.set_num_threads(asked.threads)
    width = asked.width
    model = BertForQuestionAnswering(
        BertConfig(
            vocab_size=60_000,
            hidden_size=width,
            num_hidden_layers=4,
            num_attention_heads=4,
            intermediate_size=4 * width,
        )
    )
    found: dict[bool, list[tuple[float, float]]] = {False: [], True: []}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "checkpoint.pt"
        for _ in range(asked.runs):
            for beside, runs in found.items():
                runs.append(run(model, path, beside=beside, rate=asked.rate, updates=asked.updates))
        size = path.stat().st_size / 1e6
    print(f"checkpoint of {size:.0f} MB, storage of {asked.rate:g} MB/s, {torch.get_num_threads()} threads")
    for name, column in (("seconds waited for the checkpoint", 0), ("seconds of all updates", 1)):
        before, after = (median(run[column] for run in found[beside]) for beside in (False, True))
        print(f"{name}: in turn {before:.2f}, beside {after:.2f}, ratio {before / after:.2f}")


if __name__ == "__main__":
    main()
