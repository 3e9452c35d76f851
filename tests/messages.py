"""Messages to users by letter, all in one file, so that new wording changes that file alone.

Tests look for what a message has to say: names, values, lines. Its letters are in `messages.txt`, by test and case.
`pytest --update-messages FILE ...` writes those of whole test files anew; read the difference before you commit it.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

FILE = Path(__file__).with_suffix(".txt")
Key = tuple[str, str]


class Messages:
    """Messages by test and case, as the file has them and as they are told now."""

    def __init__(self, file: Path = FILE, update: bool = False) -> None:
        self.file, self.update = file, update
        self.known = dict(_parse(file.read_text(encoding="utf-8"))) if file.exists() else {}
        self.told: dict[Key, str] = {}

    def compare(self, test: str, case: str, message: str) -> None:
        """Compare a message with the file's; with `update`, keep it for the file.

        Raises:
            AssertionError: the file has another message of this case or none, or the case was told another one.
        """
        key = (test, case.strip().replace("\n", r"\n") or "-")
        assert self.told.setdefault(key, message) == message, f"two messages of one case: {key}"
        if not self.update:
            assert message == self.known.get(key), f"not as in {self.file.name}; pytest --update-messages writes it"

    def write(self) -> None:
        """Write the file: of tests that ran what they told, of all others what the file had."""
        ran = {test for test, _ in self.told}
        entries = {key: message for key, message in self.known.items() if key[0] not in ran} | self.told
        text = ""
        for test, cases in groupby(sorted(entries), key=lambda key: key[0]):
            text += f"{test}\n"
            for key in cases:
                text += f"  {key[1]}\n" + "".join(f"    {line}\n" for line in entries[key].split("\n"))
        self.file.write_text(text, encoding="utf-8")


def _parse(text: str) -> Iterator[tuple[Key, str]]:
    """The messages of a file: tests, below them their cases, below these the lines of a message."""
    test, case, lines = "", "", list[str]()
    for line in [*text.splitlines(), ""]:
        if line.startswith("    "):
            lines.append(line[4:])
            continue
        if lines:
            yield (test, case), "\n".join(lines)
            lines = []
        test, case = (test, line[2:]) if line.startswith("  ") else (line, "")
