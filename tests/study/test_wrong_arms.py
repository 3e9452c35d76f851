"""Keys of an arm that decide what reports show: what is refused, and that no number depends on them."""

from __future__ import annotations

from pathlib import Path

import pytest

from xlingual.errors import StudyFileError
from xlingual.study import load_study, resolved
from xlingual.study.changes import changes

STUDY = """\
name: s
question: which?
model: m
data: {train: t, dev: held-out-articles, test: {source: google/xquad, languages: all}}
training: {updates: 100, learning_rate: 1.0e-4}
arms:
  plain: {baseline: true%s}
  mt5: {model: n%s}
  noise: {model: n, robust: {embedding_noise: {magnitude: 0.1}}%s}
search: {trials_per_arm: 1, objective: dev.f1}
replicates: {searches: 1, seeds: 1}
"""


def load(folder: Path, *keys: str):
    path = folder / "study.yaml"
    path.write_text(STUDY % (*keys, *[""] * (3 - len(keys))))
    return load_study(path)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        (("", ", published: mT5-smal"), "no published scores of 'mT5-smal'; did you mean 'mT5-small'?"),
        (("", "", ", against: mt"), "arms.noise.against: no arm is called 'mt'; did you mean 'mt5'?"),
        (("", "", ", against: noise"), "an arm cannot be compared with itself"),
        ((", against: mt5",), "the baseline is compared with no arm"),
    ],
)
def test_what_names_nothing_is_refused_at_its_line(tmp_path: Path, keys: tuple[str, ...], message: str) -> None:
    with pytest.raises(StudyFileError) as refused:
        load(tmp_path, *keys)
    assert len(refused.value.problems) == 1 and message in str(refused.value)


def test_what_reports_show_may_change_and_is_recorded(tmp_path: Path) -> None:
    before = resolved(load(tmp_path))
    now = resolved(load(tmp_path, "", ", published: mT5-small", ", against: mt5"))
    assert now["arms"]["mt5"]["published"] == "mT5-small" and now["arms"]["noise"]["against"] == "mt5"
    assert "against" not in before["arms"]["noise"]
    assert changes(before, now).refused == changes(now, before).refused == ()
    other = {**now, "arms": {name: {**arm, "baseline": name == "mt5"} for name, arm in now["arms"].items()}}
    assert changes(now, other).baseline == "mt5"
