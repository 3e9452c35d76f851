"""The folder in which an evaluation's predictions are kept.

DIRECTORY/
  evaluation.json     the model, its fingerprint and lengths, the data's fingerprints, versions, scores
  LANGUAGE.jsonl      every question's prediction and scores, as in a study's predictions
  LANGUAGE.json       {question id: answer}, for `xlingual score` and other programs
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from xlingual.data.location import contents
from xlingual.errors import RecordError, StorageError
from xlingual.evaluation.result import Evaluation, means
from xlingual.records import journal
from xlingual.records.files import read_json, write_json, write_lines

Row = dict[str, Any]
FOLDER = "xlingual_evaluations"
SUMMARY = "evaluation.json"


class PredictionsMissing(RecordError):
    """Predictions that could not be kept.

    Attributes:
        evaluation: their scores.
    """

    def __init__(self, message: str, evaluation: Evaluation) -> None:
        super().__init__(message)
        self.evaluation = evaluation


class PredictionStore:
    """Predictions of one model (or of others' answers) on one benchmark.

    Args:
        path: of the folder, which need not be there.
        benchmark: its name.
        identity: what decides the answers.

    Raises:
        RecordError: when the folder holds anything else.
    """

    def __init__(self, path: Path, benchmark: str, identity: Mapping[str, Any]) -> None:
        self.path = path
        self._mine = {"benchmark": benchmark, **identity}
        _check_place(path)
        self._recorded = self._read()

    def _read(self) -> dict[str, Any]:
        recorded = _recorded(self.path)
        for key, value in self._mine.items() if recorded else ():
            if recorded.get(key) != value:
                raise RecordError(
                    f"--keep {self.path}: holds an evaluation of {recorded.get('model')} whose {key} is "
                    f"{recorded.get(key)}, not {value}; write --keep with another directory, or delete this one"
                )
        return recorded

    def rows(self, language: str, fingerprint: str, ids: Sequence[str]) -> list[Row] | None:
        """Rows of a language that are kept already; None where there are none.

        Args:
            language: its code.
            fingerprint: of its questions.
            ids: of its questions.

        Raises:
            RecordError: when the answers that are kept are to other questions.
        """
        recorded = self._recorded.get("languages", {}).get(language)
        if recorded is None:
            return None
        if recorded["data_fingerprint"] != fingerprint:
            raise RecordError(
                f"--keep {self.path}: holds answers to other questions of {language} ({recorded['data_fingerprint']}, "
                f"not {fingerprint}); write --keep with another directory, or delete this one"
            )
        rows = journal.read(self.path / f"{language}.jsonl")
        return rows if [row.get("id") for row in rows] == list(ids) else None

    def write(self, evaluation: Evaluation, rows: Mapping[str, Sequence[Row]]) -> None:
        """Keep new predictions beside those that are there; a new folder appears whole or not at all.

        Raises:
            RecordError: when they cannot be written, or the folder holds something else by now.
        """
        self._recorded = self._read()  # another process may have kept other languages
        content = {**evaluation.as_json(), "languages": self._recorded.get("languages", {})}
        content["languages"] = {**content["languages"], **evaluation.as_json()["languages"]}
        scores = {
            language: {name: value for name, value in row.items() if isinstance(value, int | float)}
            for language, row in content["languages"].items()
        }
        content["means"] = [mean.as_json() for mean in means(evaluation.benchmark, scores, evaluation.source_language)]
        partial = self.path.with_name(f".{self.path.name}.partial-{os.getpid()}-{secrets.token_hex(4)}")
        try:
            if self._recorded:  # evaluation.json, which says what is there, comes last
                _fill(self.path, rows, content)
                return
            _fill(partial, rows, content)
            os.replace(partial, self.path)
        except (OSError, StorageError) as error:
            raise RecordError(f"--keep {self.path}: cannot be written ({os.strerror(error.errno or 0)})") from None
        finally:
            shutil.rmtree(partial, ignore_errors=True)


def usual_folder(model: str, benchmark: str, limit: int | None = None, paragraphs: int | None = None) -> Path:
    """Where predictions are kept if nobody says: xlingual_evaluations/NAME-BENCHMARK.

    NAME is a hub id with its slashes as "--", or the name of a local directory, with its parent's where it is "model".
    """
    local = Path(model).expanduser()
    if local.exists():
        local = local.resolve()
        name = local.stem if local.is_file() else local.name
        name = f"{local.parent.name}-{name}" if name == "model" else name
    else:
        name = model.replace("/", "--")
    name = re.sub(r"[^\w.-]+", "_", name).strip(".") or "model"
    part = (f"-{paragraphs}paragraphs" if paragraphs else "") + (f"-first{limit}" if limit else "")
    return Path(FOLDER) / f"{name}-{benchmark}{part}"


def _check_place(path: Path) -> None:
    """Refuse, before any question is answered, a place in which nothing can be written."""
    there = next(folder for folder in (path, *path.absolute().parents) if folder.exists())
    problem = "is no directory" if not there.is_dir() else "may not be written to"
    if not there.is_dir() or not os.access(there, os.W_OK):
        raise RecordError(f"--keep {path}: cannot be written ({there} {problem}); write --keep with another directory")


def _recorded(path: Path) -> dict[str, Any]:
    """What a folder of an evaluation holds; nothing where there is none yet."""
    if not path.exists() or (path.is_dir() and not any(path.iterdir())):
        return {}
    if not (path / SUMMARY).is_file():
        found = contents(path, 5) if path.is_dir() else "a file"
        raise RecordError(
            f"--keep {path}: is there and is no evaluation (found: {found}); write the path of a new directory"
        )
    recorded = read_json(path / SUMMARY)
    if not isinstance(recorded, dict) or not isinstance(recorded.get("languages"), dict):
        raise RecordError(f"--keep {path}: its {SUMMARY} is not one of an evaluation; write another directory")
    return recorded


def _fill(folder: Path, rows: Mapping[str, Sequence[Row]], content: Mapping[str, Any]) -> None:
    for language, part in rows.items():
        write_lines(folder / f"{language}.jsonl", part)
        write_json(folder / f"{language}.json", {r["id"]: r["prediction"] for r in part if not r.get("missing")})
    write_json(folder / SUMMARY, dict(content))
