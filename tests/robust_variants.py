"""Settings for the contract tests of robust training: each method, with each of its choices."""

from __future__ import annotations

from typing import Any, TypeAlias

from xlingual.study.methods import AveragingMethod, Method, PerturbingMethod, TextMethod
from xlingual.study.methods.registry import METHODS

Settings: TypeAlias = dict[str, dict[str, Any]]


STATES = 15.0
"""Approximate ratio of the tiny models' hidden states to their word embeddings."""


def _noise(**settings: Any) -> Settings:
    return {"embedding_noise": {"magnitude": 0.3 * _size(settings)} | settings}


def _adversarial(**settings: Any) -> Settings:
    sizes = {name: size * _size(settings) for name, size in (("step_size", 0.1), ("start", 0.1), ("radius", 0.3))}
    return {"adversarial": {"steps": 2} | sizes | settings}


def _prediction(**settings: Any) -> Settings:
    return _adversarial(attack="pgd", against="prediction", **settings)


def _consistency(**settings: Any) -> Settings:
    return {"consistency": {"magnitude": 1.0 * _size(settings)} | settings}


def _size(settings: dict[str, Any]) -> float:
    return 1.0 if settings.get("place", "word_embeddings") == "word_embeddings" else STATES


VARIANTS: dict[str, dict[str, Settings]] = {
    "embedding_noise": {
        "noise": _noise(),
        "noise, uniform, embeddings": _noise(distribution="uniform", place="embeddings"),
        "noise, ball, last hidden states": _noise(distribution="ball", place="last_hidden_states"),
        "noise, absolute, three samples": _noise(magnitude=0.01, unit="absolute", samples=3),
    },
    "adversarial": {
        "freelb": _adversarial(attack="freelb", steps=3),
        "freelb, token, unbounded": _adversarial(attack="freelb", over="token", radius=None),
        "freelb, linf, embeddings": _adversarial(attack="freelb", norm="linf", place="embeddings"),
        "freelb, last hidden states, absolute": _adversarial(
            attack="freelb", place="last_hidden_states", unit="absolute", step_size=2.0, start=5.0, radius=5.0
        ),
        "pgd": _adversarial(attack="pgd"),
        "pgd, token, embeddings, no start": _adversarial(attack="pgd", over="token", place="embeddings", start=0.0),
        "pgd, linf, unbounded": _adversarial(attack="pgd", norm="linf", radius=None),
        "pgd, last hidden states": _adversarial(attack="pgd", place="last_hidden_states"),
        "prediction": _prediction(),
        "prediction, linf, embeddings": _prediction(norm="linf", place="embeddings", steps=1),
        "prediction, token, last hidden states": _prediction(over="token", place="last_hidden_states", weight=3.0),
    },
    "consistency": {
        "consistency": _consistency(),
        "consistency, gaussian, embeddings": _consistency(distribution="gaussian", place="embeddings", weight=5.0),
        "consistency, ball, last hidden states": _consistency(distribution="ball", place="last_hidden_states"),
        "consistency, dropout drawn": _consistency(dropout="drawn"),
        "consistency, dropout alone": {"consistency": {"magnitude": 0.0, "dropout": "drawn", "weight": 2.0}},
    },
    "word_substitution": {
        "word substitution": {"word_substitution": {}},
        "word substitution, rate, copies": {"word_substitution": {"rate": 0.5, "copies": 2}},
    },
    "code_switch": {
        "code switch": {"code_switch": {}},
        "code switch, one language": {"code_switch": {"rate": 0.8, "languages": ["es"]}},
    },
    "subword_sampling": {
        "subword sampling": {"subword_sampling": {}},
        "subword sampling, even": {"subword_sampling": {"rate": 0.8, "alpha": 0.0}},
        "subword sampling, likely": {"subword_sampling": {"rate": 0.8, "alpha": 1.0}},
    },
    "averaging": {
        "averaging, last": {"averaging": {"kind": "last", "checkpoints": 2}},
        "averaging, running": {"averaging": {"kind": "running", "decay": 0.5}},
    },
}
"""By method, its settings in each of its kinds, the plainest first. A new method needs an entry here alone."""


def _of(kind: type[Method[Any]]) -> dict[str, Settings]:
    """The variants of all methods of a kind."""
    found = [VARIANTS[name] for name, method in METHODS.items() if isinstance(method, kind)]
    return {name: settings for variants in found for name, settings in variants.items()}


def _weakened(method: Method[Any]) -> Settings:
    """The first variant of a method with a strength of 0."""
    (settings,) = next(iter(VARIANTS[method.name].values())).values()
    return {method.name: settings | {method.strength: 0.0}}


DROPPING = {
    name: settings
    for name, settings in VARIANTS["consistency"].items()
    if settings["consistency"].get("dropout") == "drawn"
}
"""Methods whose runs of a pass draw other dropout."""

PERTURBING = {name: settings for name, settings in _of(PerturbingMethod).items() if name not in DROPPING}
"""Methods that perturb what the model makes of its inputs."""

ALTERING = _of(TextMethod)
"""Methods that rewrite English examples."""

AVERAGING = _of(AveragingMethod)
"""Methods that change what is scored, and not what is trained."""

TRAINING = PERTURBING | DROPPING | ALTERING
"""Methods that change losses."""

ALL = TRAINING | AVERAGING

_CHOSEN = {
    "embedding_noise": ("noise, absolute, three samples",),
    "adversarial": ("freelb", "pgd, linf, unbounded", "prediction"),
    "consistency": ("consistency, gaussian, embeddings",),
}

ONE_OF_EACH = tuple(
    chosen
    for name, method in METHODS.items()
    if isinstance(method, PerturbingMethod)
    for chosen in _CHOSEN.get(name, tuple(VARIANTS[name])[:1])
)
"""One variant of each method that perturbs."""

COMBINATIONS: dict[str, Settings] = {
    "noise and words and averaging": {
        **_noise(samples=2),
        **ALTERING["word substitution, rate, copies"],
        **AVERAGING["averaging, last"],
    },
    "freelb and all texts": {
        **_adversarial(attack="freelb"),
        **ALTERING["word substitution"],
        **ALTERING["code switch"],
        **ALTERING["subword sampling, likely"],
    },
    "pgd and code switch": {**_adversarial(attack="pgd", norm="linf"), **ALTERING["code switch"]},
    "prediction and subwords and averaging": {
        **_prediction(),
        **ALTERING["subword sampling, likely"],
        **AVERAGING["averaging, running"],
    },
    "consistency and everything else": {
        **_consistency(),
        **ALTERING["word substitution"],
        **ALTERING["code switch, one language"],
        **ALTERING["subword sampling, likely"],
        **AVERAGING["averaging, last"],
    },
}
"""Combinations of methods."""

WITHOUT_EFFECT: dict[str, Settings] = {
    **{name: _weakened(method) for name, method in METHODS.items() if method.strength},
    "no radius": _adversarial(attack="freelb", radius=0.0),
    "neither step nor start": _prediction(step_size=0.0, start=0.0),
    "averaging, last": {"averaging": {"kind": "last", "checkpoints": 1}},
    "averaging, running": {"averaging": {"kind": "running", "decay": 0.0}},
    "several": {**_noise(magnitude=0.0), "code_switch": {"rate": 0.0}, "averaging": {"checkpoints": 1}},
}
"""What a study without robust training omits."""

ZERO: dict[str, Settings] = {
    **{f"noise, {name}": _noise(magnitude=0.0, distribution=name) for name in ("gaussian", "uniform", "ball")},
    "noise, last hidden states": _noise(magnitude=0.0, place="last_hidden_states"),
    "consistency": _consistency(magnitude=0.0),
    "consistency, ball, embeddings": _consistency(magnitude=0.0, distribution="ball", place="embeddings", weight=5.0),
    "pgd": _adversarial(attack="pgd", radius=0.0),
    "pgd, linf": _adversarial(attack="pgd", norm="linf", radius=0.0),
    "pgd, token, no move": _adversarial(attack="pgd", over="token", step_size=0.0, start=0.0),
    "prediction": _prediction(radius=0.0),
    "prediction, linf, last hidden states": _prediction(norm="linf", radius=0.0, place="last_hidden_states"),
}
"""Perturbations of 0, which do not change training in any bit: one term, the task's loss plus 0."""

ZERO_BUT_FOR_ROUNDING: dict[str, Settings] = {
    "noise, three samples": _noise(magnitude=0.0, samples=3),
    "freelb": _adversarial(attack="freelb", radius=0.0, steps=3),
    "word substitution": {"word_substitution": {"rate": 0.0}},
    "code switch": {"code_switch": {"rate": 0.0}},
    "subword sampling": {"subword_sampling": {"rate": 0.0}},
}
"""The same, if the gradient is a mean of equal ones, or if unused word embeddings are kept."""

WITHOUT_CHANCE: dict[str, Settings] = {
    f"{attack}, {over or 'linf'}, {place}": _adversarial(
        attack=attack, norm="l2" if over else "linf", over=over, place=place, start=0.0
    )
    for attack, place in (
        ("pgd", "word_embeddings"),
        ("pgd", "embeddings"),
        ("freelb", "word_embeddings"),
        ("freelb", "last_hidden_states"),
    )
    for over in ("example", "token", None)
}
"""Attacks without random numbers, for which the micro-batches of an update do not matter."""
