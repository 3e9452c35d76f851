"""Sends a trained model, or a study's records, to a repository on the hub: looked at first, sent only when told to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from xlingual.activity import doing
from xlingual.data.hub_connection import is_offline, why_offline
from xlingual.errors import RecordError, XlingualError
from xlingual.records.attached import fetch_folder
from xlingual.records.layout import StudyDirectory
from xlingual.records.state import ReplicateState, read_state

Kind = Literal["model", "dataset"]
FORMS = "write the fingerprint of a replicate or its beginning, ARM/seed-SEED, or --arm ARM"


@dataclass(frozen=True, slots=True)
class Upload:
    """What would be sent, and where to.

    Attributes:
        what: in words.
        folder: all of whose files are sent.
        files: path below the folder and bytes of each.
        repository: OWNER/NAME.
        kind: of repository.
        private: whether only its owner can read it.
        exists: whether it is there already; then files of the same names are replaced.
        address: for a browser.
    """

    what: str
    folder: Path
    files: tuple[tuple[str, int], ...]
    repository: str
    kind: Kind
    private: bool
    exists: bool
    address: str

    @property
    def bytes(self) -> int:
        """Size of all files."""
        return sum(size for _, size in self.files)

    def in_words(self) -> list[str]:
        """Everything that a user decides on, in lines."""
        access = "private" if self.private else "PUBLIC: everyone can read it"
        state = "is there; files of the same names are replaced" if self.exists else "new"
        width = max(len(name) for name, _ in self.files)
        return [
            self.what,
            f"to {self.address} ({self.kind} repository, {state}, {access})",
            *(f"  {name:{width}}  {size:>15,} bytes" for name, size in self.files),
            f"  {len(self.files)} files, {self.bytes:,} bytes",
        ]

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        files = [{"path": name, "bytes": size} for name, size in self.files]
        named = {"repository": self.repository, "kind": self.kind, "private": self.private, "existed": self.exists}
        return {"what": self.what, **named, "files": files, "bytes": self.bytes}


def replicate_of(
    directory: StudyDirectory, trial: str | None, arm: str | None, number: int | None
) -> tuple[str, ReplicateState]:
    """Find the replicate whose model is meant, and say which it is.

    Args:
        directory: the study's.
        trial: fingerprint, its beginning, or ARM/seed-SEED; None to find it by the next two.
        arm: name.
        number: of the replicate in its arm, from 1 on, by seed; None for the only one.

    Raises:
        RecordError: when there is none, or several, or its training did not end.
    """
    state = read_state(directory)
    finished = [one for one in state.replicates if one.state == "finished"]
    if not finished:
        raise RecordError(
            f"{directory.path}: no replicate is trained yet (stage: {state.stage}), and only their models are kept; "
            "run the study first, see `xlingual status`"
        )
    found = _named(finished, trial) if trial is not None else _numbered(finished, str(arm), number)
    one = found[0]
    return f"model of study {state.name}, arm {one.arm}, seed {one.seed} ({one.fingerprint})", one


def _named(finished: Sequence[ReplicateState], trial: str) -> list[ReplicateState]:
    found = [one for one in finished if f"{one.arm}/seed-{one.seed}" == trial]
    found = found or [one for one in finished if trial and one.fingerprint.startswith(trial)]
    if len({one.fingerprint for one in found}) != 1:
        there = ", ".join(f"{one.arm}/seed-{one.seed}" for one in finished)
        many = f"{len(found)} replicates begin with it" if found else "no such replicate"
        raise RecordError(f"{trial}: {many}; {FORMS} (there are {there})")
    return found


def _numbered(finished: Sequence[ReplicateState], arm: str, number: int | None) -> list[ReplicateState]:
    mine = [one for one in finished if one.arm == arm]
    if not mine:
        there = ", ".join(dict.fromkeys(one.arm for one in finished))
        raise RecordError(f"--arm {arm}: has no trained replicate; write one of {there}")
    there = ", ".join(f"{position} (seed {one.seed})" for position, one in enumerate(mine, start=1))
    if number is None and len(mine) > 1:
        raise RecordError(f"--arm {arm}: has {len(mine)} replicates; add --replicate with one of {there}")
    if not 1 <= (number or 1) <= len(mine):
        raise RecordError(f"--replicate {number}: arm {arm} has no such replicate; write one of {there}")
    return [mine[(number or 1) - 1]]


def model_folder(directory: StudyDirectory, replicate: ReplicateState) -> Path:
    """The folder of a replicate's model, fetched where the study lies at a URL.

    Raises:
        RecordError: when it is there no more.
    """
    model = directory.trial(replicate.fingerprint).model
    fetch_folder(model)
    if not (model / "config.json").is_file():
        raise RecordError(
            f"{model}: the model is not there; unpacked records have none, name the study's own directory"
        )
    return model


def look_ahead(folder: Path, what: str, repository: str, kind: Kind, *, private: bool) -> Upload:
    """Ask the hub about the repository; nothing is changed there.

    Raises:
        XlingualError: when the name is none, there is no network or no token that is valid, or a private repository is
            asked for where a public one is.
    """
    from huggingface_hub import HfApi, get_token
    from huggingface_hub.errors import HFValidationError, RepositoryNotFoundError
    from huggingface_hub.utils import validate_repo_id

    try:
        validate_repo_id(repository)
    except HFValidationError:
        repository = ""
    if repository.count("/") != 1:
        raise XlingualError("--to: not the name of a repository; write USER/NAME, of letters, digits, - _ and .")
    if is_offline():
        raise XlingualError(f"--to {repository}: {why_offline()}; nothing was sent, run this where there is network")
    if get_token() is None:
        raise XlingualError(
            f"--to {repository}: there is no token of the hub here; log in with `hf auth login`, or set HF_TOKEN to a "
            "token that may write"
        )
    api = HfApi()
    with _one_line(repository), doing(f"asking the hub about {repository}"):
        api.whoami()
        try:
            found = api.repo_info(repository, repo_type=kind)
        except RepositoryNotFoundError:
            found = None
    if found is not None and private and not found.private:
        raise XlingualError(
            f"--to {repository}: is there and public; add --public to send to it, or write another name"
        )
    files = tuple(
        (path.relative_to(folder).as_posix(), path.stat().st_size)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith(".")
    )
    address = f"{api.endpoint}/{'datasets/' if kind == 'dataset' else ''}{repository}"
    is_private = private if found is None else bool(found.private)
    return Upload(what, folder, files, repository, kind, is_private, found is not None, address)


def send(upload: Upload) -> str:
    """Make the repository where it is not there, send the files in one commit, and return its address.

    Raises:
        XlingualError: when the hub refuses, or cannot be reached any more.
    """
    from huggingface_hub import HfApi
    from huggingface_hub.utils import are_progress_bars_disabled, disable_progress_bars, enable_progress_bars

    api, shown = HfApi(), not are_progress_bars_disabled()
    with _one_line(upload.repository), doing(f"sending {upload.bytes:,} bytes to {upload.repository}"):
        disable_progress_bars()
        try:
            if not upload.exists:
                api.create_repo(upload.repository, private=upload.private, repo_type=upload.kind)
            commit = api.upload_folder(
                repo_id=upload.repository,
                repo_type=upload.kind,
                folder_path=upload.folder,
                allow_patterns=[name for name, _ in upload.files],
                commit_message=upload.what[:1].upper() + upload.what[1:],
            )
        finally:
            if shown:
                enable_progress_bars()
    return str(commit.commit_url)


@contextmanager
def _one_line(repository: str) -> Iterator[None]:
    """Turn what the hub's library raises into one line that says what to do."""
    from httpx import HTTPError
    from huggingface_hub.errors import HfHubHTTPError

    try:
        yield
    except HfHubHTTPError as error:
        status = error.response.status_code
        remedy = {
            401: "the token is not valid: log in again with `hf auth login`, or set HF_TOKEN",
            403: "the token may not write there: make one that may, or write a name of your own after --to",
            409: "it was made meanwhile: run the same command again",
        }.get(status, "try again later")
        raise XlingualError(f"--to {repository}: the hub refused it (HTTP status {status}); {remedy}") from error
    except (HTTPError, OSError) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise XlingualError(
            f"--to {repository}: the hub did not answer ({reason}); run the same command again"
        ) from error
    except ValueError as error:  # of the card's metadata, which the hub looks at before anything is sent
        raise XlingualError(f"--to {repository}: the hub refused it ({str(error).splitlines()[0]})") from error
