"""Metrics of question answering: SQuAD's (`squad`, which every test set has) and MLQA's (`mlqa`)."""

from xlingual.metrics.squad import character_f1, exact_match, f1, normalize_answer, score_predictions

__all__ = ["character_f1", "exact_match", "f1", "normalize_answer", "score_predictions"]
