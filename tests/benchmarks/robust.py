"""Every robust training method: passes, seconds per update compared with plain training, and scores.

    python tests/benchmarks/robust.py [--model DIR --train FILE.json --xquad DIR --synonyms FILE.json
        --dictionaries FILE.tsv --languages de,es] [--updates 60] [--seeds 1] [--runs 4]

Seconds: for each method a plain training and one with the method, both in this process, take turns update by update on
the same windows; a ratio is that of one update's two times. Whole updates are timed: data (with the altering of texts),
forward, backward, clipping, optimiser, averaging. The first update of each is left out.

Scores: F1 on held-out English articles after the same updates, and after the same passes (as many updates as fit into
the passes of plain training). One trial a process, a thread each, `--threads` at a time.

Goals: FreeLB with 3 steps takes at most 3.3 times plain training's time, one sample of noise at most 1.1 times.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from statistics import fmean
from typing import Any

import robust_task
from harness import Comparison, parser, publish, say, shown, spread, wide_console
from rich.table import Table
from robust_task import METHODS, PLAIN, Settings

GOALS = {"embedding_noise": 1.1, "freelb, 3 steps": 3.3}
COLUMNS = ("method", "passes", "s per update / plain's", "goal", "F1, equal updates", "F1, equal passes", "in updates")


def times(settings: Settings) -> list[Comparison]:
    """Seconds of an update of plain training and of each method; the ratio is the method's over plain training's."""
    found = []
    for method in settings["methods"]:
        say(f"timing: {method}")
        plain, ours = zip(*robust_task.pairs(settings, method), strict=True)
        found.append(Comparison(method, plain, ours, goal=GOALS.get(method)))
    return found


def scores(settings: Settings, seeds: int, processes: int, equals: Sequence[str]) -> list[dict[str, Any]]:
    """Train every method with every seed, the longest trainings first."""
    cost = {method: robust_task.passes(settings, method) for method in (PLAIN, *settings["methods"])}
    asked = [
        (method, seed, equal)
        for equal in equals
        for method in cost
        for seed in range(seeds)
        if equal == "updates" or cost[method] > 1
    ]
    asked.sort(key=lambda one: -cost[one[0]] if one[2] == "updates" else -1)
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context, initializer=_one_thread) as pool:
        waiting = [pool.submit(robust_task.trained, settings, *one) for one in asked]
        found = []
        for number, (one, future) in enumerate(zip(asked, waiting, strict=True), 1):
            found.append(future.result())
            say(f"trained {number} of {len(asked)}: {one[0]}, seed {one[1]}, equal {one[2]}: F1 {found[-1]['f1']:.1f}")
    return found


def _one_thread() -> None:
    import torch

    torch.set_num_threads(1)


def rows(settings: Settings, timed: Sequence[Comparison], trained: Sequence[dict[str, Any]]) -> list[tuple[str, ...]]:
    """The table, one row per method, plain training first."""
    made = []
    ratios = {one.name: one for one in timed}
    for method in (PLAIN, *settings["methods"]):
        cost, one = robust_task.passes(settings, method), ratios.get(method)
        goal = GOALS.get(method)
        reached = one is not None and goal is not None and spread(one.ratios).median <= goal
        seconds = shown(one.ratios) if one else "1" if method == PLAIN else ""
        verdict = f"{goal:g}: {'reached' if reached else 'missed'}" if goal is not None and one else ""
        equal = [_scored(trained, method, "updates"), _scored(trained, method, "passes" if cost > 1 else "updates")]
        updates = str(settings["updates"] // cost)
        made.append((method, str(cost), seconds, verdict, *equal, updates))
    return made


def _scored(trained: Sequence[dict[str, Any]], method: str, equal: str) -> str:
    f1 = [one["f1"] for one in trained if (one["method"], one["equal"]) == (method, equal)]
    if len(f1) < 2:
        return "".join(f"{value:.1f}" for value in f1)
    return f"{fmean(f1):.1f} ({min(f1):.1f} to {max(f1):.1f})"


def markdown(made: Sequence[Sequence[str]]) -> str:
    """The table in Markdown."""
    lines = [COLUMNS, ["---", *["--:"] * (len(COLUMNS) - 1)], *made]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def chosen_settings(options: argparse.Namespace) -> Settings:
    """What the options name; without a model the toy world, which has no synonyms. Methods without their data go."""
    toy = options.model is None
    given = {name: getattr(options, name) for name in ("model", "train", "xquad", "synonyms", "dictionaries")}
    missing = [f"--{name}" for name in ("train", "xquad") if not toy and given[name] is None]
    if missing or (toy and any(given.values())):
        raise SystemExit("--model, --train and --xquad go together; without any of them the toy world is used")
    paths = {name: str(Path(path).expanduser().resolve()) if path else None for name, path in given.items()}
    absent = {"word_substitution": paths["synonyms"] is None, "subword_sampling": not _draws_subwords(paths["model"])}
    absent["code_switch"] = not toy and paths["dictionaries"] is None
    asked = options.methods.split(";") if options.methods else list(METHODS)
    if unknown := set(asked) - set(METHODS):
        raise SystemExit(f"--methods: no {sorted(unknown)}; there are {'; '.join(METHODS)}")
    if left_out := [method for method in asked if absent.get(method, False)]:
        say(f"left out, as the model or the files for them are not there: {', '.join(left_out)}")
    languages = options.languages.split(",")
    dictionaries = "toy" if toy else dict.fromkeys(languages, paths["dictionaries"])
    return {
        **paths,
        "dictionaries": None if absent["code_switch"] else dictionaries,
        "methods": [method for method in asked if not absent.get(method, False)],
        "max_length": options.max_length or (64 if toy else 192),
        "stride": options.stride or (16 if toy else 64),
        "max_answer_tokens": 8 if toy else 30,
        "dev_examples": options.dev,
        "updates": options.updates,
        "batch": options.batch,
        "learning_rate": options.learning_rate or (2e-3 if toy else 2e-4),
        "precision": options.precision,
        "device": options.device,
        "runs": options.runs,
        "clock": options.clock,
    }


def _draws_subwords(model: str | None) -> bool:
    """Whether words have several segmentations: only with a Unigram tokenizer, which the toy world does not have."""
    from xlingual.data.augmentation.subword_sampling import check_unigram
    from xlingual.errors import ModelError
    from xlingual.models.encoder import load_tokenizer

    try:
        return model is not None and check_unigram(load_tokenizer(Path(model)), model) is None
    except ModelError:
        return False


def main() -> int:
    made = parser(__doc__, runs=4, batch=8)
    made.add_argument("--synonyms", metavar="FILE", help="JSON object from words to synonyms, for word_substitution")
    made.add_argument("--dictionaries", metavar="FILE", help="table of translations, for code_switch")
    made.add_argument("--languages", default="de,es", help="that code_switch draws from (de,es)")
    made.add_argument("--updates", type=int, default=60, help="updates of a training, and passes (60)")
    made.add_argument("--seeds", type=int, default=1, help="seeds of each training; 0 leaves scores out (1)")
    made.add_argument("--dev", type=int, default=150, help="development questions (150)")
    made.add_argument("--learning-rate", type=float, help="peak (2e-4; toy world 2e-3)")
    made.add_argument("--precision", choices=("fp32", "bf16"), default="fp32", help="of every training (fp32)")
    made.add_argument("--device", default="cpu", help="cpu or cuda (cpu); on cuda one training at a time")
    made.add_argument(
        "--clock", choices=("wall", "cpu"), default="wall", help="cpu: this process's own time, all threads"
    )
    made.add_argument("--methods", help=f"of {'; '.join(METHODS)} (all that the data allow), with ; between them")
    made.add_argument("--markdown", metavar="FILE", help="also write the table there")
    made.add_argument(
        "--equal", choices=("updates", "passes", "both"), default="both", help="what trainings share (both)"
    )
    options = made.parse_args()
    import torch

    torch.set_num_threads(options.threads)
    settings = chosen_settings(options)
    timed = times(settings) if options.runs else []
    equals = ("updates", "passes") if options.equal == "both" else (options.equal,)
    processes = options.threads if options.device == "cpu" else 1
    trained = scores(settings, options.seeds, processes, equals) if options.seeds else []
    lines = rows(settings, timed, trained)
    title = f"robust training, {settings['updates']} updates of {settings['batch']} windows, {options.seeds} seeds"
    table = Table(title=title, title_justify="left", title_style="bold")
    for column in COLUMNS:
        table.add_column(column, justify="left" if column == "method" else "right")
    for line in lines:
        table.add_row(*line)
    wide_console().print(table)
    if timed:
        plain = [second for one in timed for second in one.reference]
        note = f"plain training: {shown(plain)} s an update ({options.clock} clock, {settings['precision']}, "
        note += f"{options.threads} threads)"
    else:
        note = ""
    if options.markdown:
        Path(options.markdown).write_text(markdown(lines))
    more = {"settings": settings, "timed": [one.as_json() for one in timed], "trained": trained}
    publish(options, title, [], more | {"methods": METHODS}, note)
    return 0


if __name__ == "__main__":
    sys.exit(main())
