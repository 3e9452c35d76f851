"""The kinds of leaf that several sections of a study file share."""

from __future__ import annotations

import re
from typing import Annotated, Any, TypeAlias

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    TypeAdapter,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

from xlingual.errors import DataError
from xlingual.languages import two_letter
from xlingual.study.messages import user_error, user_errors
from xlingual.study.section import AlsoWritten, LeafDoc


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _language(code: str) -> str:
    try:
        return two_letter(code)
    except DataError as error:
        raise user_error(str(error)) from None


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


def _all(value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
    """Take `all` for no choice, as if the key were left out."""
    return () if value == "all" else handler(value)


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
Languages: TypeAlias = Annotated[
    tuple[LanguageCode, ...],
    Field(min_length=1),
    AfterValidator(_unique),
    LeafDoc("a list of one or more language codes", "[de, es]"),
]
SomeLanguages: TypeAlias = Annotated[
    tuple[LanguageCode, ...], AfterValidator(_unique), LeafDoc("a list of language codes", "[de, es]")
]
LanguagesOfSet: TypeAlias = Annotated[
    tuple[LanguageCode, ...],
    Field(min_length=1),
    AfterValidator(_unique),
    WrapValidator(_all),
    AlsoWritten(({"const": "all"},)),
    LeafDoc("all, or a list of one or more language codes of the test set", "all"),
]
LANGUAGES: TypeAdapter[tuple[str, ...]] = TypeAdapter(Languages)
