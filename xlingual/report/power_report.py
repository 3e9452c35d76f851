"""`xlingual plan --power`: the smallest difference that a study would find, and the cost of finding smaller ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from xlingual.errors import XlingualError
from xlingual.languages import non
from xlingual.report.deviations import Deviations
from xlingual.report.differences import LEVEL, MEAN
from xlingual.report.wide_table import Column, WideTable
from xlingual.statistics.crossed import PAIRED_FROM
from xlingual.statistics.power import POWER, Comparison, Units, detectable
from xlingual.study import ArmPlan, Plan, Study
from xlingual.study.searches import MOST
from xlingual.study.test_sets import USUAL
from xlingual.task_metrics import SQUAD, TaskMetrics

NEAR, FAR = ("de", "es", "ro", "ru"), ("th", "zh", "hi", "ar", "tr")
"""Languages close to English and far from it, whatever the source; the first tested one of each has a column."""

FEW = 4
"""Searches of the default protocol."""


@dataclass(frozen=True, slots=True)
class Detectable:
    """Smallest differences found with 80% power, in points of the headline.

    Attributes:
        alone: as the only comparison, at the level of 5%.
        adjusted: at the first and hardest step of Holm's procedure: over the compared arms for a mean, over the
            languages for a language.
    """

    alone: float
    adjusted: float

    def as_json(self) -> dict[str, float]:
        """Plain values."""
        return {"alone": self.alone, "adjusted": self.adjusted}


@dataclass(frozen=True)
class Design:
    """One number of searches and seeds.

    Attributes:
        searches: of every arm that searches anything.
        seeds: under which the winner of each is trained.
        trials: of each search, in the arm with the most.
        trainings: of the whole study, trials and replicates.
        compared: what is compared: `searches`, `seeds` (of fixed configurations) or `searches to seeds`.
        found: by target; empty if the rules allow no verdict on that few.
    """

    searches: int
    seeds: int
    trials: int
    trainings: int
    compared: str
    found: Mapping[str, Detectable]

    def as_json(self) -> dict[str, Any]:
        """Plain values; no difference can be found if `detectable` is null."""
        return {
            "searches": self.searches,
            "seeds": self.seeds,
            "trials_per_search": self.trials,
            "trainings": self.trainings,
            "compared": self.compared,
            "detectable": {target: one.as_json() for target, one in self.found.items()} or None,
        }


@dataclass(frozen=True)
class PowerPlan:
    """What `plan --power` says; the first design is the study's own.

    Attributes:
        study: its name.
        targets: the mean, a near language and a far one, of those that are tested.
        comparisons: number of compared arms.
        languages: number of languages with a difference for each arm.
        designs: the study's own, then finer ones, for each kind of comparison.
        deviations: how much scores vary.
        notes: to print below.
        source: language of the training data.
        metrics: those of the headline set.
    """

    study: str
    targets: tuple[str, ...]
    comparisons: int
    languages: int
    designs: tuple[Design, ...]
    deviations: Deviations
    notes: tuple[str, ...]
    source: str = "en"
    metrics: TaskMetrics = SQUAD

    def as_json(self) -> dict[str, Any]:
        """Plain values for `xlingual plan STUDY --power --json`."""
        return {
            "study": self.study,
            "power": POWER,
            "level": LEVEL,
            "comparisons": self.comparisons,
            "languages": self.languages,
            "designs": [design.as_json() for design in self.designs],
            "deviations": self.deviations.as_json(self.targets),
            "notes": list(self.notes),
        }


def power_plan(study: Study, planned: Plan, deviations: Deviations) -> PowerPlan:
    """Compute the smallest differences that a study's own design and two finer ones would find.

    Args:
        study: to plan.
        planned: its plan.
        deviations: how much scores vary.

    Raises:
        XlingualError: when nothing is compared, or the deviations are of no such headline.
    """
    languages = study.data.test.languages
    source = study.data.source_language
    others = [code for code in languages if code != source]
    headline = MEAN if others else source
    if len(planned.arms) < 2:
        raise XlingualError(f"--power: study {study.name} has one arm, and nothing is compared; add a treatment")
    if headline not in deviations.articles:
        raise XlingualError(
            f"--like: that study scored no language but {', '.join(deviations.articles)}; name one that scored others"
        )
    named = [headline, *(next((c for c in few if c in others), None) for few in (NEAR, FAR))]
    targets = tuple(target for target in named if target is not None and target in deviations.articles)
    arms = {arm.name: arm for arm in planned.arms}
    pairs = [(arm, arms[_other(study, planned, name)]) for name, arm in arms.items() if not arm.baseline]
    own = (study.replicates.searches, study.replicates.seeds)
    kinds = list(dict.fromkeys((bool(arm.parameters), bool(other.parameters)) for arm, other in pairs))
    levels = {target: LEVEL / (len(pairs) if target == targets[0] else len(languages)) for target in targets}
    finer = _finer(*own, searched=any(map(any, kinds)))
    designs = tuple(_design(planned.arms, own, asked, kind, deviations, levels) for kind in kinds for asked in finer)
    notes = tuple(_notes(study, designs, deviations))
    return PowerPlan(
        study.name,
        targets,
        len(pairs),
        len(languages),
        designs,
        deviations,
        notes,
        source,
        study.task_benchmark.metrics,
    )


def power_table(plan: PowerPlan) -> RenderableType:
    """Draw the designs, and state what the figures are based on."""
    kinds = {design.compared for design in plan.designs}
    names = [f"{design.searches} x {design.seeds}" for design in plan.designs]
    names = [f"{name}: {d.compared}" if len(kinds) > 1 else name for name, d in zip(names, plan.designs, strict=True)]
    head, *single = plan.targets
    cost = [
        Column("trials\neach", [f"{design.trials:,}" for design in plan.designs]),
        Column("trainings\nin all", [f"{design.trainings:,}" for design in plan.designs]),
    ]
    what = f"mean of\n{non(plan.source)}" if head == MEAN else f"{head}\n"
    means = [Column(what, [_cell(design, head, adjusted=False) for design in plan.designs])]
    if plan.comparisons > 1:
        text = f"the same, of\n{plan.comparisons} arms"
        means.append(Column(text, [_cell(design, head, adjusted=True) for design in plan.designs]))
    of_languages = [
        Column(f"{target}, of {plan.languages}\nlanguages", [_cell(d, target, adjusted=True) for d in plan.designs])
        for target in single
    ]
    title = (
        f"{plan.study}: smallest difference in {plan.metrics.headline.title} found with {POWER:.0%} power, in points"
    )
    table = WideTable(title, (), Column("searches\nx seeds", names), [cost, [*means, *of_languages]])
    return Group(table, Text(), *(Text(f"note: {note}") for note in plan.notes))


def _cell(design: Design, target: str, *, adjusted: bool) -> str:
    found = design.found.get(target)
    return "-" if found is None else f"{found.adjusted if adjusted else found.alone:.1f}"


def _other(study: Study, planned: Plan, name: str) -> str:
    """The arm that an arm is compared with."""
    return study.arms[name].against or next(arm.name for arm in planned.arms if arm.baseline)


def _finer(searches: int, seeds: int, *, searched: bool) -> list[tuple[int, int]]:
    """The study's own searches and seeds and, if allowed, two larger designs; one or two searches become four first."""
    if not searched:
        finer = [(searches, seeds), (searches, 2 * seeds), (searches, 4 * seeds)]
    elif searches < PAIRED_FROM:
        finer = [(searches, seeds), (FEW, seeds), (2 * FEW, seeds)]
    else:
        finer = [(searches, seeds), (2 * searches, seeds), (searches, seeds + 2)]
    return [design for design in finer if max(design) <= MOST]


def _design(
    arms: Sequence[ArmPlan],
    own: tuple[int, int],
    asked: tuple[int, int],
    kind: tuple[bool, bool],
    deviations: Deviations,
    levels: Mapping[str, float],
) -> Design:
    """One design; `kind` tells whether the treatment, and the arm it is compared with, search anything."""
    searches, seeds = asked
    trials = {arm.name: _trials(arm, own[0], searches) for arm in arms if arm.parameters}
    unsearched = len(arms) - len(trials)
    return Design(
        searches,
        seeds,
        max(trials.values(), default=1),
        searches * sum(trials.values()) + unsearched + len(arms) * searches * seeds,
        " to ".join(dict.fromkeys("searches" if searched else "seeds" for searched in kind)),
        _found(asked, kind, deviations, levels),
    )


def _found(
    asked: tuple[int, int], kind: tuple[bool, bool], deviations: Deviations, levels: Mapping[str, float]
) -> dict[str, Detectable]:
    searches, seeds = asked
    counts = [searches if searched else searches * seeds for searched in kind]
    if min(counts) < PAIRED_FROM:
        return {}
    found = {}
    for target, level in levels.items():
        units = [
            Units(deviations.of_unit(target, seeds, searched=searched), count)
            for searched, count in zip(kind, counts, strict=True)
        ]
        one = Comparison(units[0], units[1], deviations.articles[target], deviations.clusters)
        found[target] = Detectable(detectable(one), detectable(one, level=level))
    return found


def _trials(arm: ArmPlan, own: int, asked: int) -> int:
    """Trials of one search: as in the study; if one or two searches become more, as if their budget were split."""
    return max(1, arm.trials // (FEW if own < PAIRED_FROM and asked != own else own))


def _notes(study: Study, designs: Sequence[Design], deviations: Deviations) -> Iterator[str]:
    if study.uses_toy and deviations.facts:
        yield "toy world: stated deviations are of real models; --like STUDY_DIR takes those of a finished toy study"
    elif deviations.facts and study.data.test.set != USUAL:
        yield (
            f"stated deviations and articles are of XQuAD, and may be others on {study.task_benchmark.title}; --like "
            "STUDY_DIR takes those of a finished study"
        )
    if any(not design.found for design in designs):
        yield f"-: with fewer than {PAIRED_FROM} searches (of fixed arms: seeds) nothing is ever called a difference"
    yield (
        "two-sided test at 5% with estimated variances, units not paired; 'of K' is at 5% / K, the first step of "
        "Holm's procedure: the figure lies between that and a single comparison's"
    )
    yield (
        f"standard deviations {deviations.source}; what articles add is of {deviations.clusters} articles, and no "
        "number of searches lowers it"
    )
    if deviations.seeds is not None:
        seeds = f"{deviations.seeds} seed{'s' * (deviations.seeds > 1)}"
        yield f"winners were measured under {seeds} each; another number of seeds is taken to change nothing"
    compared = [fact for fact in deviations.facts if fact.kind == "published"]
    if compared:
        figures = ", ".join(f"{fact.target} {fact.points:.1f}" for fact in compared)
        yield (
            f"published, to compare with sqrt(seed^2 + search^2): {figures}, from the same models fine-tuned by two "
            f"groups ({compared[0].source})"
        )
