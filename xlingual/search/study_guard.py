"""Verify that a directory belongs to this study and its data; record the environment."""

from __future__ import annotations

import json
import os
import platform
import sys
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from xlingual.errors import DataError, RecordError
from xlingual.families import Checkpoint
from xlingual.records import journal
from xlingual.records.files import read_json, remove, write_json, write_lines, write_text
from xlingual.records.layout import StudyDirectory
from xlingual.records.redefinition import MODEL_OF, redefine, used_sources
from xlingual.records.state import read_state
from xlingual.search.control import standing
from xlingual.study import Study, resolved

BITEXTS = "bitexts of "
DICTIONARY = "dictionary of "
FAQ_ROWS = "faq rows of "
CHECK = "contamination check"
TEST = "test set "
OF_FAQ = frozenset({"faq", "webfaq_dev"})
"""What a trial's configuration calls all that is made of FAQ pages."""
PACKAGES = ("xlingual", "ray", "torch", "transformers", "tokenizers", "datasets", "optuna", "numpy")


def open_directory(study: Study, directory: StudyDirectory) -> list[str]:
    """Write the study into its directory, or check that the study found there is this one.

    Returns:
        What changed since the last command and what became of its trials, a line each.

    Raises:
        RecordError: when settings that decide numbers differ from those that the records were made with.
    """
    now = json.loads(json.dumps(resolved(study)))
    lines: list[str] = []
    if not journal.read(directory.journal):  # refused before its first event: the user may have fixed it since
        remove(directory.sources)
    else:
        now, lines = standing(directory, now)
        lines += redefine(directory, now)
    write_text(directory.study_yaml, study.source_text)
    write_json(directory.study_json, now)
    return lines


def check_sources(directory: StudyDirectory, sources: dict[str, Any], unused: Iterable[str] = ()) -> None:
    """Record what was loaded, or check that it is what the records were made with.

    Args:
        directory: the study's.
        sources: name -> {"fingerprint", "counts", ...}; counts that are empty now stay as they were written.
        unused: names of sources that no record rests on yet, so that they may be replaced. What the contamination check
            compared is not looked at; what it kept is.

    Raises:
        RecordError: when data or a model changed since the study began.
    """
    known: dict[str, Any] = read_json(directory.sources) if directory.sources.exists() else {}
    changed = {
        name: f"{name} {_change(known[name], source)}"
        for name, source in sources.items()
        if name in known and _is_other(name, known[name], source)
    }
    refused = [said for name, said in changed.items() if name not in {CHECK, *unused}]
    if refused:
        raise RecordError(
            f"{directory.path}: the content of {', '.join(refused)} is not what the records were made with "
            f"(or another version of xlingual makes other examples of it).{_cause(changed)} "
            f"Restore it, or give the study another name, for example --set name={directory.path.name}_2"
        )
    same = {
        name for name in known.keys() & sources.keys() if known[name]["fingerprint"] == sources[name]["fingerprint"]
    }
    counted = {
        name: known[name] if name in same and not source.get("counts") else source for name, source in sources.items()
    }
    write_json(directory.sources, known | counted)


def _is_other(name: str, then: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """Whether a source has other content; a test set may have got more languages."""
    if name.startswith(TEST) and then.get("languages"):
        return any(now.get("languages", {}).get(code) != value for code, value in then["languages"].items())
    return bool(then["fingerprint"] != now["fingerprint"])


def _change(then: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    """Which content a source had and has; of a test set only the languages that differ."""
    before, after = then.get("languages", {}), now.get("languages", {})
    differ = [code for code in before if before[code] != after.get(code)]
    if after and differ:
        return f"in {', '.join(differ)}"
    return f"({then['fingerprint']} then, {now['fingerprint']} now)"


def _cause(changed: Iterable[str]) -> str:
    """Why training data may differ that nobody touched."""
    others = [name for name in changed if name != CHECK and not name.startswith(TEST)]
    return (
        " The test sets changed, too: what overlaps them is dropped from training data."
        if CHECK in changed and others
        else ""
    )


def unread_test_sets(directory: StudyDirectory) -> set[str]:
    """Sources of the test sets that no line of the ledger names: no record rests on them, so they may be replaced."""
    read = {row["set"] for row in journal.read(directory.ledger)}
    known: dict[str, Any] = read_json(directory.sources) if directory.sources.exists() else {}
    return {name for name in known if name.startswith(TEST) and name.removeprefix(TEST) not in read}


def refuse_overlap(directory: StudyDirectory, sets: Iterable[str], contaminated: Iterable[Mapping[str, Any]]) -> None:
    """Refuse test sets that were added after trials had been trained on data that overlaps them.

    Args:
        directory: the study's.
        sets: names of its test sets now.
        contaminated: what overlaps any of them, each with its part of the data and its test sets.

    Raises:
        RecordError: when some of it overlaps added sets alone, so that recorded trials were trained on it.
    """
    known: dict[str, Any] = read_json(directory.sources) if directory.sources.exists() else {}
    added = {name for name in sets if f"{TEST}{name}" not in known}
    if not added or not used_sources(directory):
        return
    of_added = [one for one in contaminated if one.get("test_sets") and added.issuperset(one["test_sets"])]
    if of_added:
        parts = Counter(str(one["part"]) for one in of_added)
        names = sorted({name for one in of_added for name in one["test_sets"]})
        raise RecordError(
            f"{directory.path}: recorded trials were trained or judged on data that overlaps the added test set"
            f"{'' if len(names) == 1 else 's'} {', '.join(names)}: "
            f"{', '.join(f'{count} {_pieces(part, count)}' for part, count in parts.items())}. Take "
            f"{'it' if len(names) == 1 else 'them'} out of data.test, or give the study another name, for example "
            f"--set name={directory.path.name}_2, which leaves the overlap out of its training data"
        )


def _pieces(part: str, count: int) -> str:
    """What is dropped as a whole: rows of FAQ pages, paragraphs (or pairs) of other data."""
    pieces = ("row", "rows") if part == "faq" else ("paragraph or pair", "paragraphs or pairs")
    return f"{pieces[count != 1]} of {part}"


def loaded_lines(sources: Mapping[str, Any]) -> list[str]:
    """Say what was loaded, a line a part; FAQ rows of all languages together, and which of them are short."""
    parts: dict[str, Counter[str]] = {}
    short = []
    for name, source in sources.items():
        kind = next((kind for kind in (FAQ_ROWS, BITEXTS, DICTIONARY) if name.startswith(kind)), None)
        counts = Counter(source.get("counts", {}))
        part = kind.removesuffix(" of ") if kind else name
        if kind and counts["short"]:
            short.append(f"{part} of {name.removeprefix(kind)} by {counts.pop('short')}")
        parts.setdefault(part, Counter()).update(counts)
    lines = [
        f"{name}: {', '.join(f'{count} {what}' for what, count in counts.items() if count)}"
        for name, counts in parts.items()
        if name != CHECK and any(counts.values())
    ]
    if short:
        lines.append(f"fewer than asked for: {', '.join(short)}")
    if CHECK in parts:
        overlaps = ", ".join(f"{count} of {part}" for part, count in parts[CHECK].items())
        lines.append(f"{CHECK}: {f'dropped {overlaps}' if overlaps else 'nothing overlaps the test sets'}")
    return lines


def unused_sources(directory: StudyDirectory) -> set[str]:
    """Names of the sources that no record rests on: one that is unfit may be replaced.

    These are models that no trial has reported of, and dictionaries and examples made of FAQ pages while no trial's
    configuration names any.
    """
    state, used = read_state(directory), used_sources(directory)
    reported = {trial.arm for trial in state.trials if journal.read(directory.trial(trial.fingerprint).reports)}
    models = {f"{MODEL_OF}{arm}" for arm in state.arms if arm not in reported}
    known: dict[str, Any] = read_json(directory.sources) if directory.sources.exists() else {}
    return models | {name for name in known if _is_unused(name, used)}


def model_sources(checkpoints: Mapping[str, Checkpoint]) -> dict[str, dict[str, str]]:
    """What is recorded of each arm's model: of the hub, the commit too, which later commands use."""
    return {
        f"{MODEL_OF}{arm}": {
            "fingerprint": each.fingerprint,
            **({"hub": each.name, "commit": each.commit} if each.commit else {}),
        }
        for arm, each in checkpoints.items()
    }


def recorded_commits(directory: StudyDirectory) -> dict[str, str]:
    """By name, the commit of each model of the hub that some trial was made with."""
    known: dict[str, Any] = read_json(directory.sources) if directory.sources.exists() else {}
    unused = unused_sources(directory) if known else set()
    return {one["hub"]: one["commit"] for name, one in known.items() if "commit" in one and name not in unused}


def commit_lines(checkpoints: Mapping[str, Checkpoint], recorded: Mapping[str, str]) -> list[str]:
    """Tell which commit of the hub each model is, a line each."""
    return [
        f"model {each.name}: commit {each.commit[:12]} of the hub"
        f"{', as recorded' if recorded.get(each.name) == each.commit else ''}"
        for each in dict.fromkeys(checkpoints.values())
        if each.commit
    ]


def _is_unused(name: str, used: Set[str]) -> bool:
    if name.startswith(MODEL_OF):
        return False
    if name.startswith(TEST):
        return False  # see `unread_test_sets`
    if name in ("train", "dev", CHECK):
        return not used
    if name == "synonyms" or name.startswith(DICTIONARY):
        return name not in used
    return not used & OF_FAQ


def recorded_rows(directory: StudyDirectory) -> dict[str, str]:
    """By language, the fingerprint of the FAQ rows that trials were made with; empty where none was."""
    if not used_sources(directory) & OF_FAQ:
        return {}
    known: dict[str, Any] = read_json(directory.sources) if directory.sources.exists() else {}
    return {name.removeprefix(FAQ_ROWS): one["fingerprint"] for name, one in known.items() if name.startswith(FAQ_ROWS)}


def write_contamination(directory: StudyDirectory, contaminated: Sequence[Mapping[str, Any]], on_overlap: str) -> None:
    """Record what was dropped for overlapping a test set.

    Args:
        directory: the study's.
        contaminated: one mapping for each paragraph or row.
        on_overlap: `drop`, or `stop`.

    Raises:
        DataError: when something was dropped and the study says that it stops then.
    """
    write_lines(directory.contamination, map(dict, contaminated))
    if contaminated and on_overlap == "stop":
        parts = Counter(str(one["part"]) for one in contaminated)
        found = ", ".join(f"{count} of {part}" for part, count in parts.items())
        raise DataError(
            f"data.contamination: stop was asked for, and training data overlaps the test sets: {found}, listed in "
            f"{directory.contamination}; take these out of the data, or write contamination: drop"
        )


def record_environment(directory: StudyDirectory, **more: Any) -> None:
    """Record the time, command, versions and hardware of this run."""
    record = {"time": time.time(), "command": sys.argv, **environment_now(), **more}
    journal.append(directory.environment, record)


def environment_now() -> dict[str, Any]:
    """Python, system, number of CPUs and versions of packages here."""
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cpus": os.cpu_count(),
        "versions": {package: _version(package) for package in PACKAGES},
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
