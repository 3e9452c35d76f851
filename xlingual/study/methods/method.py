"""What a method of robust training says of itself, without torch: its settings, checks, costs, conflicts and texts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

from xlingual.extensions import resolve
from xlingual.study.derived import VOIDABLE
from xlingual.study.document import Document, Path
from xlingual.study.finding import Finding
from xlingual.study.methods.setting_texts import joined, setting
from xlingual.study.methods.words import WordSource
from xlingual.study.section import Section
from xlingual.study.space import values

S = TypeVar("S", bound=Section)


@dataclass(frozen=True, slots=True)
class Written:
    """A method's settings as a study file writes them.

    Attributes:
        settings: an instance of the method's space: each leaf is a value or a search space.
        path: of the settings in the file.
        document: the file.
        fewest_reports: that a trial of the arm may have; None where that is not known.
    """

    settings: Any
    path: Path
    document: Document
    fewest_reports: int | None = None

    def writes(self, key: str) -> bool:
        """Whether the file itself writes a setting, not its default."""
        return self.document.writes((*self.path, key))

    def finding(self, key: str, message: str) -> Finding:
        """Return a problem at a setting's line; the message says what was found and what to write instead."""
        return Finding((*self.path, key), message)


@dataclass(frozen=True, slots=True)
class Void:
    """A setting that has no effect while another one has a certain value.

    Attributes:
        key: of the setting without effect.
        by: key of the setting that decides.
        value: of the setting that decides.
        reason: why, for the message to whoever writes `key` all the same.
        remedy: what to write for `by` instead.
    """

    key: str
    by: str
    value: Any
    reason: str
    remedy: str


class Method(Generic[S]):
    """One method of robust training; subclass one of `PerturbingMethod`, `TextMethod` and `AveragingMethod`.

    Attributes:
        name: its key under `robust` in a study file.
        settings: the class of its settings; their search space is derived from it.
        implementation: what does the work, as `module:attribute`; imported only when a trial trains.
        strength: the setting that turns the method off by being 0; empty where there is none.
        voids: settings that others make void.
        once: what only one method of a trial may do, as in "both perturb the model"; empty where any number may.
        excludes: names of other methods that do not go together with this one, and what to write instead.
        short: the word for it in tables; its name by default.
    """

    name: ClassVar[str]
    settings: type[S]
    implementation: ClassVar[str]
    strength: ClassVar[str] = ""
    voids: ClassVar[tuple[Void, ...]] = ()
    once: ClassVar[str] = ""
    excludes: ClassVar[Mapping[str, str]] = {}
    short: ClassVar[str] = ""

    @property
    def title(self) -> str:
        """What the method is called in a sentence, as in a model's card."""
        return self.name.replace("_", " ")

    def load(self) -> Any:
        """Import the implementation.

        Raises:
            ExtensionError: when it cannot be imported.
        """
        return resolve(self.implementation, f"robust.{self.name}")

    def plain(self, drawn: Mapping[str, Any], dictionaries: tuple[str, ...] = ()) -> S | None:
        """Return drawn settings without those that have no effect; None where the method changes nothing.

        Args:
            drawn: plain values.
            dictionaries: languages that `data.dictionaries` names.
        """
        fields, kept = self.settings.model_fields, dict(drawn)
        for void in self.voids:
            if kept.get(void.by, fields[void.by].default) == void.value:
                kept.pop(void.key, None)
                if VOIDABLE in fields[void.key].metadata:
                    kept[void.key] = None
        settings = self.settings.model_validate(kept)
        return None if self.changes_nothing(settings) else self.completed(settings, dictionaries)

    def changes_nothing(self, settings: S) -> bool:
        """Whether a trial of these settings trains and scores as one without the method."""
        return bool(self.strength) and getattr(settings, self.strength) == 0

    def completed(self, settings: S, dictionaries: tuple[str, ...]) -> S:
        """Return the settings with what they leave to the study's data; arguments as those of `plain`."""
        return settings

    def findings(self, written: Written) -> Iterator[Finding]:
        """Yield what is wrong with settings that a study file writes, beyond what their types refuse."""
        yield from self.void_settings(written)
        yield from self.without_effect(written)

    def void_settings(self, written: Written) -> Iterator[Finding]:
        """Yield the settings that the file writes although others always make them void."""
        for void in self.voids:
            if values(getattr(written.settings, void.by)) == (void.value,) and written.writes(void.key):
                yield written.finding(void.key, f"{void.reason}; delete this line, or {void.remedy}")

    def without_effect(self, written: Written, *instead: str) -> Iterator[Finding]:
        """Yield a strength that is always 0; `instead` are other remedies than a larger one."""
        key = self.strength
        if key and getattr(written.settings, key) == 0:
            remedies = ", ".join([f"write a {key} above 0", *instead])
            yield written.finding(
                key,
                f"a {key} of 0 changes nothing, so that the arm trains as without {self.name}; {remedies}, or delete "
                f"{self.name}",
            )

    def text(self, settings: Mapping[str, Any]) -> str:
        """Return a short text for tables, from recorded settings, of which any may be missing."""
        return joined(self.short or self.name, setting(settings, self.strength))

    def languages(self, settings: S) -> tuple[str, ...]:
        """Return the languages, other than English, whose words a trial trains on because of this method."""
        return ()


class PerturbingMethod(Method[S]):
    """A method that perturbs what the model makes of its inputs.

    Its implementation is called with settings and model, and is a `xlingual.robust.RobustTraining`.

    Attributes:
        deciding: settings that the number of passes follows from; None where any may.
    """

    once = "perturb the model"
    deciding: ClassVar[tuple[str, ...] | None] = None

    def passes(self, settings: S) -> int:
        """Return how often each example goes forward and backward through the model in one update.

        Passes whose gradient is taken for the perturbation alone count like all others.
        """
        raise NotImplementedError(f"{type(self).__name__} does not say how many passes it takes")

    def rounded_in_bf16(self, settings: Any) -> tuple[str, ...]:
        """Return the magnitudes, of settings or their space, whose effect bf16 rounds away where they are small."""
        return ()


class TextMethod(Method[S]):
    """A method that rewrites English training examples.

    Its implementation is a subclass of `xlingual.data.augmentation.example.TextAlteration`.

    Attributes:
        words: the data that it draws words from; None where it reads none.
    """

    words: ClassVar[WordSource | None] = None

    def copies(self, settings: S) -> int | None:
        """Return how many versions an example has, used in turn; None where each epoch has another one."""
        return None

    def lexicons(self, settings: S) -> tuple[str, ...]:
        """Return the names of the sources of words that a trial reads."""
        return self.words.names(settings) if self.words is not None else ()


class AveragingMethod(Method[S]):
    """A method that scores and exports an average of the weights.

    Its implementation is called with settings, the parameters that are averaged and the number of updates of the first
    stage (0 where there is one only), and returns a `xlingual.training.averaging.WeightAverage`.
    """

    once = "average the weights"
