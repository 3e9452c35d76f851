"""Which FAQ rows are kept: one key per filter, with its threshold or `off`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Any, TypeAlias

from pydantic import AfterValidator, Field, GetCoreSchemaHandler, GetJsonSchemaHandler, model_validator
from pydantic_core import CoreSchema, core_schema

from xlingual.study.leaves import WHOLE, Count, Real, Text
from xlingual.study.messages import user_error, user_errors
from xlingual.study.section import LeafDoc, Section

OFF = "off"
DEFAULT_HOSTS = "default"
"""The item of `deny_hosts` for the patterns of `xlingual.data.faq.filters.deny_list`."""


class _OrOff:
    """Accepts `off` (and false) in place of null, or of false, and adds it to the JSON Schema."""

    def __init__(self, meaning: bool | None = None) -> None:
        self.meaning = meaning

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Read `off` before the leaf's own schema."""
        return core_schema.no_info_before_validator_function(self._read, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Add `off` to the leaf's JSON Schema."""
        return {"anyOf": [handler(schema), {"enum": [OFF, False] if self.meaning is None else [OFF, None]}]}

    def _read(self, value: Any) -> Any:
        return self.meaning if value is None or value is False or value == OFF else value


def _patterns(items: tuple[str, ...]) -> tuple[str, ...]:
    wrong = [(place, error) for place, item in enumerate(items) if (error := _fault(item)) is not None]
    if wrong:
        raise user_errors([((place,), _pattern_message(items[place], error)) for place, error in wrong])
    return items


def _fault(pattern: str) -> re.error | None:
    try:
        re.compile(pattern)
    except re.error as error:
        return error
    return None


def _pattern_message(pattern: str, error: re.error) -> str:
    return (
        f"{pattern!r:.60} is not a regular expression ({error.msg}); to match it literally write {re.escape(pattern)}"
    )


def _different(items: Sequence[str]) -> Sequence[str]:
    twice = [place for place, item in enumerate(items) if item in items[:place]]
    if twice:
        raise user_errors([((place,), f"{items[place]!r} is named twice; delete one") for place in twice])
    return items


class Characters(Section):
    """Lengths from `min` to `max` characters, both included.

    A character of Chinese counts as 3.3, of Japanese as 2.2, of Korean as 1.9: as many as English needs to say the same
    (`xlingual.data.writing`).
    """

    min: Annotated[int, Field(strict=True, ge=0, le=10**9), WHOLE, LeafDoc("a whole number from 0", "30")] = 0
    max: Count = 3000

    @model_validator(mode="after")
    def _right_way_up(self) -> Characters:
        if self.min > self.max:
            raise user_error(f"min {self.min} is above max {self.max}; write {{min: {self.max}, max: {self.min}}}")
        return self


class QuestionCharacters(Characters):
    """Length of a question, from `min` to `max` characters."""

    min: Annotated[int, Field(strict=True, ge=0, le=10**9), WHOLE, LeafDoc("a whole number from 0", "10")] = 10
    max: Count = 300


class AnswerCharacters(Characters):
    """Length of an answer, from `min` to `max` characters."""

    min: Annotated[int, Field(strict=True, ge=0, le=10**9), WHOLE, LeafDoc("a whole number from 0", "30")] = 30


class Boilerplate(Section):
    """Text that many answers of one host share; whole sentences of it are cut out.

    A word n-gram of length `ngram` is boilerplate if more than `share` of the host's answers contain it, and at least
    four. Text without spaces is counted in characters, several to a word.
    """

    share: Annotated[Real, Field(gt=0, lt=1), LeafDoc("a number between 0 and 1", "0.3")] = 0.3
    ngram: Annotated[int, Field(strict=True, ge=3, le=50), WHOLE, LeafDoc("a whole number from 3 to 50", "8")] = 8


_OR_OFF = ", or off"
_LABELS = LeafDoc("a list of labels as the data writes them, or off", '["Healthcare Services, Wellness and Lifestyle"]')

Switch: TypeAlias = Annotated[bool, Field(strict=True), _OrOff(False), LeafDoc("true, false or off", "true")]
QuestionLength: TypeAlias = Annotated[
    QuestionCharacters | None, _OrOff(), LeafDoc("a mapping with the keys min, max, or off", "{min: 10, max: 300}")
]
AnswerLength: TypeAlias = Annotated[
    AnswerCharacters | None, _OrOff(), LeafDoc("a mapping with the keys min, max, or off", "{min: 30, max: 3000}")
]
ScriptShare: TypeAlias = Annotated[
    Annotated[Real, Field(gt=0, le=1)] | None, _OrOff(), LeafDoc("a number above 0 and at most 1" + _OR_OFF, "0.5")
]
Jaccard: TypeAlias = Annotated[
    Annotated[Real, Field(ge=0.3, le=0.95)] | None, _OrOff(), LeafDoc("a number from 0.3 to 0.95" + _OR_OFF, "0.8")
]
Cap: TypeAlias = Annotated[Count | None, _OrOff(), LeafDoc("a whole number from 1 to 1000000000" + _OR_OFF, "50")]
BoilerplateShare: TypeAlias = Annotated[
    Boilerplate | None, _OrOff(), LeafDoc("a mapping with the keys share, ngram, or off", "{share: 0.3, ngram: 8}")
]
HostPatterns: TypeAlias = Annotated[
    Annotated[tuple[Text, ...], AfterValidator(_patterns)] | None,
    AfterValidator(lambda items: items and _different(items)),
    _OrOff(),
    LeafDoc(
        "a list of regular expressions, `default` among them for the built-in ones, or off", "[default, 'bets?\\.com']"
    ),
]
Similarity: TypeAlias = Annotated[
    Annotated[Real, Field(ge=-1, le=1)] | None, _OrOff(), LeafDoc("a number from -1 to 1" + _OR_OFF, "0.5")
]
Labels: TypeAlias = Annotated[
    Annotated[tuple[Text, ...], Field(min_length=1)] | None,
    AfterValidator(lambda items: items and _different(items)),
    _OrOff(),
    _LABELS,
]


class FaqFilters(Section):
    """The filters of FAQ rows, in the order in which they are applied; `off`, false and null turn one off.

    Filters that need no labels are on by default, because WebFAQ v1's base set still has duplicates, spam and templates
    (arXiv 2502.20936 filters only the retrieval subset). Lengths start where WebFAQ's own do (10 and 30 characters), so
    these filters drop only what is longer than a passage, or was shortened by a repair. Filters that need labels are
    off: `similarity` exists in version 2 alone, `topics` and `question_types` in 49 languages, and the two versions
    have different question types. The latter two list the labels to keep.

    `html` unescapes entities and removes tags. `deny_hosts` are regular expressions searched in the host's name,
    ignoring case; the item `default` means betting, casinos and diploma mills, so a list without it replaces them and a
    list with it adds to them. `script` is the least share of letters in the language's scripts. `templates` drops
    truncated questions, placeholders and lorem ipsum. `rows_per_host` limits a host's rows, by whole pages.
    `exact_duplicates` drops repeated rows, `near_duplicates` those with at least this Jaccard similarity of word
    3-grams of question and answer.
    """

    html: Switch = True
    deny_hosts: HostPatterns = (DEFAULT_HOSTS,)
    similarity: Similarity = None
    question_types: Labels = None
    topics: Labels = None
    question_length: QuestionLength = Field(default_factory=QuestionCharacters)
    answer_length: AnswerLength = Field(default_factory=AnswerCharacters)
    script: ScriptShare = 0.5
    templates: Switch = True
    rows_per_host: Cap = 50
    boilerplate: BoilerplateShare = Field(default_factory=Boilerplate)
    exact_duplicates: Switch = True
    near_duplicates: Jaccard = 0.8

    @classmethod
    def none(cls) -> FaqFilters:
        """Every filter off, as suits the toy world, whose answers are single words."""
        return cls.model_validate(dict.fromkeys(cls.model_fields, OFF))
