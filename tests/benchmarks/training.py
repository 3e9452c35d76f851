"""Training windows per second: the recipe of `hf_recipe.py` against this package's loop; then whether both learn alike.

    python tests/benchmarks/training.py [--model DIR --train FILE.json] [--batch 16] [--updates 8] [--runs 5]

Both sides train the same checkpoint on windows of the same examples, in whole updates of `--batch` windows: data,
forward, backward, clipping, optimiser, with the checkpoint's dropout. One clock serves both: a hook behind every
optimiser step. A run's time goes from the end of the first update, which is warm-up, to the end of the last. Each run
has a process of its own; the sides take turns. Windows are made of all of `--train` before the clock starts:
with fewer, the vocabulary that our side trims to would be smaller than a study's, and its updates cheaper.

Useful arithmetic is 6 x parameters without the word embedding table x the tokens of windows that are not padding, per
second, with the mean length of a training window. It is given as a share of the machine's own speed of a float32 matrix
product, the best of all runs.

Then `quality.py` compares what both sides have learned in the toy world; exit status 1 when they differ.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from statistics import fmean

import hf_recipe
import quality
import sides
from harness import (
    OURS,
    REFERENCE,
    SIDES,
    Comparison,
    answer_as_side,
    chosen_task,
    interleaved,
    matrix_gflops,
    parser,
    publish,
    run_fresh,
    say,
)

Run = dict[str, float]


@contextmanager
def step_clock() -> Iterator[list[float]]:
    """Yield a list that gets the time of the end of every optimiser step, whoever makes it."""
    from torch.optim.optimizer import register_optimizer_step_post_hook

    ends: list[float] = []
    handle = register_optimizer_step_post_hook(lambda *_: ends.append(time.perf_counter()))
    try:
        yield ends
    finally:
        handle.remove()


def reference_speed(settings: sides.Settings) -> Run:
    """One run of the recipe."""
    examples, _ = sides.load_examples(settings)
    features = sides.reference_features(examples, settings)
    if len(features) < settings["updates"] * settings["batch"]:
        raise SystemExit(f"{len(features)} windows are too few for {settings['updates']} whole updates; write fewer")
    with step_clock() as ends, tempfile.TemporaryDirectory() as folder:
        hf_recipe.train(sides.reference_trainer(settings, features, folder))
    return _measured(ends, settings, len(features), fmean(sum(mask) for mask in features["attention_mask"]))


def our_speed(settings: sides.Settings) -> Run:
    """One run of this package's loop, by the code that a study's trial runs."""
    inputs = sides.our_inputs(*sides.load_examples(settings), settings)
    with step_clock() as ends:
        sides.train_ours(settings, inputs)
    return _measured(ends, settings, len(inputs.train), float(inputs.train.lengths.mean()))


def _measured(ends: Sequence[float], settings: sides.Settings, windows: int, tokens: float) -> Run:
    if len(ends) != settings["updates"]:
        raise SystemExit(f"asked for {settings['updates']} updates, saw {len(ends)} optimiser steps")
    return {
        "windows_per_s": (settings["updates"] - 1) * settings["batch"] / (ends[-1] - ends[0]),
        "windows_made": windows,
        "tokens_per_window": tokens,
        "matrix_gflops": matrix_gflops(),
    }


def body_parameters(model: str) -> int:
    """Parameters of the encoder with its span head, without the word embedding table."""
    loaded = hf_recipe.load_model(model, seed=0)
    return sum(p.numel() for p in loaded.parameters()) - loaded.get_input_embeddings().weight.numel()


def speed_rows(runs: dict[str, list[Run]], parameters: int, goal: float | None) -> list[Comparison]:
    """Windows per second (with its goal), and useful arithmetic as a share of the machine's speed."""
    made = {side: {run["windows_made"] for run in runs[side]} for side in SIDES}
    if made[REFERENCE] != made[OURS]:
        raise SystemExit(f"the sides cut the same examples into different numbers of windows: {made}")
    fastest = max(run["matrix_gflops"] for side in SIDES for run in runs[side])
    speed = [[run["windows_per_s"] for run in runs[side]] for side in SIDES]
    useful = [
        [6 * parameters * run["tokens_per_window"] * run["windows_per_s"] / 1e9 for run in runs[side]] for side in SIDES
    ]
    share = [[100 * value / fastest for value in values] for values in useful]
    return [
        Comparison("training windows per second", *speed, goal=goal),
        Comparison("useful arithmetic, GFLOP/s", *useful),
        Comparison(f"the same, % of {fastest:.0f} GFLOP/s", *share),
    ]


def _run(side: str, settings: sides.Settings, options: argparse.Namespace, number: int) -> Run:
    return run_fresh(__file__, side, settings | {"seed": number}, options)


def main() -> int:
    if answer_as_side(dict(zip(SIDES, (reference_speed, our_speed), strict=True))):
        return 0
    made = parser(__doc__)
    made.add_argument("--updates", type=int, default=8, help="updates of a run, the first one not timed (8)")
    made.add_argument("--micro-batch", type=int, help="windows to a forward pass of ours (the package's default)")
    made.add_argument("--examples", type=int, help="training examples to draw from (all)")
    quality.add_options(made)
    options = made.parse_args()
    with chosen_task(options) as task:
        settings = asdict(task) | {
            "updates": options.updates,
            "batch": options.batch,
            "micro_batch": options.micro_batch,
            "precision": options.precision,
            "learning_rate": 3e-5,
            "seed": 0,
            "train_examples": options.examples,
            "dev_examples": 1,
        }
        measured = {side: partial(_run, side, settings, options) for side in SIDES}
        runs = interleaved(options.runs, measured, say)
        rows = speed_rows(runs, body_parameters(task.model), goal=5 if options.model else None)
        title = f"training, batch {options.batch}, windows of at most {task.max_length} tokens"
        (windows,) = {int(run["windows_made"]) for run in runs[OURS]}
        note = f"{windows} windows of {runs[OURS][0]['tokens_per_window']:.0f} tokens on average, on both sides"
        learned = quality.compare(options, say) if options.quality_seeds else None
        publish(options, title, rows, {"runs": runs, "quality": learned}, note)
    return 0 if learned is None or learned["alike"] else 1


if __name__ == "__main__":
    sys.exit(main())
