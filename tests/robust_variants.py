"""Settings for the contract tests of robust training: each method, with each of its choices."""

from __future__ import annotations

from typing import Any, TypeAlias

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


PERTURBING: dict[str, Settings] = {
    "noise": _noise(),
    "noise, uniform, embeddings": _noise(distribution="uniform", place="embeddings"),
    "noise, ball, last hidden states": _noise(distribution="ball", place="last_hidden_states"),
    "noise, absolute, three samples": _noise(magnitude=0.01, unit="absolute", samples=3),
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
    "consistency": _consistency(),
    "consistency, gaussian, embeddings": _consistency(distribution="gaussian", place="embeddings", weight=5.0),
    "consistency, ball, last hidden states": _consistency(distribution="ball", place="last_hidden_states"),
}
"""Methods that perturb the model's representation of its inputs."""

DROPPING: dict[str, Settings] = {
    "consistency, dropout drawn": _consistency(dropout="drawn"),
    "consistency, dropout alone": {"consistency": {"magnitude": 0.0, "dropout": "drawn", "weight": 2.0}},
}
"""Methods whose runs within a pass have different dropout."""

ALTERING: dict[str, Settings] = {
    "word substitution": {"word_substitution": {}},
    "word substitution, rate, copies": {"word_substitution": {"rate": 0.5, "copies": 2}},
    "code switch": {"code_switch": {}},
    "code switch, one language": {"code_switch": {"rate": 0.8, "languages": ["es"]}},
    "subword sampling": {"subword_sampling": {}},
    "subword sampling, even": {"subword_sampling": {"rate": 0.8, "alpha": 0.0}},
    "subword sampling, likely": {"subword_sampling": {"rate": 0.8, "alpha": 1.0}},
}
"""Methods that rewrite English examples."""

AVERAGING: dict[str, Settings] = {
    "averaging, last": {"averaging": {"kind": "last", "checkpoints": 2}},
    "averaging, running": {"averaging": {"kind": "running", "decay": 0.5}},
}
"""Methods that change the evaluated model, not training."""

TRAINING = PERTURBING | DROPPING | ALTERING
"""Methods that change losses."""

ALL = TRAINING | AVERAGING

ONE_OF_EACH = (
    "noise, absolute, three samples",
    "freelb",
    "pgd, linf, unbounded",
    "prediction",
    "consistency, gaussian, embeddings",
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
    "noise": _noise(magnitude=0.0, samples=3),
    "consistency": _consistency(magnitude=0.0),
    "no radius": _adversarial(attack="freelb", radius=0.0),
    "neither step nor start": _prediction(step_size=0.0, start=0.0),
    "word substitution": {"word_substitution": {"rate": 0.0}},
    "code switch": {"code_switch": {"rate": 0.0}},
    "subword sampling": {"subword_sampling": {"rate": 0.0}},
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
