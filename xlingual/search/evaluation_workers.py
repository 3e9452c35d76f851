"""A checkpoint evaluated by several workers: Ray actors that hold the model and answer shares of the questions."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from xlingual.errors import PlacementError, StageError
from xlingual.evaluation.answerer import Answerer, Part
from xlingual.evaluation.answering import WorkerPool
from xlingual.evaluation.checkpoint_evaluation import CrewOf, alone
from xlingual.families import Checkpoint, Lengths, ScoringSet
from xlingual.search.cluster import connected
from xlingual.search.head import end_with, head_address, head_watched
from xlingual.search.node_probe import check_nodes
from xlingual.search.own_node import model_here
from xlingual.search.placement import Demand, slots
from xlingual.search.ray_output import kept_in
from xlingual.tasks import Task


def crew_of(address: str | None, workers: int | None) -> CrewOf:
    """Choose who answers: this process, unless a cluster or several workers are asked for or it has several GPUs.

    Args:
        address: of a Ray cluster: `local` (embedded), `auto` or HOST:PORT.
        workers: how many; None for one a GPU, or one a node where there are none.
    """
    if workers is not None and workers < 1:
        raise PlacementError(f"--workers: found {workers}; write 1 or more")
    if address is None and workers is None and torch.cuda.device_count() > 1:
        workers = torch.cuda.device_count()
    if address is None and (workers or 1) == 1:
        return alone

    @contextmanager
    def together(checkpoint: Checkpoint, lengths: Lengths) -> Iterator[WorkerPool]:
        with (
            kept_in(Path(os.devnull)) as terminal,
            connected(address or "local", Demand(1, 1, 0)) as nodes,
            head_watched(head_address(), lambda line: end_with(line, terminal, status=1)),
        ):
            check_nodes()
            demand, number = placed(nodes, workers)
            yield RayCrew(checkpoint, lengths, demand, number)

    return together


def placed(nodes: list[Mapping[str, float]], workers: int | None) -> tuple[Demand, int]:
    """Decide what a worker has and how many there are.

    Args:
        nodes: resources of each node, Ray's names (`CPU`, `GPU`).
        workers: as asked; None for one a GPU, or one a node where there are none.

    Raises:
        PlacementError: when the workers do not fit.
    """
    computing = [node for node in nodes if node.get("CPU", 0) >= 1]
    if any(node.get("GPU", 0) >= 1 for node in computing):
        demand = Demand(1, 1, 1)
        number = workers or slots(computing, demand)
    else:
        number = workers or len(computing)
        cpus = [int(node["CPU"]) for node in computing]
        share = min(cpus, default=1) if workers is None else sum(cpus) // number
        demand = Demand(1, max(1, min(share, *cpus) if cpus else 1), 0)
    room = slots(computing, demand)
    if number > room or not room:
        raise PlacementError(
            f"--workers: {number} of {demand.per_worker} each asked, the cluster has room for {room}; write fewer, or "
            "name a larger cluster with --address"
        )
    return demand, number


class RayCrew:
    """Workers on a cluster.

    Args:
        checkpoint: a hub id is looked up on each node, a local directory must be there on each.
        lengths: of the inputs.
        demand: of one worker.
        workers: how many.

    Raises:
        StageError: when a worker cannot load it.
    """

    def __init__(self, checkpoint: Checkpoint, lengths: Lengths, demand: Demand, workers: int) -> None:
        import ray

        local = Path(checkpoint.name).expanduser().is_dir()
        where = str(checkpoint.directory) if local else checkpoint.pinned
        actor = ray.remote(_Worker).options(num_cpus=demand.cpus_per_worker, num_gpus=demand.gpus_per_worker)
        arguments = (where, checkpoint.fingerprint, checkpoint.task, lengths, demand)
        self._actors = [actor.remote(*arguments) for _ in range(workers)]
        self._tokens = max(1, min(_got([each.tokens_per_pass.remote() for each in self._actors])))

    @property
    def workers(self) -> int:
        """How many."""
        return len(self._actors)

    @property
    def tokens_per_pass(self) -> int:
        """Tokens of a batch to begin with."""
        return self._tokens

    def answers(
        self, questions: Mapping[str, ScoringSet], tokens: int, shares: int, numbers: Sequence[int]
    ) -> Iterator[Part]:
        """Give each worker that is free the next share; no more of them after one that did not fit."""
        import ray

        shared = ray.put(dict(questions))
        waiting, free, running = list(numbers), list(self._actors), dict[Any, Any]()
        while waiting or running:
            while waiting and free:
                actor = free.pop()
                running[actor.answer.remote(shared, tokens, (waiting.pop(0), shares))] = actor
            (ready,), _ = ray.wait(list(running), num_returns=1)
            free.append(running.pop(ready))
            (part,) = _got([ready])
            if part.too_large:
                waiting.clear()
            yield part


class _Worker:
    """An answerer in a process of its own."""

    def __init__(self, model: str, fingerprint: str, task: Task, lengths: Lengths, demand: Demand) -> None:
        torch.set_num_threads(max(1, int(demand.cpus_per_worker)))
        model_here(model, fingerprint)
        checkpoint = Checkpoint.resolve(model, task)
        device = torch.device("cuda" if demand.gpus_per_worker > 0 else "cpu")
        self._answerer = Answerer.load(checkpoint, lengths, device)

    def tokens_per_pass(self) -> int:
        """Tokens of a batch to begin with."""
        return self._answerer.tokens_per_pass

    def answer(self, questions: Mapping[str, ScoringSet], tokens: int, share: tuple[int, int]) -> Part:
        """See `Answerer.answer`; a reference to the questions arrives as their value."""
        return self._answerer.answer(questions, tokens, share)


def _got(references: list[Any]) -> list[Any]:
    """Wait for what workers return."""
    import ray

    try:
        got: list[Any] = ray.get(references)
    except ray.exceptions.RayError as error:
        reason = next((line for line in reversed(str(error).splitlines()) if line.strip()), type(error).__name__)
        raise StageError(f"a worker failed ({reason.strip()}); run the same command again, or without Ray") from None
    return got
