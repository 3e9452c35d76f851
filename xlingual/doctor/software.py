"""Python and packages against the ranges that this package declares, read from its own metadata."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, metadata, version

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from xlingual.doctor.finding import OK, PROBLEM, WARNING, Finding

_PYTHON = "Programming Language :: Python :: "


@dataclass(frozen=True, slots=True)
class Software:
    """Versions of this process, and those that the package asks for.

    Attributes:
        python: version of the interpreter.
        python_range: that the package may be installed on, such as `>=3.10`.
        python_tested: such as ("3.11",); empty where the metadata names none.
        required: ranges by package; None where the package itself is not installed.
        installed: versions by package; those that are missing are left out.
    """

    python: str
    python_range: str
    python_tested: tuple[str, ...]
    required: Mapping[str, str] | None
    installed: Mapping[str, str]

    @classmethod
    def here(cls) -> Software:
        """Look at this process."""
        try:
            about = metadata("xlingual")
        except PackageNotFoundError:
            return cls(platform.python_version(), "", (), None, {})
        needed = [Requirement(line) for line in about.get_all("Requires-Dist") or ()]
        ranges = {each.name: str(each.specifier) for each in needed if not each.marker or each.marker.evaluate()}
        tested = [line.removeprefix(_PYTHON) for line in about.get_all("Classifier") or () if line.startswith(_PYTHON)]
        found = {name: there for name in ranges if (there := _version(name)) is not None}
        return cls(platform.python_version(), about["Requires-Python"] or "", tuple(tested), ranges, found)


def check_python(software: Software) -> Finding:
    """Compare the interpreter with what is supported and tested."""
    here, tested = software.python, " and ".join(software.python_tested)
    if here not in SpecifierSet(software.python_range):
        return Finding("Python", PROBLEM, f"{here}, and {software.python_range} is needed", "install Python 3.11")
    if tested and ".".join(here.split(".")[:2]) not in software.python_tested:
        return Finding("Python", WARNING, f"{here}, tested is {tested}", f"use Python {tested} where something fails")
    return Finding("Python", OK, f"{here} ({f'tested: {tested}' if tested else software.python_range or 'any'})")


def check_packages(software: Software) -> Iterator[Finding]:
    """Compare every package that is needed with its range: one line if all fit, else one for each that does not."""
    if software.required is None:
        yield Finding("packages", PROBLEM, "xlingual is not installed here", "write `pip install .` in its folder")
        return
    wrong = 0
    for name, wanted in sorted(software.required.items()):
        there = software.installed.get(name)
        if there is None or not SpecifierSet(wanted).contains(there, prereleases=True):
            wrong += 1
            found = f"{there or 'missing'}, tested is {_in_words(wanted)}"
            yield Finding(name, PROBLEM, found, f"write `pip install '{name}{wanted}'`")
    if not wrong:
        shown = ", ".join(f"{name} {software.installed[name]}" for name in _FIRST if name in software.installed)
        yield Finding("packages", OK, f"all {len(software.required)} in the tested ranges ({shown})")


_FIRST = ("ray", "torch", "transformers", "optuna", "datasets")


def _in_words(wanted: str) -> str:
    parts = sorted(wanted.split(","), key=lambda part: part.startswith("<"))
    return " and ".join(parts) or "any"


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
