"""The location of a study's records."""

from __future__ import annotations

from pathlib import Path

import pytest

from xlingual.errors import RecordError
from xlingual.records.attached import detach, url_of
from xlingual.search.driver import study_path
from xlingual.study import load_study

QUICKSTART = Path(__file__).parents[2] / "studies" / "quickstart.yaml"


def test_a_url_of_an_unknown_scheme_is_refused_and_not_made_a_folder_of_its_name() -> None:
    url = "file:///mnt/studies"
    with pytest.raises(RecordError, match=f"^--storage {url}: no known storage; write s3://BUCKET/PREFIX"):
        study_path(load_study(QUICKSTART), url)
    with pytest.raises(RecordError, match=f"^storage: {url}: no known storage; write s3://BUCKET/PREFIX"):
        study_path(load_study(QUICKSTART, [f"storage={url}"]), None)


def test_a_study_at_a_url_has_a_mirror_in_the_users_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    path = study_path(load_study(QUICKSTART), "s3://bucket/studies")
    try:
        assert path.is_relative_to(tmp_path / "xlingual" / "storage")
        assert url_of(path) == "s3://bucket/studies/quickstart"
    finally:
        detach(path)


def test_a_directory_is_made_absolute_here_and_not_where_trials_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert study_path(load_study(QUICKSTART), "mine") == tmp_path / "mine" / "quickstart"
