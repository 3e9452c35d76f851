"""The kinds of leaf that several sections of a study file share."""

from __future__ import annotations

import re
from typing import Annotated, Any, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field, TypeAdapter

from xlingual.errors import DataError
from xlingual.languages import XQUAD_LANGUAGES, two_letter
from xlingual.study.messages import user_error, user_errors
from xlingual.study.section import LeafDoc


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _language(code: str) -> str:
    try:
        return two_letter(code)
    except DataError as error:
        raise user_error(str(error)) from None


def _xquad_language(code: str) -> str:
    code = _language(code)
    if code not in XQUAD_LANGUAGES:
        raise user_error(f"XQuAD has no {code!r}; its languages are {', '.join(XQUAD_LANGUAGES)}")
    return code


def _name(text: str) -> str:
    if re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,99}", text) is None:
        safe = re.sub(r"[^A-Za-z0-9_-]+", "_", text).strip("-_")[:100] or "my_name"
        raise user_error(f"{text!r:.60} becomes a file name: letters, digits, - and _ only; write for example {safe}")
    return text


def _unique(items: tuple[str, ...]) -> tuple[str, ...]:
    twice = [place for place, item in enumerate(items) if item in items[:place]]
    if twice:
        raise user_errors([((place,), f"the language {items[place]!r} is named twice; delete one") for place in twice])
    return items


WHOLE = BeforeValidator(_whole)
"""Reads a float without a fraction (5e2) as a whole number; never true or false."""

Real: TypeAlias = Annotated[float, Field(strict=True, allow_inf_nan=False)]

Count: TypeAlias = Annotated[
    int, Field(strict=True, ge=1, le=10**9), WHOLE, LeafDoc("a whole number from 1 to 1000000000", "16")
]
Seed: TypeAlias = Annotated[
    int, Field(strict=True, ge=0, le=2**32 - 1), WHOLE, LeafDoc("a whole number from 0 to 4294967295", "0")
]
Share: TypeAlias = Annotated[Real, Field(ge=0, le=1), LeafDoc("a number from 0 to 1", "0.1")]
Flag: TypeAlias = Annotated[bool, Field(strict=True), LeafDoc("true or false", "true")]
Text: TypeAlias = Annotated[
    str, Field(strict=True, pattern=r"\S"), LeafDoc("text, in quotes where it is a number", '"..."')
]
Source: TypeAlias = Annotated[str, Field(strict=True, pattern=r"\S"), LeafDoc("toy, a hub id, or a local path", "toy")]
Name: TypeAlias = Annotated[
    str,
    Field(strict=True),
    AfterValidator(_name),
    LeafDoc("a name of letters, digits, - and _, in quotes where it is a number", "my_study"),
]
LanguageCode: TypeAlias = Annotated[
    str, Field(strict=True), AfterValidator(_language), LeafDoc('a language code such as "de" or "deu"', "de")
]
XquadLanguage: TypeAlias = Annotated[
    str, Field(strict=True), AfterValidator(_xquad_language), LeafDoc('a language code of XQuAD such as "de"', "de")
]
Languages: TypeAlias = Annotated[
    tuple[LanguageCode, ...],
    Field(min_length=1),
    AfterValidator(_unique),
    LeafDoc("a list of one or more language codes", "[de, es]"),
]
SomeLanguages: TypeAlias = Annotated[
    tuple[LanguageCode, ...], AfterValidator(_unique), LeafDoc("a list of language codes", "[de, es]")
]
XquadLanguages: TypeAlias = Annotated[
    tuple[XquadLanguage, ...],
    BeforeValidator(lambda value: XQUAD_LANGUAGES if value == "all" else value),
    Field(min_length=1),
    AfterValidator(_unique),
    LeafDoc("all, or a list of one or more language codes of XQuAD", "all"),
]
LANGUAGES: TypeAdapter[tuple[str, ...]] = TypeAdapter(Languages)
