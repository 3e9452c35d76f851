"""Runs what is missing of a study, up to the stage that was asked for."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import ray
import torch

from xlingual.activity import doing, entering
from xlingual.data.toy import ToyWorld
from xlingual.errors import DataError, RecordError, StageError
from xlingual.export.export import TOY_WORLDS
from xlingual.families import Checkpoint
from xlingual.models.encoder import encoder_widths
from xlingual.preparation.advice import advice_notes
from xlingual.preparation.family_check import check_families
from xlingual.preparation.inputs import (
    Locations,
    StudyData,
    load_study_data,
    locate,
    resolve_models,
    sources_of,
    trial_inputs,
)
from xlingual.preparation.mixture_check import check_mixtures
from xlingual.preparation.sealed_test_set import look_at_test_set
from xlingual.records import journal
from xlingual.records.attached import attach, check, refresh, url_of
from xlingual.records.layout import StudyDirectory
from xlingual.records.lock import hold
from xlingual.records.lost import check_records
from xlingual.records.remote import checked_url, is_url
from xlingual.records.state import StudyState, read_state
from xlingual.search import stages
from xlingual.search.cluster import connected, driver_resources, prepare_environment
from xlingual.search.concurrency import FIXED, Concurrency
from xlingual.search.control import Control
from xlingual.search.embedded import ray_folder
from xlingual.search.groups import namespace_of
from xlingual.search.growth import growth_of_cluster
from xlingual.search.head import end_with, head_address, head_watched
from xlingual.search.interruption import heeded
from xlingual.search.last_word import said_at_a_sudden_end, sudden_end_line
from xlingual.search.listener import Listener
from xlingual.search.node_probe import facts_of_node
from xlingual.search.nodes import Here, Nodes, Place
from xlingual.search.own_node import Expected
from xlingual.search.precision import study_precision
from xlingual.search.queue import Limit, limit_now
from xlingual.search.ray_output import kept_in, libraries_kept_in
from xlingual.search.recorded_views import tell_recorded
from xlingual.search.study_context import StudyContext, demand_of
from xlingual.search.study_guard import (
    TEST,
    check_sources,
    commit_lines,
    loaded_lines,
    model_sources,
    open_directory,
    record_environment,
    recorded_commits,
    recorded_rows,
    refuse_overlap,
    unread_test_sets,
    unused_sources,
    write_contamination,
)
from xlingual.search.survey import ClusterSurvey
from xlingual.search.tuning import train_all
from xlingual.search.waiting import watching
from xlingual.study import Study
from xlingual.tasks.named import task_of

Stage = Callable[[StudyContext], None]
STAGES: dict[str, Stage] = {"search": stages.search, "replicate": stages.replicate, "test": stages.test}


def drive(study: Study, path: Path, *, until: str, address: str, listener: Listener) -> StudyDirectory:
    """Do what is missing of a study, up to and with the stage `until`, and nothing else.

    Args:
        study: its definition.
        path: STORAGE/NAME, absolute.
        until: `search`, `replicate`, `test` or `report` (which adds nothing to the records).
        address: `local`, `auto`, or a Ray cluster's address.
        listener: told of every event.

    Raises:
        XlingualError: for everything that is the user's to mend.
        KeyboardInterrupt: at Ctrl-C: the first one waits for what is running, see `xlingual.search.interruption`.
    """
    prepare_environment()
    directory = StudyDirectory(path)
    if url := url_of(path):
        with doing(f"asking {url}"):
            check(url, writes=True)
    with (
        hold(directory.lock),
        libraries_kept_in(directory.ray_output),
        heeded(listener.note) as interruption,
    ):
        for line in open_directory(study, directory):
            listener.note(line)
        control = Control(study, directory, listener)
        control.take_up()
        state = read_state(directory)
        check_records(directory, state)
        missing = missing_stages(directory, until)
        if missing:
            tell_recorded(directory, state, listener)
            with _prepared(control.study, directory, address, listener) as context:
                control.ask = context.ask
                go_through(replace(context, interruption=interruption, control=control), missing)
            refresh(path)  # what trials wrote last, for the report
    return directory


class Placed(NamedTuple):
    """Where trials run: how many side by side, on which nodes, and what these must have in common with the driver."""

    concurrent: Limit
    ask: Callable[[int | str], None]
    place: Place
    expected: Expected | None


@contextmanager
def _prepared(study: Study, directory: StudyDirectory, address: str, listener: Listener) -> Iterator[StudyContext]:
    """Check and load what the stages work with, and be on a cluster."""
    locations = locate(study, directory.path.parent)
    test_sets, checkpoints = _look_ahead(study, locations, directory, listener)
    with ExitStack() as stack:
        if address == "local":
            check_this_machine(study)
            joined = None
        else:
            joined = stack.enter_context(_placed(study, directory, address, listener, checkpoints))
        data = _load(study, directory, locations, checkpoints, test_sets, listener)
        # an embedded Ray starts when everything else is checked
        placed = joined or stack.enter_context(_placed(study, directory, address, listener, checkpoints))
        yield StudyContext(
            study=study,
            directory=directory,
            listener=listener,
            locations=locations,
            checkpoints=checkpoints,
            inputs=_inputs(study, directory, checkpoints, data, listener),
            sources={arm: sources_of(checkpoint, data) for arm, checkpoint in checkpoints.items()},
            traits={arm: each.traits(study.lengths) for arm, each in checkpoints.items()},
            concurrent=placed.concurrent,
            ask=placed.ask,
            driver=driver_resources(),
            precision=study_precision(study, directory, demand_of(study), _largest_widths(checkpoints)),
            trainer=train_all,
            place=placed.place,
            expected=placed.expected,
            task=task_of(study.task_benchmark),
        )


def _look_ahead(
    study: Study, locations: Locations, directory: StudyDirectory, listener: Listener
) -> tuple[dict[str, Any], dict[str, Checkpoint]]:
    """Check what later stages need; returns what is recorded of the test sets, and the models by arm."""
    test_sets, said = _look_at_test_sets(study, locations, directory)
    recorded = recorded_commits(directory)
    checkpoints = resolve_models(locations, task_of(study.task_benchmark), recorded)
    check_families(study, locations, checkpoints, listener.note)
    for line in (*commit_lines(checkpoints, recorded), *said, *advice_notes(study, checkpoints)):
        listener.note(line)
    return test_sets, checkpoints


def _load(
    study: Study,
    directory: StudyDirectory,
    locations: Locations,
    checkpoints: Mapping[str, Checkpoint],
    test_sets: dict[str, Any],
    listener: Listener,
) -> StudyData:
    """Load the data, and compare all that trials are made of with what the records were made with."""
    data = load_study_data(study, locations, directory.faq, recorded_rows(directory))
    for line in data.notes():
        listener.note(line)
    found = data.sources()
    unused = unused_sources(directory) | unread_test_sets(directory)
    refuse_overlap(directory, [name.removeprefix(TEST) for name in test_sets], data.contaminated)
    check_sources(directory, found | model_sources(checkpoints) | test_sets, unused)
    write_contamination(directory, data.contaminated, study.data.contamination)
    for line in loaded_lines(found):
        listener.note(line)
    return data


def _inputs(
    study: Study,
    directory: StudyDirectory,
    checkpoints: Mapping[str, Checkpoint],
    data: StudyData,
    listener: Listener,
) -> dict[str, Any]:
    """Put the inputs of each model's trials into Ray's object store."""
    inputs = {}
    for checkpoint in dict.fromkeys(checkpoints.values()):
        made = trial_inputs(checkpoint, study, data, directory.features)
        for line in made.summary():
            listener.note(f"for {Path(checkpoint.name).name}, {line}")
        check_mixtures(study, [arm for arm in study.arms if checkpoints[arm] is checkpoint], made)
        inputs[checkpoint.name] = ray.put(made)
    check_sources(directory, data.sources())  # now with what became of the FAQ rows
    return inputs


def _look_at_test_sets(
    study: Study, locations: Locations, directory: StudyDirectory
) -> tuple[dict[str, Any], list[str]]:
    """See `look_at_test_set`; a test set that was read has to stay as it was, whatever its own error offers."""
    found: dict[str, Any] = {}
    lines: list[str] = []
    read = {row["set"] for row in journal.read(directory.ledger)}
    for name, test in study.data.test.sets.items():
        try:
            found[f"{TEST}{name}"], said = look_at_test_set(test, locations)
        except DataError as error:
            if name not in read:
                raise
            raise RecordError(
                f"{directory.path}: its models were scored on the test set {name}, which cannot be used any more. "
                f"Restore it as it was, or give the study another name, for example --set name={study.name}_2. "
                f"Found: {error}"
            ) from None
        lines += said
    return found, lines


def missing_stages(directory: StudyDirectory, until: str) -> list[str]:
    """Name the stages up to and with `until` that are not done, in their order."""
    wanted = [stage for stage in STAGES if until == "report" or list(STAGES).index(stage) <= _index(until)]
    state = read_state(directory)
    return [stage for stage in wanted if not _done(state, stage)]


def go_through(context: StudyContext, missing: Sequence[str], stages: Mapping[str, Stage] = STAGES) -> None:
    """Do one stage after the other; none follows one that is not done, and one that got more to do comes again.

    Raises:
        StageError: when a stage cannot be ended.
    """
    left = list(missing)
    while left:
        context.interruption.check()
        stage, control = left.pop(0), context.control
        before = control.taken if control else 0
        context.place.check_records()
        if stage == "test":
            context.check_not_paused(done=False)
        stages[stage](context)
        if control and (control.take_up() or control.taken > before):
            context, left = replace(context, study=control.study), missing_stages(context.directory, missing[-1])
        elif stage != "test" and not _done(read_state(context.directory), stage):
            raise StageError(
                f"the {stage} is not done: its records lack some of its trials; run the same command again"
            )


@contextmanager
def _placed(
    study: Study,
    directory: StudyDirectory,
    address: str,
    listener: Listener,
    checkpoints: Mapping[str, Checkpoint],
) -> Iterator[Placed]:
    """Be on a cluster that has room for a trial, and whose nodes have what the trials need."""
    demand, namespace, asked = demand_of(study), namespace_of(directory.path), study.scaling.concurrent_trials
    joining = connected(address, demand, namespace)
    with (
        kept_in(directory.ray_output) as terminal,
        said_at_a_sudden_end(sudden_end_line(directory.ray_output), terminal) as take_back,
        entering("starting Ray", joining) as found,
    ):
        growth = FIXED if address == "local" else growth_of_cluster()
        concurrency = Concurrency(demand, asked, growth)
        concurrency.check(found)  # before nodes are asked
        nodes = expected = None
        if address != "local":
            models = {each.pinned: each.fingerprint for each in dict.fromkeys(checkpoints.values())}
            expected = Expected(facts_of_node(), models, _toy_of_each_node(study, directory))
            nodes = Nodes(directory, concurrency, listener.note, ClusterSurvey(expected, demand))
            with doing("checking the nodes"):
                nodes.check()
        usable = nodes.usable if nodes else found
        limit: Limit = nodes.trials if nodes else lambda: concurrency.trials(found)

        def ask(trials: int | str) -> None:
            concurrency.asked = trials
            listener.note(concurrency.text(found))

        record_environment(
            directory, address=address, nodes=[dict(node) for node in usable], concurrent=limit_now(limit)
        )

        def head_lost(line: str) -> None:
            listener.close()
            take_back()
            end_with(line, terminal, status=1)

        with (
            watching(namespace, listener.note, nodes, used=listener.cluster_used),
            head_watched(head_address(), head_lost),
        ):
            yield Placed(limit, nodes.ask if nodes else ask, nodes or Here(directory), expected)


def _toy_of_each_node(study: Study, directory: StudyDirectory) -> tuple[Path, ToyWorld] | None:
    """Where each node makes the toy world: of a study at a URL, whose mirrors are a node's own."""
    if url_of(directory.path) is None or not study.uses_toy:
        return None
    world = ToyWorld(**study.toy.model_dump())
    return directory.path.parent / TOY_WORLDS / world.fingerprint, world


def check_this_machine(study: Study) -> None:
    """See whether a trial fits this machine and Ray can start here, before anything is loaded.

    Raises:
        PlacementError: when it does not, or cannot.
    """
    ray_folder(os.environ)
    machine = {"CPU": float(os.cpu_count() or 1), "GPU": float(torch.cuda.device_count())}
    Concurrency(demand_of(study), study.scaling.concurrent_trials).check([machine])


def _largest_widths(checkpoints: Mapping[str, Checkpoint]) -> tuple[int, int]:
    return max(encoder_widths(checkpoint.directory) for checkpoint in checkpoints.values())


def _done(state: StudyState, stage: str) -> bool:
    if stage == "search":
        return state.searched
    if stage == "replicate":
        return state.replicated
    return state.replicated and all(r.scored for r in state.replicates if r.state == "finished")


def _index(stage: str) -> int:
    return list(STAGES).index(stage)


def study_path(study: Study, storage: str | None) -> Path:
    """Directory of a study: STORAGE/NAME, made absolute in the driver; for a URL, this machine's mirror of it.

    Raises:
        RecordError: when the storage is a URL that cannot be used.
    """
    place = storage or study.storage
    if is_url(place):
        return attach(f"{checked_url(place, f'--storage {place}' if storage else f'storage: {place}')}/{study.name}")
    return (Path(place).expanduser() / study.name).resolve()
