"""A user's own test set: files in SQuAD's format, one for each language, found by a pattern of their names."""

from __future__ import annotations

import glob
import re
from pathlib import Path

from xlingual.errors import DataError
from xlingual.languages import two_letter
from xlingual.study.benchmarks.benchmark import Benchmark
from xlingual.study.benchmarks.registry import BENCHMARKS
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
    """A name for the set of a pattern: that of the innermost folder that is named in full, and not a benchmark's."""
    parents = [part for part in Path(pattern).expanduser().absolute().parent.parts if LANGUAGE not in part]
    name = re.sub(r"\W+", "_", parents[-1]).strip("_").lower() or "own"
    return f"own_{name}" if name in BENCHMARKS else name


def files_of(pattern: str) -> dict[str, Path]:
    """Files that match a pattern, by two-letter code: English first, the others by their codes.

    Names with anything but a known code in that place do not match.

    Raises:
        DataError: when two files are of one language.
    """
    path = str(Path(pattern).expanduser())
    found: dict[str, Path] = {}
    for name in sorted(glob.glob("*".join(map(glob.escape, path.split(LANGUAGE))))):
        code = code_in(path, name)
        if code in found:
            raise DataError(f"{pattern}: {found[code]} and {name} are both of {code}; leave one of them")
        if code and Path(name).is_file():
            found[code] = Path(name)
    return {code: found[code] for code in sorted(found, key=lambda code: (code != "en", code))}


def code_in(pattern: str, path: str) -> str | None:
    """The two-letter code in a path that matches a pattern; None for any other path."""
    first, *others = map(re.escape, pattern.split(LANGUAGE))
    matched = re.fullmatch(f"{first}(?P<language>[a-z]{{2,3}}){'(?P=language)'.join(others)}", path)
    return _code(matched["language"]) if matched else None


def _code(written: str) -> str | None:
    try:
        return two_letter(written)
    except DataError:
        return None
