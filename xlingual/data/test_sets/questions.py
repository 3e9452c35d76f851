"""From the questions of a test set to its examples: the same for every set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from xlingual.data.examples import ExampleSet
from xlingual.data.scorable import scorable_examples
from xlingual.data.stated_questions import Question
from xlingual.errors import DataError
from xlingual.languages import two_letter


def asked_codes(source: str, languages: Sequence[str]) -> list[str]:
    """Two-letter codes of the languages that are asked for, each once.

    Raises:
        DataError: when there are none, or one is unknown.
    """
    codes = list(dict.fromkeys(two_letter(language) for language in languages))
    if not codes:
        raise DataError(f"{source}: asked for no test language; write at least one, or all")
    return codes


def examples_by_language(
    source: str, files: Mapping[str, str], questions: Mapping[str, Sequence[Question]], paragraphs: int | None
) -> dict[str, ExampleSet]:
    """Test examples by language: every question of the paragraphs that are asked for.

    In parallel languages these are the same paragraphs, since they are chosen by their places.

    Args:
        source: the test set, as the user named it.
        files: the name of each language's file.
        questions: the questions of each language.
        paragraphs: number of paragraphs of each, spread evenly over the file; None for all.

    Raises:
        DataError: when fewer than one paragraph is asked for, or a question cannot be scored.
    """
    if paragraphs is not None and paragraphs < 1:
        raise DataError(f"{source}: asked for {paragraphs} test paragraphs; write 1 or more, or null for all")
    asked = {code: _of_paragraphs(part, paragraphs) for code, part in questions.items()}
    sets = scorable_examples(source, files, asked)
    return {code: _counted(part, len(questions[code])) for code, part in sets.items()}


def refuse_without_answers(source: str, questions: Mapping[str, Sequence[Question]]) -> None:
    """Refuse files without any answer.

    Raises:
        DataError: when there are questions, and none has an answer.
    """
    every = [question for part in questions.values() for question in part]
    if every and not any(question.answerable for question in every):
        raise DataError(
            f"{source}: no question has an answer to score against: XTREME's download_data.sh removes them; name the "
            "files that the authors of the test set publish, or a hub id"
        )


def spread(paragraphs: Sequence[str], number: int | None) -> frozenset[str]:
    """Choose `number` distinct paragraphs, evenly spaced in order of appearance; all if None."""
    distinct = list(dict.fromkeys(paragraphs))
    if number is None or number >= len(distinct):
        return frozenset(distinct)
    return frozenset(distinct[(2 * n + 1) * len(distinct) // (2 * number)] for n in range(number))


def _of_paragraphs(questions: Sequence[Question], number: int | None) -> list[Question]:
    chosen = spread([question.paragraph for question in questions], number)
    return [question for question in questions if question.paragraph in chosen]


def _counted(examples: ExampleSet, read: int) -> ExampleSet:
    """Count the questions of paragraphs that were not requested as dropped."""
    counts = {**examples.counts, "read": read, "dropped_limit": read - len(examples)}
    return ExampleSet(examples.examples, counts)
