"""A node with other code or versions than the driver is refused before training."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import ray

import xlingual
from xlingual.errors import PlacementError
from xlingual.search.node_probe import ask_nodes, check_nodes, code_digest, compare_nodes, difference, facts_of_node

NODES = [{"NodeID": "a1", "NodeManagerAddress": "10.0.0.1"}, {"NodeID": "b2", "NodeManagerAddress": "10.0.0.2"}]


@pytest.fixture(scope="module")
def mine() -> dict[str, Any]:
    return facts_of_node()


def other(mine: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {**copy.deepcopy(mine), "hostname": "gpu7", **changes}


def test_nodes_like_the_drivers_pass(mine: dict[str, Any]) -> None:
    compare_nodes({"a1": mine, "b2": other(mine)}, NODES, mine)  # raises if one differs
    assert difference(other(mine), mine) is None


def test_builds_of_one_version_for_other_devices_are_the_same_code(mine: dict[str, Any]) -> None:
    versions = {**mine["versions"], "torch": mine["versions"]["torch"].partition("+")[0] + "+cu129"}
    assert difference(other(mine, versions=versions), mine) is None


def test_what_differs_is_one_line_that_names_the_node_and_both_values(mine: dict[str, Any]) -> None:
    versions = {**mine["versions"], "transformers": "4.0.0"}
    for changes, said in [
        ({"versions": versions}, f"its transformers is 4.0.0, here it is {mine['versions']['transformers']}"),
        ({"versions": {**versions, "transformers": None}}, "its transformers is missing, here it is"),
        ({"python": "3.9.1"}, f"its Python is 3.9.1, here it is {mine['python']}"),
        ({"code": "0" * 16, "package": "/old/xlingual"}, r"its xlingual \(/old/xlingual\) has other code"),
        ({"code": None, "package": "ModuleNotFoundError: no"}, r"cannot be imported there \(ModuleNotFoundError: no\)"),
    ]:
        with pytest.raises(PlacementError, match=rf"node 10\.0\.0\.2 \(gpu7\): .*{said}") as refused:
            compare_nodes({"a1": mine, "b2": other(mine, **changes)}, NODES, mine)
        assert "\n" not in str(refused.value)


def test_all_nodes_that_differ_are_counted(mine: dict[str, Any]) -> None:
    found = {"a1": {"error": "no answer in 1 s"}, "b2": other(mine, python="3.9.1")}
    with pytest.raises(PlacementError, match=r"node 10\.0\.0\.1: .*no answer in 1 s.*\(2 nodes of 2 differ\)"):
        compare_nodes(found, NODES, mine)


def test_a_digest_follows_from_names_and_content_alone(tmp_path: Path) -> None:
    for copied in ("one", "two"):
        (tmp_path / copied / "inner").mkdir(parents=True)
        (tmp_path / copied / "__init__.py").write_text("a = 1\n")
        (tmp_path / copied / "inner" / "table.csv").write_text("1,2\n")
    (tmp_path / "two" / "__pycache__").mkdir()
    (tmp_path / "two" / "__pycache__" / "x.pyc").write_bytes(b"compiled")
    same = code_digest(tmp_path / "one")
    assert code_digest(tmp_path / "two") == same
    (tmp_path / "two" / "inner" / "table.csv").write_text("1,3\n")
    assert code_digest(tmp_path / "two") != same
    (tmp_path / "two" / "inner" / "table.csv").write_text("1,2\n")
    (tmp_path / "two" / "inner" / "table.csv").rename(tmp_path / "two" / "inner" / "other.csv")
    assert code_digest(tmp_path / "two") != same


def test_a_node_is_asked_in_a_process_of_its_own(ray_cluster: None, mine: dict[str, Any]) -> None:
    nodes = ray.nodes()
    found = ask_nodes(nodes)
    assert list(found) == [nodes[0]["NodeID"]]
    assert found[nodes[0]["NodeID"]]["package"] == str(Path(xlingual.__file__).parent)
    check_nodes()
