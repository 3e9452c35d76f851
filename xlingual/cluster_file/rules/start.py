"""The commands that start Ray: the token, the dashboard, usage statistics, the autoscaler, `ray stop`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from xlingual.cluster_file.cluster import HEAD_START, WORKER_START, ClusterFile
from xlingual.cluster_file.finding import Finding
from xlingual.cluster_file.shell import assigned, option

_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_RAYS_PORT = "6379"
_KEYS = (HEAD_START, WORKER_START)


def missing_commands(cluster: ClusterFile) -> Iterator[Finding]:
    """The commands are there: Ray's own start it without a token."""
    for key in _KEYS:
        if not cluster.writes(key):
            found = "is missing, and Ray's default commands start it without a token"
            yield cluster.finding((key,), found, "copy the commands from this project's cluster.yaml")
        elif not any(cluster.starts(key)):
            yield cluster.finding((key,), "no command runs `ray start`", "write one that does")


def no_token(cluster: ClusterFile) -> Iterator[Finding]:
    """Ray asks for the token."""
    for key in _KEYS:
        for path, command in cluster.starts(key):
            if assigned(command, "RAY_AUTH_MODE") != "token":
                found = "Ray starts without a token, and anyone who reaches its ports can run code"
                yield cluster.finding(path, found, "begin this command with `export RAY_AUTH_MODE=token;`")


def usage_statistics(cluster: ClusterFile) -> Iterator[Finding]:
    """Ray sends nothing home: `ray up` switches that on at the head."""
    for path, command in cluster.starts(HEAD_START):
        if assigned(command, "RAY_USAGE_STATS_ENABLED") != "0":
            remedy = "begin this command with `export RAY_USAGE_STATS_ENABLED=0;`"
            yield cluster.finding(path, "`ray up` turns on Ray's usage statistics", remedy)


def open_dashboard(cluster: ClusterFile) -> Iterator[Finding]:
    """The dashboard listens on the head alone, to be reached through ssh."""
    for path, command in cluster.starts(HEAD_START):
        host = option(command, "--dashboard-host")
        if host is not None and host not in _LOOPBACK:
            found = f"the dashboard, which also accepts jobs, listens on {host}"
            remedy = "write --dashboard-host=127.0.0.1 and use `ray dashboard`, which goes through ssh"
            yield cluster.finding(path, found, remedy)


def no_autoscaler(cluster: ClusterFile) -> Iterator[Finding]:
    """The head starts workers."""
    for path, command in cluster.starts(HEAD_START):
        if option(command, "--autoscaling-config") is None:
            found = "without --autoscaling-config the head never starts a worker"
            yield cluster.finding(path, found, "write --autoscaling-config=~/ray_bootstrap_config.yaml")


def other_port(cluster: ClusterFile) -> Iterator[Finding]:
    """Workers look for the head at the port on which it listens."""
    for _, command in cluster.starts(HEAD_START):
        port = option(command, "--port") or _RAYS_PORT
        for path, worker in cluster.starts(WORKER_START):
            asked = re.search(r":(\d+)$", option(worker, "--address") or "")
            if asked and asked[1] != port:
                found = f"workers look for the head on port {asked[1]}, but it listens on {port}"
                yield cluster.finding(path, found, f"write --address=$RAY_HEAD_IP:{port}")


def stops_others(cluster: ClusterFile) -> Iterator[Finding]:
    """On hosts of one's own, nobody else's Ray is ended."""
    for key in _KEYS if cluster.is_local else ():
        for path, command in cluster.texts(key):
            if re.search(r"\bray stop\b", command):
                found = "`ray stop` also ends other people's Ray on the same host"
                yield cluster.finding(path, found, "delete it, and stop your own cluster before you start it again")


RULES = (missing_commands, no_token, usage_statistics, open_dashboard, no_autoscaler, other_port, stops_others)
