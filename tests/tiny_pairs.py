"""Pairs of sentences that a tiny model learns within a second: whether two things have one colour."""

from __future__ import annotations

from tiny_task import COLOURS, THINGS

from xlingual.data.examples import ExampleSet, SentencePair
from xlingual.task_metrics import accuracy_metrics
from xlingual.tasks.sentence_pairs import SentencePairTask

LABELS = ("other", "same")
TASK = SentencePairTask(
    metrics=accuracy_metrics("paraphrase_identification"),
    words={"other": "blue", "same": "red"},
    template="question: {first} context: {second}",
)


def pairs(count: int, offset: int = 0, language: str = "en") -> tuple[SentencePair, ...]:
    """Pairs about two things, every other one of one colour; the sentence of another colour is longer."""
    made = []
    for n in range(offset, offset + count):
        first, second, colour = THINGS[n % 6], THINGS[(n + 1 + n // 6 % 5) % 6], COLOURS[n % 5]
        same = n % 2 == 1
        second_text = f"the {second} is {colour}" if same else f"the {second} is {COLOURS[(n + 2) % 5]} and white ."
        made.append(
            SentencePair(str(n), f"the {first} is {colour}", second_text, LABELS[same], language, "", "", str(n))
        )
    return tuple(made)


def pair_set(count: int, offset: int = 0, language: str = "en") -> ExampleSet[SentencePair]:
    """The same as a set."""
    made = pairs(count, offset, language)
    return ExampleSet(made, {"read": len(made), "kept": len(made)})
