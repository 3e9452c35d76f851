"""Evaluation: predictions of answer spans, and their scores per language."""
