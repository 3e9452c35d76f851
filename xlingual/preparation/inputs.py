"""From a study's data to what its trials train on: examples, then each model's inputs of them."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal

from xlingual.data.augmentation.lexicon import Lexicons
from xlingual.data.contamination import clean_examples, index_of_test_sets
from xlingual.data.development import load_source
from xlingual.data.examples import ExampleSet
from xlingual.errors import DataError
from xlingual.families import Checkpoint, Lengths, ScoringSet
from xlingual.preparation.faq_data import FaqData, load_faq_data
from xlingual.preparation.input_cutter import InputCutter
from xlingual.preparation.lexicon_arms import load_lexicons, text_methods
from xlingual.preparation.trial_inputs import TrialInputs
from xlingual.study import Study, possible_mixtures
from xlingual.study.data import TOY_TEXT_TO_TEXT
from xlingual.study.methods.registry import METHODS
from xlingual.study.test_sets import TestSet
from xlingual.task_metrics import SQUAD
from xlingual.tasks import QUESTION_ANSWERING, Task
from xlingual.tokens.remembered import RememberingTokenizer

TOY = "toy"
SPLITS: tuple[Literal["train"], Literal["dev"]] = ("train", "dev")


@dataclass(frozen=True)
class Locations:
    """Where a study's data and models lie: local paths made absolute, hub ids as they are, `toy` made a directory.

    `test` has the source of each test set by name.
    """

    train: str
    dev: str
    test: Mapping[str, str]
    faq: str | None
    models: dict[str, str]
    synonyms: str | None = None
    dictionaries: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class StudyData:
    """A study's examples, without the test sets.

    Attributes:
        train: training examples in the source language.
        development: examples that trials are scored on, by set (`dev`, an oracle's `test`, `webfaq_dev`) and two-letter
            language.
        faq: what the recipes make of FAQ pages.
        test_set: fingerprint of the test sets' texts, which all of this was compared with.
        contaminated: what was dropped for overlapping them, each with the part that it was in.
        lexicons: synonyms and translations that some arm draws words from.
        altered: by model, the methods that alter texts in some arm of it.
        variants: by model, what its arms draw from of `faq.training`; a model that is not named reads all of it.
    """

    train: ExampleSet
    development: Mapping[str, Mapping[str, ExampleSet]]
    faq: FaqData = field(default_factory=FaqData)
    test_set: str = ""
    contaminated: tuple[Mapping[str, Any], ...] = ()
    lexicons: Lexicons = field(default_factory=Lexicons)
    altered: Mapping[str, frozenset[str]] = field(default_factory=dict)
    variants: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def notes(self) -> list[str]:
        """Lines on the sources that a user should see before anything is trained, each once."""
        parts = [self.train, *(one for sets in self.development.values() for one in sets.values())]
        return list(dict.fromkeys(note for part in parts for note in part.notes))

    def sources(self) -> dict[str, Any]:
        """Fingerprint and counts of each part, by name; of FAQ rows and of what recipes make of them, by variant."""
        parts = {"train": [self.train]} | {name: list(sets.values()) for name, sets in self.development.items()}
        if "test" in parts:
            parts["dev"] = parts.pop("test")
        found: dict[str, Any] = {
            name: {"fingerprint": _joint(one.fingerprint for one in sets), "counts": _summed(s.counts for s in sets)}
            for name, sets in parts.items()
        }
        for language, rows in self.faq.rows.items():
            found[f"faq rows of {language}"] = {"fingerprint": rows.fingerprint, "counts": dict(rows.counts)}
        for variant, made in self.faq.training.items():
            found[variant] = {
                "fingerprint": _joint(made[name].fingerprint for name in sorted(made)),
                "counts": _summed(one.recipe_counts for one in made.values()),
            }
        for language, pairs in self.faq.bitexts.items():
            found[f"bitexts of {language}"] = {"fingerprint": pairs.fingerprint, "counts": dict(pairs.counts)}
        for name, lexicon in self.lexicons.by_source().items():
            counts = {"words": len(lexicon), "alternatives": len(lexicon.alternatives)}
            found[name] = {"fingerprint": lexicon.fingerprint, "counts": counts}
        if self.test_set:
            dropped = Counter(str(one["part"]) for one in self.contaminated)
            found["contamination check"] = {"fingerprint": self.test_set, "counts": dict(dropped)}
        return found


def locate(study: Study, storage: Path) -> Locations:
    """Find where everything lies; a toy world is written below `storage` when it is not there yet."""
    data = study.data
    toy: dict[str, str] = {}
    dictionaries = data.dictionaries or {}
    models = {arm: definition.model or study.model for arm, definition in study.arms.items()}
    if study.uses_toy:
        toy = _toy_places(study, storage)
    toy_models = {TOY: toy["model"], TOY_TEXT_TO_TEXT: toy["text_to_text"]} if toy else {}
    return Locations(
        train=toy["train"] if data.train == TOY else absolute(data.train),
        dev=toy["dev"] if data.dev == TOY else absolute(data.dev),
        test={name: _test_place(one, toy) for name, one in data.test.sets.items()},
        faq=(toy["faq"] if data.faq.source == TOY else absolute(data.faq.source)) if data.faq else None,
        models={arm: toy_models.get(model) or absolute(model) for arm, model in models.items()},
        synonyms=absolute(data.synonyms) if data.synonyms else None,
        dictionaries={
            language: toy["dictionary"] if path == TOY else absolute(path) for language, path in dictionaries.items()
        },
    )


def _test_place(test: TestSet, toy: Mapping[str, str]) -> str:
    if test.source != TOY:
        return absolute(test.source)
    return toy["xquad"] if test.benchmark.metrics.task == SQUAD.task else toy[test.name]


def _toy_places(study: Study, storage: Path) -> dict[str, str]:
    """Where a toy study's data and models lie: `train` and `dev` have the study's task and source language."""
    from xlingual.data.toy import ToyWorld, english_or_translated, write_toy_world

    world = ToyWorld(**study.toy.model_dump())
    paths = write_toy_world(storage / "toy_worlds" / world.fingerprint, world)
    toy = {part.name: str(getattr(paths, part.name)) for part in fields(paths)}
    headline, language = study.data.test.headline, study.data.source_language
    if headline.benchmark.metrics.task != SQUAD.task:
        return {**toy, "train": toy[headline.name], "dev": toy[headline.name]}
    train, dev = (english_or_translated(paths, world, split, language) for split in SPLITS)
    return {**toy, "train": str(train), "dev": str(dev)}


def resolve_models(
    locations: Locations, task: Task = QUESTION_ANSWERING, commits: Mapping[str, str] | None = None
) -> dict[str, Checkpoint]:
    """Find the models of a study's arms; arms with the same model share one checkpoint.

    Args:
        locations: where they lie.
        task: the study's.
        commits: of the hub, by name, that models were resolved to before.

    Raises:
        ModelError: for the first that is absent or not a whole model.
    """
    known = commits or {}
    names = dict.fromkeys(locations.models.values())
    found = {model: Checkpoint.resolve(model, task, known.get(model)) for model in names}
    return {arm: found[model] for arm, model in locations.models.items()}


def absolute(source: str) -> str:
    """Make the path of something that is there absolute; leave hub ids and keywords alone."""
    path = Path(source).expanduser()
    return str(path.resolve()) if path.exists() else source


def load_study_data(
    study: Study, locations: Locations, folder: Path, recorded: Mapping[str, str] | None = None
) -> StudyData:
    """Load training, development and FAQ data, without what overlaps the test sets' texts, and lexicons.

    An oracle's development examples are the headline test set's.

    Args:
        study: its definition.
        locations: where everything lies.
        folder: where prepared FAQ rows of all studies lie.
        recorded: by language, the fingerprint of the FAQ rows that the study used before.

    Raises:
        DataError: when a source is absent, malformed or empty.
    """
    data, seed = study.data, study.search.seed
    lexicons = load_lexicons(study, locations.synonyms, locations.dictionaries)
    altered: dict[str, frozenset[str]] = {}
    variants: dict[str, frozenset[str]] = {}
    for arm, model in locations.models.items():
        altered[model] = altered.get(model, frozenset()) | text_methods(study, arm)
        drawn = {possible.mixture.variant for possible in possible_mixtures(study, arm)}
        variants[model] = variants.get(model, frozenset()) | drawn
    train, source = load_source(
        study.task_benchmark,
        locations.train,
        locations.dev,
        language=data.source_language,
        train_examples=data.train_examples,
        dev_examples=data.dev_examples,
        seed=seed,
    )
    sets = data.test.sets
    index = index_of_test_sets({name: (one.benchmark, locations.test[name], None) for name, one in sets.items()})
    train, listed = clean_examples(train, index)
    contaminated = [{"part": "train", **one.as_json()} for one in listed]
    development: dict[str, Mapping[str, ExampleSet]] = {}
    if study.oracle:
        development["test"] = load_test_data(data.test.headline, locations)
    else:
        source, listed = clean_examples(source, index)
        contaminated += [{"part": "dev", **one.as_json()} for one in listed]
        development["dev"] = {data.source_language: source}
    faq = FaqData()
    if locations.faq and (study.uses_webfaq_dev or any(arm.mixture is not None for arm in study.arms.values())):
        faq = load_faq_data(study, locations.faq, folder, index, recorded or {})
        contaminated += [{"part": "faq", **one} for one in faq.contaminated]
    if faq.development:
        development["webfaq_dev"] = faq.development
    _refuse_nothing_left(study, {"train": train, **development.get("dev", {})})
    return StudyData(train, development, faq, index.fingerprint, tuple(contaminated), lexicons, altered, variants)


def _refuse_nothing_left(study: Study, parts: Mapping[str, ExampleSet]) -> None:
    empty = [name for name, part in parts.items() if not len(part)]
    if empty:
        of_questions = study.task_benchmark.metrics.task == SQUAD.task
        why = " (SQuAD v1.1's development set and its translations are XQuAD's articles)" if of_questions else ""
        raise DataError(
            f"data.{'train' if empty == ['train'] else 'dev'}: all of its {'paragraphs' if of_questions else 'pairs'} "
            f"overlap the test set, so nothing is left; name other data{why}"
        )


def load_test_data(test: TestSet, locations: Locations, *, crossed: bool = False) -> dict[str, ExampleSet[Any]]:
    """Open a sealed test set: what is scored on it belongs in the study's ledger.

    Args:
        test: the set.
        locations: where it lies.
        crossed: whether to add its pairs of languages as `A-B`, where the study asks for them.

    Raises:
        DataError: when a language is absent or cannot be scored, or two languages do not have the same examples.
    """
    benchmark, source = test.benchmark, locations.test[test.name]
    found: dict[str, ExampleSet[Any]] = dict(benchmark.load(benchmark.reader)(source, test.languages, test.paragraphs))
    if crossed and test.pairs:
        found |= benchmark.load(benchmark.crossed)(source, test.pairs, test.paragraphs)
    return found


def trial_inputs(checkpoint: Checkpoint, study: Study, data: StudyData, features: Path | None = None) -> TrialInputs:
    """Make one model's inputs of a study's examples.

    Args:
        checkpoint: the pretrained model.
        study: its lengths are used.
        data: the examples.
        features: folder that inputs are kept in and mapped from; None makes them in memory.

    Raises:
        ModelError: when the inputs are too long for the model, or a method that alters texts in some arm cannot work
            with its tokenizer.
        DataError: when no training example is left, as every answer is cut off with its context.
    """
    model, lengths = checkpoint.name, checkpoint.traits(study.lengths).lengths
    checkpoint.family.check(checkpoint.directory, lengths)
    methods = data.altered.get(model, frozenset())
    for name in sorted(methods):
        METHODS[name].load().check(checkpoint.tokenizer, model)
    cut = InputCutter.of(checkpoint, lengths, features)
    train = cut.inputs(data.train, targets=True)
    if not len(train):
        raise DataError(
            f"{lengths.key}.{lengths.bound}: {lengths.longest} tokens of question and context hold the answer of none "
            f"of the {len(data.train)} training examples of {model}; write more"
        )
    return TrialInputs(
        train=cut.rewritable(train, data.train, data.lexicons) if methods else train,
        faq={
            variant: {name: source.inputs(cut) for name, source in sources.items()}
            for variant, sources in data.faq.training.items()
            if model not in data.variants or variant in data.variants[model]
        },
        development={name: cut.scoring_sets(parts) for name, parts in data.development.items()},
        pad_token=int(checkpoint.tokenizer.pad_token_id),
        objective=study.search.summands,
        task=checkpoint.task,
    ).counted()


def sources_of(checkpoint: Checkpoint, data: StudyData) -> dict[str, str]:
    """Fingerprints of what trials of a model may use, by the names of their configurations; FAQ examples by variant."""
    parts = {name: source["fingerprint"] for name, source in data.sources().items()}
    used = ("train", *data.development, *data.faq.training, *data.lexicons.by_source())
    shared = {("dev" if name == "test" else name): parts["dev" if name == "test" else name] for name in used}
    return {"model": checkpoint.fingerprint} | shared


def scoring_sets(
    checkpoint: Checkpoint, examples: Mapping[str, ExampleSet], lengths: Lengths, features: Path | None = None
) -> dict[str, ScoringSet]:
    """Make one model's inputs of questions, by language or pair; arguments as those of `trial_inputs`.

    Where there are pairs, each text is tokenised once for all of them. Text-to-text models read both texts as one, so
    that each of their inputs is a text by itself.
    """
    cutter = InputCutter.of(checkpoint, lengths, features)
    if any("-" in key for key in examples) and not lengths.writes_answers:
        cutter = replace(cutter, tokenizer=RememberingTokenizer(cutter.tokenizer))
    return cutter.scoring_sets(examples)


def _joint(fingerprints: Iterable[str]) -> str:
    return hashlib.sha256(" ".join(fingerprints).encode()).hexdigest()[:16]


def _summed(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for one in counts:
        total.update(one)
    return dict(total)
