"""Robust training: each method's settings, which of them have an effect, and the passes that they cost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, TypeAlias

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from xlingual.study.leaves import WHOLE, Count, Languages, Real, Share
from xlingual.study.section import Says, Section
from xlingual.study.tunable import Tunable

Magnitude: TypeAlias = Annotated[Real, Field(ge=0), Says("a number of at least 0", "0.1")]
Distribution: TypeAlias = Annotated[
    Literal["gaussian", "uniform", "ball"], Says("gaussian, uniform (each element) or ball (each token)", "gaussian")
]
Place: TypeAlias = Annotated[
    Literal["word_embeddings", "embeddings", "last_hidden_states"],
    Says("word_embeddings, embeddings or last_hidden_states", "word_embeddings"),
]
Unit: TypeAlias = Annotated[
    Literal["rms", "absolute"], Says("rms (of the word embeddings' elements) or absolute", "rms")
]
Few: TypeAlias = Annotated[int, Field(strict=True, ge=1, le=100), WHOLE, Says("a whole number from 1 to 100", "3")]
Attack: TypeAlias = Annotated[Literal["pgd", "freelb"], Says("pgd or freelb", "freelb")]
Norm: TypeAlias = Annotated[Literal["l2", "linf"], Says("l2 or linf", "l2")]
Over: TypeAlias = Annotated[Literal["example", "token"], Says("example or token", "example")]
Against: TypeAlias = Annotated[Literal["loss", "prediction"], Says("loss or prediction", "loss")]
Dropout: TypeAlias = Annotated[Literal["shared", "drawn"], Says("shared or drawn", "shared")]
MethodWeight: TypeAlias = Annotated[Real, Field(gt=0), Says("a number above 0", "1.0")]
Alpha: TypeAlias = Annotated[Real, Field(ge=0, le=10), Says("a number from 0 to 10", "0.3")]
AveragingKind: TypeAlias = Annotated[Literal["last", "running"], Says("last or running", "last")]
Decay: TypeAlias = Annotated[Real, Field(ge=0, lt=1), Says("a number from 0 to below 1", "0.99")]


class EmbeddingNoise(Section):
    """Random noise on the model's representations while training: randomised smoothing by random perturbation.

    Huang et al., arXiv 2104.08645. `magnitude` is the standard deviation (gaussian), the half-width (uniform, each
    element) or the radius of the L2 ball that each token's vector is drawn from. In the unit `rms` an element counts
    in root mean squares of the word embeddings' elements, and a token's vector of `width` elements in sqrt(width) of
    them, which is the root mean square of the table's rows; `absolute` takes numbers as they are. The gradient is the
    mean over `samples` draws.
    """

    distribution: Distribution = "gaussian"
    magnitude: Magnitude
    place: Place = "word_embeddings"
    unit: Unit = "rms"
    samples: Few = 1

    LATER: ClassVar[dict[str, Any]] = {"place": "word_embeddings", "unit": "rms", "samples": 1}
    """Keys that came after the first fingerprints, which do not hold them where they say what was done before."""

    @model_serializer(mode="wrap")
    def _as_first_written(self, serialise: SerializerFunctionWrapHandler) -> dict[str, Any]:
        written: dict[str, Any] = serialise(self)
        return {key: value for key, value in written.items() if key not in self.LATER or value != self.LATER[key]}


class Adversarial(Section):
    """Noise that is made to harm: `steps` of gradient ascent from a random start within a norm ball.

    `pgd` trains on the last perturbation (Madry et al., arXiv 1706.06083), `freelb` on that of every step, the first
    one the start's, with the mean of their gradients (Zhu et al., arXiv 1909.11764, algorithm 1). The norm `l2` is that
    `over` all of an example's tokens, or over each token's vector; `linf` is the largest element's. A `radius` of None
    sets no bound. `against: prediction` ascends the symmetric KL divergence from the clean prediction, and trains on
    the task loss plus `weight` times it (virtual adversarial training, arXiv 1704.03976; SMART, arXiv 1911.03437).

    In the unit `rms`, `step_size` and `radius` are the root mean square (l2) or the largest (linf) of the elements that
    the norm covers, in root mean squares of the word embeddings' elements; `start` is the half-width of each of its
    elements, in the same. `absolute` takes norms as FreeLB's code does: `step_size` and `radius` are l2 or linf norms,
    and an element of the start has the half-width `start` (linf), or `start` / sqrt(elements covered) (l2).
    """

    attack: Attack = "freelb"
    norm: Norm = "l2"
    over: Over | None = "example"
    steps: Few = 3
    step_size: Magnitude
    radius: Magnitude | None = None
    start: Magnitude = 0.0
    against: Against = "loss"
    weight: MethodWeight | None = 1.0
    place: Place = "word_embeddings"
    unit: Unit = "rms"


class Consistency(Section):
    """Predictions that stay under noise: the task loss plus `weight` times a symmetric KL divergence.

    R3F (Aghajanyan et al., arXiv 2008.03156, equation 3): between the clean and the noised prediction. The noise's keys
    are those of EmbeddingNoise. Both runs have the same dropout (`shared`), or the noised one draws its own (`drawn`),
    as R3F's code does; then a magnitude of 0 is consistency under dropout (R-Drop, arXiv 2106.14448).
    """

    weight: MethodWeight = 1.0
    dropout: Dropout = "shared"
    distribution: Distribution = "uniform"
    magnitude: Magnitude
    place: Place = "word_embeddings"
    unit: Unit = "rms"


class WordSubstitution(Section):
    """English words replaced by synonyms of `data.synonyms`: randomised smoothing by data augmentation.

    Huang et al., arXiv 2104.08645. A word that has synonyms is replaced by one of them with probability `rate`, or
    (None, as published) drawn evenly from itself and them. An example has so many `copies`, used in turn (None: another
    one in every epoch).
    """

    rate: Share | None = None
    copies: Count | None = None


class CodeSwitch(Section):
    """English words replaced by translations of `data.dictionaries` (CoSDA-ML, arXiv 2006.06402; xTune, 2106.08226).

    A word that some of `languages` (None: all dictionaries) translates is replaced with probability `rate`, by a
    language drawn evenly among those that do.
    """

    rate: Share = 0.3
    languages: Languages | None = None


class SubwordSampling(Section):
    """Other segmentations of words: subword regularisation (Kudo, arXiv 1804.10959; in xTune, arXiv 2106.08226).

    With probability `rate` a word's segmentation is drawn, in proportion to (its pieces' probability)^`alpha`.
    """

    rate: Share = 0.3
    alpha: Alpha = 0.3


class Averaging(Section):
    """Scores are those of averaged weights (for zero-shot transfer: arXiv 2305.16834).

    `last`: the mean of the weights after each of the last `checkpoints` reports. `running`: after every update `decay`
    of the average stays and the rest is the weights' (Polyak and Juditsky 1992, as exponential mean, without the
    start's weights).
    """

    kind: AveragingKind = "last"
    checkpoints: Few | None = 3
    decay: Decay | None = 0.99


class Robust(Section):
    """The robust training of a trial: each method that is used."""

    embedding_noise: EmbeddingNoise | None = None
    adversarial: Adversarial | None = None
    consistency: Consistency | None = None
    word_substitution: WordSubstitution | None = None
    code_switch: CodeSwitch | None = None
    subword_sampling: SubwordSampling | None = None
    averaging: Averaging | None = None

    @property
    def alters_text(self) -> bool:
        """Whether English examples are rewritten while training."""
        return any(getattr(self, name) is not None for name in ALTERING_TEXT)


PERTURBING = ("embedding_noise", "adversarial", "consistency")
"""Methods that perturb what the model makes of its inputs; a trial has one of them at most."""

OF_NOISE = ("distribution", "place", "unit")
"""Keys of consistency that say nothing where its magnitude is 0."""

ALTERING_TEXT = ("word_substitution", "code_switch", "subword_sampling")
"""Methods that rewrite English examples; any of them go together, in this order, and with all others."""


class EmbeddingNoiseSpace(Section):
    """The leaves of EmbeddingNoise, each a value or a search space."""

    distribution: Tunable[Distribution] = "gaussian"
    magnitude: Tunable[Magnitude]
    place: Tunable[Place] = "word_embeddings"
    unit: Unit = "rms"
    samples: Tunable[Few] = 1


class AdversarialSpace(Section):
    """The leaves of Adversarial, each a value or a search space."""

    attack: Tunable[Attack] = "freelb"
    norm: Tunable[Norm] = "l2"
    over: Tunable[Over] = "example"
    steps: Tunable[Few] = 3
    step_size: Tunable[Magnitude]
    radius: Tunable[Magnitude | None] = None
    start: Tunable[Magnitude] = 0.0
    against: Tunable[Against] = "loss"
    weight: Tunable[MethodWeight] = 1.0
    place: Tunable[Place] = "word_embeddings"
    unit: Unit = "rms"


class ConsistencySpace(Section):
    """The leaves of Consistency, each a value or a search space."""

    weight: Tunable[MethodWeight] = 1.0
    dropout: Tunable[Dropout] = "shared"
    distribution: Tunable[Distribution] = "uniform"
    magnitude: Tunable[Magnitude]
    place: Tunable[Place] = "word_embeddings"
    unit: Unit = "rms"


class WordSubstitutionSpace(Section):
    """The leaves of WordSubstitution, each a value or a search space."""

    rate: Tunable[Share | None] = None
    copies: Tunable[Count | None] = None


class CodeSwitchSpace(Section):
    """The leaves of CodeSwitch; its rate a value or a search space."""

    rate: Tunable[Share] = 0.3
    languages: Languages | None = None


class SubwordSamplingSpace(Section):
    """The leaves of SubwordSampling, each a value or a search space."""

    rate: Tunable[Share] = 0.3
    alpha: Tunable[Alpha] = 0.3


class AveragingSpace(Section):
    """The leaves of Averaging, each a value or a search space."""

    kind: Tunable[AveragingKind] = "last"
    checkpoints: Tunable[Few] = 3
    decay: Tunable[Decay] = 0.99


class RobustSpace(Section):
    """The robust training of an arm: each method, or None where it is not used."""

    embedding_noise: Tunable[EmbeddingNoiseSpace | None] = None
    adversarial: Tunable[AdversarialSpace | None] = None
    consistency: Tunable[ConsistencySpace | None] = None
    word_substitution: Tunable[WordSubstitutionSpace | None] = None
    code_switch: Tunable[CodeSwitchSpace | None] = None
    subword_sampling: Tunable[SubwordSamplingSpace | None] = None
    averaging: Tunable[AveragingSpace | None] = None

    @property
    def alters_text(self) -> bool:
        """Whether English examples may be rewritten while training."""
        return any(getattr(self, name) is not None for name in ALTERING_TEXT)


def plain_robust(drawn: Mapping[str, Any] | None, dictionaries: tuple[str, ...] = ()) -> Robust | None:
    """Return the robust training of a drawn tree without what has no effect; None where nothing is left.

    A magnitude, a rate or a step of 0 leaves its method out, but for consistency under drawn dropout; a setting that
    another one makes void becomes None, or its default.

    Args:
        drawn: by method, its settings or None.
        dictionaries: languages that `data.dictionaries` names: what code switching without languages draws from.
    """
    methods = {name: dict(settings) for name, settings in (drawn or {}).items() if settings is not None}
    kept = {name: _without_void(name, settings, dictionaries) for name, settings in methods.items()}
    found = {name: settings for name, settings in kept.items() if settings is not None}
    return Robust.model_validate(found) if found else None


def passes_of(robust: Robust | None) -> int:
    """How often each example goes forward and backward through the model in one update: 1 in plain training.

    Passes that a gradient is taken of for the perturbation alone count like all others.
    """
    if robust is None:
        return 1
    if robust.embedding_noise is not None:
        return robust.embedding_noise.samples
    if robust.consistency is not None:
        return 2
    if robust.adversarial is not None:
        more = {"freelb": 0, "pgd": 1 if robust.adversarial.against == "loss" else 2}
        return robust.adversarial.steps + more[robust.adversarial.attack]
    return 1


def _without_void(name: str, settings: dict[str, Any], dictionaries: tuple[str, ...]) -> dict[str, Any] | None:
    """A method's settings as they count; None where it changes nothing."""
    silent = settings.get("magnitude") == 0
    if (silent and settings.get("dropout") != "drawn") or settings.get("rate") == 0:
        return None
    if silent:
        return {key: value for key, value in settings.items() if key not in OF_NOISE}
    if name == "adversarial":
        if settings.get("radius") == 0 or (settings["step_size"] == 0 and settings.get("start", 0.0) == 0):
            return None
        if settings.get("against", "loss") == "loss":
            settings["weight"] = None
        if settings.get("norm", "l2") == "linf":
            settings["over"] = None
    if name == "code_switch":
        settings["languages"] = tuple(sorted(settings.get("languages") or dictionaries))
    if name == "averaging":
        running = settings.get("kind", "last") == "running"
        settings["checkpoints" if running else "decay"] = None
        if settings.get("decay") == 0 or settings.get("checkpoints") == 1:
            return None
    return settings
