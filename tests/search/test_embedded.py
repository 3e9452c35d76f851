"""If Ray cannot start on this machine, a one-line error says why; a suitable folder is used."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import ray

from xlingual.errors import PlacementError
from xlingual.search.embedded import LONGEST, on_loopback, ray_folder, start

LONG = "/tmp/" + "a" * 70


@pytest.fixture
def starts(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Records the arguments for Ray, without starting it."""
    told: list[dict[str, Any]] = []
    monkeypatch.setattr(ray, "init", lambda **said: told.append(said))
    monkeypatch.delenv("RAY_TMPDIR", raising=False)
    monkeypatch.delenv("TMPDIR", raising=False)
    return told


def test_the_longest_folder_is_what_a_socket_below_it_allows() -> None:
    assert LONGEST == 43


def test_rays_own_folder_is_left_alone_where_it_will_do(tmp_path: Path, starts: list[dict[str, Any]]) -> None:
    assert ray_folder({}) is None
    assert ray_folder({"TMPDIR": "/tmp"}) is None
    start({"include_dashboard": False})
    assert starts == [{"address": "local", "include_dashboard": False}]


@pytest.mark.parametrize("place", [LONG, "/proc/nope"])
def test_a_folder_of_rays_own_variable_that_will_not_do_is_named(place: str) -> None:
    reason = "bytes too long for Unix sockets" if place == LONG else "No such file or directory"
    with pytest.raises(PlacementError, match=rf"RAY_TMPDIR={place}: .*{reason}.* such as RAY_TMPDIR=/tmp") as told:
        ray_folder({"RAY_TMPDIR": place, "TMPDIR": "/tmp"})
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("place", [LONG, "/proc/nope"])
def test_another_folder_is_taken_in_place_of_a_jobs_own(place: str) -> None:
    assert ray_folder({"TMPDIR": place}, ("/proc/nope", "/tmp")) == "/tmp/ray"
    with pytest.raises(PlacementError, match=f"TMPDIR={place}: .* nor in /proc/nope; set RAY_TMPDIR to a short path"):
        ray_folder({"TMPDIR": place}, ("/proc/nope",))


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (Exception("The current node timed out during startup. This\ncould happen"), "not start .* in time, .* busy"),
        (ValueError("Attempting to cap object store memory usage at 9 bytes"), r"\(ValueError: Attempting .*/dev/shm"),
        (RuntimeError(), r"Ray did not start on this machine \(RuntimeError: \)"),
    ],
)
def test_what_ray_raises_is_one_line(
    error: Exception, said: str, starts: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_: Any) -> None:
        raise error

    monkeypatch.setattr(ray, "init", fail)
    with pytest.raises(PlacementError, match=said) as told:
        start({})
    assert "\n" not in str(told.value)


def test_ray_takes_this_machines_loopback_address_and_forgets_it() -> None:
    """Its processes listen on the address of their node alone where that is 127.0.0.1."""
    from ray._private import ray_constants, services

    before = ray_constants.ENABLE_RAY_CLUSTER, dict(os.environ)
    with on_loopback():
        assert services.get_node_ip_address() == "127.0.0.1"
        assert ray_constants.env_bool(ray_constants.ENABLE_RAY_CLUSTERS_ENV_VAR, True) is False
    assert (ray_constants.ENABLE_RAY_CLUSTER, dict(os.environ)) == before
