"""What a study would do, counted before anything starts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from xlingual.study.arms import Arm
from xlingual.study.configuration import arm_space
from xlingual.study.cost import Cost, possible_costs
from xlingual.study.derived import Space
from xlingual.study.dimension import coordinates, unequal_dimensions
from xlingual.study.document import Path, dotted
from xlingual.study.draft import leaves
from xlingual.study.first import first_shown
from xlingual.study.lexicons import unused_lexicons
from xlingual.study.mixture_corners import possible_mixtures
from xlingual.study.points import count_up_to
from xlingual.study.robust import Robust
from xlingual.study.rounding import lost_in_rounding
from xlingual.study.schema import Study
from xlingual.study.searches import searches_of
from xlingual.study.section import Section
from xlingual.study.space import Parameter, as_written, choice_options, largest, parameters

MANY_VARIANTS = 8
"""Variants of FAQ examples up to which no note is given."""
STOPPING_PAYS = 10
"""Trials of a search from which a trial scheduler found more in as many updates (tests/benchmarks/search_regret.py)."""
FEWEST = 3
"""Fewest searches (or seeds, where nothing is searched) for which a difference may be reported."""


@dataclass(frozen=True, slots=True)
class ArmPlan:
    """What one arm would do: the trials that the study asks for, or all configurations of its search space if fewer.

    `trials` are those of all its `searches`, `replicates` all trainings of their winners. `dimension` is how many
    numbers a search has to find: weights of n languages are n - 1 of them.

    `costs` are what one trial may cost, a cost for every number of passes per update that is searched. `updates` and
    `passes` are those of all trials and replicates, at most. `first` is the first trial by its parameters, empty where
    that is drawn as all others are.
    """

    name: str
    baseline: bool
    model: str
    searches: int
    trials: int
    replicates: int
    costs: tuple[Cost, ...]
    updates: int
    passes: int
    parameters: tuple[Parameter, ...]
    dimension: int
    first: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a study would do.

    `updates` counts those of the search and of the replicates, as if no trial were stopped early; so does `passes`, of
    each example of an update through the model. `equal` says in which of the two whole trials are equal, and
    `trial_budget` how many of these one has. `test_readings` is how often the sealed test set is read whole. `defaults`
    are the dotted keys that the file leaves out, with their values.
    """

    study: str
    question: str
    directory: str
    toy: bool
    oracle: bool
    objective: str
    scheduler: str
    arms: tuple[ArmPlan, ...]
    trials: int
    replicates: int
    equal: Literal["updates", "passes"]
    trial_budget: int
    updates: int
    passes: int
    test_languages: tuple[str, ...]
    test_readings: int
    workers_per_trial: int
    cpus_per_trial: int
    gpus_per_trial: float
    concurrent_trials: int | Literal["auto"]
    defaults: tuple[tuple[str, Any], ...]
    notes: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Return the plan as JSON's kinds."""
        plain: dict[str, Any] = as_written(asdict(self))
        for told, arm in zip(plain["arms"], self.arms, strict=True):
            told["costs"] = [{**asdict(cost), "passes": cost.passes} for cost in arm.costs]
        return plain


def plan(study: Study) -> Plan:
    """Count what a study would do."""
    arms = tuple(_arm_plan(study, name, arm) for name, arm in study.arms.items())
    trials, replicates = sum(arm.trials for arm in arms), sum(arm.replicates for arm in arms)
    scaling = study.scaling
    return Plan(
        study=study.name,
        question=study.question,
        directory=str(study.directory),
        toy=study.uses_toy,
        oracle=study.oracle,
        objective=study.search.objective_text,
        scheduler=study.search.scheduler,
        arms=arms,
        trials=trials,
        replicates=replicates,
        equal=study.search.equal,
        trial_budget=study.training.updates,
        updates=sum(arm.updates for arm in arms),
        passes=sum(arm.passes for arm in arms),
        test_languages=study.data.test.languages,
        test_readings=replicates + (_readings_by_search(study, arms) if study.oracle else 0),
        workers_per_trial=scaling.workers_per_trial,
        cpus_per_trial=scaling.workers_per_trial * scaling.cpus_per_worker,
        gpus_per_trial=scaling.workers_per_trial * scaling.gpus_per_worker,
        concurrent_trials=scaling.concurrent_trials,
        defaults=tuple((dotted(path), value) for path, value in _defaults(study)),
        notes=tuple(_notes(study, arms)),
    )


def _arm_plan(study: Study, name: str, arm: Arm) -> ArmPlan:
    space = arm_space(study, name)
    searched = tuple(parameters(space))
    asked = study.replicates
    of = searches_of(space, study.search.trials_per_arm, asked.searches, asked.seeds)
    trials, replicates = of.count * count_up_to(space, of.trials), of.replicates
    trained = trials + replicates
    costs = possible_costs(study, name)
    return ArmPlan(
        name=name,
        baseline=arm.baseline,
        model=arm.model or study.model,
        searches=of.count,
        trials=trials,
        replicates=replicates,
        costs=costs,
        updates=trained * max(cost.updates for cost in costs),
        passes=trained * max(cost.passes for cost in costs),
        parameters=searched,
        dimension=len(set(coordinates(space))),
        first=first_shown(study, name),
    )


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


def _unequal(study: Study, arms: tuple[ArmPlan, ...]) -> Iterator[str]:
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


def _readings_by_search(study: Study, arms: tuple[ArmPlan, ...]) -> int:
    reports = {name: largest(arm_space(study, name)["training"]["reports"]) for name in study.arms}
    return sum(arm.trials * reports[arm.name] for arm in arms)


def _defaults(section: Section, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    for name in type(section).model_fields:
        value, here = getattr(section, name), (*path, name)
        if here == ("toy",) and isinstance(section, Study) and not section.uses_toy:
            continue
        if (
            value is None and isinstance(section, Space) and section.settings is Robust
        ):  # a method that is not used is no default
            continue
        if here == ("arms",):
            for arm_name, arm in value.items():
                yield from _defaults_within(arm.mixture, (*here, arm_name, "mixture"))
                yield from _defaults_within(arm.robust, (*here, arm_name, "robust"))
        elif name in section.model_fields_set:
            yield from _defaults_within(value, here)
        else:
            yield from ((leaf_path, as_written(leaf)) for leaf_path, leaf in leaves(value, here))


def _defaults_within(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    if isinstance(value, Section):
        yield from _defaults(value, path)
    for step, option in choice_options(value):
        yield from _defaults_within(option, (*path, "choice", step))


def _notes(study: Study, arms: tuple[ArmPlan, ...]) -> Iterator[str]:
    search = study.search
    unsearched = [arm.name for arm in arms if not arm.parameters]
    if study.uses_toy:
        yield "toy world: its scores do not carry over to real languages"
    if study.oracle:
        yield "ORACLE: the search sees the test set, so its scores are not those of a real search"
    if unsearched and len(unsearched) < len(arms):
        names = ", ".join(unsearched)
        yield f"nothing is searched in {names}: its search is one trial, where other arms choose the best of several"
    for arm in arms:
        if arm.parameters and arm.trials < arm.searches * (search.trials_per_arm // arm.searches):
            each = "its search ends" if arm.searches == 1 else "each of its searches ends"
            held = arm.trials // arm.searches
            yield f"the search space of {arm.name} holds {held} configurations, and {each} after these"
    yield from _unequal(study, arms)
    baseline = next(arm.name for arm in arms if arm.baseline)
    against = {name: arm.against or baseline for name, arm in study.arms.items() if not arm.baseline}
    yield from unequal_dimensions({arm.name: arm.dimension for arm in arms}, against)
    yield from unused_lexicons(study)
    yield from lost_in_rounding(study)
    uses_faq = any(arm.mixture is not None for arm in study.arms.values()) or study.uses_webfaq_dev
    if study.data.faq is not None and not uses_faq:
        yield "no arm has a mixture and the objective is none of webfaq_dev, so data.faq is not used"
    variants = {one.mixture.variant for arm in study.arms for one in possible_mixtures(study, arm)}
    if len(variants) > MANY_VARIANTS:
        yield f"{len(variants)} variants of FAQ examples are made, for every language and model, before the first trial"
    of_one = _trials_of_one(study)
    learns_late = search.sampler == "tpe" and search.startup == "random" and search.startup_trials >= of_one
    if learns_late and any(arm.parameters for arm in arms):
        yield (
            f"tpe never starts: a search has {of_one} trials, and the first {search.startup_trials} are random; lower "
            "startup_trials"
        )
    if of_one == 1 and any(arm.parameters for arm in arms):
        yield f"a search has one trial, so it chooses nothing; raise trials_per_arm (found {search.trials_per_arm})"
    if of_one >= STOPPING_PAYS and "scheduler" not in search.model_fields_set:
        yield (
            f"a search has {of_one} trials, all trained to their end; scheduler: median with a third more trials finds "
            "more in as many updates (tests/benchmarks/README.md, search_regret.py)"
        )
    for key, setting in search.idle.items():
        yield f"search.{key} has no effect under {setting}; delete the line, or change the {setting.split(':')[0]}"
    if study.replicates.searches < FEWEST:
        yield from _uncovered(study, arms)
    yield from _unrepeatable(study)


def _uncovered(study: Study, arms: tuple[ArmPlan, ...]) -> Iterator[str]:
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
        yield f"{arms[0].replicates} seeds are too few to call anything a difference; write replicates: {{seeds: 5}}"


def _trials_of_one(study: Study) -> int:
    """Trials of one search of an arm that searches anything."""
    return study.search.trials_per_arm // study.replicates.searches
