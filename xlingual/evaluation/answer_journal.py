"""Answers that are kept as they come, so that the same command goes on where it was ended.

FOLDER.partial/
  DIGEST.jsonl     what is asked; then a line for each bound of a batch that is tried, and for each share answered
  DIGEST.lock      held by the process that answers
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from xlingual.errors import RecordError, StorageError
from xlingual.evaluation.answerer import Part
from xlingual.records import journal
from xlingual.records.lock import hold
from xlingual.task_metrics import counted
from xlingual.tasks import Candidate, SpanLocation


@dataclass(frozen=True)
class Bound:
    """How questions are cut into batches.

    Attributes:
        device_tokens: tokens of a batch that the device begins with.
        tokens: of a batch, at most.
        shares: into which the batches are dealt; None before this is decided.
    """

    device_tokens: int
    tokens: int
    shares: int | None = None


@dataclass(frozen=True)
class Tried:
    """A bound that was tried, and the shares that were answered with it."""

    bound: Bound
    parts: list[Part] = field(default_factory=list)


class AnswerJournal:
    """The journal of one command's answers.

    Attributes:
        languages: in the order in which they are asked.
        tried: what an earlier process left, oldest first.

    Args:
        path: of the file; None keeps nothing.
        languages: see above.
        tried: likewise.
    """

    def __init__(self, path: Path | None = None, languages: Sequence[str] = (), tried: Sequence[Tried] = ()) -> None:
        self._path, self.languages, self.tried = path, tuple(languages), tuple(tried)
        self._empty = not any(one.parts for one in tried)

    @property
    def notes(self) -> list[str]:
        """What an earlier process left, in words."""
        parts = [part for one in self.tried for part in one.parts]
        there = {(language, i) for part in parts for language, found in part.found.items() for i in found}
        said = f"{counted(len(there), 'answers')} resumed from the same command, which was interrupted"
        return [said] if there else []

    def begin(self, bound: Bound) -> None:
        """Note the bound of the shares that follow."""
        self._append({"bound": asdict(bound)})

    def add(self, part: Part) -> None:
        """Keep a share that is answered."""
        found = {
            language: {
                str(i): [[one.score, one.text, one.marks, one.location] for one in best] for i, best in part.items()
            }
            for language, part in part.found.items()
        }
        inputs = {language: positions.tolist() for language, positions in part.inputs.items()}
        self._append({"share": part.share, "inputs": inputs, "found": found})
        self._empty = False

    def _append(self, record: dict[str, Any]) -> None:
        if self._path is not None:
            with _writing(self._path):
                journal.append(self._path, record)

    @classmethod
    @contextmanager
    def beside(cls, kept: Path, asked: Mapping[str, Any], languages: Sequence[str]) -> Iterator[AnswerJournal]:
        """Take up the journal of a command, or begin one; it is deleted when the context ends well or nothing is in it.

        Args:
            kept: the folder that the whole evaluation will be in.
            asked: all that decides the answers, as JSON's kinds. Another command has another journal.
            languages: to be answered. Where the journal is of more of them, since some are kept by now, it stays that
                of all, so that the batches are those of one go.

        Raises:
            RecordError: when it cannot be written, or another process writes it.
        """
        digest = hashlib.sha256(json.dumps(asked, sort_keys=True, separators=(",", ":")).encode()).hexdigest()[:16]
        folder = kept.with_name(f"{kept.name}.partial")
        path, lock = folder / f"{digest}.jsonl", folder / f"{digest}.lock"
        absent = [place for place in (folder, *folder.parents) if not place.exists()]
        with ExitStack() as stack:
            with _writing(path):
                stack.enter_context(hold(lock))
            answered = cls._taken_up(path, languages) or cls._begun(path, asked, languages)
            whole = False
            try:
                yield answered
                whole = True
            finally:
                with suppress(OSError):
                    lock.unlink(missing_ok=True)
                    if whole or answered._empty:
                        path.unlink()
                        for place in (folder, *absent[1:]):
                            place.rmdir()

    @classmethod
    def _taken_up(cls, path: Path, languages: Sequence[str]) -> AnswerJournal | None:
        head, *records = journal.read(path) or [{}]
        if not set(languages) <= set(head.get("languages", ())):
            return None
        tried: list[Tried] = []
        for record in records:
            if "bound" in record:
                tried.append(Tried(Bound(**record["bound"])))
            else:
                tried[-1].parts.append(_part(record))
        return cls(path, head["languages"], tried)

    @classmethod
    def _begun(cls, path: Path, asked: Mapping[str, Any], languages: Sequence[str]) -> AnswerJournal:
        with _writing(path):
            path.unlink(missing_ok=True)
            journal.append(path, {"languages": list(languages), "asked": dict(asked)})
        return cls(path, languages)


def _part(record: Mapping[str, Any]) -> Part:
    found = {
        language: {
            int(i): [
                Candidate(score, text, tuple(marks), SpanLocation(*location) if location else None)
                for score, text, marks, location in best
            ]
            for i, best in part.items()
        }
        for language, part in record["found"].items()
    }
    inputs = {language: np.array(positions, dtype=np.int64) for language, positions in record["inputs"].items()}
    return Part(record["share"], found, inputs)


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    """Say in one line why answers cannot be kept."""
    try:
        yield
    except (OSError, StorageError) as error:
        raise RecordError(
            f"{path}: answers cannot be kept there ({os.strerror(error.errno or 0)}); make room, or write --keep with "
            "another directory; the same command goes on from what is there"
        ) from None
