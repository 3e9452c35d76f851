"""Golden messages to users, all in one file, so that rewording changes only that file.

Tests check the content of a message: names, values, lines. Its wording is in `messages.txt`, by test and case.
`pytest --update-messages FILE ...` rewrites those of whole test files; review the diff before committing.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

FILE = Path(__file__).with_name("messages.txt")
Key = tuple[str, str]


class Messages:
    """Messages by test and case: those of the file and the current ones."""

    def __init__(self, file: Path = FILE, update: bool = False) -> None:
        self.file, self.update = file, update
        self.known = dict(_parse(file.read_text(encoding="utf-8"))) if file.exists() else {}
        self.told: dict[Key, str] = {}

    def compare(self, test: str, case: str, message: str) -> None:
        """Compare a message with the file's, or record it when updating.

        Raises:
            AssertionError: the file has another message for this case or none, or this case already had another one.
        """
        key = (test, case.strip().replace("\n", r"\n") or "-")
        assert self.told.setdefault(key, message) == message, f"two messages of one case: {key}"
        if not self.update:
            assert message == self.known.get(key), f"not as in {self.file.name}; pytest --update-messages writes it"

    def write(self) -> None:
        """Write the file, with new messages for tests that ran and the old ones for all others."""
        ran = {test for test, _ in self.told}
        entries = {key: message for key, message in self.known.items() if key[0] not in ran} | self.told
        text = ""
        for test, cases in groupby(sorted(entries), key=lambda key: key[0]):
            text += f"{test}\n"
            for key in cases:
                text += f"  {key[1]}\n" + "".join(f"    {line}\n" for line in entries[key].split("\n"))
        self.file.write_text(text, encoding="utf-8")


def _parse(text: str) -> Iterator[tuple[Key, str]]:
    """Parse a file of tests, their cases, and the lines of each message."""
    test, case, lines = "", "", list[str]()
    for line in [*text.splitlines(), ""]:
        if line.startswith("    "):
            lines.append(line[4:])
            continue
        if lines:
            yield (test, case), "\n".join(lines)
            lines = []
        test, case = (test, line[2:]) if line.startswith("  ") else (line, "")
