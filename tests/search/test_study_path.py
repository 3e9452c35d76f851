"""The location of a study's records."""

from __future__ import annotations

from pathlib import Path

import pytest

from xlingual.errors import RecordError
from xlingual.records.attached import detach, url_of
from xlingual.search.driver import study_path
from xlingual.study import load_study

QUICKSTART = Path(__file__).parents[2] / "studies" / "quickstart.yaml"


@pytest.mark.parametrize("url", ["s3:/bucket/studies", "file:///mnt/studies"])
def test_a_url_that_cannot_be_used_is_refused_and_not_made_a_folder_of_its_name(url: str) -> None:
    with pytest.raises(RecordError, match=f"^--storage {url}: n[^;]+; write "):
        study_path(load_study(QUICKSTART), url)
    with pytest.raises(RecordError, match=f"^storage: {url}: n[^;]+; write "):
        study_path(load_study(QUICKSTART, [f"storage={url}"]), None)


def test_a_study_at_a_url_is_worked_on_in_a_folder_of_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    path = study_path(load_study(QUICKSTART), "s3://bucket/studies/")
    try:
        assert (path.name, path.parent.parent) == ("quickstart", tmp_path / "xlingual" / "storage")
        assert url_of(path) == "s3://bucket/studies/quickstart"
    finally:
        detach(path)


def test_a_directory_is_made_absolute_here_and_not_where_trials_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert study_path(load_study(QUICKSTART), "mine") == tmp_path / "mine" / "quickstart"
