"""Questions in one language on contexts in another, made of a test set whose languages have the same questions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from xlingual.data.examples import Example, ExampleSet
from xlingual.errors import DataError


def pair_key(first: str, second: str) -> str:
    """The key of two languages, `A-B`; that of a language with itself is its code."""
    return first if first == second else f"{first}-{second}"


def languages_in(pairs: Sequence[tuple[str, str]]) -> list[str]:
    """The languages of some pairs, each once."""
    return list(dict.fromkeys(code for pair in pairs for code in pair))


def crossed(source: str, sets: Mapping[str, ExampleSet], pairs: Sequence[tuple[str, str]]) -> dict[str, ExampleSet]:
    """Ask the questions of one language on the contexts of another, with the context's gold answers.

    The examples are those of the context's language, in its order, with other questions; `language` is the context's.

    Args:
        source: the test set, as the user named it.
        sets: examples by language.
        pairs: languages of context and question.

    Returns:
        Examples by `CONTEXT-QUESTION`, or by the code where both are the same.

    Raises:
        DataError: when the two languages have different ids.
    """
    return {
        pair_key(context, question): sets[context]
        if context == question
        else _asked_in(source, sets, context, question)
        for context, question in pairs
    }


def _asked_in(source: str, sets: Mapping[str, ExampleSet], context: str, question: str) -> ExampleSet:
    asked = {example.id: example.question for example in sets[question].examples}
    ids = [example.id for example in sets[context].examples]
    if set(ids) != asked.keys() or len(ids) != len(asked):
        other = next((one for one in (*ids, *asked) if one not in asked or one not in set(ids)), "")
        raise DataError(
            f"{source}: {context} and {question} have other questions ({other} is in one of them only), so none can "
            "be asked across the two; name a test set with the same ids in both, or leave the pair out"
        )
    examples = tuple(_with_question(example, asked[example.id]) for example in sets[context].examples)
    return ExampleSet(examples, {"read": len(examples), "kept": len(examples)})


def _with_question(example: Example, question: str) -> Example:
    return replace(example, question=question)
