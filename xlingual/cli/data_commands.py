"""`xlingual data COMMAND`: look at training data before a study does."""

from __future__ import annotations

import typer

from xlingual.cli.data_contamination import contamination
from xlingual.cli.data_webfaq import webfaq

data = typer.Typer(no_args_is_help=True, rich_markup_mode="markdown", help="Inspect training data before a study.")
data.command()(webfaq)
data.command()(contamination)
