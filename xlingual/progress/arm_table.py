"""Tables of the live table: arms against the baseline, and the latest scorings of the test."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import islice

from rich.table import Table
from rich.text import Text

from xlingual.progress import cells
from xlingual.progress.glyphs import Glyphs
from xlingual.progress.plain_table import WIDE, Columns, number_header, plain_table, short_label
from xlingual.progress.score_names import ScoreNames
from xlingual.progress.stage_state import ArmState, StageState
from xlingual.progress.study_view import StudyState

Means = Mapping[str, float | None]


def arm_table(state: StudyState, width: int, limit: int, names: ScoreNames, glyphs: Glyphs) -> Table:
    """A row per arm, at most `limit`: what is done of it in the present stage, its score, its lead on the baseline."""
    stage = state.stage
    assert stage is not None
    if stage.name == "test":
        return _tested_arms(state, width, limit, names, glyphs)
    search, planned = stage.name == "search", state.outline.arms
    all_arms = [*planned, *(arm for arm in stage.arms if arm not in planned)]
    scores = {arm: _score(stage, arm) for arm in all_arms}
    arms = _chosen(all_arms, state.outline.baseline, scores, limit)
    found = [stage.arms.get(arm, ArmState()) for arm in arms]
    totals = [(planned[arm].trials if search else planned[arm].replicates) if arm in planned else 0 for arm in arms]
    now = " now" if search and state.best_of_this_command else ""
    columns: Columns = {
        "arm": _names(arms, state, width, glyphs),
        "ended": [_of(arm.ended, total) for arm, total in zip(found, totals, strict=True)],
        **({"pruned": [f"{arm.states['pruned']:,}" for arm in found]} if search else {}),
        "failed": [Text(f"{arm.states['failed']:,}", "red" if arm.states["failed"] else "") for arm in found],
        f"{'best' if search else 'mean'} {names.header}{now}": [Text(cells.percent(scores[a]), "bold") for a in arms],
        "vs baseline": _leads(
            arms, state, scores if search else _whole(scores, {a: n.ended for a, n in stage.arms.items()}, state)
        ),
    }
    numbered = "trial"
    if search:
        best = [stage.best(arm) for arm in arms]
        numbered = number_header([trial for trial in best if trial])
        columns[numbered] = [short_label(trial.label) if trial else cells.NOTHING for trial in best]
    return _with_others(plain_table(columns, width, (numbered, "pruned", "failed")), len(all_arms) - len(arms))


def test_table(state: StudyState, width: int, limit: int, names: ScoreNames, glyphs: Glyphs) -> Table:
    """The latest `limit` scorings of replicates on a test set."""
    latest = list(islice(reversed(state.test_scores.items()), limit))[::-1]
    of_sets = [names.on(test_set) for (_, _, test_set), _ in latest]
    columns: Columns = {
        "arm": [glyphs.clip(arm, _widest(width)) for (arm, _, _), _ in latest],
        "seed": [str(seed) for (_, seed, _), _ in latest],
        "test set": [glyphs.clip(test_set, 16) for (_, _, test_set), _ in latest],
        "languages": [_languages(scores) for _, scores in latest],
        f"mean {names.beyond}": [
            f"{of.headline} {cells.percent(of.zero_shot(scores))}"
            for of, (_, scores) in zip(of_sets, latest, strict=True)
        ],
    }
    return plain_table(columns, width, ("languages", "seed", "test set"))


def _tested_arms(state: StudyState, width: int, limit: int, names: ScoreNames, glyphs: Glyphs) -> Table:
    """A row per arm and test set: how many replicates are scored, their mean, its lead on the baseline's."""
    found: dict[str, dict[str, list[float | None]]] = defaultdict(lambda: defaultdict(list))
    for (arm, _, test_set), of_languages in state.test_scores.items():
        found[test_set][arm].append(names.on(test_set).zero_shot(of_languages))
    planned, left_out = state.outline.arms, 0
    mean = f"mean {names.beyond}"
    columns: dict[str, list[str | Text]] = {"arm": [], "test set": [], "scored": [], mean: [], "vs baseline": []}
    for test_set, by_arm in found.items():
        all_arms = [*(arm for arm in planned if arm in by_arm), *(arm for arm in by_arm if arm not in planned)]
        scores = {arm: _mean(by_arm[arm]) for arm in all_arms}
        arms = _chosen(all_arms, state.outline.baseline, scores, max(2, limit // len(found)))
        left_out += len(all_arms) - len(arms)
        title = names.on(test_set).headline
        columns["arm"] += _names(arms, state, width, glyphs)
        columns["test set"] += [glyphs.clip(test_set, 16)] * len(arms)
        columns["scored"] += [_of(len(by_arm[arm]), planned[arm].replicates if arm in planned else 0) for arm in arms]
        columns[mean] += [Text(f"{title} ").append(cells.percent(scores[arm]), style="bold") for arm in arms]
        columns["vs baseline"] += _leads(
            arms, state, _whole(scores, {arm: len(found) for arm, found in by_arm.items()}, state)
        )
    return _with_others(plain_table(columns, width, ("test set", "scored")), left_out)


def _with_others(table: Table, left_out: int) -> Table:
    if left_out:
        table.caption, table.caption_justify = f"and {left_out} more", "left"
        table.caption_style = "dim"
    return table


def _languages(scores: Mapping[str, object]) -> str:
    pairs = sum("-" in key for key in scores)
    return f"{len(scores) - pairs}" + (f" and {pairs} pairs" if pairs else "")


def _of(count: int, total: int) -> str:
    return f"{count:,} of {total:,}" if total else f"{count:,}"


def _mean(scores: Sequence[float | None]) -> float | None:
    present = [score for score in scores if score is not None]
    return statistics.fmean(present) if present and len(present) == len(scores) else None


def _score(stage: StageState, arm: str) -> float | None:
    """An arm's best objective in the search, the mean of its replicates after it."""
    if stage.name == "search":
        best = stage.best(arm)
        return best.objective if best else None
    return stage.arms[arm].mean if arm in stage.arms else None


def _whole(scores: Means, done: Mapping[str, int], state: StudyState) -> Means:
    """The means of arms whose replicates are all there: of some of them, a difference is between unlike searches."""
    planned = state.outline.arms
    return {
        arm: score if arm not in planned or done.get(arm, 0) >= planned[arm].replicates else None
        for arm, score in scores.items()
    }


def _leads(arms: Sequence[str], state: StudyState, scores: Means) -> list[str]:
    """Differences to the baseline's score: "+1.85"; "baseline" for itself."""
    baseline = state.outline.baseline
    others = scores.get(baseline or "")
    leads = []
    for arm in arms:
        mine = scores[arm]
        lead = cells.NOTHING if mine is None or others is None else f"{mine - others:+.2f}"
        leads.append("baseline" if arm == baseline else lead)
    return leads


def _names(arms: Sequence[str], state: StudyState, width: int, glyphs: Glyphs) -> list[Text]:
    baseline = state.outline.baseline
    names = [Text(glyphs.clip(arm, _widest(width)), "bold" if arm == baseline else "") for arm in arms]
    for arm, name in zip(arms, names, strict=True):
        if arm in state.held:
            name.append(f" ({state.held[arm]})", style="yellow")
    return names


def _widest(width: int) -> int:
    """Most columns of an arm's name."""
    return 16 if width < WIDE else 24


def _chosen(arms: list[str], baseline: str | None, scores: Means, limit: int) -> list[str]:
    """All arms in their order, or the baseline and the best, if not all fit; one line is kept for the others."""
    if len(arms) <= limit:
        return arms
    ranked = sorted(arms, key=lambda arm: (arm != baseline, scores[arm] is None, -(scores[arm] or 0.0)))
    kept = set(ranked[: max(1, limit - 1)])
    return [arm for arm in arms if arm in kept]
