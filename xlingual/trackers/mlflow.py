"""MLflow: an experiment for each study, on a server or in a local database.

A run carries its identity and the digest of what it holds whole as tags. Where the digest is missing, the metrics' own
histories say what was sent.
"""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from xlingual.trackers.run import Destination, Outcome, Table, TrackedRun

ID, DIGEST = "xlingual_run", "xlingual_digest"
STATES = {"finished": "FINISHED", "pruned": "KILLED", "failed": "FAILED"}
METRICS, PARAMETERS, PAGE, LONGEST = 1000, 100, 1000, 5000
"""Most metrics and parameters of one request, most runs of an answer, most characters of a value."""


class MlflowTracker:
    """An experiment of MLflow.

    Args:
        destination: `at` is a tracking URI or a directory, which gets a database; None for `MLFLOW_TRACKING_URI`, or
            MLflow's own.
    """

    def __init__(self, destination: Destination) -> None:
        os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")  # the user asked for a tracker, not for this
        os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "WARNING")  # or the making of a database goes into the live table
        import mlflow

        folder = Path(destination.at).expanduser().absolute() if destination.at and ":" not in destination.at else None
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
        uri = f"sqlite:///{folder}/mlflow.db" if folder is not None else destination.at
        self._mlflow: Any = mlflow
        self._client = mlflow.MlflowClient(tracking_uri=uri)
        self._name = destination.group
        self._where = uri or mlflow.get_tracking_uri()
        found = self._client.get_experiment_by_name(self._name)
        artifacts = {"artifact_location": (folder / "artifacts").as_uri()} if folder is not None else {}
        self._experiment = found.experiment_id if found else self._client.create_experiment(self._name, **artifacts)
        self._study = destination.study
        self._runs: dict[str, str] = {}
        self._parent: str | None = None
        self._sent: dict[str, set[tuple[str, int]]] = {}

    @property
    def place(self) -> str:
        """The experiment and its server or database."""
        return f"experiment {self._name} at {self._where}"

    def known(self) -> Mapping[str, str]:
        """The digests that the experiment's runs carry."""
        found: dict[str, str] = {}
        for run in self._pages():
            tags = run.data.tags
            if ID in tags:
                self._runs[tags[ID]] = run.info.run_id
                found[tags[ID]] = tags.get(DIGEST, "")
                if (tags["study"], tags["kind"]) == (self._study, "study"):
                    self._parent = run.info.run_id
        return found

    def send(self, run: TrackedRun) -> Outcome:
        """Make the run if it is not there, add what it lacks, and mark it as whole at last."""
        run_id = self._runs.get(run.id)
        if run_id is None:
            run_id = self._runs[run.id] = self._created(run)
            self._sent[run.id] = set()
        elif run.id not in self._sent:
            self._sent[run.id] = self._history(run_id)
        if run.kind == "study":
            self._parent = run_id
        self._add(run_id, run)
        if run.table is not None:
            self._client.log_text(run_id, _csv(run.table), "results.csv")
        if run.ended is not None:
            self._client.set_terminated(run_id, STATES[run.state], int(1000 * run.ended))
            self._sent.pop(run.id)
        self._tag(run_id, {"state": run.state, "reason": (run.reason or "")[:LONGEST]})
        self._tag(run_id, {DIGEST: run.digest})
        return "sent"

    def close(self) -> None:
        """Do nothing: every request was answered."""

    def _created(self, run: TrackedRun) -> str:
        parent = {"mlflow.parentRunId": self._parent} if self._parent else {}
        tags = {ID: run.id, "study": self._study, "kind": run.kind, "arm": run.arm, **parent}
        made = self._client.create_run(self._experiment, int(1000 * run.started), tags, run.name)
        return str(made.info.run_id)

    def _add(self, run_id: str, run: TrackedRun) -> None:
        """Send parameters and the metrics that are not there, in as few requests as MLflow takes."""
        entities, sent = self._mlflow.entities, self._sent[run.id]
        parameters = [entities.Param(_key(name), str(value)[:LONGEST]) for name, value in run.configuration.items()]
        metrics = [
            entities.Metric(_key(name), value, int(1000 * point.time), point.step)
            for point in run.points
            for name, value in point.values.items()
            if (_key(name), point.step) not in sent
        ]
        for part in _parts(parameters, PARAMETERS):
            self._client.log_batch(run_id, params=part)
        for part in _parts(metrics, METRICS):
            self._client.log_batch(run_id, metrics=part)
            sent |= {(metric.key, metric.step) for metric in part}

    def _tag(self, run_id: str, tags: Mapping[str, str]) -> None:
        self._client.log_batch(run_id, tags=[self._mlflow.entities.RunTag(*tag) for tag in tags.items()])

    def _history(self, run_id: str) -> set[tuple[str, int]]:
        """Every metric and step that a run of an earlier process holds."""
        names = self._client.get_run(run_id).data.metrics
        return {(name, one.step) for name in names for one in self._client.get_metric_history(run_id, name)}

    def _pages(self) -> Iterator[Any]:
        token: str | None = None
        while True:
            page = self._client.search_runs([self._experiment], max_results=PAGE, page_token=token)
            yield from page
            token = page.token
            if not token:
                return


def _key(name: str) -> str:
    """A name of the characters that MLflow takes."""
    return re.sub(r"[^\w\-. /]", "_", name)[:250]


def _parts(items: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]


def _csv(table: Table) -> str:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows([table.columns, *table.rows])
    return stream.getvalue()
