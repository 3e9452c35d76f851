"""An address where no cluster responds."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest
import ray

from xlingual.errors import PlacementError
from xlingual.search.cluster import join


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Records the addresses that Ray is asked to join, without joining."""
    asked: list[Any] = []
    monkeypatch.setattr(ray, "init", lambda address, **said: asked.append((address, said)))
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    return asked


@pytest.fixture
def port() -> Iterator[tuple[socket.socket, int]]:
    """An unused port, where nothing listens until told to."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield holder, holder.getsockname()[1]


def test_where_nothing_listens_ray_is_not_asked(
    asked: list[Any], port: tuple[socket.socket, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    place = f"127.0.0.1:{port[1]}"
    message = r"no Ray cluster answers there \(.*Connection refused\); start one with `ray up cluster\.yaml`"
    with pytest.raises(PlacementError, match=rf"--address {place}: {message}") as refused:
        join(place, {})
    assert "\n" not in str(refused.value)
    monkeypatch.setenv("RAY_ADDRESS", place)
    with pytest.raises(PlacementError, match=f"--address auto: {message}"):
        join("auto", {})
    assert asked == []


def test_ray_client_is_refused(asked: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(PlacementError, match=r"--address ray://head:10001: Ray Client cannot run a study; .* auto"):
        join("ray://head:10001", {})
    monkeypatch.setenv("RAY_ADDRESS", "ray://head:10001")
    with pytest.raises(PlacementError, match=r"--address auto \(RAY_ADDRESS=ray://head:10001\): Ray Client cannot"):
        join("auto", {})
    assert asked == []


@pytest.mark.parametrize("address", ["127.0.0.1:999999", "a..b:6379"])
def test_what_is_no_address_is_one_clear_line(asked: list[Any], address: str) -> None:
    with pytest.raises(PlacementError, match=f"--address {address}: no Ray cluster answers there"):
        join(address, {})
    assert asked == []
