"""The command line: `xlingual COMMAND`."""

from xlingual.cli.cluster_commands import cluster
from xlingual.cli.commands import app, main
from xlingual.cli.data_commands import data

app.add_typer(data, name="data")
app.add_typer(cluster, name="cluster")

__all__ = ["app", "main"]
