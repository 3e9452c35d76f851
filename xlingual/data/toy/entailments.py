"""Premises with a hypothesis that follows, contradicts or does neither, in XNLI's layout as XTREME has it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from xlingual.data.toy.articles import Families
from xlingual.data.toy.statement_pairs import OTHER_FACT, OTHER_VALUE, SAME, draw_pairs
from xlingual.data.toy.vocabularies import Lexicon
from xlingual.data.toy.world import ToyWorld
from xlingual.languages import XQUAD_LANGUAGES
from xlingual.study.benchmarks.xnli import BENCHMARK

LABELS = {SAME: "entailment", OTHER_FACT: "neutral", OTHER_VALUE: "contradiction"}
LANGUAGES = tuple(code for code in XQUAD_LANGUAGES if code in BENCHMARK.languages)


def entailment_files(
    world: ToyWorld, lexicon: Lexicon, families: Mapping[str, Families]
) -> Iterator[tuple[str, list[tuple[str, ...]]]]:
    """Name and rows of every file: training data in English, the rest in each language, in the same order."""
    for split in ("train", "dev", "test"):
        pairs = draw_pairs(world, lexicon, families, split, LABELS)
        for code in ("en",) if split == "train" else LANGUAGES:
            yield f"{split}-{code}.tsv", [(*pair.written(code, lexicon), pair.label) for pair in pairs]
