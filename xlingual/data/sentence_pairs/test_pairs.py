"""Load a test set of sentence pairs: every pair of every language, or one line that says why not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from xlingual.data.examples import ExampleSet, SentencePair
from xlingual.data.location import is_saved, local_path
from xlingual.data.sentence_pairs.checks import labels_of_test_set, refuse_different, refuse_repeated_ids
from xlingual.data.sentence_pairs.clusters import clusters_of
from xlingual.data.sentence_pairs.pair_files import find_file, languages_of, read_pairs
from xlingual.data.sentence_pairs.pair_source import PairSource, Split
from xlingual.data.sentence_pairs.stated_pairs import StatedPair
from xlingual.data.test_sets.questions import spread
from xlingual.errors import DataError
from xlingual.languages import two_letter

Labelled = list[tuple[StatedPair, str]]


def load_test_pairs(
    layout: PairSource, source: str, languages: Sequence[str], paragraphs: int | None = None
) -> dict[str, ExampleSet[SentencePair]]:
    """Test pairs by two-letter code, in the order of `languages`.

    A pair without an id gets the number of its row. Where a directory has no test files, its development files are the
    test set, and a note says so.

    Args:
        layout: of the test set.
        source: see `read_pairs`.
        languages: codes.
        paragraphs: number of groups of pairs that share a sentence, spread evenly over the file; None for all.

    Raises:
        DataError: when a language is missing or malformed, a pair cannot be scored, or languages are not parallel.
    """
    if paragraphs is not None and paragraphs < 1:
        raise DataError(f"{source}: asked for {paragraphs} test paragraphs; write 1 or more, or null for all")
    codes = list(dict.fromkeys(two_letter(language) for language in languages))
    if not codes:
        raise DataError(f"{source}: asked for no test language; write at least one, or all")
    split = _split(layout, source)
    labelled = {code: _labelled(layout, part) for code, part in read_pairs(layout, source, codes, split).items()}
    refuse_different(layout, labelled)
    groups = _groups(layout, source, split, labelled)
    chosen = spread(groups, paragraphs)
    notes = _notes(layout, source, split)
    return {code: _examples(layout, part, code, groups, chosen, notes) for code, part in labelled.items()}


def _split(layout: PairSource, source: str) -> Split:
    """`dev` for a local directory that has development files alone."""
    path = local_path(source)
    if path is None or not path.is_dir():
        return "test"
    there = {split: any(find_file(layout, path, code, split) for code in layout.languages) for split in layout.files}
    return "dev" if there["dev"] and not there["test"] else "test"


def _labelled(layout: PairSource, pairs: Sequence[StatedPair]) -> Labelled:
    named = [numbered(pair, number) for number, pair in enumerate(pairs, start=1)]
    refuse_repeated_ids(layout, named)
    return list(zip(named, labels_of_test_set(layout, named), strict=True))


def numbered(pair: StatedPair, number: int) -> StatedPair:
    """The pair with an id: its own, or the number of its row."""
    if pair.id:
        return pair
    return StatedPair(pair.source, pair.line, pair.first, pair.second, pair.label, str(number), pair.language)


def _groups(layout: PairSource, source: str, split: Split, labelled: Mapping[str, Labelled]) -> list[str]:
    """The cluster of each pair, taken from the first of the test set's languages that the source has.

    So it does not depend on the languages that are asked for. Where that language has other pairs, the first of those
    that are asked for decides.
    """
    asked = [[pair for pair, _ in part] for part in labelled.values()]
    reference = _in_reference(layout, source, split) if layout.languages[0] not in labelled else []
    ordered = [code for code in layout.languages if code in labelled]
    pairs = asked[list(labelled).index(ordered[0])] if ordered else asked[0]
    if [pair.id for pair in reference] == [pair.id for pair in pairs]:
        pairs = reference
    return clusters_of([pair.id for pair in pairs], [pair.sentences for pair in pairs], layout.untranslated)


def _in_reference(layout: PairSource, source: str, split: Split) -> list[StatedPair]:
    """The pairs in the first language of a source; none of a directory of `save_to_disk`, which has no list of them."""
    path = local_path(source)
    if path is not None and is_saved(path):
        return []
    reference = languages_of(layout, source)[:1]
    stated = read_pairs(layout, source, reference, split).values()
    return [numbered(pair, number) for pairs in stated for number, pair in enumerate(pairs, start=1)]


def _notes(layout: PairSource, source: str, split: Split) -> list[str]:
    if split == "test":
        return []
    return [f"{source}: there are no test files of {layout.title}, so its development files are the test set"]


def _examples(
    layout: PairSource,
    labelled: Labelled,
    code: str,
    groups: Sequence[str],
    chosen: frozenset[str],
    notes: Sequence[str],
) -> ExampleSet[SentencePair]:
    examples = tuple(
        SentencePair(pair.id, pair.first, pair.second, label, code, paragraph=group)
        for (pair, label), group in zip(labelled, groups, strict=True)
        if group in chosen
    )
    read, kept = len(labelled), len(examples)
    counts = {"read": read, "kept": kept, "dropped_limit": read - kept}
    said = list(notes)
    open_pairs = sum(not layout.is_whole(example.first, example.second) for example in examples)
    if open_pairs:
        counts["untranslated"] = open_pairs
        said.append(
            f"{labelled[0][0].source}: {layout.untranslated} is a sentence of {open_pairs:,} of {kept:,} pairs: it was "
            f"never translated (label {layout.untranslated_label}); all are kept as published"
        )
    return ExampleSet(examples, counts, tuple(said))
