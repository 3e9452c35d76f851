"""A pretrained checkpoint: its directory on this machine and its fingerprint."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from xlingual.activity import doing
from xlingual.errors import ModelError
from xlingual.models.checkpoint_files import check_configuration, check_weights
from xlingual.models.hub_files import COMMIT, download, names_on_hub

# Weights only as safetensors (no pickles), the configuration, and every tokenizer layout that `transformers` reads.
WANTED = ("*.safetensors", "*.safetensors.index.json", "config.json", "tokenizer*", "special_tokens_map.json", "vocab*",
          "merges.txt", "*.model", "added_tokens.json")  # fmt: skip


def resolve_checkpoint(name: str) -> Path:
    """Find a checkpoint's directory on this machine, downloading a hub id when it is not cached.

    Args:
        name: a local directory, or a hub id (`FacebookAI/xlm-roberta-base`), with `@REVISION` behind it for another
            branch, a tag, a commit or `refs/pr/9`; only config, tokenizer and safetensors files are ever downloaded.

    Raises:
        ModelError: when it is absent, gated, unreachable, cut short, quantised, an adapter, or holds no safetensors
            weights.
    """
    directory, from_hub = locate_checkpoint(name, WANTED)
    check_configuration(directory, name)
    check_weights(directory, name, names_on_hub(*split_revision(name)) if from_hub else None)
    return directory


def locate_checkpoint(name: str, patterns: Sequence[str]) -> tuple[Path, bool]:
    """Find a directory by name, of a hub id with those files that match a pattern; whether it came from the hub.

    Raises:
        ModelError: when there is neither.
    """
    local = Path(name).expanduser()
    if local.is_dir():
        return local.resolve(), False
    if local.exists() or name.startswith((".", "/", "~")):
        raise ModelError(
            f"model {name!r}: not a directory ({local.absolute()}); write a directory that holds config.json, "
            "tokenizer files and model.safetensors, or a hub id such as FacebookAI/xlm-roberta-base"
        )
    return download(*split_revision(name), patterns), True


def present_checkpoint(name: str) -> Path | None:
    """Where a model's files lie on this machine already; None where they would have to be downloaded.

    Args:
        name: a local directory, or a hub id (`NAME` or `NAME@REVISION`), whose config.json is looked for in the cache.
    """
    local = Path(name).expanduser()
    if local.is_dir():
        return local
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    owner_and_name, _, revision = name.partition("@")
    try:
        found = try_to_load_from_cache(owner_and_name, "config.json", revision=revision or None)
    except (HFValidationError, ValueError):
        return None
    return Path(found).parent if isinstance(found, str) else None


def split_revision(name: str) -> tuple[str, str | None]:
    """Split `NAME@REVISION` of the hub; the revision is None where none is given.

    Raises:
        ModelError: when nothing follows the @.
    """
    repository, at, revision = name.partition("@")
    if at and not revision:
        raise ModelError(f"model {name!r}: no revision after the @; write {repository}, or {repository}@main")
    return repository, revision or None


def checkpoint_files(directory: Path) -> list[Path]:
    """List the files that a checkpoint consists of, by name."""
    return sorted({path for pattern in WANTED for path in directory.glob(pattern) if path.is_file()})


def commit_of(name: str, directory: Path) -> str | None:
    """Commit of the hub that a checkpoint's directory holds; None for a model that is not from the hub.

    Args:
        name: that it was asked for by.
        directory: that was found for it: of the hub's cache, where a snapshot is named by its commit.
    """
    is_commit = COMMIT.fullmatch(directory.name) is not None and directory.parent.name == "snapshots"
    return directory.name if is_commit and not Path(name).expanduser().is_dir() else None


@doing("hashing the weights of the model")
def checkpoint_fingerprint(directory: Path) -> str:
    """Hash a checkpoint's content: 16 hex digits over configuration, tokenizer and weights, by file name."""
    digest = hashlib.sha256()
    for path in checkpoint_files(directory):
        digest.update(path.name.encode() + b"\0")
        with path.open("rb") as stream:
            while block := stream.read(1 << 22):
                digest.update(block)
        digest.update(b"\0")
    return digest.hexdigest()[:16]
