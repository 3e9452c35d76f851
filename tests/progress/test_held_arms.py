"""What views show when a stage gets more to do while it runs, and arms are stopped or paused."""

from __future__ import annotations

import io
import json
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console

from xlingual.progress.board import draw
from xlingual.progress.followed import Follower, News, events
from xlingual.progress.json_lines import JsonLines
from xlingual.progress.outline import ArmOutline, Outline
from xlingual.progress.plain import PlainView
from xlingual.progress.study_view import StudyState
from xlingual.progress.views import Guarded
from xlingual.records import journal

HELD = {"noise": "paused", "webfaq": "stopped", "both": "paused"}


def test_the_table_names_the_arms_and_counts_what_there_is_to_do_now() -> None:
    arms = {arm: ArmOutline(4, 1) for arm in ("plain", *HELD)}
    state = StudyState(lambda: 0.0, Outline("mine", arms, "plain", 1))
    state.stage_started("search", 8, 2)
    state.plan_changed(12, HELD)
    console = Console(file=io.StringIO(), width=80, record=True)
    console.print(draw(state, 80, 20))
    lines = [line.rstrip() for line in console.export_text().splitlines()]
    assert lines[0] == "mine  ● search 2 of 12 (2 before)  ○ replicate 4  ○ test 4"
    assert [line[:17].rstrip() for line in lines[4:8]] == [
        "plain", "noise (paused)", "webfaq (stopped)", "both (paused)",
    ]  # fmt: skip


def test_a_plain_line_tells_it_once() -> None:
    stream = io.StringIO()
    view = Guarded(PlainView(stream, clock=lambda: 0.0, now=lambda: datetime(2026, 1, 2, 3, 4, 5)))
    view.stage_started("search", 8, 2)
    for held in (HELD, HELD, {}):
        view.plan_changed(12, held)
    assert [line[21:] for line in stream.getvalue().splitlines()[1:]] == [
        "search: 12 in all now; paused: noise, both; stopped: webfaq",
        "search: 12 in all now",
    ]


def test_what_json_lines_tell_is_told_on_and_not_twice() -> None:
    wrote, heard = io.StringIO(), io.StringIO()
    JsonLines(wrote).plan_changed(12, HELD)
    line = json.loads(wrote.getvalue())
    assert (line["event"], line["total"], line["held"]) == ("plan_changed", 12, HELD)
    news = News(JsonLines(heard))
    assert list(events(iter([line, line]), news)) == []
    assert len(heard.getvalue().splitlines()) == 1


def test_whoever_follows_the_records_is_told(studies: Any, tmp_path: Path) -> None:
    builder = studies.StudyBuilder(tmp_path, ("plain", "noise"), searched=True)
    builder.event("stage_started", stage="search")
    builder.trial("plain", 0, "finished", 50.0, **{"training.learning_rate": 1e-5})
    stream = io.StringIO()
    follower = Follower(builder.directory, JsonLines(stream))
    follower.look()
    said = {"id": "a", "action": "pause", "value": "noise", "time": 0.0, "by": "me@here"}
    journal.append(builder.directory.journal, {"event": "arm_paused", "time": 0.0, "arm": "noise", "request": said})
    for _ in range(2):
        follower.look()
    told = [line for line in map(json.loads, stream.getvalue().splitlines()) if line["event"] == "plan_changed"]
    assert [(line["total"], line["held"]) for line in told] == [(4, {"noise": "paused"})]
