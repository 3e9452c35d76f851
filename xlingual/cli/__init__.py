"""The command line: `xlingual COMMAND`."""

from xlingual.cli.commands import app, main
from xlingual.cli.data_commands import data

app.add_typer(data, name="data")

__all__ = ["app", "main"]
