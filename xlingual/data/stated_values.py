"""Read values of SQuAD objects leniently, but without guessing; a wrong one raises an error with its place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from xlingual.data.row_files import LayoutError

UNSTATED = -1
"""Offset of an answer whose source states none."""


class Answer(NamedTuple):
    """An answer's text ("" if missing) and its offset (UNSTATED if missing)."""

    text: str
    start: int


def text_of(mapping: Any, key: str, place: str, *, needed: bool = True) -> str:
    """A string; "" if it is missing and not needed."""
    if not needed and isinstance(mapping, Mapping) and key not in mapping:
        return ""
    found = _value(mapping, key, place)
    if not isinstance(found, str):
        raise _wrong(key, place, found, "str")
    return found


def name_of(mapping: Any, key: str, place: str) -> str:
    """A string, or an integer converted to one."""
    found = _value(mapping, key, place)
    if not isinstance(found, (str, int)) or isinstance(found, bool):
        raise _wrong(key, place, found, "str")
    return str(found)


def listed(mapping: Any, key: str, place: str) -> list[Any]:
    """A list."""
    found = _value(mapping, key, place)
    if not isinstance(found, list):
        raise _wrong(key, place, found, "list")
    return found


def answers_of(qa: Any, place: str) -> list[Answer]:
    """The answers of a question, from a list of objects or an object of lists; none if null or impossible."""
    if isinstance(qa, Mapping) and "answers" not in qa and qa.get("is_impossible") is True:
        return []
    found = _value(qa, "answers", place)
    if found is None:
        return []
    if isinstance(found, Mapping):
        return _columns(found, f"{place}.answers")
    if not isinstance(found, list):
        raise _wrong("answers", place, found, "list")
    return [_answer(answer, f"{place}.answers[{number}]") for number, answer in enumerate(found)]


def _columns(answers: Mapping[str, Any], place: str) -> list[Answer]:
    texts = _as_list(_value(answers, "text", place))
    starts = _as_list(answers["answer_start"]) if "answer_start" in answers else [None] * len(texts)
    if len(texts) != len(starts):
        raise LayoutError(f"{len(texts)} answer texts but {len(starts)} answer starts in {place}")
    rows = ({"text": text, "answer_start": start} for text, start in zip(texts, starts, strict=True))
    return [_answer(row, f"{place}[{number}]") for number, row in enumerate(rows)]


def _answer(answer: Any, place: str) -> Answer:
    if _value(answer, "text", place) is None:
        return Answer("", UNSTATED)
    return Answer(name_of(answer, "text", place), _start(answer.get("answer_start"), place))


def _start(stated: Any, place: str) -> int:
    """An integer, also when written as a string or float."""
    if stated is None:
        return UNSTATED
    digits = isinstance(stated, str) and stated.strip().removeprefix("-").isdecimal()
    whole = isinstance(stated, int) and not isinstance(stated, bool)
    if digits or whole or (isinstance(stated, float) and stated.is_integer()):
        return int(stated)
    raise _wrong("answer_start", place, stated, "int")


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _value(mapping: Any, key: str, place: str) -> Any:
    if not isinstance(mapping, Mapping):
        raise LayoutError(f"{place} is {type(mapping).__name__}, not an object")
    if key not in mapping:
        raise LayoutError(f'no key "{key}" in {place}, found {", ".join(map(str, mapping)) or "no keys"}')
    return mapping[key]


def _wrong(key: str, place: str, found: Any, wanted: str) -> LayoutError:
    return LayoutError(f'"{key}" in {place} is {type(found).__name__}, not {wanted}')
