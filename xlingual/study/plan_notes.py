"""What the plan of a study notes: settings without effect, unequal arms, searches too small for a verdict."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from xlingual.study.dimension import unequal_dimensions
from xlingual.study.methods.method import TextMethod
from xlingual.study.methods.registry import METHODS
from xlingual.study.mixture_corners import possible_mixtures
from xlingual.study.robust import methods_of
from xlingual.study.rounding import lost_in_rounding
from xlingual.study.schema import Study
from xlingual.study.section import section_options

if TYPE_CHECKING:
    from xlingual.study.plan import ArmPlan

MANY_VARIANTS = 8
"""Variants of FAQ examples up to which no note is given."""
STOPPING_PAYS = 10
"""Trials of a search from which a trial scheduler found more in as many updates (tests/benchmarks/search_regret.py)."""
FEWEST = 3
"""Fewest searches (or seeds, where nothing is searched) for which a difference may be reported."""


def notes(study: Study, arms: Sequence[ArmPlan]) -> Iterator[str]:
    """Yield the notes on a study.

    Args:
        study: its definition.
        arms: what each arm would do.
    """
    yield from _of_the_world(study)
    yield from _of_arms(study, arms)
    yield from _of_data(study)
    yield from _of_the_search(study, any(arm.parameters for arm in arms))
    if study.replicates.searches < FEWEST:
        yield from _uncovered(study, arms)
    yield from _unrepeatable(study)


def _of_the_world(study: Study) -> Iterator[str]:
    if study.uses_toy:
        yield "toy world: its scores do not carry over to real languages"
    if study.oracle:
        yield "ORACLE: the search sees the test set, so its scores are not those of a real search"


def _of_arms(study: Study, arms: Sequence[ArmPlan]) -> Iterator[str]:
    unsearched = [arm.name for arm in arms if not arm.parameters]
    if unsearched and len(unsearched) < len(arms):
        names = ", ".join(unsearched)
        yield f"nothing is searched in {names}: its search is one trial, where other arms choose the best of several"
    for arm in arms:
        if arm.parameters and arm.trials < arm.searches * (study.search.trials_per_arm // arm.searches):
            each = "its search ends" if arm.searches == 1 else "each of its searches ends"
            held = arm.trials // arm.searches
            yield f"the search space of {arm.name} holds {held} configurations, and {each} after these"
    yield from _unequal(study, arms)
    against = {name: arm.against or study.baseline for name, arm in study.arms.items() if not arm.baseline}
    yield from unequal_dimensions({arm.name: arm.dimension for arm in arms}, against)


def _of_data(study: Study) -> Iterator[str]:
    yield from unused_lexicons(study)
    yield from lost_in_rounding(study)
    uses_faq = any(arm.mixture is not None for arm in study.arms.values()) or study.uses_webfaq_dev
    if study.data.faq is not None and not uses_faq:
        yield "no arm has a mixture and the objective does not use webfaq_dev, so data.faq is not used"
    variants = {one.mixture.variant for arm in study.arms for one in possible_mixtures(study, arm)}
    if len(variants) > MANY_VARIANTS:
        yield f"{len(variants)} variants of FAQ examples are made, for every language and model, before the first trial"


def _of_the_search(study: Study, anything_is_searched: bool) -> Iterator[str]:
    search, of_one = study.search, _trials_of_one(study)
    learns_late = search.sampler == "tpe" and search.startup == "random" and search.startup_trials >= of_one
    if learns_late and anything_is_searched:
        yield (
            f"tpe never starts: a search has {of_one} trials, and the first {search.startup_trials} are random; lower "
            "startup_trials"
        )
    if of_one == 1 and anything_is_searched:
        yield f"a search has one trial, so it chooses nothing; raise trials_per_arm (found {search.trials_per_arm})"
    if of_one >= STOPPING_PAYS and "scheduler" not in search.model_fields_set:
        yield (
            f"a search has {of_one} trials, all trained to their end; scheduler: median with a third more trials finds "
            "more in as many updates (tests/benchmarks/README.md, search_regret.py)"
        )
    for key, setting in search.idle.items():
        yield f"search.{key} has no effect under {setting}; delete the line, or change the {setting.split(':')[0]}"


def unused_lexicons(study: Study) -> Iterator[str]:
    """Yield a note for each source of words in `data` whose method no arm may use."""
    every = [robust for arm in study.arms.values() for _, robust in section_options(arm.robust)]
    read = {method.words for robust in every for method, _ in methods_of(robust, TextMethod)}
    for words in dict.fromkeys(method.words for method in METHODS.values() if isinstance(method, TextMethod)):
        if words is not None and words not in read and getattr(study.data, words.key) is not None:
            readers = " or ".join(
                name for name, one in METHODS.items() if isinstance(one, TextMethod) and one.words is words
            )
            yield f"no arm has {readers}, so data.{words.key} is not read"


def _unrepeatable(study: Study) -> Iterator[str]:
    """Note what depends on the order in which trials end, where several run at a time."""
    search = study.search
    of_one = _trials_of_one(study)
    learns = search.sampler == "tpe" and search.startup_trials < of_one
    stops = search.scheduler != "none" and search.grace_share < 1
    moving = ["tpe draws"] * learns + [f"{search.scheduler} stops"] * stops
    if moving and study.scaling.concurrent_trials != 1 and of_one > 1:
        what = " and ".join(moving)
        yield f"with several trials at a time, {what} by which end first; concurrent_trials: 1 gives the same again"


def _unequal(study: Study, arms: Sequence[ArmPlan]) -> Iterator[str]:
    """Note how whole trials of different arms differ, where their passes do."""
    costs = {arm.name: arm.costs[-1] for arm in arms}
    most = max(cost.passes_per_update for cost in costs.values())
    if most == 1:
        return
    dear = ", ".join(name for name, cost in costs.items() if cost.passes_per_update == most)
    takes = f"a trial of {dear} takes up to {most} passes per update"
    if study.search.equal == "updates":
        yield f"arms are equal in updates, not in passes: {takes}; for arms equal in passes write search.equal: passes"
    else:
        fewest = min(cost.updates for cost in costs.values())
        yield f"arms are equal in passes, not in updates: {takes}, and then has {fewest:,} updates"


def _uncovered(study: Study, arms: Sequence[ArmPlan]) -> Iterator[str]:
    """Note that there are too few searches for a verdict."""
    if any(arm.parameters for arm in arms) and study.replicates.searches == 1:
        yield (
            "a single search of each arm: another search could find another winner, which no interval covers, so "
            "nothing will be called a difference; write replicates: {searches: 4}"
        )
    elif any(arm.parameters for arm in arms):
        count = study.replicates.searches
        yield f"{count} searches are too few to call anything a difference; write replicates: {{searches: 4}}"
    elif min(arm.replicates for arm in arms) < FEWEST:
        seeds = "1 seed is" if arms[0].replicates == 1 else f"{arms[0].replicates} seeds are"
        yield f"{seeds} too few to call anything a difference; write replicates: {{seeds: 5}}"


def _trials_of_one(study: Study) -> int:
    """Trials of one search of an arm that searches anything."""
    return study.search.trials_per_arm // study.replicates.searches
