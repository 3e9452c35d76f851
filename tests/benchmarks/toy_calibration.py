"""False positives of toy studies, actually trained, with a treatment that has no effect.

    python tests/benchmarks/toy_calibration.py [--studies 20] [--processes 2] [--set KEY=VALUE ...] [--json]

Two arms mix FAQ pages of the toy world's useless kind (`toy.faq_helpfulness: 0`) into their training; the second also
perturbs word embeddings by a millionth of their size. So the arms are alike in all but name, and all that is called a
difference is false. Every study searches, trains and scores as `xlingual run` does: the same draws, seeds, training
and verdict, in processes without Ray.

*Within a study* both arms have the seeds of a study: the i-th searches of both share theirs, and with it the training
of an equal first trial. *Across studies* an arm is compared with the other arm of the next study, which shares nothing.
"""

from __future__ import annotations

import argparse
import atexit
import json
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from math import comb
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rich.console import Console
from rich.table import Table

from xlingual.families import Checkpoint, ScoringSet
from xlingual.preparation.inputs import (
    load_study_data,
    load_test_data,
    locate,
    scoring_sets,
    trial_inputs,
)
from xlingual.preparation.trial_inputs import TrialInputs
from xlingual.records.layout import TrialDirectory
from xlingual.report.differences import LEVEL, MEAN, differences
from xlingual.report.scores import Questions, TestScores, Unit
from xlingual.search.answer_tasks import find_candidates
from xlingual.search.placement import Demand
from xlingual.search.sampler import ArmSampler
from xlingual.search.trial_draws import ArmDraws
from xlingual.study import FamilyDefaults, Study, TrialConfiguration, arm_space, build_configuration, load_study
from xlingual.study.first import first_values
from xlingual.study.searches import ArmSearch, replicate_seeds, search_seed, searches_of
from xlingual.task_metrics import SQUAD
from xlingual.tasks import QUESTION_ANSWERING
from xlingual.tasks.question_answering import answer_rows
from xlingual.training.loop import train_trial
from xlingual.training.worker import SoloWorker

STUDY = Path(__file__).with_name("toy_calibration.yaml")
ARMS = ("baseline", "other")
METRIC = "f1"
OVERRIDES: list[str] = []
"""What is said otherwise than in the study file, in this process."""
Scores = dict[str, np.ndarray]
"""By language, F1 in percent of every unit, (units, questions)."""


@dataclass(frozen=True)
class World:
    """Data shared by all studies.

    Attributes:
        study: its definition.
        model: the toy encoder.
        inputs: that are trained on.
        tested: the test questions, by language.
        sources: fingerprints of data and model.
        traits: of the model.
    """

    study: Study
    model: Checkpoint
    inputs: TrialInputs
    tested: dict[str, ScoringSet]
    sources: dict[str, str]
    traits: FamilyDefaults


def override(settings: Sequence[str]) -> None:
    """Change the study, also in a process of its own: a list that is handed over would be a copy there."""
    OVERRIDES.extend(settings)


@cache
def world() -> World:
    """Load data and encoder, once in a process."""
    torch.set_num_threads(1)
    study = load_study(STUDY, OVERRIDES)
    folder = Path(tempfile.mkdtemp(prefix="toy-calibration-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    locations = locate(study, folder)
    data, checkpoint = load_study_data(study, locations, folder / "faq"), Checkpoint.resolve(locations.models[ARMS[0]])
    traits, inputs = checkpoint.traits(study.lengths), trial_inputs(checkpoint, study, data)
    tested = scoring_sets(checkpoint, load_test_data(study.data.test.headline, locations), traits.lengths)
    sources = {name: source["fingerprint"] for name, source in data.sources().items()} | {"model": checkpoint.name}
    return World(study, checkpoint, inputs, tested, sources, traits)


def train_arm(task: tuple[int, str]) -> Scores:
    """Search, train and score one arm of the study of a number, which is its `search.seed`."""
    number, arm = task
    here = world()
    settings, replicates = here.study.search, here.study.replicates
    of = searches_of(arm_space(here.study, arm), settings.trials_per_arm, replicates.searches, replicates.seeds)
    found = []
    for one in range(1, of.count + 1):
        winner = search(arm, one, search_seed(number, one), of.trials)
        models = [score(winner, seed) for seed in replicate_seeds(number, one, of.seeds)]
        found.append({language: np.mean([model[language] for model in models], axis=0) for language in here.tested})
    return {language: np.array([unit[language] for unit in found]) for language in here.tested}


def search(arm: str, number: int, seed: int, trials: int) -> TrialConfiguration:
    """Search once; returns the configuration with the highest development score."""
    here = world()
    tree, settings = arm_space(here.study, arm), here.study.search
    sampler = ArmSampler(
        arm,
        tree,
        kind=settings.sampler,
        startup=settings.startup,
        startup_trials=settings.startup_trials,
        seed=seed,
        first=first_values(here.study, arm),
    )
    draws = ArmDraws(
        ArmSearch(arm, number),
        tree,
        sampler,
        lambda plain: build_configuration(here.study, arm, plain, seed, here.sources, here.traits),
        seed=seed,
        trials=(),
        wanted=trials,
    )
    found = []
    while draws.left and (item := draws.next()) is not None:
        content = {name: value for name, value in item["configuration"].items() if name != "fingerprint"}
        configuration = TrialConfiguration.model_validate(content)
        with tempfile.TemporaryDirectory() as folder:
            objective = train(configuration, Path(folder), keep_model=False)
        draws.ended(item["number"], {"state": "finished", "objective": objective, "reports": [(1, objective)]})
        found.append((objective, -item["number"], configuration))
    return max(found, key=lambda one: one[:2])[2]


def train(configuration: TrialConfiguration, folder: Path, *, keep_model: bool) -> float:
    """Train as a trial does; returns its objective in percent."""
    here, worker = world(), SoloWorker()
    train_trial(configuration, here.inputs, here.model, TrialDirectory(folder), worker, keep_model=keep_model)
    return float(worker.reports[-1]["objective"])


def score(winner: TrialConfiguration, seed: int) -> Scores:
    """Train a configuration under a fresh seed; returns F1 of every test question, by language, (questions,)."""
    here = world()
    configuration = winner.model_copy(update={"seed": seed})
    with tempfile.TemporaryDirectory() as folder:
        train(configuration, Path(folder), keep_model=True)
        found = find_candidates(
            TrialDirectory(Path(folder)), QUESTION_ANSWERING, here.tested, here.traits.lengths, Demand(1, 1, 0), (0, 1)
        )
    return {
        language: np.array([row[METRIC] for row in answer_rows(asked.examples, found[language])])
        for language, asked in here.tested.items()
    }


def compare(baseline: Scores, other: Scores) -> dict[str, Any]:
    """The verdict of a report on two arms."""
    asked = {language: _questions(part) for language, part in world().tested.items()}
    scores = {
        name: {language: dict.fromkeys(SQUAD.names, values) for language, values in arm.items()}
        for name, arm in zip(ARMS, (baseline, other), strict=True)
    }
    units = {
        name: tuple(Unit(number, ()) for number in range(1, 1 + len(next(iter(arm.values())))))
        for name, arm in zip(ARMS, (baseline, other), strict=True)
    }
    gaps = differences(TestScores(asked, scores, units), ARMS[0])[ARMS[1]]
    mean = gaps[MEAN][METRIC]
    return {
        "headline": mean.different,
        "any_language": any(gap[METRIC].different for name, gap in gaps.items() if name != MEAN),
        "coverage": mean.low is not None and mean.high is not None and mean.low <= 0.0 <= mean.high,
        "estimate": mean.estimate,
        "error": mean.found.error,
    }


def _questions(part: ScoringSet) -> Questions:
    examples = part.examples
    return Questions(
        tuple(one.id for one in examples),
        tuple(one.paragraph for one in examples),
        tuple(one.title for one in examples),
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--studies", type=int, default=20)
    parser.add_argument("--processes", type=int, default=2, help="side by side")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help=f"as in {STUDY.name}, changed")
    parser.add_argument("--json", action="store_true", help="print the numbers as JSON in place of a table")
    chosen = parser.parse_args(arguments)
    if chosen.studies < 2 or chosen.processes < 1:
        parser.error("write at least two studies and one process")
    tasks = [(number, arm) for number in range(chosen.studies) for arm in ARMS]
    override(chosen.set)
    spawn = get_context("spawn")
    with ProcessPoolExecutor(chosen.processes, spawn, initializer=override, initargs=(chosen.set,)) as pool:
        trained = dict(zip(tasks, pool.map(train_arm, tasks), strict=True))
    numbers = summary(trained, chosen.studies)
    if chosen.json:
        print(json.dumps(numbers))
    else:
        print_table(numbers, Console())
    return 0


def summary(trained: dict[tuple[int, str], Scores], studies: int) -> dict[str, Any]:
    """Shares of false positives in percent, within studies and across them, and how the units vary."""
    numbers = range(studies)
    pairs = {
        "within a study": [compare(trained[number, ARMS[0]], trained[number, ARMS[1]]) for number in numbers],
        "across studies": [
            compare(trained[number, ARMS[0]], trained[(number + 1) % studies, ARMS[1]]) for number in numbers
        ],
    }
    return {"studies": studies, **{name: _shares(found) for name, found in pairs.items()}}


def _shares(found: Sequence[dict[str, Any]]) -> dict[str, Any]:
    marks = [one["headline"] for one in found]
    return {
        **{
            name: 100.0 * float(np.mean([one[name] for one in found]))
            for name in ("headline", "any_language", "coverage")
        },
        "p_of_as_many": round(_probability(range(sum(marks), len(marks) + 1), len(marks)), 3),
        "p_of_as_few": round(_probability(range(sum(marks) + 1), len(marks)), 3),
        "mean_estimate": round(float(np.mean([one["estimate"] for one in found])), 2),
        "sd_of_estimates": round(float(np.std([one["estimate"] for one in found], ddof=1)), 2),
        "root_mean_square_error": round(float(np.sqrt(np.mean([one["error"] ** 2 for one in found]))), 2),
    }


def _probability(counts: Iterable[int], studies: int, rate: float = LEVEL) -> float:
    """Probability of one of these numbers of false positives, were each study's as probable as `rate`."""
    return sum(comb(studies, one) * rate**one * (1.0 - rate) ** (studies - one) for one in counts)


def print_table(numbers: dict[str, Any], console: Console) -> None:
    """Print a row within studies and one across them."""
    table = Table("compared", *numbers["within a study"], title=f"{numbers['studies']} toy studies, percent and points")
    for name in ("within a study", "across studies"):
        table.add_row(name, *(f"{value:.3g}" for value in numbers[name].values()))
    console.print(table)


if __name__ == "__main__":
    raise SystemExit(main())
