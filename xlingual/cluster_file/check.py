"""Check a cluster file: its YAML, Ray's schema, then every rule."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from xlingual.cluster_file.cluster import ClusterFile
from xlingual.cluster_file.finding import Finding
from xlingual.cluster_file.here import Here
from xlingual.cluster_file.ray_schema import validated
from xlingual.cluster_file.rules import RULES
from xlingual.cluster_file.rules.network import open_ssh_note
from xlingual.cluster_file.rules.storage import unknown_storage_note
from xlingual.cluster_file.yaml_values import misread_values
from xlingual.errors import XlingualError
from xlingual.study import Study
from xlingual.study.document import Document, SourceLine
from xlingual.study.syntax import Fault, FaultyText, parse

CHECKS = len(RULES) + 2
"""The rules, Ray's schema and the YAML itself."""

_NOTES = (open_ssh_note, unknown_storage_note)


@dataclass(frozen=True, slots=True)
class Checked:
    """What the check of a cluster file found, by line, and what else should be known; the file itself if it is YAML."""

    findings: tuple[Finding, ...]
    notes: tuple[str, ...] = ()
    cluster: ClusterFile | None = None


def check_cluster_file(
    file: str, study: Study | None = None, storage: str | None = None, here: Here | None = None
) -> Checked:
    """Check a cluster file.

    Args:
        file: its path.
        study: that is meant to run there; None leaves out what depends on it.
        storage: of `xlingual run --storage`; None takes the study's own.
        here: the machine that it is compared with; None takes this one.

    Raises:
        XlingualError: when it cannot be read, or Ray is not installed.
    """
    text = _read(file)
    try:
        parsed = parse(text)
    except FaultyText as error:
        return Checked(tuple(_of_fault(fault) for fault in sorted(error.faults, key=lambda fault: fault.line)))
    if not isinstance(parsed.value, dict):
        return Checked((Finding(1, "", "found no mapping", "write the keys of a cluster file, as in cluster.yaml"),))
    lines = {path: SourceLine(file, line) for path, line in parsed.lines.items()}
    document = Document(file, text, parsed.value, lines)
    value, findings = validated(document)
    cluster = ClusterFile(document, value, here or Here.now(), study, storage)
    misread = list(misread_values(text))
    keys = {finding.key for finding in misread}  # for which Ray's schema has something to say, too
    findings = [*misread, *(finding for finding in findings if finding.key not in keys)]
    findings += [finding for rule in RULES for finding in rule(cluster)]
    return Checked(tuple(sorted(findings, key=lambda finding: finding.line)), tuple(_notes(cluster)), cluster)


def _notes(cluster: ClusterFile) -> Iterator[str]:
    return (said for note in _NOTES if (said := note(cluster)) is not None)


def _of_fault(fault: Fault) -> Finding:
    found, _, write = fault.message.rpartition("; ")
    return Finding(fault.line, "", found or fault.message, write if found else "correct this line")


def _read(file: str) -> str:
    try:
        return Path(file).read_bytes().decode("utf-8-sig")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8"
        raise XlingualError(f"{file}: cannot be read ({reason}); write the path of a cluster file") from None
