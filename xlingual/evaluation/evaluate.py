"""Scoring any checkpoint with a span head on XQuAD."""

from __future__ import annotations

import json
from pathlib import Path

import torch

from xlingual.data.windows import make_windows
from xlingual.data.xquad import load_xquad
from xlingual.evaluation.scoring import ScoringSet, answer_rows, candidates, mean_scores
from xlingual.languages import XQUAD_LANGUAGES
from xlingual.models.checkpoint import resolve_checkpoint
from xlingual.models.encoder import known_positions, load_encoder, load_tokenizer

# Lengths of the usual recipe; a checkpoint of a study carries its own in xlingual.json.
USUAL_WINDOWS = {"max_length": 384, "stride": 128, "max_answer_tokens": 30}


def evaluate_checkpoint(model: str, data: str, languages: str, limit: int | None) -> dict[str, dict[str, float]]:
    """Score a checkpoint in each language.

    Args:
        model: hub id or local directory.
        data: hub id, or a directory with one `xquad.LANGUAGE.json` a language.
        languages: comma-separated codes, or `all` for XQuAD's twelve.
        limit: only the first so many questions of each language.

    Returns:
        language -> mean exact match and F1 in percent, and the number of questions.

    Raises:
        DataError, ModelError: when either cannot be loaded.
    """
    asked = list(XQUAD_LANGUAGES) if languages == "all" else [code.strip() for code in languages.split(",")]
    directory = resolve_checkpoint(model)
    windows = checkpoint_windows(directory)
    sets = load_xquad(data, asked)
    tokenizer = load_tokenizer(directory)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    encoder = load_encoder(directory, seed=0, trained_head=True).to(device)
    scores = {}
    for language, part in sets.items():
        examples = part.examples[:limit]
        cut = make_windows(tokenizer, examples, max_length=windows["max_length"], stride=windows["stride"])
        found = candidates(
            encoder,
            ScoringSet(examples, cut),
            pad_token=int(tokenizer.pad_token_id),
            device=device,
            max_answer_tokens=windows["max_answer_tokens"],
        )
        scores[language] = mean_scores(answer_rows(examples, found))
    return scores


def checkpoint_windows(directory: Path) -> dict[str, int]:
    """Window lengths that a checkpoint was trained with, else the usual ones, as far as its positions reach."""
    path = directory / "xlingual.json"
    if path.exists():
        recorded: dict[str, int] = json.loads(path.read_text(encoding="utf-8"))["windows"]
        return recorded
    longest = min(USUAL_WINDOWS["max_length"], known_positions(directory) or USUAL_WINDOWS["max_length"])
    return USUAL_WINDOWS | {"max_length": longest, "stride": min(USUAL_WINDOWS["stride"], longest // 3)}
