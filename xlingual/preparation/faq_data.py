"""A study's FAQ data: rows drawn, filtered and divided by host, and what recipes make of them."""

from __future__ import annotations

import hashlib
import heapq
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from xlingual.data.contamination import Contaminated, ContaminationIndex, TrainingText
from xlingual.data.examples import Example, ExampleSet
from xlingual.data.faq.bitexts import bitext_rows
from xlingual.data.faq.division import Division, RowsPart, divide, undivided
from xlingual.data.faq.hosts import site
from xlingual.data.faq.preparation import prepare_faq
from xlingual.data.faq.sampling import Draw
from xlingual.data.faq.steps import faq_steps
from xlingual.data.faq.store import StoredRows
from xlingual.data.mixture import BITEXT_PREFIX
from xlingual.errors import DataError
from xlingual.preparation.faq_sources import (
    BitextPairs,
    FaqSource,
    PassageExamples,
    WithoutTrainingAnswers,
    answers_of,
    faq_source,
)
from xlingual.study import FaqSettings, Study, possible_mixtures
from xlingual.tokens.windows import cores

FEW_ROWS = 20_000
"""Rows, over all languages, below which starting processes takes longer than preparing them in this one."""


@dataclass(frozen=True)
class FaqData:
    """What a study takes from FAQ pages.

    Attributes:
        rows: the prepared rows by two-letter language.
        training: by variant (`xlingual.study.variant`) and language, what the trials train on.
        development: span examples of held-out hosts by language; empty unless the objective asks for them.
        contaminated: what was dropped for overlapping the test set.
        bitexts: bitext rows by language, where some recipe draws them; part of `training`, too.
    """

    rows: Mapping[str, StoredRows] = field(default_factory=dict)
    training: Mapping[str, Mapping[str, FaqSource]] = field(default_factory=dict)
    development: Mapping[str, ExampleSet] = field(default_factory=dict)
    contaminated: tuple[Mapping[str, Any], ...] = ()
    bitexts: Mapping[str, BitextPairs] = field(default_factory=dict)


def load_faq_data(
    study: Study, source: str, folder: Path, index: ContaminationIndex, recorded: Mapping[str, str]
) -> FaqData:
    """Prepare a study's FAQ rows, divide them by host where the objective asks for it, and hand them to the recipes.

    Args:
        study: its `data.faq`, arms and objective decide everything.
        source: where the rows are; a hub id or a path.
        folder: where rows of all studies lie.
        index: the test set, whose texts are dropped.
        recorded: by language, the fingerprint of the rows that the study used before, see `prepare_faq`.

    Raises:
        DataError: when a source, language or column is absent, languages are short, or nothing is left.
    """
    settings, seed = study.data.faq, study.search.seed
    assert settings is not None, "called for studies with data.faq"
    rows = prepare_faq(
        source,
        settings.languages,
        Draw(settings.rows_per_language, seed, settings.spread),
        folder=folder,
        steps=faq_steps(settings.filters, index),
        allow_shortage=settings.allow_shortage,
        recorded=recorded,
        processes=_processes(settings),
    )
    held_out: frozenset[str] = frozenset()
    training = {language: undivided(stored) for language, stored in rows.items()}
    development: dict[str, ExampleSet] = {}
    if study.uses_webfaq_dev:
        divided = divide(rows, settings.held_out, seed)
        training = {language: sides.training for language, sides in divided.items()}
        development = {language: _development(sides, settings, seed) for language, sides in divided.items()}
        held_out = frozenset(site(host) for sides in divided.values() for host in sides.training.held_out)
    bitexts, contaminated = _bitexts(study, settings, index, held_out)
    listed = [dict(one, language=language) for language, stored in rows.items() for one in stored.listed]
    return FaqData(rows, _variants(study, training, bitexts), development, (*listed, *contaminated), bitexts)


def _variants(
    study: Study, training: Mapping[str, RowsPart], bitexts: Mapping[str, BitextPairs]
) -> dict[str, dict[str, FaqSource]]:
    """Everything that a trial of some arm may draw from, each once."""
    seed = study.search.seed
    found: dict[str, dict[str, FaqSource]] = {}
    for arm in study.arms:
        for possible in possible_mixtures(study, arm):
            mixture = possible.mixture
            if mixture.variant in found:
                continue
            made: dict[str, FaqSource] = {
                language: faq_source(mixture.recipe, rows, seed, mixture.pairs == "shuffled")
                for language, rows in training.items()
            }
            if mixture.recipe.settings.uses_bitexts:
                made |= {BITEXT_PREFIX + language: pairs for language, pairs in bitexts.items()}
            found[mixture.variant] = made
    return found


def _development(sides: Division, settings: FaqSettings, seed: int) -> ExampleSet:
    """Questions of held-out hosts: those whose hash comes first, in their order; memory is that of what is kept.

    Rows whose answer a training host gives as well (franchises, shop templates) are left out.
    """
    rows, twice = sides.development, Counter[str]()
    source = PassageExamples(
        WithoutTrainingAnswers(rows, answers_of(sides.training), twice), settings.passages, seed, shuffled=False
    )
    ranked = ((_rank(example, seed), place, example) for place, example in enumerate(source.examples))
    first = sorted(heapq.nsmallest(settings.dev_questions, ranked)[: settings.dev_questions], key=lambda one: one[1])
    counts = {**source.counts, "kept": len(first), "dropped_limit": source.counts["kept"] - len(first)}
    counts |= {"read": len(rows), "dropped_in_training": twice["dropped_in_training"]}
    if not first:
        raise DataError(
            f"webfaq_dev: no FAQ passage can be made of the {len(rows)} rows of {rows.stored.language} whose hosts "
            f"are held out ({', '.join(f'{name} {count}' for name, count in counts.items() if count)}); raise "
            "data.faq.rows_per_language or held_out, loosen data.faq.passages, or leave the language out"
        )
    return ExampleSet(tuple(example for _, _, example in first), counts)


def _bitexts(
    study: Study, settings: FaqSettings, index: ContaminationIndex, held_out: frozenset[str]
) -> tuple[dict[str, BitextPairs], list[dict[str, Any]]]:
    """Aligned rows of each language, without those of held-out hosts and of the test set, and what was dropped."""
    asked = settings.bitexts
    recipes = [possible.mixture.recipe for arm in study.arms for possible in possible_mixtures(study, arm)]
    if asked is None or not any(recipe.settings.uses_bitexts for recipe in recipes):
        return {}, []
    found, dropped = {}, []
    other = study.data.source_language
    for language in settings.languages:
        if language == other:
            continue
        least = asked.similarity
        read = list(
            bitext_rows(asked.source, language, rows=asked.rows_per_language, minimum_similarity=least, other=other)
        )
        rows = [row for row in read if site(row.origin) not in held_out]
        texts = [
            TrainingText(f"{row.origin} {row.question1}", (row.answer1, row.answer2), (row.question1, row.question2))
            for row in rows
        ]
        verdicts = index.overlaps(texts)
        kept = tuple(row for row, overlap in zip(rows, verdicts, strict=True) if overlap is None)
        counts = Counter(read=len(read), kept=len(kept), short=asked.rows_per_language - len(read))
        counts |= Counter(dropped_held_out=len(read) - len(rows), dropped_contaminated=len(rows) - len(kept))
        found[language] = BitextPairs(kept, counts)
        dropped += [
            {**Contaminated(text.name, overlap).as_json(), "language": language}
            for text, overlap in zip(texts, verdicts, strict=True)
            if overlap is not None
        ]
    if not any(len(pairs.rows) for pairs in found.values()):
        total = sum((pairs.counts for pairs in found.values()), Counter[str]())
        raise DataError(
            f"data.faq.bitexts: no row of {', '.join(found)} and {other} is left of {asked.source} ({total['read']} "
            f"are similar by {asked.similarity:g} or more; {total['dropped_held_out']} of them are of held-out hosts, "
            f"{total['dropped_contaminated']} overlap a test set); lower similarity, or write bitext_share: 0"
        )
    return found, dropped


def _processes(settings: FaqSettings) -> int:
    rows = settings.rows_per_language * settings.spread * len(settings.languages)
    return min(cores(), len(settings.languages)) if rows > FEW_ROWS else 1


def _rank(example: Example, seed: int) -> bytes:
    return hashlib.sha256(f"{seed}\n{example.id}".encode()).digest()
