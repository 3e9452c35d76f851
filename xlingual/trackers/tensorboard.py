"""TensorBoard: a folder of event files for each run. Numbers are of 32 bits there.

An event is one record of its file, which is there whole or not at all. What a folder holds is read from its files
before anything is added, so that a killed process leaves neither a gap nor a double.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from xlingual.trackers.run import Destination, Outcome, Point, TrackedRun

USUAL = "runs"
STATES = {"finished": "STATUS_SUCCESS", "pruned": "STATUS_SUCCESS", "failed": "STATUS_FAILURE"}
STATE, TABLE = "state", "results"


class TensorBoardTracker:
    """A folder that `tensorboard --logdir` is given.

    Args:
        destination: `at` is the folder; None for `runs`.
    """

    def __init__(self, destination: Destination) -> None:
        below = [destination.project] if destination.project else []
        self._root = Path(destination.at or USUAL, *below, destination.study).expanduser().absolute()
        self._folders: dict[str, _Folder] = {}

    @property
    def place(self) -> str:
        """The study's folder."""
        return str(self._root)

    def known(self) -> Mapping[str, str]:
        """Nothing: each folder is asked when its run is sent."""
        return {}

    def send(self, run: TrackedRun) -> Outcome:
        """Append the events that the run's folder lacks; its files are closed when the run has ended."""
        if run.is_empty:
            return "waiting"
        folder = self._folders.pop(run.id, None) or _Folder(self._root / (run.name if run.arm else TABLE))
        is_new = folder.add(run)
        if run.ended is None:
            self._folders[run.id] = folder
        else:
            folder.close()
        return "sent" if is_new else "known"

    def close(self) -> None:
        """Close the files of the runs that go on."""
        for folder in self._folders.values():
            folder.close()
        self._folders.clear()


class _Folder:
    """The event files of one run: those of earlier processes, and one of this process once there is something new."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writer: Any = None
        self._numbers: set[tuple[str, int]] = set()
        self._texts: dict[str, list[bytes]] = {}
        self._marks: set[str] = set()
        for event in _events_of(path):
            self._take(event)

    def add(self, run: TrackedRun) -> bool:
        """Write what is not there; whether that was anything."""
        events = list(self._lacking(run))
        if not events:
            return False
        if self._writer is None:
            from tensorboard.summary.writer.event_file_writer import EventFileWriter

            self._writer = EventFileWriter(str(self._path))
        for event in events:
            self._writer.add_event(event)
            self._take(event)
        self._writer.flush()
        return True

    def close(self) -> None:
        """Close the file, if this process opened one."""
        if self._writer is not None:
            self._writer.close()

    def _take(self, event: Any) -> None:
        """Know what an event holds."""
        for value in event.summary.value:
            plugin = value.metadata.plugin_data.plugin_name
            if plugin == "hparams":
                self._marks.add(value.tag)
            elif plugin == "text":
                self._texts.setdefault(value.tag, []).append(value.tensor.string_val[0])
            else:
                self._numbers.add((value.tag, event.step))

    def _lacking(self, run: TrackedRun) -> Iterator[Any]:
        if "_hparams_/session_start_info" not in self._marks and run.arm:
            yield _start(run)
        for point in run.points:
            lacking = {name: number for name, number in point.values.items() if (name, point.step) not in self._numbers}
            if lacking:
                yield _numbers(point, lacking)
        if run.table is not None and self._texts.get(TABLE, [b""])[-1] != run.table.markdown.encode():
            yield _text(TABLE, run.table.markdown, len(self._texts.get(TABLE, ())), run.ended or run.started)
        if run.ended is not None and run.arm:
            said = f"{run.state}: {run.reason}" if run.reason else run.state
            if self._texts.get(STATE, [b""])[-1] != said.encode():
                yield _text(STATE, said, run.last_step, run.ended)
                yield _end(run)


def _events_of(folder: Path) -> Iterator[Any]:
    """Every whole event of a folder's files; a torn last one is none."""
    from tensorboard.backend.event_processing.event_file_loader import EventFileLoader

    for path in sorted(folder.glob("events.out.tfevents.*")):
        if path.stat().st_size:
            yield from EventFileLoader(str(path)).Load()


def _event(time: float, step: int) -> Any:
    from tensorboard.compat.proto.event_pb2 import Event

    return Event(wall_time=time, step=step)


def _numbers(point: Point, values: Mapping[str, float]) -> Any:
    event = _event(point.time, point.step)
    for name, number in values.items():
        event.summary.value.add(tag=name, simple_value=number)
    return event


def _text(tag: str, text: str, step: int, time: float) -> Any:
    from tensorboard.compat.proto.types_pb2 import DT_STRING
    from tensorboard.plugins.text.metadata import create_summary_metadata

    event = _event(time, step)
    value = event.summary.value.add(tag=tag, metadata=create_summary_metadata(tag, ""))
    value.tensor.dtype = DT_STRING
    value.tensor.string_val.append(text.encode())
    return event


def _start(run: TrackedRun) -> Any:
    """The configuration, for the page HPARAMS."""
    from tensorboard.plugins.hparams import metadata
    from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData, SessionStartInfo

    start = SessionStartInfo(group_name=run.id, start_time_secs=run.started)
    for name, value in run.configuration.items():
        if isinstance(value, bool):
            start.hparams[name].bool_value = value
        elif isinstance(value, str):
            start.hparams[name].string_value = value
        else:
            start.hparams[name].number_value = value
    return _mark(metadata.SESSION_START_INFO_TAG, HParamsPluginData(session_start_info=start), run.started)


def _end(run: TrackedRun) -> Any:
    from tensorboard.plugins.hparams import api_pb2, metadata
    from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData, SessionEndInfo

    status = api_pb2.Status.Value(STATES[run.state])
    end = SessionEndInfo(status=status, end_time_secs=run.ended)
    return _mark(metadata.SESSION_END_INFO_TAG, HParamsPluginData(session_end_info=end), run.ended or run.started)


def _mark(tag: str, content: Any, time: float) -> Any:
    from tensorboard.plugins.hparams import metadata

    event = _event(time, 0)
    event.summary.value.add(tag=tag, metadata=metadata.create_summary_metadata(content), tensor=metadata.NULL_TENSOR)
    return event
