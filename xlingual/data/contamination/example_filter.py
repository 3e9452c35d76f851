"""Drop paragraphs and sentence pairs that overlap the test set."""

from __future__ import annotations

from collections.abc import Sequence

from xlingual.activity import doing
from xlingual.data.contamination.faq_overlap import COUNT
from xlingual.data.contamination.index import ContaminationIndex
from xlingual.data.contamination.overlap import Contaminated, TrainingText
from xlingual.data.examples import E, Example, ExampleSet, SentencePair


@doing("comparing training data with the test set")
def clean_examples(examples: ExampleSet[E], index: ContaminationIndex) -> tuple[ExampleSet[E], list[Contaminated]]:
    """Drop every paragraph that overlaps the test set, with all its questions; or every sentence pair that does.

    Returns:
        The remaining examples in order, with the dropped ones counted as `dropped_contaminated`, and the dropped
        paragraphs or pairs, named by the id of their first question or by their own.
    """
    pieces: dict[str, list[Example | SentencePair]] = {}
    for example in examples.examples:
        pieces.setdefault(_piece(example), []).append(example)
    data = [_text(together) for together in pieces.values()]
    verdicts = dict(zip(pieces, index.overlaps(data), strict=True))
    kept = [number for number, example in enumerate(examples.examples) if verdicts[_piece(example)] is None]
    found = zip(data, verdicts.values(), strict=True)
    return examples.choose(kept, COUNT), [Contaminated(each.name, why) for each, why in found if why is not None]


def _piece(example: Example | SentencePair) -> str:
    """What is dropped as a whole: a context, or a pair by itself."""
    return example.id if isinstance(example, SentencePair) else example.context


def _text(together: Sequence[Example | SentencePair]) -> TrainingText:
    pairs = [one for one in together if isinstance(one, SentencePair)]
    if pairs:
        return TrainingText.of_pair(pairs[0])
    return TrainingText.of_paragraph([one for one in together if isinstance(one, Example)])
