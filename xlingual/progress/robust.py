"""A configuration's robust training as a short text: what stands in a table's cell or in a line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def robust_text(robust: Mapping[str, Any]) -> str:
    """Every method by a word and its numbers, two digits each: "freelb3 .1 r.3, avg 3"; empty where there is none.

    Noise and consistency say their magnitude (and samples, weight), adversarial training its steps, step size and
    radius, methods that alter texts their rate, averaging its checkpoints or its decay.
    """
    texts = [_TEXTS[name](robust[name]) for name in _TEXTS if isinstance(robust.get(name), Mapping)]
    return ", ".join(text for text in texts if text)


def number(value: float) -> str:
    """A number with two digits, without a leading zero: ".05", "1", "1e-05"."""
    return f"{value:.2g}".removeprefix("0") or "0"


def _noise(settings: Mapping[str, Any]) -> str:
    samples = settings.get("samples", 1)
    return _joined("noise", _magnitude(settings, "magnitude"), f"x{samples}" if samples > 1 else "")


def _adversarial(settings: Mapping[str, Any]) -> str:
    name = f"{settings.get('attack', 'freelb')}{settings.get('steps', '')}"
    against = "vs prediction" if settings.get("against") == "prediction" else ""
    return _joined(name, _magnitude(settings, "step_size"), _magnitude(settings, "radius", "r"), against)


def _consistency(settings: Mapping[str, Any]) -> str:
    dropout = "dropout" if settings.get("dropout") == "drawn" else ""
    return _joined("r3f", _magnitude(settings, "magnitude"), _value(settings, "weight", "w"), dropout)


def _averaging(settings: Mapping[str, Any]) -> str:
    return _joined("avg", _value(settings, "checkpoints"), _value(settings, "decay"))


def _magnitude(settings: Mapping[str, Any], key: str, prefix: str = "") -> str:
    text = _value(settings, key, prefix)
    return f"{text}abs" if text and settings.get("unit") == "absolute" else text


def _value(settings: Mapping[str, Any], key: str, prefix: str = "") -> str:
    value = settings.get(key)
    return f"{prefix}{number(value)}" if isinstance(value, (int, float)) else ""


def _joined(*words: str) -> str:
    return " ".join(word for word in words if word)


_TEXTS = {
    "embedding_noise": _noise,
    "adversarial": _adversarial,
    "consistency": _consistency,
    "word_substitution": lambda settings: _joined("synonyms", _value(settings, "rate")),
    "code_switch": lambda settings: _joined("switch", _value(settings, "rate")),
    "subword_sampling": lambda settings: _joined("subword", _value(settings, "rate")),
    "averaging": _averaging,
}
