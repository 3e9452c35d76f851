"""What a study would do, counted before anything starts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from xlingual.study.arms import Arm
from xlingual.study.configuration import arm_space
from xlingual.study.cost import Cost, possible_costs
from xlingual.study.derived import Space
from xlingual.study.dimension import coordinates
from xlingual.study.document import Path, dotted
from xlingual.study.first import first_shown
from xlingual.study.plan_notes import notes
from xlingual.study.points import count_up_to
from xlingual.study.robust import Robust
from xlingual.study.schema import Study
from xlingual.study.searches import searches_of
from xlingual.study.section import Section, leaves
from xlingual.study.space import Parameter, as_written, choice_options, largest, parameters


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
    each example of an update through the model. `equal` says in which of the two, if any, whole trials are equal, and
    `trial_budget` how many of these one has. `test_readings` is how often each sealed test set is read whole, in its
    `test_languages` and this number of `test_pairs` of two languages; the headline is the first. `defaults` are the
    dotted keys that the file leaves out, with their values.
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
    equal: Literal["updates", "passes", "nothing"]
    trial_budget: int
    updates: int
    passes: int
    test_languages: Mapping[str, tuple[str, ...]]
    test_pairs: Mapping[str, int]
    test_readings: Mapping[str, int]
    workers_per_trial: int | tuple[int, int]
    cpus_per_trial: int
    gpus_per_trial: float
    concurrent_trials: int | Literal["auto"]
    defaults: tuple[tuple[str, Any], ...]
    notes: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Return the plan in JSON types."""
        plain: dict[str, Any] = as_written(asdict(self))
        for written, arm in zip(plain["arms"], self.arms, strict=True):
            written["costs"] = [{**asdict(cost), "passes": cost.passes} for cost in arm.costs]
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
        test_languages={name: test.languages for name, test in study.data.test.sets.items()},
        test_pairs={name: len(test.pairs) for name, test in study.data.test.sets.items()},
        test_readings=dict.fromkeys(study.data.test.sets, replicates)
        | ({study.data.test.set: replicates + _readings_by_search(study, arms)} if study.oracle else {}),
        workers_per_trial=scaling.workers_per_trial,
        cpus_per_trial=scaling.least_workers * scaling.cpus_per_worker,
        gpus_per_trial=scaling.least_workers * scaling.gpus_per_worker,
        concurrent_trials=scaling.concurrent_trials,
        defaults=tuple((dotted(path), value) for path, value in _defaults(study)),
        notes=tuple(notes(study, arms)),
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


def _readings_by_search(study: Study, arms: tuple[ArmPlan, ...]) -> int:
    reports = {name: largest(arm_space(study, name)["training"]["reports"]) for name in study.arms}
    return sum(arm.trials * reports[arm.name] for arm in arms)


def _defaults(section: Section, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    for name in type(section).model_fields:
        value, here = getattr(section, name), (*path, name)
        if isinstance(section, Study) and here == (("windows",) if section.task_benchmark.of_pairs else ("pairs",)):
            continue  # which no model of the task reads
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
