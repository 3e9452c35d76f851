"""Whether the mixtures that a study may draw suit the examples that there are."""

from __future__ import annotations

from collections.abc import Iterable

from xlingual.data.mixture import BITEXT_PREFIX, check_repeats
from xlingual.errors import DataError
from xlingual.preparation.trial_inputs import TrialInputs
from xlingual.study import Recipe, Study, arm_space, possible_mixtures
from xlingual.study.cost import possible_costs
from xlingual.study.space import largest


def check_mixtures(study: Study, arms: Iterable[str], inputs: TrialInputs) -> None:
    """Check every mixture that a trial of these arms may have against the examples of their model.

    Raises:
        DataError: when a language has no example, or would be repeated more often than the arm says.
    """
    for arm in arms:
        updates = max(cost.updates for cost in possible_costs(study, arm))
        draws = updates * largest(arm_space(study, arm)["training"]["batch_size"])
        for possible in possible_mixtures(study, arm):
            mixture = possible.mixture
            sizes = {name: len(examples) for name, examples in inputs.faq[mixture.variant].items()}
            recipe = mixture.recipe.contrastive
            if (
                recipe is not None
                and recipe.uses_bitexts
                and not any(sizes.get(BITEXT_PREFIX + n) for n in mixture.names)
            ):
                if not any(sizes.get(BITEXT_PREFIX + name) for name in possible.languages):
                    raise DataError(
                        f"arms.{arm}.mixture: bitext_share {recipe.bitext_share:g} asked, and no bitext row of "
                        f"{', '.join(possible.languages)} is left; lower data.faq.bitexts.similarity, or write 0"
                    )
                share = mixture.faq_share * (1 - recipe.bitext_share)  # an end of the space, whose bitexts are others'
                plain = Recipe(contrastive=recipe.model_copy(update={"bitext_share": 0.0}))
                mixture = mixture.model_copy(update={"faq_share": share, "recipe": plain})
            try:
                check_repeats(mixture, sizes, draws, most=possible.max_repeats, repeated=possible.repeated)
            except DataError as error:
                raise DataError(f"arms.{arm}.{error}") from None
