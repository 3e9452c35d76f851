"""Drop paragraphs of examples that overlap the test set."""

from __future__ import annotations

from xlingual.activity import doing
from xlingual.data.contamination.faq_overlap import COUNT
from xlingual.data.contamination.index import ContaminationIndex
from xlingual.data.contamination.overlap import Contaminated, TrainingText
from xlingual.data.examples import Example, ExampleSet


@doing("comparing training data with the test set")
def clean_examples(examples: ExampleSet, index: ContaminationIndex) -> tuple[ExampleSet, list[Contaminated]]:
    """Drop every paragraph that overlaps the test set, with all its questions.

    Returns:
        The remaining examples in order, with the dropped ones counted as `dropped_contaminated`, and the dropped
        paragraphs, named by the id of their first question.
    """
    paragraphs: dict[str, list[Example]] = {}
    for example in examples.examples:
        paragraphs.setdefault(example.context, []).append(example)
    data = [TrainingText.of_paragraph(together) for together in paragraphs.values()]
    verdicts = dict(zip(paragraphs, index.overlaps(data), strict=True))
    kept = [number for number, example in enumerate(examples.examples) if verdicts[example.context] is None]
    found = zip(data, verdicts.values(), strict=True)
    return examples.choose(kept, COUNT), [Contaminated(each.name, why) for each, why in found if why is not None]
