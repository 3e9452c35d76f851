"""What shell commands of a cluster file say."""

from __future__ import annotations

import pytest

from xlingual.cluster_file.shell import assigned, bound, installed, option


@pytest.mark.parametrize(
    ("command", "value"),
    [
        ("export RAY_AUTH_MODE=token A=1; ray start", "token"),
        ("RAY_AUTH_MODE='token' ray start", "token"),
        ("export RAY_AUTH_MODE=disabled; export RAY_AUTH_MODE=token; ray start", "token"),
        ("export MY_RAY_AUTH_MODE=token; ray start", None),
        ("echo $RAY_AUTH_MODE; ray start", None),
    ],
)
def test_a_variable_has_the_last_value_that_it_is_given(command: str, value: str | None) -> None:
    assert assigned(command, "RAY_AUTH_MODE") == value


def test_options_are_read_with_and_without_an_equals_sign() -> None:
    assert option("ray start --port=6379 --num-cpus 4", "--port") == "6379"
    assert option("ray start --port=6379 --num-cpus 4", "--num-cpus") == "4"
    assert option("ray start --object-manager-port=8076", "--port") is None


@pytest.mark.parametrize(
    ("command", "found"),
    [
        (
            'pip install --quiet "ray[default,train]==2.60.0" -e ~/xlingual',
            ["ray[default,train]==2.60.0", "~/xlingual"],
        ),
        ("cd /x && python -m pip install -U torch>=2; echo pip install x", ["torch>=2"]),
        ("pip install -r requirements.txt --index-url https://example.org/simple torch", ["torch"]),
        ("which ray || pip3 install 'ray == 2.60.0'", ["ray== 2.60.0"]),
        ("pip install .", ["."]),
        ("pip install 'unclosed", []),
        ("apt-get install ray", []),
    ],
)
def test_what_pip_installs_is_read(command: str, found: list[str]) -> None:
    assert [each.written for each in installed(command)] == found


@pytest.mark.parametrize(
    ("requirement", "version"),
    [("ray==2.60.0", "2.60.0"), ("ray==2.60.*", None), ("ray>=2.60", None), ("ray", None), ("ray==2.6,!=2.7", None)],
)
def test_one_version_is_a_pin(requirement: str, version: str | None) -> None:
    (found,) = installed(f"pip install '{requirement}'")
    assert found.pinned == version


def test_folders_of_containers_are_read() -> None:
    options = ["-v /mnt/a:/a:ro --ulimit nofile=1:1", "--volume=/mnt/b:/b", "--mount type=bind,source=/mnt/c,target=/c"]
    assert list(bound(options)) == [("/mnt/a", "/a"), ("/mnt/b", "/b"), ("/mnt/c", "/c")]
