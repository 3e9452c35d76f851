"""Gloo uses the network interface of the address by which the cluster knows a node."""

from __future__ import annotations

import socket
import sys

import pytest

from xlingual.search.interface import interface_of, use_interface_of_node


@pytest.mark.skipif(sys.platform != "linux", reason="asks as Linux wants it")
def test_an_interface_is_found_by_its_address() -> None:
    loopback = interface_of("127.0.0.1")
    assert loopback in {name for _, name in socket.if_nameindex()}


def test_an_address_of_another_machine_has_no_interface() -> None:
    assert interface_of("192.0.2.250") is None


def test_what_the_user_set_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GLOO_SOCKET_IFNAME", "ib0")
    use_interface_of_node()
    import os

    assert os.environ["GLOO_SOCKET_IFNAME"] == "ib0"
