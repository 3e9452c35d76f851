"""The location of a study's records."""

from __future__ import annotations

from pathlib import Path

import pytest

from xlingual.errors import RecordError
from xlingual.search.driver import study_path
from xlingual.study import load_study

QUICKSTART = Path(__file__).parents[2] / "studies" / "quickstart.yaml"


@pytest.mark.parametrize("url", ["s3://bucket/studies", "file:///mnt/studies"])
def test_a_url_is_refused_and_not_made_a_folder_of_its_name(url: str) -> None:
    with pytest.raises(RecordError, match=f"^--storage {url}: records are kept in a directory, not at a URL; write"):
        study_path(load_study(QUICKSTART), url)
    with pytest.raises(RecordError, match=f"^storage: {url}: records are kept in a directory, not at a URL; write"):
        study_path(load_study(QUICKSTART, [f"storage={url}"]), None)


def test_a_directory_is_made_absolute_here_and_not_where_trials_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert study_path(load_study(QUICKSTART), "mine") == tmp_path / "mine" / "quickstart"
