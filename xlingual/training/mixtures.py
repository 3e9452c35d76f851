"""Whether the mixtures that a study may draw suit the examples that there are."""

from __future__ import annotations

from collections.abc import Iterable

from xlingual.data.mixture import check_repeats
from xlingual.errors import DataError
from xlingual.study import Study, arm_space, possible_mixtures
from xlingual.study.space import largest
from xlingual.training.trial_inputs import TrialInputs


def check_mixtures(study: Study, arms: Iterable[str], inputs: TrialInputs) -> None:
    """Check every mixture that a trial of these arms may have against the examples of their model.

    Raises:
        DataError: when a language has no example, or would be repeated more often than the arm says.
    """
    for arm in arms:
        draws = study.training.updates * largest(arm_space(study, arm)["training"]["batch_size"])
        for possible in possible_mixtures(study, arm):
            mixture = possible.mixture
            sizes = {name: len(examples) for name, examples in inputs.faq[mixture.variant].items()}
            try:
                check_repeats(mixture, sizes, draws, most=possible.max_repeats, repeated=possible.repeated)
            except DataError as error:
                raise DataError(f"arms.{arm}.{error}") from None
