"""Joining a Ray cluster, or starting an embedded one for the length of a command."""

from __future__ import annotations

import json
import logging
import os
import signal
import threading
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from xlingual.activity import is_verbose
from xlingual.errors import PlacementError
from xlingual.search.embedded import start
from xlingual.search.joining import check_cluster
from xlingual.search.placement import Demand
from xlingual.search.worker_code import use_package

# Tune keeps no truth here, so its loggers, snapshots, signal handler and usage reports are switched off. Ray Train
# fetches a worker's reports when it looks after its health, and the worker waits for that: every 2 s unless told so.
ENVIRONMENT = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_AIR_NEW_OUTPUT": "0",
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
    "TUNE_DISABLE_SIGINT_HANDLER": "1",
    "TUNE_DISABLE_STRICT_METRIC_CHECKING": "1",
    "TUNE_GLOBAL_CHECKPOINT_S": "1000000000",
    "TUNE_WARN_EXCESSIVE_EXPERIMENT_CHECKPOINT_SYNC_THRESHOLD_S": "0",
    "RAY_TRAIN_HEALTH_CHECK_INTERVAL_S": "0.2",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "TOKENIZERS_PARALLELISM": "false",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "HF_DATASETS_DISABLE_PROGRESS_BARS": "1",
}


def prepare_environment() -> None:
    """Set what Ray and the hub's libraries read when they are imported or start; what the user set stays."""
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)


@contextmanager
def connected(address: str, demand: Demand, namespace: str | None = None) -> Iterator[list[Mapping[str, float]]]:
    """Be connected to a cluster while the context lasts; yields the resources of its nodes.

    Args:
        address: `local` starts an embedded cluster that ends with the context; `auto` joins the one of this machine;
            anything else is an address to join.
        demand: of one trial; several workers need the dashboard, without which Ray Train never frees the workers of a
            trial that the scheduler stopped.
        namespace: Ray's name for what this command puts on the cluster, by which a later one finds it.

    Raises:
        PlacementError: when Ray does not start, or no cluster can be joined at the address.
    """
    prepare_environment()
    import ray

    level, is_told = logging.INFO if is_verbose() else logging.ERROR, is_verbose()
    quiet = {"logging_level": level, "log_to_driver": is_told, "configure_logging": True, "namespace": namespace}
    workers = {"worker_process_setup_hook": use_package()}
    on_terminate = signal.getsignal(signal.SIGTERM)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        started = not ray.is_initialized()
        if started and address == "local":
            start({"include_dashboard": not demand.is_alone, "runtime_env": workers, **quiet})
        elif started:
            join(address, {"runtime_env": workers | {"env_vars": environment_of_workers()}, **quiet})
    if started and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, on_terminate)  # Ray's own answer is to abort with a stack trace
    try:
        nodes = [node for node in ray.nodes() if node["Alive"]]
        yield [node["Resources"] for node in nodes]
    finally:
        if started:
            ray.shutdown()


def environment_of_workers() -> dict[str, str]:
    """What workers of a cluster that was started elsewhere are told; what a submitted job says to them stays."""
    job = json.loads(os.environ.get("RAY_JOB_CONFIG_JSON_ENV_VAR") or "{}")
    said = (job.get("runtime_env") or {}).get("env_vars") or {}
    return {name: os.environ[name] for name in ENVIRONMENT if name not in said}


def driver_resources() -> dict[str, float]:
    """Resources of a trial's driver: a place on this command's node, and no CPU that its own workers wait for."""
    import ray

    here = ray.get_runtime_context().get_node_id()
    (address,) = [node["NodeManagerAddress"] for node in ray.nodes() if node["NodeID"] == here]
    return {f"node:{address}": 0.001}


def join(address: str, quiet: Mapping[str, Any]) -> None:
    """Connect to a cluster.

    Args:
        address: `auto` or HOST:PORT.
        quiet: what else `ray.init` is told.

    Raises:
        PlacementError: when it cannot be joined; says why.
    """
    import ray

    check_cluster(address)
    try:
        ray.init(address=address, **quiet)
    except (OSError, ValueError, RuntimeError, ray.exceptions.RayError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise PlacementError(f"--address {address}: the cluster cannot be joined ({reason})") from None
