"""Keys of an arm that affect only reports: what is refused, and that results do not depend on them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

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
    ("old", "new", "line", "said"),
    [
        ("model: n", "published: mT5-smal, model: n", 8, "'mT5-smal' ... did you mean 'mT5-small'"),
        ("model: n, robust", "against: mt, model: n, robust", 9, "arms.noise.against ... 'mt' ... did you mean 'mt5'"),
        ("model: n, robust", "against: noise, model: n, robust", 9, "an arm cannot be compared with itself"),
        ("baseline: true", "baseline: true, against: mt5", 7, "the baseline is compared with no arm"),
    ],
)
def test_what_names_nothing_is_refused_at_its_line(one_problem: Any, old: str, new: str, line: int, said: str) -> None:
    one_problem(STUDY % ("", "", ""), (old, new), line=line, said=said)


def test_what_reports_show_may_change_and_is_recorded(tmp_path: Path) -> None:
    before = resolved(load(tmp_path))
    now = resolved(load(tmp_path, "", ", published: mT5-small", ", against: mt5"))
    assert now["arms"]["mt5"]["published"] == "mT5-small" and now["arms"]["noise"]["against"] == "mt5"
    assert "against" not in before["arms"]["noise"]
    assert changes(before, now).refused == changes(now, before).refused == ()
    other = {**now, "arms": {name: {**arm, "baseline": name == "mt5"} for name, arm in now["arms"].items()}}
    assert changes(now, other).baseline == "mt5"
