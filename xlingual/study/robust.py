"""Robust training: the methods that a trial uses, which of them have an effect, and the passes that they cost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import create_model, model_validator

from xlingual.errors import RecordError
from xlingual.study.messages import did_you_mean
from xlingual.study.methods.method import Method, PerturbingMethod, TextMethod
from xlingual.study.methods.registry import METHODS
from xlingual.study.section import Section

M = TypeVar("M", bound=Method[Any])


class _Robust(Section):
    """The robust training of a trial: the settings of each method that it uses, None for every other one."""

    @model_validator(mode="before")
    @classmethod
    def _knows_every_method(cls, written: Any) -> Any:
        """Refuse a record whose method no installed package adds; study files are read by the search space."""
        for name in written if isinstance(written, Mapping) else ():
            if name not in METHODS:
                raise RecordError(
                    f"robust.{name}: a record names this method of robust training, which no installed package adds; "
                    f"install the package that it was made with ({did_you_mean(name, tuple(METHODS))})"
                )
        return written

    @property
    def alters_text(self) -> bool:
        """Whether English examples are rewritten while training."""
        return bool(methods_of(self, TextMethod))


if TYPE_CHECKING:
    Robust = _Robust
else:
    Robust = create_model(
        "Robust",
        __base__=_Robust,
        __module__=__name__,
        __doc__=_Robust.__doc__,
        **{name: (method.settings | None, None) for name, method in METHODS.items()},
    )


def methods_of(robust: Section | None, kind: type[M]) -> list[tuple[M, Any]]:
    """Return the methods of a kind that robust training uses, in the registry's order, each with its settings.

    Args:
        robust: a trial's; or its search space, where settings are spaces or choices of them.
        kind: a class of methods; `Method` for all.
    """
    found = [(method, getattr(robust, name, None)) for name, method in METHODS.items() if isinstance(method, kind)]
    return [(method, settings) for method, settings in found if settings is not None]


def plain_robust(drawn: Mapping[str, Any] | None, dictionaries: tuple[str, ...] = ()) -> Robust | None:
    """Return the robust training of a drawn tree without what has no effect; None where nothing is left.

    A magnitude, a rate or a step of 0 leaves its method out, but for consistency under drawn dropout; a setting that
    another one makes void becomes None, or its default.

    Args:
        drawn: by method, its settings or None.
        dictionaries: languages that `data.dictionaries` names: what code switching without languages draws from.
    """
    methods = {name: settings for name, settings in (drawn or {}).items() if settings is not None}
    kept = {name: METHODS[name].plain(settings, dictionaries) for name, settings in methods.items()}
    found = {name: settings for name, settings in kept.items() if settings is not None}
    return Robust.model_validate(found) if found else None


def passes_of(robust: Robust | None) -> int:
    """How often each example goes forward and backward through the model in one update: 1 in plain training.

    Passes that a gradient is taken of for the perturbation alone count like all others.
    """
    return next((method.passes(settings) for method, settings in methods_of(robust, PerturbingMethod)), 1)
