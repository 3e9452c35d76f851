"""A question-answer pair of an FAQ page."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FaqRow:
    """A pair in WebFAQ's layout (arXiv 2502.20936; version 2: arXiv 2602.17327).

    `origin` is the host, `url` the page, `language` a two-letter code. `topic` and `question_type` are empty if the
    source has none (only 49 languages are labelled, and the question types of the two versions differ). `similarity` is
    version 2's `semantic_similarity_score`, None in version 1.
    """

    origin: str
    url: str
    question: str
    answer: str
    language: str
    topic: str = ""
    question_type: str = ""
    similarity: float | None = None
