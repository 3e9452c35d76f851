"""A study at a URL: each machine works in a folder of its own, its mirror, and the object store is what counts.

Every write goes to the store first, and to the mirror's file only then: what is written is in the store, whole or not
at all. Whoever takes a lock brings the mirror up to date (`refresh`); checkpoints and models are fetched when they are
needed (`fetch`). Folders that are attached to no URL are not touched by any of this.

    NAME/study.json          an object for each file that is written whole
    NAME/journal.jsonl/00000007   a part for each append to a journal, created only if it is absent, so that two writers
                             cannot both append; one that begins with an empty line replaces all before it
    NAME/trials/FP/model/    files of a folder that appears as a whole: it is there when its `xlingual.json` is, which
                             is put last

Local alone are whatever begins with a dot, columns of predictions, and what Ray keeps and says. A file's state in the
store is noted in `.NAME.mirror/`; its lock keeps processes of one machine from mixing two states.
"""

from __future__ import annotations

import fcntl
import json
import re
import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import IO, NamedTuple, Protocol

from xlingual.activity import doing
from xlingual.errors import RecordError, RecordLocked
from xlingual.records.layout import FOLDER_MARK, is_large, is_local
from xlingual.records.remote import Listed, Remote
from xlingual.records.whole_file import put_in_place

PARTS = 64
"""Appended parts of a journal after which they are joined to one."""

AT_ONCE = 16
"""Files that are brought up to date side by side."""

_PART = re.compile(r"(?P<file>.+\.jsonl)/(?P<number>\d{8})")
_REPLACES = b"\n"


class Claim(Protocol):
    """A lock that this process holds in the store."""

    def check(self) -> None:
        """Raise RecordLocked when another process has taken it over."""


class Sign(NamedTuple):
    """A lock's state in the store, and when its holder gave it, in seconds of a clock of this process."""

    tag: str
    seen: float


@dataclass(frozen=True, slots=True)
class State:
    """What a mirror's file holds.

    Attributes:
        tag: of the object, or of a journal's last part.
        size: of the file in bytes.
        through: number of a journal's last part.
        since: number of the first part that counts.
    """

    tag: str = ""
    size: int = 0
    through: int = 0
    since: int = 1


NOTHING = State()


class Mirror:
    """A folder on this machine and the objects below a URL.

    Args:
        root: the folder.
        remote: the objects.
    """

    def __init__(self, root: Path, remote: Remote) -> None:
        self.root, self.remote = root, remote
        self.claims: list[Claim] = []
        self.signs: dict[str, Sign] = {}
        self._states = root.with_name(f".{root.name}.mirror")

    def key_of(self, path: Path) -> str | None:
        """The key of a file; None for what is local alone, or elsewhere."""
        if not path.is_relative_to(self.root):
            return None
        key = path.relative_to(self.root).as_posix()
        return None if is_local(key) else key

    @contextmanager
    def putting(self, key: str, source: Path) -> Iterator[None]:
        """Put a file; inside the context it is moved into its place here."""
        self._check_claims()
        with self._locked(key) as note, doing(f"writing to {self.remote.url}"):
            tag = self.remote.put(key, source if source.stat().st_size > 1 << 20 else source.read_bytes())
            yield
            note.write(State(tag.e_tag, self._size(key)))

    @contextmanager
    def appending(self, key: str, line: bytes) -> Iterator[None]:
        """Append to a journal; inside the context the same is done to the file here."""
        self._check_claims()
        with self._locked(key) as note, doing(f"writing to {self.remote.url}"):
            known = note.read()
            if known == NOTHING:  # parts may be there that were never read here
                known = self._renew_journal(key, note, self.remote.list(key))
            known = self._add_part(key, known, line)
            yield
            known = State(known.tag, self._size(key), known.through, known.since)
            note.write(known)
            if known.through - known.since >= PARTS:
                note.write(self._replace_parts(key, known, (self.root / key).read_bytes()))

    @contextmanager
    def rewriting(self, key: str, source: Path) -> Iterator[None]:
        """Replace all of a journal; inside the context the file is moved into its place here."""
        self._check_claims()
        with self._locked(key) as note:
            known = note.read()
            if known == NOTHING:
                known = self._renew_journal(key, note, self.remote.list(key))
            known = self._replace_parts(key, known, source.read_bytes())
            yield
            note.write(known)

    @contextmanager
    def putting_folder(self, key: str, source: Path) -> Iterator[None]:
        """Put a folder's files, its mark last; inside the context it is moved into its place here."""
        self._check_claims()
        files = sorted(path for path in source.rglob("*") if path.is_file() and path.name != FOLDER_MARK)
        with doing(f"writing to {self.remote.url}"):
            self.remote.delete([f"{key}/{FOLDER_MARK}"])
            states = {}
            for path in [*files, source / FOLDER_MARK]:
                name = f"{key}/{path.relative_to(source).as_posix()}"
                states[name] = State(self.remote.put(name, path).e_tag, path.stat().st_size)
            stale = [found.key for found in self.remote.list(key) if found.key not in states]
            self.remote.delete(stale)
        yield
        for name, state in states.items():
            with self._locked(name) as note:
                note.write(state)

    def remove(self, keys: Sequence[str]) -> None:
        """Delete files, there or not, in the store and here."""
        self._check_claims()
        self.remote.delete(keys)
        for key in keys:
            with self._locked(key) as note:
                self._drop(key, note)

    def exists(self, key: str) -> bool:
        """Whether the store has a file."""
        return self.remote.head(key) is not None

    def refresh(self, prefix: str = "") -> None:
        """Bring the files below a folder up to date, all but large ones: what the store has not goes here, too."""
        found: dict[str, list[Listed]] = {}
        listed = self.remote.list(prefix)
        marked = {each.key.removesuffix(FOLDER_MARK) for each in listed if each.key.endswith(f"/{FOLDER_MARK}")}
        for each in listed:
            part = _PART.fullmatch(each.key)
            key = part["file"] if part else each.key
            if not (is_large(key) or is_local(key) or _is_of_unfinished(key, marked)):
                found.setdefault(key, []).append(each)
        changed = [key for key in {*found, *self._noted(prefix)} if not self._is_current(key, found.get(key, []))]
        with doing(f"reading {self.remote.url}", len(changed)) as activity, ThreadPoolExecutor(AT_ONCE) as pool:
            for _ in pool.map(lambda key: self._renew(key, found.get(key, []), marked), changed):
                activity.advance()

    def fetch(self, key: str) -> None:
        """Bring one file up to date, of any size."""
        with self._locked(key) as note:
            now = self.remote.head(key)
            if now is None:
                self._drop(key, note)
            elif not self._holds(key, note.read(), now):
                with doing(f"reading {self.remote.url}"):
                    self._download(key, note)

    def fetch_folder(self, key: str) -> None:
        """Bring all files of a folder up to date, of any size."""
        names = [each.key for each in self.remote.list(key)]
        if f"{key}/{FOLDER_MARK}" in names:
            for name in names:
                self.fetch(name)

    def _check_claims(self) -> None:
        for claim in self.claims:
            claim.check()

    def _add_part(self, key: str, known: State, content: bytes) -> State:
        number = known.through + 1
        tag = self.remote.create(_part_key(key, number), content)
        if tag is None:
            raise RecordLocked(
                f"{self.remote.url}/{key}: another process writes there; this one stops without writing. Let one "
                "command at a time run a study"
            )
        return State(tag.e_tag, known.size, number, known.since)

    def _replace_parts(self, key: str, known: State, content: bytes) -> State:
        new = self._add_part(key, known, _REPLACES + content)
        old = [each.key for each in self.remote.list(key) if each.key < _part_key(key, new.through)]
        self.remote.delete(old)
        return State(new.tag, len(content), new.through, new.through)

    def _is_current(self, key: str, found: Sequence[Listed]) -> bool:
        """Whether a file here is what the store listed; also where neither has it."""
        known = self._peek(key)
        if not found:
            return known == NOTHING
        last = max(found, key=lambda each: each.key)
        return self._holds(key, known, last) and (last.key == key or known.through == _number(last))

    def _holds(self, key: str, known: State, now: Listed) -> bool:
        return known.tag == now.tag.e_tag and known.size == self._size(key)

    def _renew(self, key: str, found: Sequence[Listed], marked: set[str]) -> None:
        """Bring one file up to date under its lock, by what the store has now."""
        with self._locked(key) as note:
            if _is_of_unfinished(key, marked):
                self._drop(key, note)
                return
            if found and found[0].key != key:
                # parts that were listed before the lock was taken are the latest if nobody here has written any
                self._renew_journal(key, note, found if note.read() == NOTHING else self.remote.list(key))
                return
            now = self.remote.get(key)
            if now is not None:
                put_in_place(self.root / key, partial(_fill, now[0]))
                note.write(State(now[1].e_tag, len(now[0])))
            elif not found and (parts := self.remote.list(key)):
                self._renew_journal(key, note, parts)
            else:
                self._drop(key, note)

    def _renew_journal(self, key: str, note: Note, parts: Sequence[Listed]) -> State:
        """Make a journal's file what its parts are."""
        known = note.read()
        for _ in range(5):
            new = self._joined(key, known, parts)
            if new is not None:
                state, content = new
                put_in_place(self.root / key, partial(_fill, content))
                note.write(state)
                return state
            parts = self.remote.list(key)  # parts were joined meanwhile
            if not parts:
                break
        self._drop(key, note)
        return NOTHING

    def _joined(self, key: str, known: State, parts: Sequence[Listed]) -> tuple[State, bytes] | None:
        """Join parts to a journal's content, with what is here already; None where one is gone."""
        parts = sorted((part for part in parts if _PART.fullmatch(part.key)), key=_number)
        if not parts:
            return None
        content, since, follows = b"", 1, 0
        seen = [part for part in parts if _number(part) == known.through]
        if seen and self._holds(key, known, seen[0]):
            content, since, follows = (self.root / key).read_bytes(), known.since, known.through
        with ThreadPoolExecutor(AT_ONCE) as pool:
            fresh = [part for part in parts if _number(part) > follows]
            read = list(pool.map(lambda part: self.remote.get(part.key), fresh))
        for part, got in zip(fresh, read, strict=True):
            if got is None:
                return None
            if got[0].startswith(_REPLACES):
                content, since, follows = got[0].removeprefix(_REPLACES), _number(part), _number(part)
            elif _number(part) == follows + 1:
                content, follows = content + got[0], follows + 1
        last = parts[-1]
        if follows != _number(last):
            raise RecordError(
                f"{self.remote.url}/{key}: part {follows + 1:08d} is missing; restore it from a backup or an older "
                "version of the bucket"
            )
        return State(last.tag.e_tag, len(content), _number(last), since), content

    def _download(self, key: str, note: Note) -> None:
        found: list[Listed | None] = []
        put_in_place(self.root / key, lambda made: found.append(self.remote.download(key, made)))
        if found[0] is not None:
            note.write(State(found[0].tag.e_tag, found[0].size))

    def _drop(self, key: str, note: Note) -> None:
        path = self.root / key
        if path.name == FOLDER_MARK:
            shutil.rmtree(path.parent, ignore_errors=True)
        path.unlink(missing_ok=True)
        note.write(NOTHING)

    def _size(self, key: str) -> int:
        try:
            return (self.root / key).stat().st_size
        except OSError:
            return -1

    @contextmanager
    def _locked(self, key: str) -> Iterator[Note]:
        path = self._states / key
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a+", encoding="utf-8") as stream:
            fcntl.flock(stream.fileno(), fcntl.LOCK_EX)
            yield Note(stream)

    def _peek(self, key: str) -> State:
        try:
            return _state((self._states / key).read_text(encoding="utf-8"))
        except OSError:
            return NOTHING

    def _noted(self, prefix: str) -> Iterator[str]:
        """Keys of the files below a folder that came from the store or went there, but for large ones."""
        for path in (self._states / prefix).rglob("*"):
            key = path.relative_to(self._states).as_posix()
            if path.is_file() and not is_large(key):
                yield key


class Note:
    """The note on one file's state, while this process holds its lock."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream

    def read(self) -> State:
        """Return the state; NOTHING where nothing is known."""
        self._stream.seek(0)
        return _state(self._stream.read())

    def write(self, state: State) -> None:
        """Note a state."""
        self._stream.seek(0)
        self._stream.truncate()
        if state != NOTHING:
            json.dump(asdict(state), self._stream)
        self._stream.flush()


def _state(text: str) -> State:
    try:
        return State(**json.loads(text))
    except (ValueError, TypeError):  # empty, or torn by a crash
        return NOTHING


def _fill(content: bytes, path: Path) -> None:
    path.write_bytes(content)


def _part_key(key: str, number: int) -> str:
    return f"{key}/{number:08d}"


def _number(part: Listed) -> int:
    return int(part.key.rpartition("/")[2])


def _is_of_unfinished(key: str, marked: set[str]) -> bool:
    """Whether a file is of a folder that is not there as a whole."""
    folder = re.match(r"trials/[^/]+/model/", key)
    return folder is not None and folder[0] not in marked
