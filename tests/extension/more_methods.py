"""What a package adds from outside: a perturbing method, a method that alters texts, an optimiser. No torch here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar

from xlingual.study.methods import (
    MILDEST_LOW,
    Few,
    Finding,
    PerturbingMethod,
    Section,
    Share,
    TextMethod,
    Written,
    largest,
)
from xlingual.study.optimizer import Optimizer


class TokenDropout(Section):
    """Word embeddings of tokens set to 0, each with probability `rate`; the loss is the mean over `draws`."""

    rate: Annotated[Share, MILDEST_LOW]
    draws: Annotated[Few, MILDEST_LOW] = 1


class TokenDropoutMethod(PerturbingMethod[TokenDropout]):
    """Token dropout."""

    name = "token_dropout"
    settings = TokenDropout
    implementation = "more_training:TokenDropout"
    strength = "rate"
    excludes: ClassVar[Mapping[str, str]] = {"consistency": "write dropout: drawn for consistency"}

    def passes(self, settings: TokenDropout) -> int:
        """Return the number of draws."""
        return settings.draws

    def findings(self, written: Written) -> Iterator[Finding]:
        """Yield also a rate that leaves no token."""
        yield from super().findings(written)
        if largest(written.settings.rate) == 1:
            yield written.finding("rate", "a rate of 1 leaves no token; write a rate below 1")


class Reversal(Section):
    """English words written backwards, each with probability `rate`."""

    rate: Annotated[Share, MILDEST_LOW] = 0.1


class ReversalMethod(TextMethod[Reversal]):
    """Reversed words."""

    name = "reversal"
    settings = Reversal
    implementation = "more_training:Reversal"
    strength = "rate"
    short = "reversed"

    def text(self, settings: Mapping[str, Any]) -> str:
        """Return the default text in capitals."""
        return super().text(settings).upper()


TOKEN_DROPOUT = TokenDropoutMethod()
REVERSAL = ReversalMethod()
SIGN_DESCENT = Optimizer("sign_descent", "Sign Descent", "more_training:sign_descent")
