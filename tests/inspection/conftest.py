"""A study of four languages whose test set's files are there, with a passage that tries what a terminal must not do."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from xlingual.data.examples import ExampleSet
from xlingual.data.test_sets.xquad import load_crossed, load_xquad
from xlingual.records.files import read_json, write_json
from xlingual.tasks import QUESTION_ANSWERING, Candidate, SpanLocation

LANGUAGES = ("en", "ar", "th", "zh")
CONTEXTS = {
    "en": "Ann [red]moved[/red] to Rome in 1990.\x1b[31m Her \u202esister\u202c, Ann too, stayed in Oslo.",
    "ar": "انتقلت آن إلى روما في 1990. وبقيت أختها في أوسلو.",
    "th": "แอนย้ายไปที่กรุงโรมในปี 1990 น้องสาวของเธออยู่ที่ออสโล",
    "zh": "安在1990年搬到了罗马。她的妹妹留在了奥斯陆。",
}
ASKED = {
    "en": ("Where did she move?", "Who stayed\x07?"),
    "ar": ("إلى أين انتقلت؟", "من بقي؟"),
    "th": ("เธอย้ายไปที่ไหน", "ใครอยู่ที่เดิม"),
    "zh": ("她搬到了哪里?", "谁留下了?"),
}
GOLDS = {
    "en": ("Rome", "Ann too"),
    "ar": ("روما", "أختها"),
    "th": ("กรุงโรม", "น้องสาวของเธอ"),
    "zh": ("罗马", "妹妹"),
}


def _squad(language: str) -> dict[str, Any]:
    context = CONTEXTS[language]
    questions = [
        {"id": f"question-{n}", "question": asked, "answers": [{"text": gold, "answer_start": context.index(gold)}]}
        for n, (asked, gold) in enumerate(zip(ASKED[language], GOLDS[language], strict=True))
    ]
    return {"data": [{"title": "Ann", "paragraphs": [{"context": context, "qas": questions}]}]}


@pytest.fixture
def xquad_files(tmp_path: Path) -> Path:
    folder = tmp_path / "xquad"
    folder.mkdir()
    for language in LANGUAGES:
        content = json.dumps(_squad(language), ensure_ascii=False)
        (folder / f"xquad.{language}.json").write_text(content, encoding="utf-8")
    return folder


def answered(examples: ExampleSet, *answers: tuple[str, int]) -> list[dict[str, Any]]:
    """Rows of answers, each a text and the number of windows it was found in the last of."""
    found = {}
    for number, (text, windows) in enumerate(answers):
        context = examples.examples[number].context
        location = SpanLocation(context.rindex(text), windows, windows) if text in context else None
        found[number] = [Candidate(2.5 - number, text, location=location)]
    return QUESTION_ANSWERING.rows(examples.examples, found)


@pytest.fixture
def unscored(studies: ModuleType, tmp_path: Path, xquad_files: Path) -> Any:
    """The study before its test stage: trials and replicates have ended."""
    test = {"languages": list(LANGUAGES), "source": str(xquad_files), "generalised": True}
    builder = studies.StudyBuilder(tmp_path, ("baseline", "webfaq"), searched=True, test=test)
    builder.search()
    builder.event("stage_started", stage="replicate")
    for arm in builder.arms:
        for seed in (1, 2):
            builder.replicate(arm, seed)
    return builder


@pytest.fixture
def study(unscored: Any, xquad_files: Path) -> Any:
    """The same, scored: webfaq answers the first question, and seed 2 both, in every language."""
    sets = load_xquad(str(xquad_files), LANGUAGES)
    sets |= load_crossed(str(xquad_files), [("en", "th")])
    known = read_json(unscored.directory.sources)
    languages = {key: part.fingerprint for key, part in sets.items()}
    known["test set xquad"] = {"fingerprint": "x", "counts": {}, "languages": languages}
    write_json(unscored.directory.sources, known)
    unscored.event("stage_started", stage="test")
    for arm in unscored.arms:
        for seed in (1, 2):
            rows = {}
            for key, part in sets.items():
                right, other = GOLDS[key.split("-")[0]]
                first = right if arm == "webfaq" else CONTEXTS[key.split("-")[0]][:3]
                rows[key] = answered(part, (first, 1), (other if seed == 2 else "1990", 3))
            unscored.score(arm, seed, rows)
    return unscored
