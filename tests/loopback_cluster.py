"""`ray up` on this machine alone: programs named ssh, rsync and ray stand in for the way to another one."""

from __future__ import annotations

import os
import secrets
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path

from cluster_files import ROOT, copy_project, for_hosts

MARK = "XLINGUAL_LOOPBACK"
SSH = """
#!/usr/bin/env bash
# runs the command "there": in the head's home, unless the connection is cut
echo "ssh $*" >> "{folder}/log"
[ -e "{folder}/cut" ] && {{ echo "ssh: connect to host: No route to host" >&2; exit 255; }}
while [[ $1 == -* ]]; do case $1 in -tt) shift ;; *) shift 2 ;; esac; done
shift
export HOME="{folder}/head"
cd
exec bash -c "$*"
"""
RSYNC = """
#!{python}
import os, shutil, sys
there = lambda path: path.partition(":")[2].replace("~", "{folder}/head", 1)
source, target = (there(path) if "@" in path else path for path in sys.argv[-2:])
with open("{folder}/log", "a") as log:
    log.write(f"rsync {{source}} {{target}}\\n")
if os.path.exists("{folder}/cut"):
    sys.exit("rsync: connection unexpectedly closed")
if os.path.isdir(source):
    shutil.copytree(source, target, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
else:
    shutil.copy(source, target)  # like rsync, it makes no directories
"""
RAY = """
#!{python}
# `ray stop` would end everybody's Ray
import os, sys
if sys.argv[1] == "stop":
    with open("{folder}/log", "a") as log:
        log.write("ray stop\\n")
    sys.exit()
os.execv("{python}", ["{python}", "-m", "ray.scripts.scripts", *sys.argv[1:]])
"""


class LoopbackCluster:
    """A cluster of one node on this machine, with homes of its own for the laptop and the head.

    Args:
        cpus: of the node.
        variables: in the environment of every login on the head, and not of the laptop.
    """

    def __init__(self, cpus: int = 1, variables: Mapping[str, str] | None = None) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="xl"))  # short: Ray's sockets lie below it
        self.mark = secrets.token_hex(8)
        self.name = f"loop-{self.mark}"
        self.project = self.folder / "laptop" / "project"
        self._write_programs()
        self._write_homes(variables or {})
        names = (
            "port",
            "object-manager-port",
            "dashboard-port",
            "dashboard-agent-listen-port",
            "ray-client-server-port",
        )
        ports = dict(zip(names, free_ports(len(names)), strict=True))
        text = for_hosts(self.name, {"127.0.0.1": cpus}, str(self.folder / "key"), ports)
        text = text.replace("--num-cpus", f"--temp-dir={self.folder}/ray --num-cpus", 1)
        self.file = self.project / "cluster.yaml"
        self.file.write_text(text)

    def environment(self) -> dict[str, str]:
        """Environment of the laptop."""
        path = f"{self.folder}/bin:{Path(sys.prefix) / 'bin'}:{os.environ['PATH']}"
        own = {"HOME": str(self.folder / "laptop"), "PATH": path, "PYTHONPATH": str(ROOT), MARK: self.mark}
        ray = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_worker_niceness": "0", "RAY_TMPDIR": str(self.folder)}
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("RAY_", "AWS_"))}
        return kept | own | ray

    def run(self, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a command on the laptop, in the project, with more variables in its environment."""
        with self.start(*command, **variables) as process:
            said, errors = process.communicate()
        return subprocess.CompletedProcess(command, process.returncode, said, errors)

    def start(self, *command: str, **variables: str) -> subprocess.Popen[str]:
        """Start a command on the laptop, in the project, with more variables in its environment."""
        return subprocess.Popen(
            command,
            cwd=self.project,
            env=self.environment() | variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=partial(signal.signal, signal.SIGINT, signal.default_int_handler),  # ignored in background jobs
        )

    def up(self) -> None:
        """Run `ray up`."""
        done = self.run("ray", "up", "-y", "--no-config-cache", "cluster.yaml")
        assert done.returncode == 0, done.stdout + done.stderr

    def log(self) -> str:
        """What was asked of the head."""
        return (self.folder / "log").read_text()

    def cut(self, is_cut: bool) -> None:
        """Cut or mend the connection to the head for new commands."""
        (self.folder / "cut").touch() if is_cut else (self.folder / "cut").unlink()

    def end(self) -> None:
        """End every process of it, by the variable that all of them inherited."""
        for process in Path("/proc").iterdir():
            if process.name.isdecimal() and int(process.name) != os.getpid():
                with suppress(OSError):
                    if f"{MARK}={self.mark}".encode() in (process / "environ").read_bytes():
                        os.kill(int(process.name), signal.SIGKILL)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _write_programs(self) -> None:
        (self.folder / "bin").mkdir()
        for name, text in (("ssh", SSH), ("rsync", RSYNC), ("ray", RAY)):
            program = self.folder / "bin" / name
            program.write_text(textwrap.dedent(text).lstrip().format(folder=self.folder, python=sys.executable))
            program.chmod(0o755)

    def _write_homes(self, variables: Mapping[str, str]) -> None:
        path = f"export PATH={self.folder}/bin:{Path(sys.prefix) / 'bin'}:$PATH\n"
        exported = "".join(f"export {name}={shlex.quote(value)}\n" for name, value in variables.items())
        for home, lines in (("head", path + exported), ("laptop", path)):
            (self.folder / home).mkdir()
            (self.folder / home / ".bashrc").write_text(lines)
        (self.folder / "key").touch(mode=0o600)
        token = self.folder / "laptop" / ".ray" / "auth_token"
        token.parent.mkdir()
        token.write_text(secrets.token_hex(32))
        token.chmod(0o600)
        copy_project(self.project)


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on now."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
