"""A user's own test set: files in SQuAD's format, one for each language, found by a pattern of their names.

A set of a single file in one language is written `{source: PATH, languages: [fi]}`. Within the program it is the
pattern `PATH{fi}`: the code in braces stands for nothing in the name.
"""

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


_ALONE = re.compile(r"(?P<path>.+)\{(?P<code>[a-z]{2,3})\}", re.DOTALL)
_ENDINGS = tuple(f"{ending}{packed}" for ending in (".json", ".jsonl", ".ndjson") for packed in ("", ".gz"))


def is_pattern(source: str) -> bool:
    """Whether this is the pattern of a user's own test set."""
    return LANGUAGE in source or file_alone(source) is not None


def is_file(source: str) -> bool:
    """Whether this is the name of a single file of questions, with no place for a code."""
    return source.lower().endswith((*_ENDINGS, ".parquet")) and LANGUAGE not in source


def of_language(path: str, code: str) -> str:
    """The pattern of a single file in one language."""
    return f"{path}{{{code}}}"


def file_alone(pattern: str) -> str | None:
    """The path of the single file that a pattern is of; None for one that has `{language}`."""
    found = None if LANGUAGE in pattern else _ALONE.fullmatch(pattern)
    return found["path"] if found else None


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
        file=Path(file_alone(pattern) or pattern).name,
        reader="xlingual.data.test_sets.own:load_own",
        training_reader="xlingual.data.squad:load_squad",
        stated="xlingual.data.test_sets.own:stated_questions",
        available="xlingual.data.test_sets.own:languages_of",
        crossed="xlingual.data.test_sets.own:load_crossed",
        roles=("context", "question"),
    )


def name_of(pattern: str) -> str:
    """A name for the set of a pattern: that of the file, or of the innermost folder that is named in full.

    Never a benchmark's.
    """
    if path := file_alone(pattern) or (pattern if is_file(pattern) else None):
        return _unlike_a_benchmark(Path(path).name.partition(".")[0])
    parents = [part for part in Path(pattern).expanduser().absolute().parent.parts if LANGUAGE not in part]
    return _unlike_a_benchmark(parents[-1])


def _unlike_a_benchmark(written: str) -> str:
    name = re.sub(r"\W+", "_", written).strip("_").lower() or "own"
    return f"own_{name}" if name in BENCHMARKS else name


def files_of(pattern: str) -> dict[str, Path]:
    """Files that match a pattern, by two-letter code: English first, the others by their codes.

    Names with anything but a known code in that place do not match.

    Raises:
        DataError: when two files are of one language.
    """
    if (alone := _ALONE.fullmatch(pattern)) and LANGUAGE not in pattern:
        file, language = Path(alone["path"]).expanduser(), _code(alone["code"])
        return {language: file} if language and file.is_file() else {}
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
