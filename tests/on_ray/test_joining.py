"""Errors about clusters that cannot be joined give the reason."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import ray
from ray._private.ray_constants import ENABLE_RAY_CLUSTERS_ENV_VAR

from xlingual.errors import PlacementError
from xlingual.search.joining import ask_cluster, check_cluster

ADDRESS = "127.0.0.1:1"


@pytest.fixture(autouse=True)
def _without_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RAY_ADDRESS", raising=False)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"silent": "timed out"}, r"no Ray cluster answers there \(timed out\)"),
        ({"absent": True}, "no Ray cluster was started on this machine; .* write its --address HOST:PORT"),
        ({"strange": True}, "something listens there, but does not answer as a Ray cluster does; write the port"),
        ({"token": "asked"}, "the cluster asks for a token; copy .*auth_token.* and set RAY_AUTH_MODE=token"),
        ({"token": "wrong"}, "the cluster refuses this user's token; copy the one of its head node"),
        ({"token": "missing"}, "RAY_AUTH_MODE=token is set, but no token is there"),
        (
            {"there": ["2.60.0", "3.12.1"], "here": ["2.61.0", "3.11.7"]},
            r"the cluster runs Ray 2\.60\.0 with Python 3\.12\.1, this command Ray 2\.61\.0 with Python 3\.11\.7; use",
        ),
        (
            {"nodes": ["10.0.0.1", "10.0.0.2"]},
            r"the cluster answers, but this machine is no node of it \(its nodes: 10\.0\.0\.1, 10\.0\.0\.2\)",
        ),
        ({"other": "no reason"}, r"the cluster cannot be joined \(no reason\)"),
    ],
)
def test_each_reason_is_one_line_of_its_own(answer: dict[str, Any], said: str) -> None:
    found = {"address": "10.0.0.1:6379", **answer}
    with pytest.raises(PlacementError, match=rf"--address auto \(10\.0\.0\.1:6379\): {said}") as refused:
        check_cluster("auto", lambda _: found)
    assert "\n" not in str(refused.value)


def test_a_cluster_that_can_be_joined_passes() -> None:
    check_cluster("auto", lambda _: {"address": "10.0.0.1:6379"})


class TestARealCluster:
    @pytest.fixture
    def address(self, ray_cluster: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
        """Of the embedded Ray, which listens on loopback alone: other programs take that for the machine's address."""
        monkeypatch.setenv(ENABLE_RAY_CLUSTERS_ENV_VAR, "0")
        yield ray.get_runtime_context().gcs_address

    def test_is_asked_with_the_token_that_is_there(self, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("RAY_AUTH_MODE", raising=False)
        assert ask_cluster(address) == {"address": address, "mode": "token"}

    def test_says_that_it_asks_for_a_token(self, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("RAY_AUTH_MODE", "disabled")
        assert ask_cluster(address) == {"address": address, "token": "asked"}

    def test_says_that_a_token_is_another_one(self, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("RAY_AUTH_MODE", "token")
        monkeypatch.setenv("RAY_AUTH_TOKEN", "0" * 64)
        assert ask_cluster(address) == {"address": address, "token": "wrong"}
