"""Each mistake that is planted in a cluster file is found, on its line, and nothing else is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from cluster_files import ROOT, SHIPPED, on_gcp, on_premises, with_storage
from cluster_mistakes import GPU_STUDY, MISTAKES, Mistake

from xlingual.cluster_file import Here, check_cluster_file
from xlingual.study import Study, load_study


def study_of(overrides: tuple[str, ...]) -> Study:
    """A shipped study with overrides, its records on shared storage."""
    return load_study(ROOT / "studies" / "quickstart.yaml", ("storage=/mnt/studies", *overrides))


def written(folder: Path, text: str) -> str:
    path = folder / "cluster.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_a_planted_mistake_is_the_one_that_is_found(
    mistake: Mistake, here: Here, tmp_path: Path, by_letter: Callable[..., None]
) -> None:
    study = None if mistake.study is None else study_of(mistake.study)
    found = check_cluster_file(written(tmp_path, mistake.text), study, here=here).findings
    assert [(finding.line, finding.key) for finding in found] == [(mistake.line, mistake.key)], found
    told = found[0].text("cluster.yaml")
    assert "\n" not in told
    by_letter(told.replace(f"cluster.yaml:{mistake.line}: ", ""), mistake.name)


def test_every_mistake_has_a_name_of_its_own_and_there_are_enough() -> None:
    assert [name for name, count in Counter(mistake.name for mistake in MISTAKES).items() if count > 1] == []
    assert len(MISTAKES) >= 25


@pytest.mark.parametrize(
    "text", [SHIPPED, with_storage(), on_gcp(), on_premises()], ids=["shipped", "nfs", "gcp", "hosts"]
)
def test_files_without_a_mistake_have_none(text: str, here: Here, tmp_path: Path) -> None:
    assert check_cluster_file(written(tmp_path, text), here=here).findings == ()


@pytest.mark.parametrize("text", [with_storage(), on_premises()], ids=["nfs", "hosts"])
def test_a_study_that_fits_has_no_finding(text: str, here: Here, tmp_path: Path) -> None:
    study = study_of((*GPU_STUDY, "scaling.concurrent_trials=2"))
    assert check_cluster_file(written(tmp_path, text), study, here=here).findings == ()


@pytest.mark.parametrize("text", [SHIPPED, on_premises()], ids=["shipped", "hosts"])
def test_records_in_an_object_store_need_no_mounted_file_system(text: str, here: Here, tmp_path: Path) -> None:
    study = study_of((*GPU_STUDY, "scaling.concurrent_trials=2", "storage=s3://bucket/studies"))
    checked = check_cluster_file(written(tmp_path, text), study, here=here)
    assert checked.findings == ()
    assert not any("storage" in note or "records" in note for note in checked.notes)
