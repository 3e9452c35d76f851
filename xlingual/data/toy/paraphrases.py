"""Pairs of sentences that say the same (label 1) or not (0), in PAWS-X's own layout."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from xlingual.data.toy.articles import Families
from xlingual.data.toy.statement_pairs import OTHER_VALUE, SAME, draw_pairs
from xlingual.data.toy.vocabularies import Lexicon
from xlingual.data.toy.world import ToyWorld
from xlingual.languages import XQUAD_LANGUAGES
from xlingual.study.benchmarks.pawsx import BENCHMARK

LABELS = {SAME: "1", OTHER_VALUE: "0"}
HEADER = ("id", "sentence1", "sentence2", "label")
LANGUAGES = tuple(code for code in XQUAD_LANGUAGES if code in BENCHMARK.languages)


def paraphrase_files(
    world: ToyWorld, lexicon: Lexicon, families: Mapping[str, Families]
) -> Iterator[tuple[str, list[tuple[str, ...]]]]:
    """Path and rows of every file: training data in English, the rest in each language, with the same ids."""
    for split, name in (("train", "train.tsv"), ("dev", "dev_2k.tsv"), ("test", "test_2k.tsv")):
        pairs = draw_pairs(world, lexicon, families, split, LABELS)
        for code in ("en",) if split == "train" else LANGUAGES:
            written = [(*pair.written(code, lexicon), pair.label) for pair in pairs]
            yield f"{code}/{name}", [HEADER, *((str(number), *row) for number, row in enumerate(written, start=1))]
