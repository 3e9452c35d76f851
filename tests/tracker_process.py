"""A process that sends a study to a tracker, or reads what the tracker holds through its own library.

python tests/tracker_process.py send TRACKER AT STUDY_DIR [N]     killed at the Nth call that adds something
python tests/tracker_process.py read TRACKER AT PROJECT
"""

from __future__ import annotations

import json
import os
import pkgutil
import signal
import struct
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

ADDS = {
    "trackio": "trackio:SQLiteStorage.bulk_log",
    "tensorboard": "tensorboard.summary.writer.event_file_writer:EventFileWriter.add_event",
    "mlflow": "mlflow:MlflowClient.log_batch",
    "wandb": "wandb:Run.log",
}


def send(name: str, at: str, study: str, call: str = "0") -> Any:
    """Send a study; what was sent."""
    from xlingual.records.files import read_json
    from xlingual.records.layout import StudyDirectory
    from xlingual.study.trackers import TRACKERS, TrackerSettings
    from xlingual.trackers.run_reader import RunReader
    from xlingual.trackers.synchroniser import opened

    directory = StudyDirectory(Path(study))
    named = read_json(directory.study_json)["name"]
    with opened(TRACKERS[name], TrackerSettings(at=at), RunReader(directory), named) as synchroniser:
        if int(call):
            _kill_at(ADDS[name], int(call))
        return asdict(synchroniser.sync())


def _kill_at(what: str, call: int) -> None:
    owner, _, attribute = what.rpartition(".")
    kept = pkgutil.resolve_name(owner)
    before, left = getattr(kept, attribute), [call]

    def counted(*arguments: Any, **named: Any) -> Any:
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return before(*arguments, **named)

    setattr(kept, attribute, staticmethod(counted) if kept.__name__ == "SQLiteStorage" else counted)


def read_trackio(at: str, project: str) -> Iterator[dict[str, Any]]:
    os.environ["TRACKIO_DIR"] = at
    import trackio

    for run in trackio.Api().runs(project):
        rows = trackio.SQLiteStorage.get_logs(project, run_id=run.id)
        table = [row.pop("results")["_value"] for row in rows if "results" in row]
        numbers = [
            (key, row["step"], value) for row in rows for key, value in row.items() if key not in ("step", "timestamp")
        ]
        configuration = dict(run.config or {})
        state = {"state": configuration.pop("state"), "reason": configuration.pop("reason", None)}
        yield {
            "id": run.id,
            "name": run.name,
            "numbers": numbers,
            "configuration": configuration,
            "table": table,
            **state,
        }


def read_tensorboard(at: str, project: str) -> Iterator[dict[str, Any]]:
    from tensorboard.backend.event_processing.event_multiplexer import EventMultiplexer
    from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

    shown = EventMultiplexer(size_guidance={"tensors": 0, "scalars": 0})
    shown.AddRunsFromDirectory(f"{at}/{project}")
    shown.Reload()
    for name, tags in shown.Runs().items():
        numbers, texts, configuration = [], {}, {}
        for tag in tags["tensors"]:
            events = shown.Tensors(name, tag)
            plugin = shown.SummaryMetadata(name, tag).plugin_data
            if plugin.plugin_name == "text":
                texts[tag] = [event.tensor_proto.string_val[0].decode() for event in events]
            elif tag == "_hparams_/session_start_info":
                start = HParamsPluginData.FromString(plugin.content).session_start_info
                for key, value in start.hparams.items():
                    configuration[key] = getattr(value, value.WhichOneof("kind"))
            elif plugin.plugin_name == "scalars":
                numbers += [(tag, event.step, event.tensor_proto.float_val[0]) for event in events]
        (*_, said) = texts.get("state", ["running"])
        state, _, reason = said.partition(": ")
        numbers += [(tag, event.step, event.value) for tag in tags["scalars"] for event in shown.Scalars(name, tag)]
        yield {
            "name": name, "numbers": numbers, "configuration": configuration, "state": state, "reason": reason or None,
            "table": texts.get("results", []),
        }  # fmt: skip


def read_mlflow(at: str, project: str) -> Iterator[dict[str, Any]]:
    import mlflow

    client = mlflow.MlflowClient(tracking_uri=f"sqlite:///{at}/mlflow.db")
    experiment = client.get_experiment_by_name(project)
    assert experiment is not None
    for run in client.search_runs([experiment.experiment_id], max_results=1000):
        tags, names = run.data.tags, run.data.metrics
        numbers = [
            (key, one.step, one.value) for key in names for one in client.get_metric_history(run.info.run_id, key)
        ]
        files = [one.path for one in client.list_artifacts(run.info.run_id)]
        yield {
            "id": tags["xlingual_run"], "name": run.info.run_name, "numbers": numbers, "configuration": run.data.params,
            "state": tags["state"], "reason": tags["reason"] or None, "status": run.info.status, "table": files,
            "parent": tags.get("mlflow.parentRunId"), "run": run.info.run_id,
        }  # fmt: skip


def read_wandb(at: str, project: str) -> Iterator[dict[str, Any]]:
    """From the files that `wandb sync` uploads: W&B's library reads them only into its server."""
    found: dict[str, dict[str, Any]] = {}
    for file in sorted(Path(at).glob("wandb/offline-run-*/run-*.wandb")):
        run: dict[str, Any] = {}
        for record in _wandb_records(file.read_bytes()):
            kind = record.WhichOneof("record_type")
            if kind == "run":
                assert record.run.project == project
                run = found.setdefault(record.run.run_id, {"id": record.run.run_id, "numbers": [], "table": []})
                updates = {one.key: json.loads(one.value_json) for one in record.run.config.update}
                run |= {"name": record.run.display_name, "configuration": updates}
            elif kind == "history":
                row = {".".join(one.nested_key) or one.key: json.loads(one.value_json) for one in record.history.item}
                run["table"] += [row["results.nrows"]] if "results.nrows" in row else []
                numbers = {key: value for key, value in row.items() if not key.startswith(("_", "results."))}
                run["numbers"] += [(key, row["_step"], value) for key, value in numbers.items()]
            elif kind == "summary":
                for one in record.summary.update:
                    key = ".".join(one.nested_key) or one.key
                    if key in ("state", "reason"):
                        run[key] = json.loads(one.value_json)
    yield from ({"reason": None, **run} for run in found.values())


def _wandb_records(content: bytes) -> Iterator[Any]:
    """The records of a W&B file, whose format is that of LevelDB's log."""
    from wandb.proto.wandb_internal_pb2 import Record

    place, parts = 7, b""
    while place + 7 <= len(content):
        rest = 32768 - place % 32768
        if rest < 7:
            place += rest
            continue
        _, length, kind = struct.unpack("<IHB", content[place : place + 7])
        place += 7 + length
        parts += content[place - length : place]
        if kind in (1, 4):  # whole, or the last part
            yield Record.FromString(parts)
            parts = b""


READERS: dict[str, Callable[[str, str], Iterator[dict[str, Any]]]] = {
    "trackio": read_trackio, "tensorboard": read_tensorboard, "mlflow": read_mlflow, "wandb": read_wandb,
}  # fmt: skip


if __name__ == "__main__":
    command, tracker, *rest = sys.argv[1:]
    answer = send(tracker, *rest) if command == "send" else list(READERS[tracker](*rest))
    print(json.dumps(answer))
