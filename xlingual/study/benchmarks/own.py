"""A user's own test set: files in SQuAD's format, one for each language, found by a pattern of their names."""

from __future__ import annotations

import glob
import re
from pathlib import Path

from xlingual.errors import DataError
from xlingual.languages import two_letter
from xlingual.study.benchmarks.benchmark import Benchmark
from xlingual.task_metrics import SQUAD

LANGUAGE = "{language}"
"""What a pattern has in the place of the code."""


def is_pattern(source: str) -> bool:
    """Whether this is the pattern of a user's own test set."""
    return LANGUAGE in source


def own_benchmark(name: str, pattern: str) -> Benchmark:
    """A test set of the files that match a pattern.

    It is not parallel. Where the same ids are in several languages, examples of two languages can be made of it all
    the same.

    Args:
        name: as it is to be called.
        pattern: path with `{language}` in place of a code of two or three letters, such as `mydata/{language}.json`.

    Raises:
        DataError: when two files are of one language.
    """
    return Benchmark(
        name=name,
        title=name,
        metrics=SQUAD,
        task="xlingual.tasks.question_answering:QUESTION_ANSWERING",
        languages=tuple(files_of(pattern)),
        source=pattern,
        file=Path(pattern).name,
        reader="xlingual.data.test_sets.own:load_own",
        training_reader="xlingual.data.squad:load_squad",
        stated="xlingual.data.test_sets.own:stated_questions",
        available="xlingual.data.test_sets.own:languages_of",
        crossed="xlingual.data.test_sets.own:load_crossed",
        roles=("context", "question"),
    )


def name_of(pattern: str) -> str:
    """A name for the set of a pattern: that of the innermost folder that is named in full."""
    parents = [part for part in Path(pattern).expanduser().absolute().parent.parts if LANGUAGE not in part]
    return re.sub(r"\W+", "_", parents[-1]).strip("_").lower() or "own"


def files_of(pattern: str) -> dict[str, Path]:
    """Files that match a pattern, by two-letter code: English first, the others by their codes.

    Names with anything but a known code in that place do not match.

    Raises:
        DataError: when two files are of one language.
    """
    path = Path(pattern).expanduser()
    parts = str(path).split(LANGUAGE)
    again = "(?P=language)"
    expression = re.escape(parts[0]) + "(?P<language>[a-z]{2,3})" + again.join(map(re.escape, parts[1:]))
    found: dict[str, Path] = {}
    for name in sorted(glob.glob("*".join(map(glob.escape, parts)))):
        matched = re.fullmatch(expression, name)
        code = _code(matched["language"]) if matched else None
        if code in found:
            raise DataError(f"{pattern}: {found[code]} and {name} are both of {code}; leave one of them")
        if code and Path(name).is_file():
            found[code] = Path(name)
    return {code: found[code] for code in sorted(found, key=lambda code: (code != "en", code))}


def _code(written: str) -> str | None:
    try:
        return two_letter(written)
    except DataError:
        return None
