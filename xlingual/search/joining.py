"""Whether a Ray cluster can be joined, and if not, why: found out before Ray is asked, which takes minutes to say less.

The cluster is asked by a process of its own: Ray's client ends its process where a token is missing, asks for 40 s
where another program listens, and writes its log to standard error.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from importlib import import_module
from typing import Any

from xlingual.errors import PlacementError

SECONDS_TO_ANSWER = 8.0
"""For the port of a cluster to be opened, and then for the cluster to answer."""

SECONDS_TO_START = 60.0
"""For the process that asks: on a machine under load it takes a while to import Ray."""

SECONDS_TO_FIND_NODE = 4
"""For Ray to find out which node of the cluster this machine is."""

Answer = dict[str, Any]

_PROGRAM = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from xlingual.search.joining import main; main()"


def check_cluster(address: str, ask: Callable[[str], Answer] | None = None) -> None:
    """See that a cluster can be joined; where it asks for a token that is there, switch its use on.

    Args:
        address: `auto` or HOST:PORT.
        ask: asks the cluster; else a process of its own does.

    Raises:
        PlacementError: one line that says why it cannot.
    """
    answer, refusal = answer_of(address, ask)
    if refusal:
        raise PlacementError(refusal)
    if answer.get("mode") == "token":
        _use_token()


def answer_of(address: str, ask: Callable[[str], Answer] | None = None) -> tuple[Answer, str | None]:
    """Ask a cluster, and return its answer, and why it cannot be joined (None when it can); changes nothing here.

    Takes the arguments of `check_cluster`.
    """
    found = os.environ.get("RAY_ADDRESS", "") if address == "auto" else address
    if "://" in found:
        return {}, (
            f"--address {address}{f' (RAY_ADDRESS={found})' if found != address else ''}: Ray Client cannot run a "
            "study; run the command on a node of the cluster with --address auto, or write its head's HOST:PORT (6379)"
        )
    try:
        knock(found)
    except (OSError, ValueError, OverflowError) as error:  # the last for a port of six digits
        return {}, _refusal(address, {"silent": str(error)})
    answer = (ask or ask_cluster)(address)
    return answer, _refusal(address, answer)


def knock(address: str) -> None:
    """See whether anything listens at HOST:PORT.

    Raises:
        OSError: when nothing does.
    """
    host, _, port = address.rpartition(":")
    if host and port.isdecimal():
        socket.create_connection((host.strip("[]"), int(port)), timeout=SECONDS_TO_ANSWER).close()


def main() -> None:
    """Ask the cluster at `sys.argv[2]` and print what it answers, one JSON object: what a process of its own does."""
    print(json.dumps(_asked_here(sys.argv[2])), flush=True)
    os._exit(0)  # Ray's client may still wait for an answer


def ask_cluster(address: str) -> Answer:
    """Ask in a process of its own: what the cluster answers, or why it cannot be joined."""
    program = [sys.executable, "-I", "-c", _PROGRAM, json.dumps(sys.path), address]
    try:
        done = subprocess.run(program, capture_output=True, text=True, timeout=SECONDS_TO_START)
    except subprocess.TimeoutExpired:
        return {"other": f"Ray's client did not start within {SECONDS_TO_START:g} s; is this machine busy?"}
    try:
        answer: Answer = json.loads(done.stdout.splitlines()[-1])
        return answer
    except (IndexError, ValueError):
        lines = done.stderr.strip().splitlines()
        return {"other": lines[-1] if lines else f"Ray's client ended with status {done.returncode}"}


def _asked_here(address: str) -> Answer:
    """Ask as Ray's own client does, with the token where the cluster wants one and it is there."""
    from ray._private.services import canonicalize_bootstrap_address
    from ray.exceptions import AuthenticationError

    raylet: Any = import_module("ray._raylet")

    try:
        where = canonicalize_bootstrap_address(address)
        knock(where)
    except ConnectionError as error:
        return (
            {"absent": True} if address == "auto" and "running Ray instance" in str(error) else {"silent": str(error)}
        )
    except (OSError, ValueError) as error:
        return {"silent": str(error)}
    threading.Timer(SECONDS_TO_ANSWER, _give_up).start()
    try:
        has_token = raylet.AuthenticationTokenLoader.instance().has_token(ignore_auth_mode=True)
    except AuthenticationError as error:
        return {"other": str(error).partition(". Note")[0]}
    with_token = raylet.get_authentication_mode() == raylet.AuthenticationMode.TOKEN
    if with_token and not has_token:  # Ray's client would end this process
        return {"address": where, "token": "missing"}
    try:
        return {"address": where, **_facts(where)}
    except AuthenticationError:
        if with_token:
            return {"address": where, "token": "wrong"}
        if not has_token or "RAY_AUTH_MODE" in os.environ:
            return {"address": where, "token": "asked"}
    _use_token()
    try:
        return {"address": where, "mode": "token", **_facts(where)}
    except AuthenticationError:
        return {"address": where, "token": "wrong"}


def _give_up() -> None:
    print(json.dumps({"strange": True}), flush=True)
    os._exit(0)


def _facts(where: str) -> Answer:
    """Versions of the cluster, and whether this machine is a node of it."""
    from ray._common.usage.usage_lib import get_cluster_metadata
    from ray._private.services import get_node_to_connect_for_driver
    from ray._private.utils import check_version_info, compute_version_info

    raylet: Any = import_module("ray._raylet")
    client = raylet.GcsClient(address=where)
    known = get_cluster_metadata(client) or {}
    if known:
        try:
            check_version_info(known, "this machine")
        except RuntimeError:
            return {"there": [known["ray_version"], known["python_version"]], "here": compute_version_info()}
    try:
        get_node_to_connect_for_driver(client, timeout_seconds=SECONDS_TO_FIND_NODE)
    except RuntimeError:
        nodes = client.get_all_node_info(timeout=SECONDS_TO_FIND_NODE).values()
        return {"nodes": sorted({node.node_manager_address for node in nodes if node.state == 0})}
    return {}


def _use_token() -> None:
    """Let Ray use the token of this user, in this process and those that it starts."""
    raylet: Any = import_module("ray._raylet")
    os.environ["RAY_AUTH_MODE"] = "token"
    raylet.Config.initialize("")  # Ray has read the variable when it was imported


def _refusal(address: str, answer: Answer) -> str | None:
    """Why a cluster cannot be joined; None when it can."""
    where = f"--address {address}" + (f" ({answer['address']})" if answer.get("address", address) != address else "")
    if "silent" in answer:
        return (
            f"{where}: no Ray cluster answers there ({answer['silent']}); start one with `ray up cluster.yaml`, or "
            "leave --address out to run on this machine alone"
        )
    if "absent" in answer:
        return (
            f"{where}: no Ray cluster was started on this machine; run the command on a node of the cluster, write its "
            "--address HOST:PORT, or leave --address out to run on this machine alone"
        )
    if "strange" in answer:
        return (
            f"{where}: something listens there, but does not answer as a Ray cluster does; write the port that "
            "`ray start --head` was given or says (6379 unless --port says otherwise)"
        )
    if "token" in answer:
        return f"{where}: {_TOKENS[answer['token']]}"
    if "there" in answer:
        ray, python = answer["there"]
        mine, own = answer["here"]
        return (
            f"{where}: the cluster runs Ray {ray} with Python {python}, this command Ray {mine} with Python {own}; "
            "use the same versions on both sides"
        )
    if "nodes" in answer:
        nodes = ", ".join(answer["nodes"]) or "none that is alive"
        return (
            f"{where}: the cluster answers, but this machine is no node of it (its nodes: {nodes}); run the command on "
            "one of them, as with `ray exec cluster.yaml '...'`, or make this machine one with `ray start --address`"
        )
    return f"{where}: the cluster cannot be joined ({answer['other']})" if "other" in answer else None


_TOKEN_PLACE = "~/.ray/auth_token (or where RAY_AUTH_TOKEN_PATH says)"
_TOKENS = {
    "asked": (
        "the cluster asks for a token; copy the one of its head node to "
        f"{_TOKEN_PLACE} and set RAY_AUTH_MODE=token, then run the command again"
    ),
    "wrong": (
        "the cluster refuses this user's token; copy the one of its head node "
        f"to {_TOKEN_PLACE}, and see that RAY_AUTH_TOKEN holds no other"
    ),
    "missing": (
        "RAY_AUTH_MODE=token is set, but no token is there; copy the one of "
        f"the cluster's head node to {_TOKEN_PLACE}, or unset RAY_AUTH_MODE where the cluster has none"
    ),
}
