"""Recipes: how FAQ pairs become training examples. A mixture has exactly one."""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, ClassVar, Literal, TypeAlias, get_args

from pydantic import Field

from xlingual.study.derived import MILDEST_LOW, PARTIAL
from xlingual.study.leaves import Count, Flag, Real, Share
from xlingual.study.section import LeafDoc, Section

Span: TypeAlias = Annotated[Literal["answer", "sentence"], LeafDoc("answer or sentence", "sentence")]
Schedule: TypeAlias = Annotated[Literal["mix", "then"], LeafDoc("mix or then", "mix")]
Pairs: TypeAlias = Annotated[Literal["matched", "shuffled"], LeafDoc("matched or shuffled", "matched")]
Direction: TypeAlias = Annotated[
    Literal["question_to_answer", "answer_to_question"],
    LeafDoc("question_to_answer or answer_to_question", "question_to_answer"),
]
LossWeight: TypeAlias = Annotated[Real, Field(gt=0), LeafDoc("a number above 0", "0.1")]
Temperature: TypeAlias = Annotated[Real, Field(gt=0), LeafDoc("a number above 0", "0.05")]
MaskRate: TypeAlias = Annotated[Real, Field(gt=0, lt=1), LeafDoc("a number between 0 and 1", "0.15")]
SpanLength: TypeAlias = Annotated[Real, Field(ge=1), LeafDoc("a number of at least 1", "3")]


class RecipeSettings(Section):
    """Settings of one recipe, and what follows from them for the examples that it makes.

    Attributes:
        with_contexts: whether its examples are questions on contexts. They are drawn among the English ones, so that
            their number varies by update; of other examples every update has its share.
        objective: its own loss, as `module:attribute` (a `xlingual.training.objectives.objective.Objective`), imported
            only when a trial trains; None where its examples train answers.
        whole_vocabulary: whether its loss is over the whole vocabulary.
        beside_pairs: whether models that classify pairs of sentences can be trained with it.
        refusal: why a model cannot be trained with it: "a recipe that ...".
        suited_model: one that can.
    """

    with_contexts: ClassVar[bool] = False
    objective: ClassVar[str | None] = None
    whole_vocabulary: ClassVar[bool] = False
    beside_pairs: ClassVar[bool] = False
    refusal: ClassVar[str] = "is for models of another family"
    suited_model: ClassVar[str] = "another one"

    @property
    def uses_bitexts(self) -> bool:
        """Whether bitext pairs are drawn as well."""
        return False

    @property
    def variant(self) -> str:
        """Name what the recipe trains on, see `xlingual.study.recipes.variant`."""
        return "pairs"


class PassageSettings(RecipeSettings):
    """A passage of several answers of one page, one of them (or a sentence of it) the span to find.

    `span` is the whole answer or a sentence of it, of at most `max_span_characters`. A passage has at most `answers`
    answers, the gold one included, and from `min_passage_characters` to `max_passage_characters` (characters of Chinese
    and Japanese count more, see `xlingual.data.writing`). Siblings whose word sets have a Jaccard similarity above
    `sibling_similarity` to the gold answer are left out. A sentence is the span only with `evidence` that it answers
    its question, see `xlingual.data.recipes.evidence`; 0 takes every first sentence that can be an answer. `strip_echo`
    removes a question that its answer repeats.
    """

    with_contexts: ClassVar[bool] = True

    span: Span = "sentence"
    answers: Count = 6
    evidence: Share = 0.5
    max_span_characters: Count = 120
    min_passage_characters: Count = 300
    max_passage_characters: Count = 1200
    sibling_similarity: Share = 0.5
    strip_echo: Flag = True

    @property
    def variant(self) -> str:
        """Passages by a hash of the settings."""
        settings = json.dumps(self.model_dump(), sort_keys=True, separators=(",", ":"))
        return f"passage-{hashlib.sha256(settings.encode()).hexdigest()[:8]}"


class ContrastiveSettings(RecipeSettings):
    """InfoNCE between mean-pooled question and answer (arXiv 1807.03748; MFAQ, arXiv 2109.12870).

    `weight` is this loss's weight relative to that of the task; cosine similarities are divided by `temperature`;
    `bitext_share` is the share of contrastive updates whose positives are rows of `data.faq.bitexts`.
    """

    objective: ClassVar[str | None] = "xlingual.training.objectives.contrastive:Contrastive"
    beside_pairs: ClassVar[bool] = True
    refusal: ClassVar[str] = "reads pairs as a fast tokenizer lays them out, and this model reads bytes"
    suited_model: ClassVar[str] = "google/mt5-base"

    weight: Annotated[LossWeight, MILDEST_LOW] = 0.1
    temperature: Temperature = 0.05
    bitext_share: Annotated[Share, MILDEST_LOW] = 0.0

    @property
    def uses_bitexts(self) -> bool:
        """Whether some share of the pairs are bitext rows."""
        return self.bitext_share > 0

    @property
    def variant(self) -> str:
        """Pairs alone, or with bitext rows."""
        return "bitexts" if self.uses_bitexts else "pairs"


class MaskedLanguageModelSettings(RecipeSettings):
    """Masking on `question </s> answer`: spans of the answer are masked, the question is not.

    `rate` is the share of the answer's tokens that are masked, `mean_span` the mean length of a masked span in tokens
    (geometric, SpanBERT, arXiv 1907.10529), `weight` this loss's weight relative to that of the task.
    """

    objective: ClassVar[str | None] = "xlingual.training.objectives.masked_language_model:MaskedLanguageModel"
    whole_vocabulary: ClassVar[bool] = True
    beside_pairs: ClassVar[bool] = True
    refusal: ClassVar[str] = "fills masked words in with an encoder's own head, and this model writes text"
    suited_model: ClassVar[str] = "FacebookAI/xlm-roberta-base"

    weight: Annotated[LossWeight, MILDEST_LOW] = 0.1
    rate: Annotated[MaskRate, MILDEST_LOW] = 0.15
    mean_span: SpanLength = 3.0


class GenerationSettings(RecipeSettings):
    """Writing one half of a pair from the other, for text-to-text models.

    `direction: question_to_answer` reads `answer question: QUESTION` and writes the answer; `answer_to_question` reads
    `ask question: ANSWER` and writes the question. The loss is that of questions with contexts. Both halves of a pair
    are in one language.
    """

    refusal: ClassVar[str] = "teaches a model to write text, and this model points at spans"
    suited_model: ClassVar[str] = "google/mt5-base"

    direction: Direction = "question_to_answer"

    @property
    def variant(self) -> str:
        """The direction."""
        return self.direction


class Recipe(Section):
    """What is made of FAQ pairs: exactly one of these in a trial; a study file that names none gets `passage`."""

    passage: Annotated[PassageSettings | None, PARTIAL] = None
    contrastive: ContrastiveSettings | None = None
    masked_language_model: MaskedLanguageModelSettings | None = None
    generation: GenerationSettings | None = None

    @property
    def name(self) -> str:
        """The field that is set."""
        return next(name for name in type(self).model_fields if getattr(self, name) is not None)

    @property
    def settings(self) -> RecipeSettings:
        """The settings of the recipe that is set."""
        found: RecipeSettings = getattr(self, self.name)
        return found

    def in_a_stage(self) -> Recipe:
        """The same with a loss of weight 1, where the recipe has one of its own: a stage has no other loss."""
        if "weight" not in type(self.settings).model_fields:
            return self
        return self.model_copy(update={self.name: self.settings.model_copy(update={"weight": 1.0})})


RECIPES: dict[str, type[RecipeSettings]] = {
    name: next(kind for kind in get_args(field.annotation) if kind is not type(None))
    for name, field in Recipe.model_fields.items()
}
"""The settings of each recipe by its name."""


def variant(recipe: Recipe, pairs: str) -> str:
    """Name what a recipe trains on.

    It is "pairs", "bitexts" (pairs and bitext rows), "passage-" and a hash of its settings, or the direction of
    generation; controls end in "-shuffled".

    All that has one name is made once, before the first trial, and read by every trial that wants it.
    """
    name = recipe.settings.variant
    return name if pairs == "matched" else f"{name}-{pairs}"
