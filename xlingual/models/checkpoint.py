"""A pretrained checkpoint: where it lies on this machine, what it holds, its identity."""

from __future__ import annotations

import hashlib
from pathlib import Path

from xlingual.errors import ModelError

# Weights only as safetensors (no pickles), the configuration, and every tokenizer layout that `transformers` reads.
WANTED = ("*.safetensors", "*.safetensors.index.json", "config.json", "tokenizer*", "special_tokens_map.json", "vocab*",
          "merges.txt", "*.model", "added_tokens.json")  # fmt: skip


def resolve_checkpoint(name: str) -> Path:
    """Find a checkpoint's directory on this machine, downloading a hub id when it is not cached.

    Args:
        name: a local directory or a hub id (`FacebookAI/xlm-roberta-base`); only config, tokenizer and safetensors
            files are ever downloaded.

    Raises:
        ModelError: when it is absent, gated, unreachable, or holds no safetensors weights.
    """
    local = Path(name).expanduser()
    if local.is_dir():
        return _checked(local.resolve(), name)
    if local.exists() or name.startswith((".", "/", "~")):
        raise ModelError(
            f"model {name!r}: not a directory ({local.absolute()}); write a directory that holds config.json, "
            "tokenizer files and model.safetensors, or a hub id such as FacebookAI/xlm-roberta-base"
        )
    return _checked(_download(name), name)


def checkpoint_fingerprint(directory: Path) -> str:
    """Hash a checkpoint's content: 16 hex digits over configuration, tokenizer and weights, by file name."""
    digest = hashlib.sha256()
    for path in sorted({path for pattern in WANTED for path in directory.glob(pattern) if path.is_file()}):
        digest.update(path.name.encode() + b"\0")
        with path.open("rb") as stream:
            while block := stream.read(1 << 22):
                digest.update(block)
        digest.update(b"\0")
    return digest.hexdigest()[:16]


def _checked(directory: Path, name: str) -> Path:
    if not (directory / "config.json").is_file():
        found = ", ".join(sorted(path.name for path in directory.iterdir())[:8]) or "nothing"
        raise ModelError(
            f"model {name!r}: no config.json in {directory} (found: {found}); write a checkpoint's directory"
        )
    if not any(directory.glob("*.safetensors")):
        found = ", ".join(sorted(path.name for path in directory.glob("*.bin"))) or "no weights at all"
        raise ModelError(
            f"model {name!r}: no safetensors weights (found: {found}); only safetensors are loaded, for they run no "
            "code: convert with `model.save_pretrained(DIR)` in a trusted environment and name that directory"
        )
    return directory


def _download(name: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(name, allow_patterns=list(WANTED), ignore_patterns=["*/*"]))
    except HFValidationError:
        problem = "neither a local directory nor a hub id (OWNER/NAME)"
    except GatedRepoError:
        problem = "gated on the hub: accept its terms there and log in with `hf auth login`"
    except (LocalEntryNotFoundError, ConnectionError, OSError) as error:
        status = getattr(getattr(error, "response", None), "status_code", None)
        if status in (401, 404):
            problem = "neither a local directory nor a model on the hub that can be read from here"
        else:
            problem = "neither a local directory nor in the hub's cache, and the hub cannot be reached from here"
    except HfHubHTTPError as error:
        problem = f"the hub refused it ({error})"
    raise ModelError(f"model {name!r}: {problem}; write a hub id, or the path of a directory with its files")
