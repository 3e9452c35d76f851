"""`xlingual cluster check`: what it prints, its status, and what depends on the machine it runs on."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from itertools import cycle
from pathlib import Path

import pytest
from cluster_files import ROOT, SHIPPED, edited, on_premises, with_storage, write_for_this_machine

from xlingual.cluster_file import Here, check_cluster_file
from xlingual.cluster_file.ray_schema import ray_directory
from xlingual.cluster_file.rules import RULES
from xlingual.cluster_file.rules.provider import OF_ALL, READ
from xlingual.errors import XlingualError


def check(text: str, here: Here, folder: Path) -> list[str]:
    """What is told of a file with this text."""
    path = folder / "cluster.yaml"
    path.write_text(text, encoding="utf-8")
    return [finding.text("cluster.yaml") for finding in check_cluster_file(str(path), here=here).findings]


def test_a_token_that_others_can_read_is_told(here: Here, tmp_path: Path, by_letter: Callable[..., None]) -> None:
    (here.home / ".ray" / "auth_token").chmod(0o644)
    (told,) = check(SHIPPED, here, tmp_path)
    by_letter(re.sub(r":\d+:", "", told))


def test_a_token_that_was_never_made_is_told(here: Here, tmp_path: Path, by_letter: Callable[..., None]) -> None:
    (here.home / ".ray" / "auth_token").unlink()
    (told,) = check(SHIPPED, here, tmp_path)
    by_letter(re.sub(r":\d+:", "", told))


@pytest.mark.parametrize("hosts", ["[192.0.2.2, 192.0.2.3]", "[192.0.2.2]", "[]"])
def test_rays_newer_autoscaler_leaves_one_host_out(
    hosts: str, here: Here, tmp_path: Path, by_letter: Callable[..., None]
) -> None:
    text = on_premises().replace("[192.0.2.2, 192.0.2.3]", hosts)
    told = check(text, replace(here, environment={}), tmp_path)
    assert len(told) == (hosts != "[]")
    by_letter(re.sub(r":\d+:", "", "".join(told)), hosts)
    assert check(text, here, tmp_path) == []


def test_the_project_is_looked_for_where_ray_would_look(here: Here, tmp_path: Path) -> None:
    told = check(SHIPPED, replace(here, directory=tmp_path), tmp_path)
    assert len(told) == 6
    assert all("in the current directory; run this where it is" in line for line in told)


def test_versions_are_those_of_the_machine(here: Here, tmp_path: Path) -> None:
    told = check(SHIPPED, replace(here, versions={"ray": "2.61.0"}, python="3.12"), tmp_path)
    assert len(told) == 3
    assert "has Ray 2.60.0 and Python 3.11, but this machine has Ray 2.61.0 and Python 3.12" in told[0]


def test_several_mistakes_are_told_by_line(here: Here, tmp_path: Path) -> None:
    wrong = (("\n  type: aws", "\n  type: gcp"), ("upscaling_speed: 1.0", "upscaling_speed: 3e-4"))
    lines = [int(line.split(":")[1]) for line in check(edited(SHIPPED, *wrong), here, tmp_path)]
    assert len(lines) >= 2
    assert lines == sorted(lines)


@pytest.mark.parametrize("text", ["", "- a\n", "cluster_name\n"])
def test_what_is_no_mapping_is_told(text: str, here: Here, tmp_path: Path) -> None:
    assert check(text, here, tmp_path) == [
        "cluster.yaml:1: found no mapping; write the keys of a cluster file, as in cluster.yaml"
    ]


def test_values_of_any_kind_are_told_without_a_traceback(here: Here, tmp_path: Path) -> None:
    """The values of the file, one after the other, are replaced by something else."""
    keys = re.findall(r"^( *)([\w~/.]+): \S.*$", with_storage(), flags=re.MULTILINE)
    assert len(keys) > 30
    for (indent, key), value in zip(keys[::2], cycle(("null", "5", "text", "[1, {a: b}]", "{a: [1]}")), strict=False):
        line = re.compile(rf"^{indent}{re.escape(key)}: .*$", re.MULTILINE)
        told = check(line.sub(f"{indent}{key}: {value}", with_storage(), count=1), here, tmp_path)
        assert all(re.match(r"cluster.yaml:\d+: [^\n]+; [^\n]+$", one) for one in told)


def test_a_file_that_is_not_there_is_told(here: Here, tmp_path: Path) -> None:
    with pytest.raises(XlingualError, match=r"absent.yaml: cannot be read \(No such file.*\); write the path"):
        check_cluster_file(str(tmp_path / "absent.yaml"), here=here)


def test_every_rule_says_what_it_holds_and_is_in_the_list_once() -> None:
    assert len(set(RULES)) == len(RULES) > 25
    assert all(rule.__doc__ for rule in RULES)


def test_the_keys_of_providers_are_those_that_the_installed_ray_reads() -> None:
    """Looked up in its source, where they are read from `provider_config` or `config["provider"]`."""
    place = ray_directory() / "autoscaler" / "_private"
    read = re.compile(r"(?:provider_config|[\"']provider[\"']\])(?:\.get\(|\[)[\"'](\w+)[\"']")
    for provider, known in READ.items():
        sources = "".join(path.read_text(encoding="utf-8") for path in (place / provider).rglob("*.py"))
        internal = {"list_of_node_ips"}  # of Ray's coordinator
        assert set(read.findall(sources)) - internal - set(OF_ALL) <= set(known)
        unread = [key for key in known if f'"{key}"' not in sources and key != "coordinator_address"]
        assert unread == [], provider


def test_the_command_loads_neither_ray_nor_torch(tmp_path: Path) -> None:
    path = write_for_this_machine(tmp_path)
    looked = (
        "import sys; sys.argv = ['xlingual', 'cluster', 'check', sys.argv[1]]\n"
        "from xlingual.cli import main\n"
        "try: main()\n"
        "except SystemExit as end: print(end.code, sorted({'ray', 'torch', 'transformers'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", looked, str(path)], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.splitlines()[-1] == "0 []", done.stderr
    assert re.fullmatch(r".*cluster.yaml: no mistake found \(\d+ checks: .*\)", done.stdout.splitlines()[0])
    assert done.stderr.splitlines() == [f"{path}: note: {OPEN_SSH}"]


def gpu_studies() -> list[Path]:
    """The shipped studies whose workers have a GPU."""
    files = [*(ROOT / "studies").glob("*.yaml"), *(ROOT / "studies" / "claims").glob("*.yaml")]
    return sorted(
        file for file in files if re.search(r"^scaling: .*gpus_per_worker: 1", file.read_text(), re.MULTILINE)
    )


def test_every_shipped_study_for_gpus_fits_the_shipped_file(tmp_path: Path) -> None:
    from typer.testing import CliRunner

    from xlingual.cli import app

    path, studies = write_for_this_machine(tmp_path), gpu_studies()
    assert len(studies) == 7
    for study in studies:
        ended = CliRunner().invoke(app, ["cluster", "check", str(path), str(study), "--storage", "/mnt/studies"])
        assert (ended.exit_code, study.name) == (0, study.name), ended.stdout


OPEN_SSH = "Ray opens ssh (port 22) to the world unless every node_config has SecurityGroupIds of your own"


def test_json_has_one_object_for_each_mistake(tmp_path: Path) -> None:
    from typer.testing import CliRunner

    from xlingual.cli import app

    path = write_for_this_machine(tmp_path)
    path.write_text(edited(path.read_text(encoding="utf-8"), ("idle_timeout_minutes: 15", "idle_timeout_minutes: 4")))
    ended = CliRunner().invoke(app, ["cluster", "check", str(path), "--json"])
    assert ended.exit_code == 1
    (found,) = json.loads(ended.stdout)
    assert list(found) == ["line", "key", "found", "write"]
    assert (found["key"], found["write"]) == ("idle_timeout_minutes", "write 15")
    ended = CliRunner().invoke(app, ["cluster", "check", str(path)])
    assert ended.exit_code == 1
    assert ended.stdout == f"{path}:{found['line']}: {found['key']}: {found['found']}; {found['write']}\n"
