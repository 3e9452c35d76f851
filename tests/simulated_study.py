"""Studies of simulated trials, by the real driver: what is asked, its commands one after the other, and its outcome."""

from __future__ import annotations

import functools
import random
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import ray.exceptions as of_ray
import yaml
from simulated_trials import Trainer
from simulated_world import FAULTS, Killed, Machine, Plan, World

from xlingual.data.examples import Example
from xlingual.errors import RecordLocked, XlingualError
from xlingual.families import ScoringSet
from xlingual.preparation.inputs import Locations
from xlingual.records import journal
from xlingual.records.events import search_of
from xlingual.records.layout import StudyDirectory
from xlingual.records.state import ReplicateState, read_state
from xlingual.search import driver
from xlingual.search.concurrency import Concurrency
from xlingual.search.examiner import AnswerFailed
from xlingual.search.failures import failure_of
from xlingual.search.nodes import Here, Nodes
from xlingual.search.study_context import StudyContext, demand_of
from xlingual.seeds import stream_seed
from xlingual.study import FamilyDefaults, Study, load_study
from xlingual.tasks import Candidate, Candidates

COMMANDS = 150
EASE = 0.97
LANGUAGES = ("en", "de")
ARMS = {
    "plain": {"baseline": True},
    "few": {"training": {"learning_rate": {"choice": [1e-3, 2e-3, 3e-3, 4e-3]}}},
    "twin": {"training": {"learning_rate": {"choice": [2e-3, 3e-3, 5e-3]}}},
    "fixed": {"training": {"learning_rate": 2e-3}},
}


@dataclass(frozen=True)
class Asked:
    """What a study asks for, and what goes wrong in it."""

    seed: int
    arms: tuple[str, ...]
    searches: int
    trials: int
    seeds: int
    reports: int
    sampler: str
    scheduler: str
    sets: int
    machines: tuple[int, ...]
    cluster: bool
    plan: Plan

    @property
    def concurrent(self) -> int:
        """Trials side by side."""
        return sum(self.machines)

    @property
    def repeats(self) -> bool:
        """Whether the same trials are promised whatever happens: each draw and stop follows from the trials before."""
        return self.concurrent == 1 or (self.sampler == "random" and self.scheduler == "none")

    @property
    def definition(self) -> dict[str, Any]:
        """The study file."""
        toy = {"source": "toy", "languages": list(LANGUAGES)}
        also = {"also": {"second": toy}} if self.sets > 1 else {}
        return {
            "name": "made_up",
            "question": "Does it hold?",
            "model": "toy",
            "data": {"train": "toy", "dev": "toy", "test": toy | also},
            "training": {
                "updates": 20,
                "reports": self.reports,
                "learning_rate": {"log_uniform": [1e-5, 1e-2]},
            },
            "arms": {name: ARMS[name] for name in self.arms},
            "search": {
                "seed": self.seed % 7,
                "trials_per_arm": self.searches * self.trials,
                "startup_trials": 2,
                "sampler": self.sampler,
                "scheduler": self.scheduler,
                **({} if self.scheduler == "none" else {"grace_share": 0.25}),
            },
            "replicates": {"searches": self.searches, "seeds": self.seeds},
        }


def asked_by(seed: int) -> Asked:
    """Draw a study from a seed."""
    chance = random.Random(seed)
    faults = frozenset(name for name in FAULTS if chance.random() < 0.5)
    return Asked(
        seed=seed,
        arms=("plain", *chance.sample(("few", "twin", "fixed"), chance.randint(0, 2))),
        searches=chance.choice((1, 1, 2)),
        trials=chance.randint(1, 4),
        seeds=chance.randint(1, 2),
        reports=chance.randint(1, 4),
        sampler=chance.choice(("tpe", "random", "random")),
        scheduler=chance.choice(("none", "asha", "median")),
        sets=chance.choice((1, 1, 2)),
        machines=chance.choice(((1,), (1,), (1, 1), (2,), (1, 2), (1, 1, 1))),
        cluster=chance.random() < 0.7,
        plan=Plan(faults, chance.choice((0.004, 0.012, 0.04))),
    )


SMALL = Asked(
    seed=3,
    arms=("plain",),
    searches=1,
    trials=2,
    seeds=1,
    reports=2,
    sampler="random",
    scheduler="none",
    sets=2,
    machines=(1,),
    cluster=False,
    plan=Plan(),
)
"""A study in which all goes well."""


@functools.lru_cache(maxsize=64)
def _study(content: str, folder: Path) -> Study:
    path = folder / "study.yaml"
    path.write_text(content)
    return load_study(path, ())


@dataclass(frozen=True)
class Model:
    """A pretrained model of which only its name matters."""

    name: str = "toy"
    pinned: str = "toy"
    family: Any = field(default_factory=lambda: SimpleNamespace(row_extras=None), compare=False)


class Listener:
    """Hears everything; keeps what a user would read."""

    def __init__(self, step: Callable[[], None]) -> None:
        self._step = step
        self.notes: list[str] = []

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *arguments: self._step()

    def note(self, text: str) -> None:
        self.notes.append(text)
        self._step()


@dataclass
class Examiner:
    """Answers for replicates, each the same whenever it is asked; `opened` counts what it opened."""

    world: World
    trainer: Trainer
    check: Callable[[], None]
    opened: Counter[str] = field(default_factory=Counter)

    def open(self, context: StudyContext, test: Any, checkpoint: Any, keys: Sequence[str]) -> Mapping[str, ScoringSet]:
        self.check()
        self.opened[test.name] += 1
        self.world.driver_step()
        return {language: ScoringSet(questions(language), None) for language in LANGUAGES}  # type: ignore[arg-type]

    def ask(
        self, context: StudyContext, replicate: ReplicateState, share: tuple[int, int], avoided: Sequence[str]
    ) -> Any:
        self.world.driver_step()
        return (replicate.fingerprint, share, random.Random(len(avoided)).random())

    def first(self, references: Sequence[Any], what: str, tell: Callable[[str], None]) -> Any:
        self.world.driver_step()
        self.trainer.pass_time(1.0)
        return self.world.chance.choice(references)

    def answers(self, reference: Any) -> dict[str, Candidates]:
        if self.world.strikes("answers fail", 3 * self.world.plan.rate):
            raise AnswerFailed(failure_of(of_ray.WorkerCrashedError()))
        fingerprint, (number, shares), _ = reference
        return {
            language: {
                index: [Candidate(score=1.0, text=answer_of(fingerprint, example))]
                for index, example in enumerate(questions(language))
                if index % shares == number % shares
            }
            for language in LANGUAGES
        }


@functools.cache
def questions(language: str) -> tuple[Example, ...]:
    """The questions of a test set."""
    return tuple(Example(f"q{n}", "which?", "a b c", ("a", "b"), (0, 2), language, paragraph="p") for n in range(3))


def answer_of(fingerprint: str, example: Example) -> str:
    """What a replicate answers."""
    return "abc"[stream_seed(0, "answer", fingerprint, example.id, example.language) % 3]


class Commands:
    """The commands of one study in its world, one after the other: what a user does who runs it until it is done."""

    def __init__(self, asked: Asked, folder: Path, *, disturbed: bool = True) -> None:
        self.asked, self.folder = asked, folder
        plan = asked.plan if disturbed else Plan(asked.plan.faults & {"trial diverges", "trial always raises"}, 0.0)
        self.world = World(folder / "storage", plan, random.Random(stream_seed(asked.seed, "world")))
        self.trainer = Trainer(self.world)
        self.directory = StudyDirectory(self.world.root / "made_up")
        folder.mkdir(parents=True)
        self.study = _study(yaml.safe_dump(asked.definition, sort_keys=False), folder)
        self.ends: Counter[str] = Counter()
        self.said: list[str] = []
        self.refused_at_once = False
        self.examiner = Examiner(self.world, self.trainer, self._check_seal)

    def until_done(self) -> None:
        """Run the same command until it ends by itself."""
        with self.world.in_place(), _prepared_by(self.context):
            while self.command() != "done":
                assert self.ends.total() < COMMANDS, "the study does not end"
                self.trainer.pass_time(self.world.chance.choice((1.0, 30.0, 600.0)))
        self.trainer.end()
        self.world.end()

    def one_command(self) -> str:
        """Run one command."""
        with self.world.in_place(), _prepared_by(self.context):
            return self.command()

    def command(self) -> str:
        """Run one command, and tell how it ended: `done`, `killed`, or the name of the error that its user reads."""
        world = self.world
        world.machines = [Machine(n, slots, world.looks) for n, slots in enumerate(self.asked.machines)]
        world.ease = EASE ** self.ends.total()
        for each in (world, *world.machines):
            each.skew = world.clock_error()
        world.driver_acts = True
        self.listener = Listener(self._heard)
        try:
            driver.drive(self.study, self.directory.path, until="report", address="none", listener=self.listener)  # type: ignore[arg-type]
            end = "done"
        except Killed:
            end = "killed"
            self.trainer.leave()
        except XlingualError as error:
            if self.refused_at_once:
                raise
            end = type(error).__name__
            assert "\n" not in str(error), error
            self.said.append(str(error))
            self.trainer.leave()
        finally:
            world.driver_acts = False
        self.ends[end] += 1
        return end

    @contextmanager
    def context(self, study: Study, directory: StudyDirectory, address: str, listener: Any) -> Iterator[StudyContext]:
        """In place of the driver's preparations."""
        place: Here = Here(directory)
        if self.asked.cluster:
            concurrency = Concurrency(demand_of(study), self.asked.concurrent, None)
            place = nodes = Nodes(directory, concurrency, listener.note, self.world.survey)
            nodes.check()
        sources = {"model": "m", "train": "t", "dev": "d"}
        yield StudyContext(
            study=study,
            directory=directory,
            listener=listener,
            locations=Locations("", "", {}, None, dict.fromkeys(study.arms, "toy")),
            checkpoints=dict.fromkeys(study.arms, Model()),  # type: ignore[arg-type]
            inputs={"toy": None},
            sources=dict.fromkeys(study.arms, sources),
            traits=dict.fromkeys(study.arms, FamilyDefaults(study.windows)),
            concurrent=self.asked.concurrent,
            driver={},
            precision="fp32",
            trainer=self.trainer,
            clock=self.world.clock,
            place=place,
            examiner=self.examiner,
        )

    def _heard(self) -> None:
        """The driver tells of something: it may be killed there, and somebody may run the same command meanwhile."""
        self.world.driver_step()
        if self.world.strikes("another command"):
            before = journal.read(self.directory.journal)
            try:
                driver.drive(self.study, self.directory.path, until="report", address="none", listener=Listener(int))  # type: ignore[arg-type]
            except RecordLocked:
                assert journal.read(self.directory.journal) == before
            else:
                raise AssertionError("two commands at once")

    def _check_seal(self) -> None:
        """See whether the test set may be opened now, from the events alone."""
        events = journal.read(self.directory.journal)
        ended = {
            (search_of(e), e.get("number"), e.get("seed"))
            for e in events
            if "_ended" in e["event"] and e.get("retry") is False
        }
        begun = {
            (search_of(e), e.get("number"), e.get("seed"))
            for e in events
            if "_started" in e["event"] and "fingerprint" in e
        }
        assert ended == begun, "the test set is opened while trials are still to end"
        state = read_state(self.directory)
        assert state.searched and state.replicated, "the test set is opened before its stage"


@contextmanager
def _prepared_by(context: Any) -> Iterator[None]:
    before = driver._prepared
    driver._prepared = context
    try:
        yield
    finally:
        driver._prepared = before


def run(seed: int, folder: Path, *, keep: bool = False) -> Commands:
    """Run a study of a seed, and the same study undisturbed, and check all that must hold.

    Raises:
        AssertionError: what does not.
    """
    from simulation_checks import check, outcome

    asked = asked_by(seed)
    calm = Commands(asked, folder / f"{seed}-calm", disturbed=False)
    calm.until_done()
    check(calm)
    stormy = Commands(asked, folder / f"{seed}")
    stormy.until_done()
    check(stormy)
    if asked.repeats:
        assert outcome(stormy) == outcome(calm), "not the study that it would have been undisturbed"
    if not keep:
        shutil.rmtree(calm.folder)
        shutil.rmtree(stormy.folder)
    return stormy
