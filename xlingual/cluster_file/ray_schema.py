"""Ray's own schema of a cluster file, as the installed Ray has it."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path as FilePath
from typing import Any

from xlingual.cluster_file.finding import Finding
from xlingual.errors import XlingualError
from xlingual.study.document import Document, Path, dotted
from xlingual.study.messages import did_you_mean, shown

_KINDS = {
    "integer": "a whole number",
    "number": "a number",
    "string": "text",
    "object": "a mapping",
    "array": "a list",
    "boolean": "true or false",
    "null": "nothing",
}
_EXAMPLES = {
    "cluster_name": "cluster_name: my_cluster",
    "provider": "provider: {type: aws, region: us-west-2}",
    "type": "type: aws",
    "resources": "resources: {CPU: 8, GPU: 1}",
    "node_config": "node_config: {InstanceType: g6.2xlarge}",
}
_DROPPED_BY_RAY = "min_workers"
"""A key at the top that Ray takes out before it validates."""


def ray_directory() -> FilePath:
    """Directory of the installed Ray, which is not imported.

    Raises:
        XlingualError: when there is no Ray.
    """
    spec = find_spec("ray")
    if spec is None or spec.origin is None:
        raise XlingualError("Ray is not installed here, and its schema is needed; install this package with pip")
    return FilePath(spec.origin).parent


def validated(document: Document) -> tuple[dict[str, Any], list[Finding]]:
    """Hold a file against Ray's schema.

    Returns:
        a copy of its values without those of the wrong type, and a finding for each mistake.
    """
    from jsonschema import Draft7Validator

    schema = json.loads((ray_directory() / "autoscaler" / "ray-schema.json").read_text(encoding="utf-8"))
    value = copy.deepcopy(document.value)
    given = {key: below for key, below in value.items() if key != _DROPPED_BY_RAY}
    errors = list(Draft7Validator(schema).iter_errors(given))
    findings = [finding for error in errors for finding in _findings(error, document)]
    for error in errors:
        if error.validator in ("type", "minimum"):
            _remove(value, tuple(error.absolute_path))
    return value, findings


def _findings(error: Any, document: Document) -> Iterator[Finding]:
    path: Path = tuple(error.absolute_path)
    if error.validator == "additionalProperties":
        known = list(error.schema.get("properties", {}))
        for key in error.instance:
            if key not in known:
                below = (*path, key)
                where = f" in {dotted(path)}" if path else ""
                remedy = did_you_mean(key, known, "delete it")
                yield _finding(document, below, f"Ray knows no key {key!r}{where}", remedy)
        return
    if error.validator == "required":
        missing = error.message.split("'")[1]  # jsonschema names it nowhere else
        yield _finding(document, (*path, missing), "is missing", f"write for example {_example(missing)}")
        return
    yield _finding(document, path, *_wrong_value(error))


def _wrong_value(error: Any) -> tuple[str, str]:
    found = shown(error.instance)
    if error.validator == "type":
        kinds = [error.validator_value] if isinstance(error.validator_value, str) else error.validator_value
        wanted = " or ".join(_KINDS[kind] for kind in kinds)
        quoted = kinds == ["string"] and isinstance(error.instance, bool | int | float)
        return f"Ray takes {wanted} here, found {found}", f'write "{found}" in quotes' if quoted else f"write {wanted}"
    if error.validator == "minimum":
        return f"found {found}, which is too small", f"write {error.validator_value} or more"
    if error.validator == "enum":
        return f"found {found}", f"write one of {', '.join(error.validator_value)}"
    return f"Ray's schema refuses this ({error.message})", "see the description of cluster files in Ray's documentation"


def _finding(document: Document, path: Path, found: str, write: str) -> Finding:
    return Finding(document.line_of(path).line, dotted(path), found, write)


def _example(key: str) -> str:
    return _EXAMPLES.get(key, f"{key}: ...")


def _remove(value: Any, path: Path) -> None:
    """Take out what is at a path, unless it is gone already."""
    for step in path[:-1]:
        value = value.get(step) if isinstance(value, dict) else value[step]
        if value is None:
            return
    if isinstance(value, dict) and path:
        value.pop(path[-1], None)
    elif isinstance(value, list) and path:
        value[int(path[-1])] = None
