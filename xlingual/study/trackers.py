"""The trackers section: who else is shown the study's trials. It decides no number and is part of no fingerprint."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Annotated, Any, TypeAlias

from pydantic import BeforeValidator, GetJsonSchemaHandler
from pydantic_core import CoreSchema

from xlingual.extensions import registered, resolve
from xlingual.study.leaves import Text
from xlingual.study.messages import did_you_mean, shown, user_error, user_errors
from xlingual.study.section import LeafDoc, Section


@dataclass(frozen=True, slots=True)
class TrackerKind:
    """A tracker, without its library.

    Attributes:
        name: its key in a study file.
        title: what sentences call it.
        package: what Python imports; it is looked for, not imported, when a study is checked.
        install: the command that installs it.
        implementation: as `module:attribute`, a class that is called with a `xlingual.trackers.run.Destination` and is
            a `xlingual.trackers.run.Tracker`.
    """

    name: str
    title: str
    package: str
    install: str
    implementation: str

    @property
    def installed(self) -> bool:
        """Whether its library is here."""
        return find_spec(self.package) is not None

    @property
    def missing(self) -> str:
        """What is said where its library is not installed."""
        return f"{self.title} is not installed here; run {self.install}, or delete it from trackers"

    def load(self) -> Any:
        """Import the class.

        Raises:
            ExtensionError: when it cannot be imported.
        """
        return resolve(self.implementation, f"trackers: {self.name}")


def _built_in(name: str, title: str, kind: str) -> TrackerKind:
    return TrackerKind(name, title, name, f"pip install 'xlingual[{name}]'", f"xlingual.trackers.{name}:{kind}")


TRACKERS: Mapping[str, TrackerKind] = registered(
    "xlingual.trackers",
    TrackerKind,
    (
        _built_in("trackio", "trackio", "TrackioTracker"),
        _built_in("tensorboard", "TensorBoard", "TensorBoardTracker"),
        _built_in("mlflow", "MLflow", "MlflowTracker"),
        _built_in("wandb", "Weights & Biases", "WandbTracker"),
    ),
)
"""By name: those that are built in, then those of installed packages."""


class TrackerSettings(Section):
    """Where a tracker keeps what it is sent.

    `at` is a directory, or for MLflow a tracking URI; left out, the tracker decides, by its own environment variables.
    TensorBoard has none and writes below `runs`. `project` is what the tracker groups runs by (for MLflow an
    experiment, for TensorBoard a folder); left out, it is the study's name.
    """

    at: Text | None = None
    project: Text | None = None


def _by_name(value: Any) -> Any:
    """Take a list of names for a mapping without settings; refuse what is no tracker."""
    if not isinstance(value, list | tuple | Mapping):
        raise user_error(
            f"must be a list of names or a mapping from names to settings, found {shown(value)}; write for example "
            f"trackers: [{next(iter(TRACKERS))}]"
        )
    found = value if isinstance(value, Mapping) else dict(enumerate(value))
    names = list(found) if isinstance(value, Mapping) else list(value)
    faults = [(step, _fault(name, names[:place])) for place, (step, name) in enumerate(zip(found, names, strict=True))]
    if any(message for _, message in faults):
        raise user_errors([((step,), message) for step, message in faults if message])
    return {name: found[name] or {} for name in names} if isinstance(value, Mapping) else {name: {} for name in names}


def _fault(name: Any, before: Sequence[Any]) -> str:
    """What is wrong with a tracker's name, in a study file's words; empty if nothing is."""
    if not isinstance(name, str):
        return (
            f"must be a tracker's name, found {shown(name)}; settings are written as trackers: {{mlflow: {{at: URI}}}}"
        )
    if name not in TRACKERS:
        return f"unknown tracker {name!r}; {did_you_mean(name, tuple(TRACKERS))}"
    return f"{name} is named twice; delete one" if name in before else ""


class _ListToo:
    """Lets the JSON Schema take a list of names as well."""

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        mapping = {**handler(schema), "propertyNames": {"enum": list(TRACKERS)}}
        names = {"type": "array", "items": {"enum": list(TRACKERS)}, "uniqueItems": True}
        return {"anyOf": [names, mapping]}


Trackers: TypeAlias = Annotated[
    dict[str, TrackerSettings],
    BeforeValidator(_by_name),
    _ListToo(),
    LeafDoc(f"a list of {', '.join(TRACKERS)}, or a mapping from these to settings", "[trackio]"),
]
