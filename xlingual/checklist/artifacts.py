"""Data and models of a study: where they come from, under which licence, and how much there is of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from xlingual.checklist.answers import UNKNOWN, Facts, Statement, facts
from xlingual.languages import name_or_code
from xlingual.records.state import StudyState
from xlingual.report.summary import Summary
from xlingual.study.licences import licence_of

_FAQ_ROWS = "faq rows of "
_TOY = ("toy", "toy_text_to_text")


def artifacts(state: StudyState) -> Facts:
    """Every data set and model: its source, and the licence and citation that are known of it."""
    rows = [
        (part, source, *_terms(source, known)) for part, source, known in dict.fromkeys(_used(state)) if source
    ]  # fmt: skip
    columns = ("part", "source", "licence as published", "cite")
    return facts("data and models", columns, rows, "study.json", "sources.json")


def without_licence(state: StudyState) -> list[str]:
    """Sources of which no licence is known here; made-up ones need none."""
    return [
        source for _, source, known in dict.fromkeys(_used(state)) if source and _terms(source, known)[0] == UNKNOWN
    ]


def _used(state: StudyState) -> Iterator[tuple[str, str, str]]:
    """Part, source, and the name by which its licence is known."""
    study, data = state.study, state.study["data"]
    for arm, says in study["arms"].items():
        model = str(says.get("model") or study.get("model", ""))
        commit = state.sources.get(f"model of {arm}", {}).get("commit")
        yield "model", f"{model.split('@')[0]}@{commit[:12]}" if commit else model, model
    for part in ("train", "dev", "synonyms"):
        yield part, str(data.get(part) or ""), str(data.get(part) or "")
    faq = data.get("faq") or {}
    yield "FAQ pages", str(faq.get("source") or ""), str(faq.get("source") or "")
    bitexts = faq.get("bitexts") or {}
    yield "bitexts", str(bitexts.get("source") or ""), str(bitexts.get("source") or "")
    for language, path in (data.get("dictionaries") or {}).items():
        yield f"dictionary of {language}", str(path), str(path)
    for name, test in state.test_sets.items():
        yield f"test set {name}", test.source, name if test.source not in _TOY else test.source


def _terms(source: str, known: str) -> tuple[str, str]:
    if source in _TOY:
        return "made up by xlingual", UNKNOWN
    licence = licence_of(known)
    return (licence.terms, licence.cite) if licence else (UNKNOWN, UNKNOWN)


def languages(state: StudyState, summary: Summary) -> Statement:
    """The languages of training data, FAQ pages and test sets."""
    faq = (state.study["data"].get("faq") or {}).get("languages") or []
    said = [f"training data: {name_or_code(summary.source_language)}"]
    if faq:
        said.append(f"FAQ pages: {', '.join(map(name_or_code, faq))}")
    for name, test in state.test_sets.items():
        said.append(f"test set {name}: {', '.join(map(name_or_code, test.languages or summary.languages))}")
    return Statement("; ".join(said), ("study.json",))


def statistics(state: StudyState) -> Facts:
    """How many examples each part has, and what was dropped of it and why."""
    rows = []
    for name, source in state.sources.items():
        counts: Mapping[str, Any] = source.get("counts") or {}
        if name.startswith(("model of ", "contamination")) or not counts:
            continue
        part = f"FAQ pairs, {name_or_code(name.removeprefix(_FAQ_ROWS))}" if name.startswith(_FAQ_ROWS) else name
        lost = {
            key.removeprefix("dropped_").replace("_", " "): n for key, n in counts.items() if "dropped" in key and n
        }
        dropped = ", ".join(f"{n} {why}" for why, n in lost.items()) or "none"
        rows.append((part, counts.get("read", UNKNOWN), counts.get("kept", counts.get("words", UNKNOWN)), dropped))
    return facts("examples", ("part", "read", "used", "dropped"), rows, "sources.json")


def test_sizes(summary: Summary) -> Facts:
    """Number of scored questions of each language on every test set."""
    rows = [
        (one.test_set, name_or_code(language), number)
        for one in (summary, *summary.others)
        for language, number in one.questions.items()
    ]
    columns = ("test set", "language", summary.words.examples)
    return facts("scored", columns, rows, "trials/*/predictions/SET/*.jsonl")


def overlap(state: StudyState) -> Statement:
    """What was dropped of training data because it overlaps a test set."""
    check = state.sources.get("contamination check")
    if check is None:
        return Statement("training data was not compared with the test sets yet", ("sources.json",))
    counts = check.get("counts") or {}
    found = ", ".join(f"{n} of {part}" for part, n in counts.items())
    said = (
        f"dropped as they overlap a test set: {found}" if found else "nothing of the training data overlaps a test set"
    )
    return Statement(said, ("sources.json", "contamination.jsonl"))
