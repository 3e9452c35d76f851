"""The network interface by which the workers of a trial find one another.

Gloo advertises the address that the host's own name resolves to. On many machines that is a loopback address (Debian's
127.0.1.1), and no worker of another machine reaches it.
"""

from __future__ import annotations

import fcntl
import os
import socket
import struct
from typing import Any

from ray.train.torch import TorchConfig

SIOCGIFADDR = 0x8915
"""Linux's question for an interface's IPv4 address."""


class ReachableTorch(TorchConfig):
    """Ray Train's way of joining workers, by an interface that the others reach."""

    @property
    def backend_cls(self) -> Any:
        """Choose the interface on each worker, then go on as Ray does."""
        backend: Any = super().backend_cls

        class Reachable(backend):
            def on_start(self, worker_group: Any, backend_config: Any) -> None:
                worker_group.execute(use_interface_of_node)
                super().on_start(worker_group, backend_config)

        return Reachable


def use_interface_of_node() -> None:
    """Let gloo use the interface of the address by which Ray knows this node; what the user set stays."""
    import ray

    found = interface_of(ray.util.get_node_ip_address())
    if found is not None:
        os.environ.setdefault("GLOO_SOCKET_IFNAME", found)


def interface_of(address: str) -> str | None:
    """Name the interface that has an IPv4 address; None where there is none, or the system does not tell."""
    for _, name in socket.if_nameindex():
        if _address_of(name) == address:
            return name
    return None


def _address_of(interface: str) -> str | None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        try:
            answer = fcntl.ioctl(asked.fileno(), SIOCGIFADDR, struct.pack("256s", interface.encode()[:15]))
        except OSError:
            return None
    return socket.inet_ntoa(answer[20:24])
