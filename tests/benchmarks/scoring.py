"""Scored questions per second, text to answers: the recipe's prediction and post-processing against this package's.

    python tests/benchmarks/scoring.py [--model DIR --train FILE.json --xquad DIR] [--languages en,de] [--questions 60]

Both sides answer the same questions with the same checkpoint, windows and longest answer: tokenising, model, span
search, post-processing, exact match and F1. Each run has a process of its own; the sides take turns.

A run loads the checkpoint and reads the questions, answers one question a language to warm up, and then times
`--questions` in each language. Loading and reading count on neither side.

A checkpoint without a span head gets one first: trained for `--head-updates` updates on `--train`, or, with 0, random
(the speed is the same; its answers are chance). Exit status 1: mean F1 of the sides differs by more than `--tolerance`.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from statistics import fmean
from typing import Any

import hf_recipe
import sides
from harness import (
    OURS,
    REFERENCE,
    SIDES,
    Comparison,
    Task,
    answer_as_side,
    chosen_task,
    interleaved,
    parser,
    publish,
    run_fresh,
    say,
)

LANGUAGES = "en,de,th"


def reference_run(settings: sides.Settings) -> dict[str, Any]:
    """One run of the recipe: a `Trainer` that predicts one language after the other."""
    from xlingual.data.test_sets.xquad import load_xquad

    sets = load_xquad(settings["xquad"], settings["languages"].split(","))
    model, tokenizer = hf_recipe.load_model(settings["model"], seed=0), hf_recipe.load_tokenizer(settings["model"])
    answers: dict[str, dict[str, str]] = {}

    def score(limit: int) -> dict[str, dict[str, float]]:
        found = {}
        for language, part in sets.items():
            examples = part.examples[:limit]
            answers[language] = hf_recipe.answer(
                trainer,
                tokenizer,
                examples,
                max_answer_length=settings["max_answer_tokens"],
                **sides.lengths(settings),
            )
            found[language] = hf_recipe.scores(examples, answers[language]) | {"questions": len(examples)}
        return found

    with tempfile.TemporaryDirectory() as folder:
        trainer = hf_recipe.make_trainer(model, folder)
        return _timed(score, settings) | {"answers": answers}


def our_run(settings: sides.Settings) -> dict[str, Any]:
    """One run of this package: what `xlingual evaluate` does once it has loaded everything."""
    import torch

    from xlingual.data.test_sets.xquad import load_xquad
    from xlingual.families import Checkpoint, ScoringSet
    from xlingual.study import WindowSettings
    from xlingual.tasks import QUESTION_ANSWERING
    from xlingual.tasks.question_answering import mean_scores

    sets = load_xquad(settings["xquad"], settings["languages"].split(","))
    checkpoint = Checkpoint.at(Path(settings["model"]))
    family, tokenizer = checkpoint.family, checkpoint.tokenizer
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    encoder = checkpoint.load(seed=0, trained_head=True).to(device)
    windows = sides.lengths(settings) | {"max_answer_tokens": settings["max_answer_tokens"]}
    lengths = WindowSettings.model_validate(windows)
    answers: dict[str, dict[str, str]] = {}

    def score(limit: int) -> dict[str, dict[str, float]]:
        asked = {language: part.examples[:limit] for language, part in sets.items()}
        questions = {
            language: ScoringSet(part, family.inputs(tokenizer, part, lengths, targets=False))
            for language, part in asked.items()
        }
        batcher = family.batcher(encoder, int(tokenizer.pad_token_id), device)
        predicted = family.answers(encoder, questions, batcher, lengths)
        found = {language: QUESTION_ANSWERING.rows(part, predicted[language]) for language, part in asked.items()}
        answers.update({language: {row["id"]: row["prediction"] for row in rows} for language, rows in found.items()})
        return {language: mean_scores(rows) for language, rows in found.items()}

    return _timed(score, settings) | {"answers": answers}


def _timed(score: Callable[[int], dict[str, dict[str, float]]], settings: sides.Settings) -> dict[str, Any]:
    score(1)
    began = time.perf_counter()
    scores = score(settings["questions"])
    seconds = time.perf_counter() - began
    questions = sum(int(row["questions"]) for row in scores.values())
    return {"questions_per_s": questions / seconds, "scores": scores}


def with_span_head(task: Task, updates: int | None, folder: Path) -> str:
    """The task's checkpoint, or a copy with the span head that it lacks."""
    from xlingual.errors import ModelError
    from xlingual.models.encoder import load_encoder

    try:
        load_encoder(Path(task.model), seed=0, trained_head=True)
    except ModelError:
        toy = task.dev != "held-out-articles"
        updates = (200 if toy else 0) if updates is None else updates
        say(f"making a span head: {updates} updates")
        if not updates:
            return _with_random_head(Path(task.model), folder / "model")
        settings = asdict(task) | {"updates": updates, "batch": 16, "learning_rate": 2e-3 if toy else 1e-4, "seed": 0}
        settings |= {"train_examples": 16 * updates, "dev_examples": 1}
        inputs = sides.our_inputs(*sides.load_examples(settings), settings)
        sides.train_ours(settings, inputs, keep_model=folder / "model")
        return str(folder / "model")
    return task.model


def _with_random_head(model: Path, target: Path) -> str:
    from xlingual.models.encoder import load_encoder, quiet_transformers

    with quiet_transformers():
        load_encoder(model, seed=0).save_pretrained(str(target))  # type: ignore[operator]
    for path in model.iterdir():
        if path.is_file() and path.suffix != ".safetensors" and not (target / path.name).exists():
            shutil.copy(path, target / path.name)
    return str(target)


def agreement(reference: dict[str, Any], ours: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Scores of both sides by language, and how many answers are equal."""
    found = {}
    for language, theirs in reference["scores"].items():
        answers, mine = reference["answers"][language], ours["answers"][language]
        found[language] = {
            "questions": len(answers),
            "equal": sum(answers[key] == mine[key] for key in answers),
            **{
                f"{name} {side}": scores[name]
                for name in ("f1", "exact_match")
                for side, scores in ((REFERENCE, theirs), (OURS, ours["scores"][language]))
            },
        }
    return found


def agreement_text(found: dict[str, dict[str, Any]]) -> str:
    """One line per language."""
    lines = []
    for language, row in found.items():
        pairs = (f"{name} {row[f'{name} {REFERENCE}']:.2f} / {row[f'{name} {OURS}']:.2f}" for name in
                 ("f1", "exact_match"))  # fmt: skip
        equal = (
            "answers not compared" if row["equal"] is None else f"{row['equal']} of {row['questions']} answers equal"
        )
        lines.append(f"{language}: {', '.join(pairs)} ({REFERENCE} / {OURS}), {equal}")
    return "\n".join(lines)


def _run(side: str, settings: sides.Settings, options: argparse.Namespace, number: int) -> dict[str, Any]:
    return run_fresh(__file__, side, settings, options)


def main() -> int:
    if answer_as_side(dict(zip(SIDES, (reference_run, our_run), strict=True))):
        return 0
    made = parser(__doc__)
    made.add_argument("--languages", default=LANGUAGES, help=f"comma-separated codes ({LANGUAGES})")
    made.add_argument("--questions", type=int, default=60, help="questions of each language (60)")
    made.add_argument("--head-updates", type=int, help="training of an absent span head (0: random; toy world 200)")
    made.add_argument("--tolerance", type=float, default=0.5, help="points of mean F1 that the sides may differ (0.5)")
    options = made.parse_args()
    with chosen_task(options) as task, tempfile.TemporaryDirectory(prefix="xlingual-benchmark-") as folder:
        from xlingual.evaluation.input_lengths import checkpoint_lengths
        from xlingual.families import EXTRACTIVE

        model = with_span_head(task, options.head_updates, Path(folder))
        settings = asdict(task) | {"model": model, "languages": options.languages, "questions": options.questions}
        # Both sides have the lengths of `xlingual evaluate`.
        settings |= checkpoint_lengths(Path(model), EXTRACTIVE).model_dump()
        runs = interleaved(options.runs, {side: partial(_run, side, settings, options) for side in SIDES}, say)
        per_second = [[run["questions_per_s"] for run in runs[side]] for side in SIDES]
        rows = [Comparison("scored questions per second", *per_second, goal=2.5 if options.model else None)]
        found = agreement(runs[REFERENCE][0], runs[OURS][0])
        cut = f"windows of at most {settings['max_length']} tokens"
        title = f"scoring, {options.questions} questions in each of {options.languages}, {cut}"
        publish(options, title, rows, {"agreement": found, "windows": cut}, agreement_text(found))
    difference = fmean(row[f"f1 {OURS}"] - row[f"f1 {REFERENCE}"] for row in found.values())
    print(f"mean F1, {OURS} less {REFERENCE}: {difference:+.2f} (allowed: {options.tolerance:g})")
    return 0 if abs(difference) <= options.tolerance else 1


if __name__ == "__main__":
    sys.exit(main())
