"""What is put on an encoder: a head of spans, or of labels."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xlingual.errors import ModelError
from xlingual.models.model_config import load_configuration


@dataclass(frozen=True)
class EncoderHead:
    """A kind of head that `transformers` puts on encoders.

    Attributes:
        loader: name of the class of `transformers` that loads such models.
        mapping: name of the table of `transformers` with the kinds of models that have such a head.
        title: in messages.
        purpose: what a checkpoint with such a head was fine-tuned for, in messages.
        section: of a study file, whose `max_length` bounds its inputs.
        labels: the classes in the task's order; none for the start and the end of a span.
    """

    loader: str
    mapping: str
    title: str
    purpose: str
    section: str
    labels: tuple[str, ...] = ()

    @property
    def kind(self) -> Any:
        """The class of `transformers` that loads such models."""
        import transformers

        return getattr(transformers, self.loader)

    @property
    def kinds(self) -> Collection[type]:
        """Classes of the configurations that have such a head."""
        import transformers

        found: Collection[type] = getattr(transformers, self.mapping)
        return found

    def configuration(self, directory: Path) -> Any:
        """Read a checkpoint's configuration, for a model with this head.

        A head of labels keeps the order of a checkpoint that names the same labels, in whichever order.
        """
        configuration = load_configuration(directory)
        if not self.labels:
            if getattr(configuration, "num_labels", 2) != 2:  # a classifier's; a span head has a start and an end
                configuration.num_labels = 2
        else:
            columns = columns_of(configuration, self.labels) or tuple(range(len(self.labels)))
            by_column = sorted(zip(columns, self.labels, strict=True))
            configuration.num_labels = len(self.labels)
            configuration.id2label = dict(by_column)
            configuration.label2id = {label: column for column, label in by_column}
        return configuration

    def refuse_other_labels(self, directory: Path) -> None:
        """Refuse a checkpoint whose head was trained for other labels.

        Args:
            directory: of a checkpoint that holds a whole head.

        Raises:
            ModelError: when its configuration does not name the labels of the task.
        """
        configuration = load_configuration(directory)
        if not self.labels or columns_of(configuration, self.labels) is not None:
            return
        names = getattr(configuration, "id2label", None) or {}
        found = ", ".join(str(names[number]) for number in sorted(names)) or "none"
        said = ", ".join(f'"{number}": "{label}"' for number, label in enumerate(self.labels))
        renamed = (
            f'; if the labels are the same by other names, write "id2label": {{{said}}} in its config.json, in the '
            "order that the head was trained with"
        )
        renamed = renamed if len(names) == len(self.labels) else ""  # another number is of another task
        raise ModelError(
            f"model {directory}: its head tells the labels {found} apart, and the task has {', '.join(self.labels)}; "
            f"name a pretrained encoder, or a checkpoint of this task{renamed}"
        )


SPAN_HEAD = EncoderHead(
    loader="AutoModelForQuestionAnswering",
    mapping="MODEL_FOR_QUESTION_ANSWERING_MAPPING",
    title="span head",
    purpose="question answering",
    section="windows",
)


def label_head(labels: tuple[str, ...], purpose: str) -> EncoderHead:
    """A head of labels, in the task's order; `purpose` is the task in words."""
    return EncoderHead(
        loader="AutoModelForSequenceClassification",
        mapping="MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING",
        title="classification head",
        purpose=purpose,
        section="pairs",
        labels=labels,
    )


def columns_of(configuration: Any, labels: tuple[str, ...]) -> tuple[int, ...] | None:
    """Columns of a head's logits that belong to these labels, in their order; None where it has others.

    Upper and lower case are not told apart. `LABEL_1`, as `transformers` calls a label that was given no name, is 1.
    """
    names: Mapping[Any, Any] = getattr(configuration, "id2label", None) or {}
    columns = {str(name).casefold().removeprefix("label_"): int(number) for number, name in names.items()}
    wanted = [label.casefold() for label in labels]
    if len(names) != len(labels) or columns.keys() != set(wanted):
        return None
    return tuple(columns[label] for label in wanted)
