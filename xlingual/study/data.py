"""The data section: what is trained on, what the search is scored on, and the sealed test set."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BeforeValidator, Field, GetJsonSchemaHandler, ValidationInfo, field_validator
from pydantic_core import CoreSchema

from xlingual.languages import NON_ENGLISH, XQUAD_LANGUAGES
from xlingual.study.faq_filters import FaqFilters
from xlingual.study.leaves import Count, Flag, LanguageCode, Languages, Real, Seed, Share, Source, Text, XquadLanguages
from xlingual.study.recipes import PassageSettings
from xlingual.study.section import LeafDoc, Section

TOY = "toy"
TOY_TEXT_TO_TEXT = "toy_text_to_text"
TOY_MODELS = (TOY, TOY_TEXT_TO_TEXT)
"""The toy world's models: its encoder, and one that answers by writing text."""

HELD_OUT_ARTICLES = "held-out-articles"
NOTHING_LEFT = "squad-dev-without-xquad"
"""A plausible name for an empty set: XQuAD has paragraphs of every article of SQuAD v1.1's dev set."""

Misalignment: TypeAlias = Annotated[Real, Field(ge=0), LeafDoc("a number of at least 0", "1.0")]
Development: TypeAlias = Annotated[
    str,
    Field(strict=True, pattern=r"\S"),
    LeafDoc("toy, held-out-articles (of the training data), a hub id, or a local path", HELD_OUT_ARTICLES),
]


HeldOut: TypeAlias = Annotated[Real, Field(gt=0, le=0.5), LeafDoc("a number above 0 and at most 0.5", "0.1")]
OnOverlap: TypeAlias = Annotated[Literal["drop", "stop"], LeafDoc("drop or stop", "drop")]


class ToySettings(Section):
    """The toy world: made-up languages, for studies whose data is `toy`.

    `seed` draws the world. `misalignment` scales the distance between the languages' embeddings and English.
    `faq_helpfulness` is the share of FAQ pairs whose answer fits their question.
    """

    seed: Seed = 0
    misalignment: Misalignment = 1.0
    faq_helpfulness: Share = 1.0


class TestSettings(Section):
    """The sealed test set, which nothing reads for scores before every choice is made.

    `source` has the same questions in each of `languages`; `test: google/xquad` names a source alone. `paragraphs`
    limits their number per language, spread evenly over the articles (none: all).
    """

    __test__ = False  # pytest would take the name for a class of tests

    source: Source
    languages: XquadLanguages = XQUAD_LANGUAGES
    paragraphs: Count | None = None


class _Off:
    """Accepts `off` for the filters: none of them."""

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"anyOf": [{"enum": ["off", False]}, handler(schema)]}


def _all_off(value: Any) -> Any:
    return FaqFilters.none() if value is False or value == "off" else value


class BitextSettings(Section):
    """Aligned FAQ pairs of two languages, for the recipe `contrastive` (WebFAQ's bitexts, arXiv 2502.20936).

    At most `rows_per_language` pairs of each FAQ language with English are read from `source`; `similarity` is the
    least LaBSE similarity of a pair.
    """

    source: Source = "PaDaS-Lab/webfaq-bitexts"
    rows_per_language: Count = 1000
    similarity: Share = 0.9


class FaqSettings(Section):
    """Question-answer pairs of FAQ pages from `source`, in `languages` (default: those of the test set but English).

    The first `rows_per_language` rows are read, from one host in `spread`, drawn at random. With fewer rows the study
    is refused, unless `allow_shortage: true`. If the objective includes `webfaq_dev`, hosts with about `held_out` of
    each language's rows leave the training data and give at most `dev_questions` development questions per language.
    """

    source: Source
    languages: Languages = ()
    rows_per_language: Count = 2000
    spread: Count = 1
    allow_shortage: Flag = False
    filters: Annotated[FaqFilters, BeforeValidator(_all_off), _Off()] = Field(default_factory=FaqFilters)
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


class _SourceAlone:
    """Accepts the source alone for a section: `test: google/xquad`."""

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"anyOf": [{"type": "string"}, handler(schema)]}


def _source_alone(value: Any) -> Any:
    return {"source": value} if isinstance(value, str) else value


def _usual_development_set(data: dict[str, Any]) -> str:
    return TOY if data.get("train") == TOY else HELD_OUT_ARTICLES


class DataSettings(Section):
    """Where the examples come from.

    `train` has the English questions to fine-tune on. `dev` has those that rank trials: a source, or held-out-articles,
    a share of the training articles, which then leave training (default; in the toy world `toy`). `train_examples` and
    `dev_examples` limit their numbers, after a seeded shuffle (none: all). `contamination` says what happens to
    training data that overlaps the test set: it is dropped, or the study stops. `synonyms` is a JSON object from
    English words to lists of synonyms, for `robust.word_substitution`; `dictionaries` names a tab-separated file of
    translations of English words for each language, or is `toy`, for `robust.code_switch`.
    """

    train: Source
    dev: Development = Field(default_factory=_usual_development_set)
    train_examples: Count | None = None
    dev_examples: Count | None = None
    test: Annotated[TestSettings, BeforeValidator(_source_alone), _SourceAlone()]
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
        languages = tuple(code for code in test.languages if code != "en")
        return FaqSettings.model_construct(faq.model_fields_set, **{**dict(faq), "languages": languages})
