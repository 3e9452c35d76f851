"""How much a study trains and scores, from its file alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from xlingual.data.toy import ToyWorld
from xlingual.speed.model_kind import ModelKind, model_kind
from xlingual.study import Plan, Study, arm_space, plan, possible_mixtures
from xlingual.study.cost import possible_costs
from xlingual.study.data import TOY
from xlingual.study.methods import TextMethod
from xlingual.study.robust import methods_of
from xlingual.study.section import section_options
from xlingual.study.space import is_searched, largest
from xlingual.study.test_sets import TestSet

UNKNOWN_QUESTIONS = 1000

SIZES = {
    "xquad": (240, 1190),
    "mlqa": (5200, 6035),
    "tydiqa_goldp": (540, 564),
    "pawsx": (1000, 2000),
    "xnli": (1670, 5010),
}
"""Paragraphs (of sentence pairs: groups that share a sentence) and questions of a language, on average over these."""

UNKNOWN_SIZE = (200, UNKNOWN_QUESTIONS)
"""As SIZES, of a test set of the user's own."""


@dataclass(frozen=True, slots=True)
class ArmWork:
    """What one arm does.

    Attributes:
        name: of the arm.
        model: hub id or directory.
        trials: of the search; an arm that searches nothing trains one.
        replicates: trained after the search.
        windows: or inputs, trained on by each of them, at most; one counts once for every pass through the model.
        development_questions: answered by each of them, over all of its reports.
        precision: fp32, tf32, bf16 or auto.
        kind: of the model.
    """

    name: str
    model: str
    trials: int
    replicates: int
    windows: int
    development_questions: int
    precision: str
    kind: ModelKind


@dataclass(frozen=True, slots=True)
class Workload:
    """What a study does.

    Attributes:
        arms: of the study.
        test_questions: that one replicate answers, over all languages of all test sets.
        workers: of a trial.
        cpus_per_trial: over all of its workers, as are its GPUs.
        gpus_per_trial: see `cpus_per_trial`.
        concurrent_trials: as the study says.
        notes: what had to be assumed.
    """

    arms: tuple[ArmWork, ...]
    test_questions: int
    workers: int
    cpus_per_trial: int
    gpus_per_trial: float
    concurrent_trials: int | Literal["auto"]
    notes: tuple[str, ...]


def workload(study: Study) -> Workload:
    """Count what a study trains and scores; where a searched number decides, by its largest value."""
    planned = plan(study)
    test = sum(_test_questions(study, one) * len(one.keys) for one in study.data.test.sets.values())
    return Workload(
        arms=tuple(_arm_works(study, planned)),
        test_questions=test,
        workers=study.scaling.least_workers,
        cpus_per_trial=planned.cpus_per_trial,
        gpus_per_trial=planned.gpus_per_trial,
        concurrent_trials=planned.concurrent_trials,
        notes=tuple(_notes(study)),
    )


def _arm_works(study: Study, planned: Plan) -> Iterator[ArmWork]:
    sets = _development_sets(study)
    kinds = {model: model_kind(model, study) for model in {arm.model for arm in planned.arms}}
    development = sum(questions * languages for questions, languages in sets)
    for arm in planned.arms:
        training: Mapping[str, Any] = arm_space(study, arm.name)["training"]
        most = training["early_dev_questions"]
        early = sum(min(most or questions, questions) * languages for questions, languages in sets)
        precision = training["precision"]
        yield ArmWork(
            name=arm.name,
            model=arm.model,
            trials=arm.trials,
            replicates=arm.replicates,
            windows=max(cost.passes for cost in arm.costs) * largest(training["batch_size"]),
            development_questions=(largest(training["reports"]) - 1) * early + development,
            precision="auto" if is_searched(precision) else str(precision),
            kind=kinds[arm.model],
        )


def _development_sets(study: Study) -> list[tuple[int, int]]:
    """Questions of a language, and languages, of each set that trials are scored on; at most, for FAQ hosts."""
    if study.oracle:
        headline = study.data.test.headline
        return [(_test_questions(study, headline), len(headline.languages))]
    sets = [(_development_questions(study) or UNKNOWN_QUESTIONS, 1)]
    if study.uses_webfaq_dev and study.data.faq is not None:
        sets.append((study.data.faq.dev_questions, len(study.data.faq.languages)))
    return sets


def _test_questions(study: Study, test: TestSet) -> int:
    """Questions of one language."""
    paragraphs, questions = SIZES.get(test.name, UNKNOWN_SIZE)
    if test.source == TOY:
        world = ToyWorld(**study.toy.model_dump())
        paragraphs = world.test_articles * world.persons_per_article
        questions = paragraphs * world.questions_per_person
    return round(questions * min(test.paragraphs or paragraphs, paragraphs) / paragraphs)


def _development_questions(study: Study) -> int | None:
    """Questions of the development data; None when the study's file does not say."""
    data = study.data
    if data.dev != TOY:
        return data.dev_examples
    world = ToyWorld(**study.toy.model_dump())
    there = world.dev_articles * world.persons_per_article * world.questions_per_person
    return min(data.dev_examples or there, there)


def _notes(study: Study) -> Iterator[str]:
    if not study.oracle and _development_questions(study) is None:
        yield (
            f"development scorings are assumed to have {UNKNOWN_QUESTIONS:,} questions, as the file does not say "
            "how many there are; data.dev_examples does"
        )
    mixtures = [one.mixture for arm in study.arms for one in possible_mixtures(study, arm)]
    settings = {mixture.recipe.name: mixture.recipe.settings for mixture in mixtures}
    pairs = sorted(name for name, one in settings.items() if not one.with_contexts)
    whole = [name for name in pairs if settings[name].whole_vocabulary]
    if pairs:
        yield (
            f"pairs of the recipes {', '.join(pairs)} are counted as questions with contexts, which are longer"
            + (f"; {', '.join(whole)} trains the whole vocabulary, which takes more" if whole else "")
        )
    dear = [name for name in study.arms if possible_costs(study, name)[-1].passes_per_update > 1]
    if dear:
        yield (
            f"each pass of {', '.join(dear)} is counted as a whole update's, with the most passes per update that are "
            "searched; passes of pgd for the perturbation alone take no gradient of the weights, and so less"
        )
    altering = [
        name
        for name, arm in study.arms.items()
        if any(methods_of(robust, TextMethod) for _, robust in section_options(arm.robust))
    ]
    if altering:
        yield (
            f"texts of {', '.join(altering)} are altered on the CPU while training, about 1 to 3 ms a window, which is "
            "not in these hours; beside a fast GPU it can be the larger part"
        )
    for name, test in study.data.test.sets.items():
        if test.source != TOY:
            questions = SIZES.get(name, UNKNOWN_SIZE)[1]
            yield f"the test set {test.benchmark.title} is taken to have {questions:,} questions a language"
