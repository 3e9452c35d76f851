"""A pretrained model on this machine: found once, then handed on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from torch import nn

from xlingual.activity import doing
from xlingual.families.extractive.extractive_family import Extractive
from xlingual.families.family import Family
from xlingual.families.text_to_text.text_to_text_family import TextToText
from xlingual.models.checkpoint_directory import checkpoint_fingerprint, resolve_checkpoint
from xlingual.models.text_to_text import is_text_to_text
from xlingual.study import FamilyDefaults, TextToTextSettings, WindowSettings

EXTRACTIVE: Family = Extractive()
TEXT_TO_TEXT: Family = TextToText()
FAMILIES = {family.name: family for family in (EXTRACTIVE, TEXT_TO_TEXT)}
"""Every family by its name."""


@doing("looking at the model's kind")
def family_of(directory: Path) -> Family:
    """The family of a checkpoint, by its config.json.

    Args:
        directory: the checkpoint's.

    T5, mT5, umT5 and ByT5 write text, unless the checkpoint is one of theirs with a span head. Everything else is taken
    for an encoder, which says when it has no span head.

    Raises:
        ModelError: when the configuration cannot be read.
    """
    return TEXT_TO_TEXT if is_text_to_text(directory) else EXTRACTIVE


@dataclass(frozen=True)
class Checkpoint:
    """A model's files, and what is read from them once.

    It stays in its process: another machine has the files elsewhere, so workers are sent the name.

    Attributes:
        name: hub id or directory that it was asked for by.
        directory: of its files.
        family: its kind of model.
    """

    name: str
    directory: Path
    family: Family

    @classmethod
    def resolve(cls, name: str) -> Checkpoint:
        """Find a checkpoint, downloading a hub id when it is not cached, and check that its files are whole.

        Args:
            name: a local directory or a hub id, see `resolve_checkpoint`.

        Raises:
            ModelError: when it is absent, cannot be reached, or is not a whole model.
        """
        directory = resolve_checkpoint(name)
        return cls(name, directory, family_of(directory))

    @classmethod
    def at(cls, directory: Path) -> Checkpoint:
        """Take a directory for a checkpoint; of its files only config.json is read.

        Raises:
            ModelError: when the configuration cannot be read.
        """
        return cls(str(directory), directory, family_of(directory))

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

    def traits(self, windows: WindowSettings, texts: TextToTextSettings) -> FamilyDefaults:
        """Lengths and defaults of a study's trials of it, see `Family.traits`."""
        return self.family.traits(self.directory, windows, texts)

    def load(self, seed: int, *, trained_head: bool = False) -> nn.Module:
        """Load the model in float32, in training mode, see `Family.load`."""
        return self.family.load(self.directory, seed, trained_head=trained_head)
