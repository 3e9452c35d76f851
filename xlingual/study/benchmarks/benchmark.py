"""What a test set is: its languages, its task, and what reads it.

These are facts alone: readers and tasks lie in rooms above, so they are named, not imported.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from xlingual.extensions import resolve
from xlingual.task_metrics import SQUAD, TaskMetrics


@dataclass(frozen=True, kw_only=True)
class Benchmark:
    """A test set in several languages.

    Attributes:
        name: as `data.test` of a study and `--on` say it.
        title: as tables say it.
        metrics: those of its rows.
        task: reference of the task (`xlingual.tasks`) that scores its answers.
        languages: two-letter codes in the order of tables; empty where the source alone decides.
        source: hub id of its data; empty where it has none.
        hub_ids: other hub ids of the same data.
        file: name of a language's file in a local directory, with the code as `{language}`.
        other_files: names of its test files in other published layouts, some with the language as `{language}`.
        reader: reference of what reads test examples: from a source, codes and a number of paragraphs (None for all)
            to examples by code.
        training_reader: reference of what reads one language of training or development data of this task: from a
            source, with `language` and `split` (`train` or `dev`), to examples.
        stated: reference of what reads all texts of a source for the check of training data, even of examples that
            cannot be scored: from a source and codes to questions by code; empty where the reader does.
        available: reference of what lists the languages of a source, in the order of tables; empty where every source
            has them all.
        crossed: reference of what makes examples of two languages: from a source, pairs of codes and a number of
            paragraphs to examples by `A-B`; empty where languages do not share their examples.
        roles: what the first and the second code of such a pair say the language of.
        averages: from the words for a set of languages to the set, of published averages.
        published: name of the table of published scores in `xlingual.report`; empty where there is none.
        counts: number of examples of each language in all of it, so that a part is known as one; empty where unknown.
        hub_part: name of the configuration of a `{language}` in `source`; without the word where all share one.
        hub_split: of `source` that is the test set.
    """

    name: str
    title: str
    metrics: TaskMetrics
    task: str
    languages: tuple[str, ...]
    source: str
    file: str
    reader: str
    training_reader: str
    hub_ids: tuple[str, ...] = ()
    other_files: tuple[str, ...] = ()
    stated: str = ""
    available: str = ""
    crossed: str = ""
    roles: tuple[str, str] = ("", "")
    averages: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    published: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)
    hub_part: str = "{language}"
    hub_split: str = "test"

    @property
    def is_parallel(self) -> bool:
        """Whether examples of two languages can be made of it."""
        return bool(self.crossed)

    @property
    def optional(self) -> tuple[str, ...]:
        """Languages that some of the averages lack, in the order of tables."""
        shared = set.intersection(*map(set, self.averages.values())) if self.averages else set(self.languages)
        return tuple(code for code in self.languages if self.averages and code not in shared)

    @property
    def of_pairs(self) -> bool:
        """Whether its examples are pairs of sentences with a label, not questions on contexts."""
        return self.metrics.task != SQUAD.task

    def load(self, reference: str) -> Any:
        """Import what one of the references names.

        Raises:
            ExtensionError: when there is no such thing.
        """
        return resolve(reference, f"test set {self.name}")
