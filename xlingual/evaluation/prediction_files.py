"""Answers that others made, in the layouts that they come in."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xlingual.errors import DataError
from xlingual.evaluation.benchmark_examples import codes_of, language_key
from xlingual.json_text import parsed
from xlingual.study.benchmarks import Benchmark
from xlingual.tasks.named import task_of
from xlingual.tasks.sentence_pairs import SentencePairTask

Answers = dict[str, str]
"""From the id of a question to its answer."""

LAYOUTS = (
    'write {"question id": "answer"} with one language in --languages, {"de": {"question id": "answer"}}, '
    "or a directory with de.json or de.jsonl"
)


@dataclass(frozen=True)
class Predictions:
    """Answers by language, and 16 hexadecimal digits that follow from all answers of their source."""

    answers: Mapping[str, Answers]
    fingerprint: str


def read_predictions(path: Path, benchmark: Benchmark, languages: str) -> Predictions:
    """Read answers by language.

    Args:
        path: a JSON file that maps ids to texts (then `languages` names the one language that they are in, for
            questions may have the same ids in all) or keys of languages (`de`, or `CONTEXT-QUESTION` for two) to such
            objects, or a directory with KEY.json or KEY.jsonl (rows with `id` and `prediction`).
        benchmark: whose languages may be there.
        languages: comma-separated codes, or `all` for those that are there.

    Raises:
        DataError: when the layout is another one, or a language is not there.
    """
    if path.is_dir():
        found = _of_directory(path, benchmark)
    else:
        content = _json(path)
        if not isinstance(content, dict) or not content:
            raise DataError(f"--predictions {path}: no JSON object with answers; {LAYOUTS}")
        if not any(isinstance(value, dict) for value in content.values()):
            only = {_only_language(path, benchmark, languages): _answers(content, str(path), benchmark)}
            return Predictions(only, _fingerprint(only))
        codes = _codes(list(content), path, benchmark)
        found = {codes[key]: _answers(value, f"{path}: {key}", benchmark) for key, value in content.items()}
    wanted = list(found) if languages.strip() == "all" else codes_of(benchmark, languages)
    absent = [code for code in wanted if code not in found]
    if absent:
        there = [code for code in wanted if code in found] or list(found)
        raise DataError(
            f"--predictions {path}: no answers in {', '.join(absent)}, there are some in {', '.join(found)}; write "
            f"--languages {','.join(there)}"
        )
    order = [code for code in benchmark.languages if code in wanted]
    chosen = {code: found[code] for code in [*order, *(code for code in wanted if code not in order)]}
    return Predictions(chosen, _fingerprint(found))


def _fingerprint(answers: Mapping[str, Mapping[str, str]]) -> str:
    """Of the SHA-256 of answers by language; their order does not count."""
    text = json.dumps(answers, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _of_directory(path: Path, benchmark: Benchmark) -> dict[str, Answers]:
    files = [
        file for file in sorted(path.iterdir()) if file.suffix in (".json", ".jsonl") and _known(file.stem, benchmark)
    ]
    codes = _codes(list(dict.fromkeys(file.stem for file in files)), path, benchmark)
    found: dict[str, Answers] = {}
    for file in files:  # CODE.json comes before CODE.jsonl, which says the same where both are there
        code = codes[file.stem]
        if code not in found:
            found[code] = (
                _answers(_json(file), str(file), benchmark) if file.suffix == ".json" else _of_rows(file, benchmark)
            )
    if not found:
        raise DataError(f"--predictions {path}: no CODE.json or CODE.jsonl in it; {LAYOUTS}")
    return found


def _of_rows(path: Path, benchmark: Benchmark) -> Answers:
    found: Answers = {}
    for number, line in enumerate(_text(path).removesuffix("\n").split("\n"), start=1):  # texts may hold other breaks
        try:
            row = parsed(line)
            key, answer = row["id"], row["prediction"]
        except (json.JSONDecodeError, KeyError, TypeError):
            key, answer = None, None
        key = str(key) if isinstance(key, int) and not isinstance(key, bool) else key  # as ids of questions are read
        if not isinstance(key, str) or not isinstance(answer, str):
            remedy = _of_labels(benchmark)
            raise DataError(
                f'{path}:{number}: no answer; a line is {{"id": "question id", "prediction": "answer"}}{remedy}'
            )
        if key in found:
            raise DataError(f"{path}:{number}: a second answer to {key!r}; leave one of them")
        found[key] = answer
    return _answers(found, str(path), benchmark)


def _only_language(path: Path, benchmark: Benchmark, languages: str) -> str:
    codes = [] if languages.strip() == "all" else codes_of(benchmark, languages)
    if len(codes) != 1:
        raise DataError(
            f"--predictions {path}: maps question ids to answers, and not which language they are in; write that "
            "one, such as --languages de"
        )
    return codes[0]


def _of_labels(benchmark: Benchmark) -> str:
    """What an answer is where it is a label, to end a message with; empty for other tasks."""
    task = task_of(benchmark)
    if not isinstance(task, SentencePairTask):
        return ""
    names = (f'"{label}" (or "{word}")' for label, word in task.words.items())
    return f"; an answer is a label, as text: {', '.join(names)}"


def _answers(value: Any, place: str, benchmark: Benchmark) -> Answers:
    if not isinstance(value, dict):
        raise DataError(f"--predictions {place}: no JSON object with answers; {LAYOUTS}")
    for key, text in value.items():
        if not isinstance(text, str):
            raise DataError(
                f"--predictions {place}: the answer to {key!r} is no text{_of_labels(benchmark) or f'; {LAYOUTS}'}"
            )
        if not (_is_unicode(key) and _is_unicode(text)):
            raise DataError(
                f"--predictions {place}: the answer to {key!r} holds half of a character (a lone surrogate, "
                "\\ud800 to \\udfff), which no UTF-8 file can hold; mend the program that wrote it"
            )
    return value


def _is_unicode(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _codes(written: Sequence[str], path: Path, benchmark: Benchmark) -> dict[str, str]:
    """Keys of languages, each of which may be written in one way only."""
    wrong = next((key for key in written if not _known(key, benchmark)), None)
    if wrong is not None:
        raise DataError(f"--predictions {path}: {wrong!r} is no language; {LAYOUTS}")
    found = {key: language_key(benchmark, key) for key in written}
    for code in found.values():
        same = [key for key in written if found[key] == code]
        if len(same) > 1:
            raise DataError(f"--predictions {path}: two sets of answers in {code} ({', '.join(same)}); leave one")
    return found


def _known(code: str, benchmark: Benchmark) -> bool:
    try:
        language_key(benchmark, code)
    except DataError:
        return False
    return True


def _json(path: Path) -> Any:
    try:
        return parsed(_text(path), lambda pairs: _each_once(pairs, path))
    except json.JSONDecodeError as error:
        raise DataError(f"--predictions {path}:{error.lineno}: not JSON ({error.msg}); {LAYOUTS}") from None


def _each_once(pairs: Sequence[tuple[str, Any]], path: Path) -> dict[str, Any]:
    """An object of JSON whose keys differ: of equal ones the last would count in silence."""
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise DataError(f"--predictions {path}: the key {twice!r} occurs twice in one object; delete one of them")
    return found


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise DataError(f"--predictions {path}: cannot be read ({error.strerror}); {LAYOUTS}") from None
    except UnicodeDecodeError as error:
        raise DataError(f"--predictions {path}: not UTF-8 text (byte {error.start}); {LAYOUTS}") from None


def first_few(ids: Sequence[str], most: int = 3) -> str:
    """The first few ids as a phrase."""
    return ", ".join(ids[:most]) + (" and so on" if len(ids) > most else "")
