"""Options before the command: `xlingual --version`, `xlingual --quiet COMMAND`."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as version_of
from typing import Annotated

import typer

import xlingual
from xlingual.activity import NORMAL, QUIET, VERBOSE, told
from xlingual.errors import XlingualError

SHOWN = ("ray", "optuna", "torch", "transformers", "datasets")
"""Packages whose versions decide numbers, or what a cluster accepts."""


def version_line() -> str:
    """This package's version and those that matter with it, without importing any of them."""
    found = ", ".join(f"{package} {_version(package)}" for package in SHOWN)
    return f"xlingual {xlingual.__version__} (Python {platform.python_version()}, {found})"


def global_options(
    context: typer.Context,
    version: Annotated[
        bool,
        typer.Option(
            "--version", is_eager=True, callback=lambda asked: _print_version(asked), help="Print versions, and end."
        ),
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print errors and results alone, no progress.")] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", help="Print libraries' logs on standard error, which go to a file otherwise.")
    ] = False,
) -> None:
    """Take the options that stand before a command."""
    if quiet and verbose:
        raise XlingualError("--quiet and --verbose exclude each other; leave out one of the two")
    context.with_resource(told(QUIET if quiet else VERBOSE if verbose else NORMAL))


def _print_version(asked: bool) -> None:
    if asked:
        print(version_line())
        raise typer.Exit


def _version(package: str) -> str:
    try:
        return version_of(package)
    except PackageNotFoundError:
        return "missing"
