"""Machines that one logs in to by ssh, for a real `ray up`: those of `cluster_hosts`, each with an sshd and a home."""

from __future__ import annotations

import hashlib
import os
import secrets
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import cluster_hosts
from cluster_files import for_hosts
from cluster_hosts import NETWORK, Host, Hosts

SSHD = "/usr/sbin/sshd"
ENVIRONMENT = Path(sys.prefix)
"""The virtual environment, which all machines share; the project comes to them by `ray up`."""

PATIENT = {
    # Ray notices within half a minute that a machine cannot be reached, and forgives one that is busy for 20 s.
    "RAY_health_check_period_ms": "2000",
    "RAY_health_check_timeout_ms": "5000",
    "RAY_health_check_failure_threshold": "4",
}
JOINED = (
    'RAY_AUTH_MODE=token timeout 240 python -c \'import ray, time; ray.init(address="auto", log_to_driver=False)\n'
    'while sum(node["Alive"] for node in ray.nodes()) < {count}: time.sleep(0.5)\''
)


def why_not() -> str | None:
    """Say what this machine lacks to be logged in to; None if nothing."""
    lacking = cluster_hosts.why_not()
    if lacking:
        return lacking
    missing = [tool for tool in (SSHD, "ssh", "ssh-keygen", "rsync") if shutil.which(tool) is None]
    return f"needs {', '.join(missing)} (Debian's openssh-server and rsync)" if missing else None


class LoginHost(Host):
    """A machine of its own home directory, where root is let in by key; its own name means 127.0.1.1, as in Debian."""

    def __init__(self, number: int, folder: Path, cpus: int = 1) -> None:
        self.base = folder / f"h{number}"
        self.home = self.base / "home"
        self._prepare(folder, f"{NETWORK}.{number}", f"h{number}")
        super().__init__(number, cpus)
        self.run("ip", "route", "replace", "default", "dev", "e0")  # by which Ray finds its address

    def sh(self, command: str, **more: Any) -> subprocess.Popen[str]:
        """Start a command as a login over ssh would."""
        environment = ["env", "-i", f"HOME={self.home}", "USER=root", "LOGNAME=root", "PATH=/usr/bin:/bin", "TERM=dumb"]
        inside = f"cd; . ~/.bashrc; {command}"
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "stdin": subprocess.DEVNULL, "text": True}
        return subprocess.Popen(self.command(*environment, "bash", "-c", inside), **{**streams, **more})

    def _prepare(self, folder: Path, address: str, name: str) -> None:
        """Write what the machine has of its own: home, key, users, names, sshd's settings."""
        key, ssh = folder / "id", self.home / ".ssh"
        if not key.exists():
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
        ssh.mkdir(parents=True, mode=0o700)
        for source, target in ((key, "id"), (key.with_suffix(".pub"), "authorized_keys")):
            shutil.copy(source, ssh / target)
            (ssh / target).chmod(0o600)
        fast = " ".join(f"{key}={value}" for key, value in PATIENT.items())
        lines = (
            f"export PATH={ENVIRONMENT}/bin:$PATH PYTHONPATH=$HOME/xlingual LANG=C.UTF-8 {fast}",
            # three busy machines on one: Ray's deadlines are for idle ones
            "export RAY_worker_niceness=0 RAY_object_store_allow_slow_storage=1",
            "export RAY_UP_enable_autoscaler_v2=0",  # as the docs say of one's own hosts
        )
        (self.home / ".bashrc").write_text("\n".join(lines) + "\n")
        (self.home / ".bash_profile").write_text(". ~/.bashrc\n")
        users = Path("/etc/passwd").read_text().splitlines()
        users = [f"root:x:0:0:root:{self.home}:/bin/bash" if line.startswith("root:") else line for line in users]
        (self.base / "passwd").write_text("\n".join(users) + "\n")
        (self.base / "hosts").write_text(f"127.0.0.1 localhost\n127.0.1.1 {name}\n")
        settings = {
            "ListenAddress": address,
            "HostKey": key,
            "PidFile": "none",
            "UsePAM": "no",
            "PermitRootLogin": "prohibit-password",
            "PasswordAuthentication": "no",
            "AuthorizedKeysFile": ssh / "authorized_keys",
            "StrictModes": "no",
            "MaxStartups": 50,
            "MaxSessions": 50,
        }
        (self.base / "sshd_config").write_text("".join(f"{name} {value}\n" for name, value in settings.items()))

    def _first(self) -> str:
        base = shlex.quote(str(self.base))
        own = (
            f"set -e; mount --make-rprivate /; mount --bind {base}/passwd /etc/passwd; "
            f"mount --bind {base}/hosts /etc/hosts; mount -t tmpfs tmpfs /run; mkdir -p /run/sshd; "
            f"ip link set lo up; "
        )
        begin, ready, rest = super()._first().partition("echo ready; ")
        return f"{own}{begin}{SSHD} -f {base}/sshd_config -E {base}/sshd.log; {ready}{rest}"


class LoginHosts(Hosts):
    """Machines of a cluster that `ray up` starts from one more: the laptop."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder
        self.name = f"xlingual-{os.getpid()}"
        self.laptop = LoginHost(200, folder)

    def up(self, project: Path) -> None:
        """Copy a project to the laptop, and run `ray up` there until all machines have joined."""
        laptop = self.laptop
        shutil.copytree(project, laptop.home / "xlingual", dirs_exist_ok=True)
        token = laptop.home / ".ray" / "auth_token"
        token.parent.mkdir()
        token.write_text(secrets.token_hex(32))
        token.chmod(0o600)
        (laptop.home / "xlingual" / "cluster.yaml").write_text(self.cluster_file())
        up = "ray up -y --no-config-cache cluster.yaml"
        for command in (up, f"ray exec cluster.yaml {shlex.quote(JOINED.format(count=len(self.all)))}"):
            process = laptop.sh(f"cd ~/xlingual && {command}")
            said = process.communicate()[0]
            assert process.returncode == 0, said

    def boot(self, cpus: tuple[int, ...]) -> None:
        """Switch machines on; nothing of Ray runs there."""
        for number, amount in enumerate(cpus, start=1):
            self.all.append(LoginHost(number, self.folder, amount))

    def end(self) -> None:
        """End all of them."""
        self.all.append(self.laptop)
        super().end()
        user = hashlib.sha256(b"root").hexdigest()[:10]
        shutil.rmtree(f"/tmp/ray_ssh_{user}/{hashlib.sha256(self.name.encode()).hexdigest()[:10]}", ignore_errors=True)

    def cluster_file(self) -> str:
        """The shipped cluster file for these machines."""
        key = str(self.laptop.home / ".ssh" / "id")
        return for_hosts(self.name, {host.address: host.cpus for host in self.all}, key)
