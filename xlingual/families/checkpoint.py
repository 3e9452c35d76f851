"""A pretrained model on this machine: found once, then handed on."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from torch import nn

from xlingual.activity import doing
from xlingual.families.extractive.extractive_family import Extractive
from xlingual.families.family import Family
from xlingual.families.pair_classification.pair_family import PairClassification
from xlingual.families.text_to_text.pair_texts import TextToTextPairs
from xlingual.families.text_to_text.text_to_text_family import TextToText
from xlingual.models.checkpoint_directory import checkpoint_fingerprint, commit_of, resolve_checkpoint, split_revision
from xlingual.models.text_to_text import is_text_to_text
from xlingual.study import FamilyDefaults, StudyLengths
from xlingual.tasks import QUESTION_ANSWERING, Task
from xlingual.tasks.sentence_pairs import SentencePairTask

EXTRACTIVE: Family = Extractive()
TEXT_TO_TEXT: Family = TextToText()


@doing("looking at the model's kind")
def family_of(directory: Path, task: Task = QUESTION_ANSWERING) -> Family:
    """The family of a checkpoint on a task, by its config.json.

    Args:
        directory: the checkpoint's.
        task: what the checkpoint is trained for or asked.

    T5, mT5, umT5 and ByT5 write text, unless the checkpoint is one of theirs with a span head. Everything else is taken
    for an encoder, which says when `transformers` has no head of the task for it.

    Raises:
        ModelError: when the configuration cannot be read.
    """
    return family_for(task, writes=is_text_to_text(directory))


def family_for(task: Task, *, writes: bool) -> Family:
    """The family of models on a task that write their answers, or do not."""
    if isinstance(task, SentencePairTask):
        return TextToTextPairs(task) if writes else PairClassification(task)
    return TEXT_TO_TEXT if writes else EXTRACTIVE


@dataclass(frozen=True)
class Checkpoint:
    """A model's files, and what is read from them once.

    It stays in its process: another machine has the files elsewhere, so workers are sent the name.

    Attributes:
        name: hub id or directory that it was asked for by.
        directory: of its files.
        family: its kind of model on the task.
        task: what it is trained for or asked.
        commit: of the hub; None for a local directory.
    """

    name: str
    directory: Path
    family: Family
    task: Task = field(default=QUESTION_ANSWERING, compare=False)
    commit: str | None = None

    @classmethod
    def resolve(cls, name: str, task: Task = QUESTION_ANSWERING, commit: str | None = None) -> Checkpoint:
        """Find a checkpoint, downloading a hub id when it is not cached, and check that its files are whole.

        Args:
            name: a local directory or a hub id, see `resolve_checkpoint`.
            task: what it is trained for or asked.
            commit: that a hub id was resolved to before; None for what its branch or tag is now.

        Raises:
            ModelError: when it is absent, cannot be reached, or is not a whole model.
        """
        directory = resolve_checkpoint(name if commit is None else _at_commit(name, commit))
        return cls(name, directory, family_of(directory, task), task, commit_of(name, directory))

    @classmethod
    def at(cls, directory: Path, task: Task = QUESTION_ANSWERING) -> Checkpoint:
        """Take a directory for a checkpoint of a task; of its files only config.json is read.

        Raises:
            ModelError: when the configuration cannot be read.
        """
        return cls(str(directory), directory, family_of(directory, task), task)

    @property
    def pinned(self) -> str:
        """Name by which another machine finds the same files: of the hub, with the commit."""
        return self.name if self.commit is None else _at_commit(self.name, self.commit)

    @cached_property
    def fingerprint(self) -> str:
        """Of its configuration, tokenizer and weights: 16 hex digits."""
        return checkpoint_fingerprint(self.directory)

    @cached_property
    def tokenizer(self) -> Any:
        """Its tokenizer.

        Raises:
            ModelError: when there is none that the family can use.
        """
        return self.family.tokenizer(self.directory)

    def traits(self, lengths: StudyLengths) -> FamilyDefaults:
        """Lengths and defaults of a study's trials of it, see `Family.traits`."""
        return self.family.traits(self.directory, lengths)

    def load(self, seed: int, *, trained_head: bool = False) -> nn.Module:
        """Load the model in float32, in training mode, see `Family.load`."""
        return self.family.load(self.directory, seed, trained_head=trained_head)


def _at_commit(name: str, commit: str) -> str:
    return f"{split_revision(name)[0]}@{commit}"
