"""Tasks: their examples, and how answers are scored."""

from xlingual.tasks.question_answering import MLQA, QUESTION_ANSWERING
from xlingual.tasks.sentence_pairs import SentencePairTask
from xlingual.tasks.task import Candidate, Candidates, Extras, SpanLocation, Task, merge

__all__ = [
    "MLQA",
    "QUESTION_ANSWERING",
    "Candidate",
    "Candidates",
    "Extras",
    "SpanLocation",
    "SentencePairTask",
    "Task",
    "merge",
]
