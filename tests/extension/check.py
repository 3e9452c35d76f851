"""Reads study files, one after another; prints the JSON Schema, the problems of each file and the first one's plan."""

from __future__ import annotations

import json
import sys

from xlingual.errors import StudyFileError
from xlingual.study import json_schema, load_study, plan


def problems(path: str) -> list[str]:
    """What is wrong with a study file."""
    try:
        load_study(path)
    except StudyFileError as error:
        return [str(problem) for problem in error.problems]
    return []


if __name__ == "__main__":
    found = {"schema": json_schema(), "problems": [problems(path) for path in sys.argv[1:]]}
    print(json.dumps(found | {"plan": plan(load_study(sys.argv[1])).as_json()}))
