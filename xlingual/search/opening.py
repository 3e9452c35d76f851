"""Opening a study's directory: is it this study's, and with what software is it written now."""

from __future__ import annotations

import os
import platform
import sys
import time
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from xlingual.errors import RecordError
from xlingual.records import journal
from xlingual.records.files import read_json, write_json, write_text
from xlingual.records.layout import StudyDirectory
from xlingual.study import Study, resolved

# What may change between two runs of the command. Names of data and models are here because their content is what
# counts: its fingerprints are compared when they are loaded.
MAY_CHANGE = (
    "question",
    "storage",
    "scaling",
    "model",
    "search.trials_per_arm",
    "replicates.seeds",
    "data.train",
    "data.dev",
    "data.test.source",
    "data.faq.source",
)
PACKAGES = ("xlingual", "ray", "torch", "transformers", "tokenizers", "datasets", "optuna", "numpy")


def open_directory(study: Study, directory: StudyDirectory) -> None:
    """Write the study into its directory, or check that the study found there is this one.

    Raises:
        RecordError: when settings that decide numbers differ from those that the records were made with.
    """
    now = resolved(study)
    if directory.study_json.exists():
        changes = differing(read_json(directory.study_json), now)
        if changes:
            raise RecordError(
                f"{directory.path}: its records were made with other settings: {'; '.join(changes)}. "
                "Restore them, or give the study another name"
            )
    write_text(directory.study_yaml, study.source_text)
    write_json(directory.study_json, now)


def differing(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """List the settings that decide numbers and differ; a new arm is no difference."""
    old, new = dict(_leaves(before)), dict(_leaves(now))
    new_arms = set(now["arms"]) - set(before["arms"])
    found = []
    for key in sorted(old.keys() | new.keys()):
        parts = key.split(".")
        if _may_change(key) or (parts[0] == "arms" and (parts[1] in new_arms or parts[2:3] == ["model"])):
            continue
        if old.get(key) != new.get(key):
            found.append(f"{key} was {old.get(key, 'absent')}, is now {new.get(key, 'absent')}")
    return found


def check_sources(directory: StudyDirectory, sources: dict[str, Any]) -> None:
    """Write down what was loaded, or check that it is what the records were made with.

    Args:
        directory: the study's.
        sources: name -> {"fingerprint", "counts", ...}.

    Raises:
        RecordError: when data or a model changed since the study began.
    """
    known: dict[str, Any] = read_json(directory.sources) if directory.sources.exists() else {}
    changed = [
        f"{name} ({known[name]['fingerprint']} then, {source['fingerprint']} now)"
        for name, source in sources.items()
        if name in known and known[name]["fingerprint"] != source["fingerprint"]
    ]
    if changed:
        raise RecordError(
            f"{directory.path}: the content of {', '.join(changed)} is not what the records were made with. "
            "Restore it, or give the study another name"
        )
    write_json(directory.sources, known | sources)


def record_environment(directory: StudyDirectory, **more: Any) -> None:
    """Append when, by which command, with which versions and hardware the study is being written."""
    record = {
        "time": time.time(),
        "command": sys.argv,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cpus": os.cpu_count(),
        "versions": {package: _version(package) for package in PACKAGES},
        **more,
    }
    journal.append(directory.environment, record)


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _may_change(key: str) -> bool:
    return any(key == name or key.startswith(name + ".") for name in MAY_CHANGE)


def _leaves(tree: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(tree, Mapping) and tree:
        for key, value in tree.items():
            yield from _leaves(value, f"{path}.{key}" if path else str(key))
    else:
        yield path, tree
