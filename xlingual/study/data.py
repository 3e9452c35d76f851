"""The data section: what is trained on, what the search is scored on, and the sealed test sets."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field, GetJsonSchemaHandler, ValidationInfo, field_validator
from pydantic_core import CoreSchema

from xlingual.languages import NON_ENGLISH
from xlingual.study.faq_filters import FaqFilters
from xlingual.study.leaves import (
    Count,
    Flag,
    LanguageCode,
    Languages,
    LanguagesOfSet,
    Name,
    Real,
    Seed,
    Share,
    Source,
    Text,
)
from xlingual.study.recipes import PassageSettings
from xlingual.study.section import AlsoWritten, LeafDoc, Section, without_required
from xlingual.study.test_forms import as_section, faults_of, known_languages, sources_filled
from xlingual.study.test_sets import TestSet, name_of
from xlingual.task_metrics import SQUAD

TOY = "toy"
TOY_TEXT_TO_TEXT = "toy_text_to_text"
TOY_MODELS = (TOY, TOY_TEXT_TO_TEXT)
"""The toy world's models: its encoder, and one that answers by writing text."""

HELD_OUT_ARTICLES = "held-out-articles"
HELD_OUT_PAIRS = "held-out-pairs"
HELD_OUT = (HELD_OUT_ARTICLES, HELD_OUT_PAIRS)
"""Development data that is a share of the training data."""
NOTHING_LEFT = "squad-dev-without-xquad"
"""A plausible name for an empty set: XQuAD has paragraphs of every article of SQuAD v1.1's dev set."""

Misalignment: TypeAlias = Annotated[Real, Field(ge=0), LeafDoc("a number of at least 0", "1.0")]
Development: TypeAlias = Annotated[
    str,
    Field(strict=True, pattern=r"\S"),
    LeafDoc(
        "toy, held-out-articles or held-out-pairs (of the training data), a hub id, or a local path", HELD_OUT_ARTICLES
    ),
]

HeldOut: TypeAlias = Annotated[Real, Field(gt=0, le=0.5), LeafDoc("a number above 0 and at most 0.5", "0.1")]
TestSource: TypeAlias = Annotated[
    Source, LeafDoc("toy, a hub id, a local path, or a path with {language} for its code", "google/xquad")
]
SHORT_TEST = AlsoWritten(
    ({"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}),
)
OFF = AlsoWritten(({"enum": ["off", False]},))
OnOverlap: TypeAlias = Annotated[Literal["drop", "stop"], LeafDoc("drop or stop", "drop")]


class ToySettings(Section):
    """The toy world: made-up languages, for studies whose data is `toy`.

    `seed` draws the world. `misalignment` scales the distance between the languages' embeddings and English.
    `faq_helpfulness` is the share of FAQ pairs whose answer fits their question.
    """

    seed: Seed = 0
    misalignment: Misalignment = 1.0
    faq_helpfulness: Share = 1.0


class TestSetSettings(Section):
    """A further sealed test set; `also: {mlqa: PATH}` names a source alone.

    `source`, `languages`, `paragraphs` and `generalised` are those of `data.test`. A benchmark's name brings its
    `source`.
    """

    __test__ = False  # pytest would take the name for a class of tests

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Allow a source alone, and nothing where the set's name is a benchmark's."""
        written = without_required(handler.resolve_ref_schema(handler(schema)), "source")
        written["type"] = ["object", "string", "null"]
        return written

    source: TestSource
    languages: LanguagesOfSet = ()
    paragraphs: Count | None = None
    generalised: Flag = False


class TestSettings(Section):
    """The sealed test sets, which nothing reads for scores before every choice is made.

    `set` is the headline: the name of a benchmark, or any name for a set of one's own; `source` has its data, a hub id,
    a directory, or the path of SQuAD-format files with the code as `{language}` (default: a named benchmark's hub id).
    `languages` are scored (default: all of the set). `paragraphs` limits their number per language, spread evenly over
    the articles (none: all). `generalised: true` also scores pairs of languages, such as a question in one and its
    context in another, where a set is parallel. `also` has further sets by name.

    Short forms: `test: xquad` names a set or a source alone, `test: [xquad, mlqa]` several, the headline first.
    """

    __test__ = False  # pytest would take the name for a class of tests

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Let the source be left out where a set is named."""
        written = without_required(handler.resolve_ref_schema(handler(schema)), "source")
        written["anyOf"] = [{"required": ["source"]}, {"required": ["set"]}]
        return written

    source: TestSource
    set: Name = Field(default_factory=lambda test: name_of(test["source"]))
    languages: LanguagesOfSet = ()
    paragraphs: Count | None = None
    generalised: Flag = False
    also: Annotated[
        dict[Name, TestSetSettings],
        BeforeValidator(sources_filled),
        LeafDoc("a mapping from the name of a test set to its source", "{mlqa: facebook/mlqa}"),
    ] = Field(default_factory=dict)

    @property
    def sets(self) -> dict[str, TestSet]:
        """Every test set by name, the headline first."""
        return {
            name: TestSet(
                name,
                each.source,
                each.languages or known_languages(name, each.source),
                each.paragraphs,
                each.generalised,
            )
            for name, each in self.by_name.items()
        }

    @property
    def headline(self) -> TestSet:
        """The test set of every statistic that is called the result."""
        return self.sets[self.set]

    @property
    def by_name(self) -> dict[str, TestSettings | TestSetSettings]:
        """What the study file says of each set, the headline first."""
        return {self.set: self, **self.also}


def _languages_filled(test: TestSettings) -> TestSettings:
    """Refuse what a set does not have, and fill in the languages of sets that name none."""
    faults_of(test.set, test.by_name)
    sets = {name: {"languages": one.languages} for name, one in test.sets.items()}
    also = {
        name: TestSetSettings.model_construct(each.model_fields_set, **{**dict(each), **sets[name]})
        for name, each in test.also.items()
    }
    return TestSettings.model_construct(test.model_fields_set, **{**dict(test), **sets[test.set], "also": also})


def _all_off(value: Any) -> Any:
    return FaqFilters.none() if value is False or value == "off" else value


class BitextSettings(Section):
    """Aligned FAQ pairs of two languages, for the recipe `contrastive` (WebFAQ's bitexts, arXiv 2502.20936).

    At most `rows_per_language` pairs of each FAQ language with the source language are read from `source`; `similarity`
    is the least LaBSE similarity of a pair.
    """

    source: Source = "PaDaS-Lab/webfaq-bitexts"
    rows_per_language: Count = 1000
    similarity: Share = 0.9


class FaqSettings(Section):
    """Question-answer pairs of FAQ pages from `source`, in `languages`.

    These are by default the headline test set's but the source language. The first `rows_per_language` rows are read,
    from one host in `spread`, drawn at random. With fewer rows the study is refused, unless `allow_shortage: true`. If
    the objective includes `webfaq_dev`, hosts with about `held_out` of each language's rows leave the training data and
    give at most `dev_questions` development questions per language.
    """

    source: Source
    languages: Languages = ()
    rows_per_language: Count = 2000
    spread: Count = 1
    allow_shortage: Flag = False
    filters: Annotated[FaqFilters, BeforeValidator(_all_off), OFF] = Field(default_factory=FaqFilters)
    passages: PassageSettings = Field(default_factory=PassageSettings)
    held_out: HeldOut = 0.1
    dev_questions: Count = 100
    bitexts: BitextSettings | None = None


def _toy_dictionaries(value: Any) -> Any:
    return dict.fromkeys(NON_ENGLISH, TOY) if value == TOY else value


class _OrToy:
    """Accepts `toy` for the dictionaries: those of the toy world, in every language."""

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"anyOf": [{"const": TOY}, handler(schema)]}


Dictionaries: TypeAlias = Annotated[
    dict[LanguageCode, Text],
    Field(min_length=1),
    BeforeValidator(_toy_dictionaries),
    _OrToy(),
    LeafDoc("toy, or a mapping from language codes to tab-separated files", "{de: en-de.tsv}"),
]


def _usual_development_set(data: dict[str, Any]) -> str:
    if data["train"] == TOY:
        return TOY
    test: TestSettings = data["test"]
    return HELD_OUT_ARTICLES if test.headline.benchmark.metrics.task == SQUAD.task else HELD_OUT_PAIRS


class DataSettings(Section):
    """Where the examples come from.

    `train` has the examples to fine-tune on, in `source_language`: every other language is tested without training
    data of its own, zero-shot. `dev` has those that rank trials: a source, or held-out-articles (held-out-pairs for
    sentence pairs), a share of the training data, which then leaves training (default; in the toy world `toy`).
    `train_examples` and `dev_examples` limit their numbers, after a seeded shuffle (none: all). `contamination` says
    what happens to training data that overlaps a test set: it is dropped, or the study stops. `synonyms` is a JSON
    object from English words to lists of synonyms, for `robust.word_substitution`; `dictionaries` names a tab-separated
    file of translations of English words for each language, or is `toy`, for `robust.code_switch`.
    """

    train: Source
    source_language: LanguageCode = "en"
    test: Annotated[TestSettings, BeforeValidator(as_section), AfterValidator(_languages_filled), SHORT_TEST]
    dev: Development = Field(default_factory=_usual_development_set)
    train_examples: Count | None = None
    dev_examples: Count | None = None
    faq: FaqSettings | None = None
    synonyms: Text | None = None
    dictionaries: Dictionaries | None = None
    contamination: OnOverlap = "drop"

    @property
    def dictionary_languages(self) -> tuple[str, ...]:
        """Languages with a dictionary, sorted."""
        return tuple(sorted(self.dictionaries or ()))

    @field_validator("faq")
    @classmethod
    def _fill_languages(cls, faq: FaqSettings | None, known: ValidationInfo) -> FaqSettings | None:
        test: TestSettings | None = known.data.get("test")
        if faq is None or faq.languages or test is None:
            return faq
        absent = {known.data.get("source_language"), *(("en",) if faq.source == TOY else ())}
        languages = tuple(code for code in test.languages if code not in absent)
        return FaqSettings.model_construct(faq.model_fields_set, **{**dict(faq), "languages": languages})


def path_of_test(data: DataSettings, name: str) -> tuple[str, ...]:
    """Where a study file writes a test set."""
    return ("data", "test") if name == data.test.set else ("data", "test", "also", name)
