"""Whether both sides learn equally well: development scores after the same updates, with several seeds per side.

    python tests/benchmarks/quality.py [--quality-updates 200] [--quality-seeds 5]
    python tests/benchmarks/quality.py --quality-real --model DIR --train FILE.json --quality-updates 40 ...

In the toy world's encoder, with dropout switched on, which training to a real score takes seconds; with
`--quality-real` in the given checkpoint. Both sides see the same examples, the same windows, the same number of updates
of the same size, the same learning-rate schedule, no weight decay; each draws its own order of the data, its own
dropout and (in spite of equal seeds) its own first weights of the span head.

Exit status 1: the 95% interval of the difference of mean F1 (Welch's t) holds no difference smaller than `--tolerance`.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import fmean
from typing import Any

import hf_recipe
import sides
from harness import SIDES, Task, answer_as_side, chosen_task, parser, run_fresh, say, toy_task, wide_console
from rich.table import Table

TOY_LEARNING_RATE, REAL_LEARNING_RATE = 2e-3, 1e-4


def reference_scores(settings: sides.Settings) -> list[dict[str, float]]:
    """Development scores of the recipe, one per seed."""
    examples, development = sides.load_examples(settings)
    features = sides.reference_features(examples, settings)
    tokenizer = hf_recipe.load_tokenizer(settings["model"])
    found = []
    for seed in settings["seeds"]:
        with tempfile.TemporaryDirectory() as folder:
            trainer = sides.reference_trainer(settings | {"seed": seed}, features, folder)
            hf_recipe.train(trainer)
            answers = hf_recipe.answer(
                trainer,
                tokenizer,
                development,
                max_answer_length=settings["max_answer_tokens"],
                **sides.lengths(settings),
            )
        found.append(hf_recipe.scores(development, answers))
    return found


def our_scores(settings: sides.Settings) -> list[dict[str, float]]:
    """Development scores of this package, one per seed."""
    inputs = sides.our_inputs(*sides.load_examples(settings), settings)
    reports = (sides.train_ours(settings | {"seed": seed}, inputs)[-1] for seed in settings["seeds"])
    return [{name: report[name] for name in ("f1", "exact_match")} for report in reports]


def difference_interval(reference: Sequence[float], ours: Sequence[float]) -> tuple[float, float, float]:
    """Mean difference (ours - reference) and its 95% interval (Welch's t, for unequal variances)."""
    from scipy import stats

    difference = fmean(ours) - fmean(reference)
    if len(set(reference)) == len(set(ours)) == 1:
        return difference, difference, difference
    interval = stats.ttest_ind(ours, reference, equal_var=False).confidence_interval(0.95)
    return difference, float(interval.low), float(interval.high)


def verdict(low: float, high: float, tolerance: float) -> tuple[str, bool]:
    """Describe the interval of a difference, and return whether the sides count as alike."""
    if low >= tolerance or high <= -tolerance:
        return f"DIFFERENT by {tolerance:g} or more", False
    if low > 0 or high < 0:
        return f"different, perhaps by less than {tolerance:g}", True
    if high - low > 2 * tolerance:
        return f"within noise, but {tolerance:g} would be too: take more seeds", True
    return "within noise", True


def compare(options: argparse.Namespace, note: Callable[[str], None]) -> dict[str, Any]:
    """Train both sides with every seed, print the comparison and return it; `alike` is its result."""
    with tempfile.TemporaryDirectory(prefix="xlingual-benchmark-") as folder:
        if options.quality_real:
            with chosen_task(options) as task:
                return _compared(task, REAL_LEARNING_RATE, options, note)
        toy = asdict(toy_task(Path(folder)))
        toy["model"] = with_dropout(toy["model"], options.quality_dropout, Path(folder))
        return _compared(Task(**toy), TOY_LEARNING_RATE, options, note)


def _compared(
    task: Task, learning_rate: float, options: argparse.Namespace, note: Callable[[str], None]
) -> dict[str, Any]:
    settings = asdict(task) | {
        "updates": options.quality_updates,
        "batch": options.quality_batch,
        "micro_batch": None,
        "precision": options.precision,
        "learning_rate": options.quality_learning_rate or learning_rate,
        "seeds": list(range(options.quality_seeds)),
        "train_examples": options.quality_examples,
        "dev_examples": options.quality_dev,
    }
    scores = {}
    for side in SIDES:
        note(f"quality, {len(settings['seeds'])} seeds: {side}")
        scores[side] = run_fresh(__file__, side, settings, options)
    title = f"development scores after {settings['updates']} updates of {settings['batch']}: mean (lowest to highest)"
    table = Table(title=title, title_justify="left", title_style="bold")
    for column in ("score", *SIDES, "difference", "95% interval", ""):
        table.add_column(column)
    content: dict[str, Any] = {"settings": settings}
    for name in ("f1", "exact_match"):
        both = [[row[name] for row in scores[side]] for side in SIDES]
        difference, low, high = difference_interval(*both)
        text, passed = verdict(low, high, options.tolerance)
        ranges = [f"{fmean(values):.2f} ({min(values):.1f} to {max(values):.1f})" for values in both]
        table.add_row(name, *ranges, f"{difference:+.2f}", f"{low:+.2f} to {high:+.2f}", text)
        content[name] = {**dict(zip(SIDES, both, strict=True)), "difference": difference, "interval": [low, high]}
        content[name] |= {"verdict": text, "passed": passed}
    wide_console().print(table)
    return {"alike": content["f1"]["passed"], **content}


def with_dropout(model: str, dropout: float, folder: Path) -> str:
    """Copy a checkpoint and set its dropout; the toy world's has none, and both sides are to be compared with it."""
    copy = Path(shutil.copytree(model, folder / "model_with_dropout"))
    configuration = json.loads((copy / "config.json").read_text())
    configuration |= {"hidden_dropout_prob": dropout, "attention_probs_dropout_prob": dropout}
    (copy / "config.json").write_text(json.dumps(configuration))
    return str(copy)


def add_options(made: argparse.ArgumentParser) -> None:
    """Add the options of this comparison."""
    made.add_argument(
        "--precision", choices=("fp32", "bf16", "auto"), default="fp32", help="of our side (fp32, as the recipe's)"
    )
    made.add_argument("--quality-updates", type=int, default=300, help="updates of a training (300)")
    made.add_argument("--quality-batch", type=int, default=32, help="windows to an update (32)")
    made.add_argument("--quality-seeds", type=int, default=8, help="seeds of each side; 0 leaves it out (8)")
    made.add_argument("--quality-learning-rate", type=float, help="peak (2e-3; with --quality-real 1e-4)")
    made.add_argument("--quality-dropout", type=float, default=0.1, help="dropout of the toy encoder (0.1)")
    made.add_argument("--quality-examples", type=int, help="training examples (all)")
    made.add_argument("--quality-dev", type=int, help="development questions (all)")
    made.add_argument("--quality-real", action="store_true", help="train --model on --train, not the toy world")
    made.add_argument("--tolerance", type=float, default=2.0, help="points of F1 that count as a difference (2)")


def main() -> int:
    if answer_as_side(dict(zip(SIDES, (reference_scores, our_scores), strict=True))):
        return 0
    made = parser(__doc__)
    add_options(made)
    options = made.parse_args()
    found = compare(options, say)
    if options.json:
        Path(options.json).write_text(json.dumps(found, indent=2) + "\n")
    return 0 if found["alike"] else 1


if __name__ == "__main__":
    sys.exit(main())
