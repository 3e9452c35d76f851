"""A study: the contents of a study file as one frozen object."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, PrivateAttr, ValidationInfo, field_validator

from xlingual.study.arms import Arm
from xlingual.study.benchmarks import Benchmark
from xlingual.study.data import TOY, DataSettings, ToySettings
from xlingual.study.derived import Space
from xlingual.study.leaves import Flag, Name, Source, Text
from xlingual.study.lengths import Lengths
from xlingual.study.objectives import WEBFAQ_DEV, default_objective
from xlingual.study.pairs import PairSettings
from xlingual.study.scaling import ScalingSettings
from xlingual.study.search import ReplicateSettings, SearchSettings
from xlingual.study.section import LeafDoc, Section
from xlingual.study.study_lengths import StudyLengths
from xlingual.study.text_to_text import TextToTextSettings
from xlingual.study.trackers import Trackers
from xlingual.study.training import TrainingSettings
from xlingual.study.windows import WindowSettings


def _section_of_nothing(value: Any) -> Any:
    return {} if value is None else value


class Study(Section):
    """One question: the data, the arms, the budget, and the search.

    `name` names the directory of its records, STORAGE/NAME, below `storage`. `question` says in words what is asked;
    the plan and model cards show it. `model` is the pretrained model of every arm that names none. With `oracle: true`
    the objective may be a score on the test set, and every table is marked ORACLE. `trackers` names those that are
    shown the study while it runs; they decide no number.
    """

    name: Name
    question: Text
    model: Source
    toy: ToySettings = Field(default_factory=ToySettings)
    data: DataSettings
    windows: WindowSettings = Field(default_factory=WindowSettings)
    text_to_text: TextToTextSettings = Field(default_factory=TextToTextSettings)
    pairs: PairSettings = Field(default_factory=PairSettings)
    training: Space[TrainingSettings]
    arms: Annotated[
        dict[Name, Annotated[Arm, BeforeValidator(_section_of_nothing)]],
        Field(min_length=1),
        LeafDoc("a mapping from the name of each arm to what it changes", "{baseline: {baseline: true}}"),
    ]
    search: SearchSettings
    oracle: Flag = False
    replicates: ReplicateSettings = Field(default_factory=ReplicateSettings)
    scaling: ScalingSettings = Field(default_factory=ScalingSettings)
    storage: Text = "xlingual_studies"
    trackers: Trackers = Field(default_factory=dict)

    _source_text: str = PrivateAttr("")

    @field_validator("search")
    @classmethod
    def _fill_objective(cls, search: SearchSettings, known: ValidationInfo) -> SearchSettings:
        data: DataSettings | None = known.data.get("data")
        if data is None or "objective" in search.model_fields_set:
            return search
        objective = default_objective(data.test.headline.benchmark.metrics)
        return SearchSettings.model_construct(search.model_fields_set, **{**dict(search), "objective": objective})

    @property
    def source_text(self) -> str:
        """The study file as written."""
        return self._source_text

    @property
    def directory(self) -> Path:
        """Directory of the study's records: STORAGE/NAME."""
        return Path(self.storage) / self.name

    @property
    def encoder_lengths(self) -> Lengths:
        """Lengths of the inputs of encoders on the study's task."""
        return self.pairs if self.task_benchmark.of_pairs else self.windows

    @property
    def lengths(self) -> StudyLengths:
        """Lengths of the inputs of every kind of model."""
        return StudyLengths(self.windows, self.text_to_text, self.pairs)

    @property
    def baseline(self) -> str:
        """The name of the baseline arm."""
        return next(name for name, arm in self.arms.items() if arm.baseline)

    @property
    def task_benchmark(self) -> Benchmark:
        """The headline test set, whose task is the study's."""
        return self.data.test.headline.benchmark

    @property
    def uses_webfaq_dev(self) -> bool:
        """Whether the objective is scored on FAQ hosts that are held out."""
        return any(score.startswith(f"{WEBFAQ_DEV}.") for score in self.search.summands)

    @property
    def uses_toy(self) -> bool:
        """Whether the study is in the toy world, whose scores do not carry over to real languages."""
        return self.data.train == TOY


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a study file.

    It covers keys, types and limits; checks across sections are left to load_study.
    """
    dialect = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return {**dialect, **Study.model_json_schema(), "title": "xlingual study"}
