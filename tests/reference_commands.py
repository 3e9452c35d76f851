"""The reference of the commands: those of `xlingual`, and the scripts of `analysis/`."""

from __future__ import annotations

import argparse
import importlib.util
import inspect
import sys
import typing
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer
from reference_tables import GENERATED, code, table
from typer.models import ArgumentInfo, OptionInfo

from xlingual.cli import app

HEADER = ("argument or option", "default", "meaning")
INTRODUCTION = """# Commands: every option

`--help` after a command prints the same in a terminal. `STUDY` is a study file, `STUDY_DIR` the directory of its
records, `STORAGE/NAME`. A mistake ends in one message on standard error, never in a traceback."""
ANALYSES = """# Analyses: scripts over finished studies

They read records alone; figures need `matplotlib`."""


@dataclass(frozen=True)
class Word:
    """An argument or an option of a command."""

    name: str
    value: str
    required: bool
    repeated: bool
    default: str
    meaning: str

    @property
    def is_option(self) -> bool:
        """Whether it is passed by name."""
        return self.name.startswith("--")

    @property
    def written(self) -> str:
        """The word as used in a command."""
        return f"{self.name} {self.value}".strip() if self.is_option else self.value


def commands_page(root: Path) -> str:
    """Return the text of docs/commands.md."""
    texts = [GENERATED, INTRODUCTION, _list(str(app.info.epilog)), *_before_commands()]
    for path, callback in commands(app):
        texts += _command(path, *inspect.cleandoc(callback.__doc__ or "").split("\n\n", 1), words=words_of(callback))
    texts.append(ANALYSES)
    for path, parser in _scripts(root):
        texts += _command(path, parser.description or "", words=_script_words(parser))
    return "\n\n".join(texts) + "\n"


def _before_commands() -> list[str]:
    """The options that stand before a command."""
    assert app.registered_callback is not None and app.registered_callback.callback is not None
    words = words_of(app.registered_callback.callback)
    rows = [(code(word.written), word.meaning) for word in words]
    return ["Before a command, as in `xlingual --quiet run STUDY`:", table(("option", "meaning"), rows)]


def every_command(root: Path) -> dict[str, list[Word]]:
    """Every command of the page and its arguments and options."""
    found = {path: words_of(callback) for path, callback in commands(app)}
    return found | {path: _script_words(parser) for path, parser in _scripts(root)}


def commands(group: typer.Typer, path: str = "xlingual") -> Iterator[tuple[str, Callable[..., Any]]]:
    """Every command that can be run: its name in full, and its function."""
    for command in group.registered_commands:
        assert command.callback is not None
        yield f"{path} {command.name or command.callback.__name__}", command.callback
    for below in group.registered_groups:
        assert below.typer_instance is not None
        yield from commands(below.typer_instance, f"{path} {below.name}")


def words_of(callback: Callable[..., Any]) -> list[Word]:
    """The arguments and options of a command, from its function's signature."""
    hints = typing.get_type_hints(callback, include_extras=True)
    words = inspect.signature(callback).parameters.items()
    return [_word(name, one.default, hints[name]) for name, one in words if hints[name] is not typer.Context]


def _word(name: str, default: Any, annotation: Any) -> Word:
    kind, info = typing.get_args(annotation)
    assert isinstance(info, ArgumentInfo | OptionInfo)
    flag, required = kind is bool, default is inspect.Parameter.empty
    repeated = any(typing.get_origin(one) is list for one in (kind, *typing.get_args(kind)))
    is_option = isinstance(info, OptionInfo)
    named = [one for one in (info.default, *(info.param_decls or ())) if isinstance(one, str) and one.startswith("--")]
    shown = (named or [f"--{name.replace('_', '-')}"])[0] if is_option else name
    value = "" if flag else info.metavar or _value(kind, name)
    text = "" if required or default is None or flag else str(default)
    return Word(shown, value.strip("[]"), required, repeated, text, info.help or "")


def _value(kind: Any, name: str) -> str:
    if int in (kind, *typing.get_args(kind)):
        return "N"
    return name.upper()


def _command(path: str, about: str, more: str = "", *, words: list[Word]) -> list[str]:
    """Heading, description, usage, and a table of arguments and options."""
    usage = wrapped([path, *(_usage(word) for word in words)])
    rows = [(code(word.written), "*required*" if word.required else code(word.default), word.meaning) for word in words]
    texts = [
        f"## {path.removeprefix('python ')}",
        about,
        f"```\n{usage}\n```",
        more,
        table(HEADER, rows) if rows else "",
    ]
    return [text for text in texts if text]


def wrapped(parts: list[str], width: int = 100) -> str:
    """Join the parts of a command, over several lines if needed."""
    lines = [""]
    for part in parts:
        if len(lines[-1]) + len(part) >= width:
            lines.append("   ")
        lines[-1] += f" {part}" if lines[-1] else part
    return "\n".join(lines)


def _usage(word: Word) -> str:
    text = word.written if word.required else f"[{word.written}]"
    return f"{text}..." if word.repeated and not text.endswith("...") else text


def _scripts(root: Path) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """The analysis scripts, each with its option parser."""
    for file in sorted((root / "analysis").glob("*.py")):
        spec = importlib.util.spec_from_file_location(f"analysis_{file.stem}", file)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module  # dataclasses look their module up
        spec.loader.exec_module(module)
        yield f"python analysis/{file.name}", module.main.parser


def _script_words(parser: argparse.ArgumentParser) -> list[Word]:
    return [_script_word(action) for action in parser._actions if action.dest != "help"]


def _script_word(action: argparse.Action) -> Word:
    value = str(action.metavar or ("FILE" if action.type is Path else action.dest.upper()))
    name, required = (action.option_strings or [action.dest])[0], not action.option_strings
    meaning = action.help or ""
    return Word(name, value, required, action.nargs == "+", "", f"{meaning[:1].upper()}{meaning[1:]}.")


def _list(epilog: str) -> str:
    """The exit statuses as a list."""
    head, _, rest = epilog.partition(": ")
    return "\n".join([f"{head}:", "", *(f"- {one.strip().rstrip('.')}" for one in rest.split(";"))])
