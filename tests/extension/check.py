"""Reads study files, one after another; prints the JSON Schema and the problems of each file."""

from __future__ import annotations

import json
import sys

from xlingual.errors import StudyFileError
from xlingual.study import json_schema, load_study


def problems(path: str) -> list[str]:
    """What is wrong with a study file."""
    try:
        load_study(path)
    except StudyFileError as error:
        return [str(problem) for problem in error.problems]
    return []


if __name__ == "__main__":
    print(json.dumps({"schema": json_schema(), "problems": [problems(path) for path in sys.argv[1:]]}))
