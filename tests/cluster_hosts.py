"""Simulate machines of a cluster with Linux namespaces: each has its own address, processes and mounts."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

PREFIX = f"xl{os.getpid() % 10000}"
"""Prefix of the namespaces' names, which differs between clusters on this machine."""

NETWORK = f"10.{90 + os.getpid() % 100}.{os.getpid() // 100 % 250}"
QUICK = {
    # Ray notices within seconds, instead of a minute, that a machine cannot be reached.
    "RAY_health_check_initial_delay_ms": "1000",
    "RAY_health_check_period_ms": "1000",
    "RAY_health_check_timeout_ms": "2000",
    "RAY_health_check_failure_threshold": "3",
}


def why_not() -> str | None:
    """Say what this machine lacks to simulate others; None if nothing."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return "needs root on Linux: machines are made as network and mount namespaces"
    missing = [tool for tool in ("ip", "unshare", "nsenter", "mount") if shutil.which(tool) is None]
    if missing:
        return f"needs {', '.join(missing)}"
    made = subprocess.run(["unshare", "--net", "--mount", "--pid", "--fork", "true"], capture_output=True, text=True)
    return f"no namespaces here: {made.stderr.strip()}" if made.returncode else None


class Host:
    """One machine, with CPUs for Ray and a link that can be cut."""

    def __init__(self, number: int, cpus: int = 1) -> None:
        self.number, self.cpus = number, cpus
        self.name, self.space = f"h{number}", f"{PREFIX}-h{number}"
        self.address = f"{NETWORK}.{number}"
        _run("ip", "netns", "add", self.space)
        _run("ip", "-n", self.space, "link", "add", "e0", "type", "veth", "peer", self.name, "netns", f"{PREFIX}-sw")
        _run("ip", "-n", f"{PREFIX}-sw", "link", "set", self.name, "master", "br0", "up")
        _run("ip", "-n", self.space, "addr", "add", f"{self.address}/24", "dev", "e0")
        for device in ("lo", "e0"):
            _run("ip", "-n", self.space, "link", "set", device, "up")
        self.outer = subprocess.Popen(
            ["nsenter", f"--net=/run/netns/{self.space}", "unshare", "--mount", "--uts", "--ipc", "--pid", "--fork",
             "--mount-proc", "--kill-child", "bash", "-c", self._first()],
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self.outer.stdout is not None and self.outer.stdout.readline() == "ready\n"
        (child,) = Path(f"/proc/{self.outer.pid}/task/{self.outer.pid}/children").read_text().split()
        self.first = int(child)

    def command(self, *command: str) -> list[str]:
        """Wrap a command so that it runs on this machine."""
        return ["nsenter", "-t", str(self.first), "-m", "-u", "-i", "-n", "-p", "--", *command]

    def run(self, *command: str) -> None:
        """Run a command on it and wait."""
        _run(*self.command(*command))

    def cut(self) -> None:
        """Cut its network link; its processes keep running."""
        _run("ip", "-n", self.space, "link", "set", "e0", "down")

    def heal(self) -> None:
        """Mend its network link."""
        _run("ip", "-n", self.space, "link", "set", "e0", "up")

    def kill(self, pattern: str) -> bool:
        """Kill one of its processes by its command line; returns whether there was one."""
        found = subprocess.run(self.command("pgrep", "-f", pattern), capture_output=True, text=True).stdout.split()
        return bool(found) and subprocess.run(self.command("kill", "-9", found[0])).returncode == 0

    def kill_ray(self) -> None:
        """Kill all processes of Ray's at once: with them goes the head, or a node."""
        subprocess.run(self.command("pkill", "-9", "-f", "ray"), check=True)

    def end(self) -> None:
        """Pull its plug."""
        os.kill(self.first, signal.SIGKILL)
        assert self.outer.stdout is not None
        self.outer.stdout.close()
        self.outer.wait()
        _run("ip", "netns", "del", self.space)

    def start_ray(self, head: Host | None = None, **settings: str) -> None:
        """Start Ray, alone or beside a head; `settings` are variables of its environment."""
        where = ["--address", f"{head.address}:6379"] if head else ["--head", "--port", "6379"]
        ray = [sys.executable, "-m", "ray.scripts.scripts", "start", *where, f"--num-cpus={self.cpus}"]
        room = ["--node-ip-address", self.address, "--object-store-memory", str(10**8)]
        _run(*self.command(*ray, *room), env=environment())

    def _first(self) -> str:
        """Its first process: sets up mounts and a host name, then sleeps until killed."""
        return (
            "set -e; mount --make-rprivate /; mkdir -p /tmp/ray; mount -t tmpfs tmpfs /tmp/ray; "
            f"mount -t tmpfs tmpfs /dev/shm; hostname {self.name}; echo ready; "
            "trap 'exit 0' TERM; while :; do sleep 3600 & wait $!; done"
        )


class Hosts:
    """A cluster of machines; the first one is its head."""

    def __init__(self) -> None:
        self.all: list[Host] = []
        _run("ip", "netns", "add", f"{PREFIX}-sw")
        _run("ip", "-n", f"{PREFIX}-sw", "link", "add", "br0", "type", "bridge")
        _run("ip", "-n", f"{PREFIX}-sw", "link", "set", "br0", "up")

    @property
    def head(self) -> Host:
        """The machine that runs the command."""
        return self.all[0]

    def start(self, count: int, **settings: str) -> None:
        """Start them, and Ray on each; `settings` are variables of its environment."""
        for number in range(1, count + 1):
            self.all.append(Host(number))
            self.all[-1].start_ray(self.head if number > 1 else None, **settings)

    def end(self) -> None:
        """End all of them."""
        for host in self.all:
            host.end()
        _run("ip", "netns", "del", f"{PREFIX}-sw")


def environment() -> dict[str, str]:
    """Environment of Ray and of the command under test."""
    code = str(Path(__file__).resolve().parents[1])
    # Nobody else can reach these addresses, so no password is needed.
    # Ray's workers would yield to whatever else runs on this machine.
    ray = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_AUTH_MODE": "disabled", "RAY_worker_niceness": "0"}
    return {**os.environ, **QUICK, **ray, "PYTHONPATH": code}


def _run(*command: str, env: dict[str, str] | None = None) -> None:
    done = subprocess.run(command, capture_output=True, text=True, env=env)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stdout}{done.stderr}"
