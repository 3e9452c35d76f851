"""The text of a first study, checked as any study is before it is written."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from jinja2 import Environment, PackageLoader, StrictUndefined

from xlingual.errors import StudyFileError, XlingualError
from xlingual.starter.answers import Answers
from xlingual.starter.own_files import OwnFiles
from xlingual.study.benchmarks import BENCHMARKS
from xlingual.study.loader import document_of
from xlingual.study.study_file import study_of

SCHEMA_FILE = "xlingual.schema.json"
"""Name of the schema beside a study, for editors."""

COLUMN = 32
"""Where comments begin."""

_PLAIN = re.compile(r"[A-Za-z][\w./-]*", re.ASCII)
_NOT_TEXT = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}


@dataclass(frozen=True, slots=True)
class Size:
    """How large a first study is: small enough to end within the hour on CPUs, or within a day on a GPU."""

    is_small: bool
    updates: int
    batch_size: int
    learning_rate: tuple[str, str]
    max_length: int
    stride: int
    trials: int
    searches: int
    cpus_per_worker: int
    gpus_per_worker: int
    found: str


def size_of(answers: Answers) -> Size:
    """Choose by the hardware, and the learning rate by the kind of model as its name tells it."""
    writes_text = "t5" in answers.model.lower()
    if answers.gpus:
        rates = ("1.0e-4", "1.0e-3") if writes_text else ("1.0e-5", "1.0e-4")
        found = f"{answers.gpus} GPU{'s' if answers.gpus > 1 else ''} here: as many trials side by side"
        return Size(False, 1000, 32, rates, 384, 128, 8, 4, 1, 1, found)
    rates = ("3.0e-4", "2.0e-3") if writes_text else ("1.0e-4", "5.0e-4")
    return Size(True, 40, 8, rates, 256, 64, 8, 4, 1, 0, "no GPU here; write 1 where there is one")


def first_study(answers: Answers, files: OwnFiles) -> str:
    """Return the text of the study file.

    Raises:
        XlingualError: when the answers do not make a valid study; says what to answer instead.
    """
    environment = Environment(
        loader=PackageLoader("xlingual.starter"),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        autoescape=False,
    )
    environment.filters["quoted"] = quoted
    file = f"{answers.name}.yaml"
    text = environment.get_template("study.yaml.jinja").render(
        answers=answers,
        files=files,
        size=size_of(answers),
        is_named=answers.test in BENCHMARKS,
        file=file,
        schema=SCHEMA_FILE,
    )
    text = _aligned(text)
    try:
        study_of(document_of(text, file))
    except StudyFileError as error:
        raise XlingualError("\n".join(f"the study would be wrong: {one.message}" for one in error.problems)) from None
    return text


def _aligned(text: str) -> str:
    """Put comments, which begin with a tab in the template, in one column where there is room for it."""
    lines = (line.partition("\t# ") for line in text.split("\n"))
    return "\n".join(f"{said:<{COLUMN}}  # {note}" if note else said for said, _, note in lines)


def quoted(text: str) -> str:
    """A text as YAML reads it back: bare where it may be, else in double quotes."""
    is_bare = _PLAIN.fullmatch(text) is not None and text.lower() not in _NOT_TEXT
    return text if is_bare else json.dumps(text, ensure_ascii=False)
