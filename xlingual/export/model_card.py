"""The card of an exported model: what it is, what it was trained on and how, what it scored, how to load it."""

from __future__ import annotations

import json
import platform
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import fmean
from typing import Any

from xlingual.evaluation.sentinels import sentinel_notes
from xlingual.export.model_index import eval_results
from xlingual.export.origin import Origin, ScoredSet
from xlingual.families import Family, family_for
from xlingual.languages import name_or_code, non
from xlingual.records import journal
from xlingual.records.files import read_json, write_text
from xlingual.records.layout import TrialDirectory
from xlingual.study import TrialConfiguration
from xlingual.study.methods import Method
from xlingual.study.objectives import WEBFAQ_DEV
from xlingual.study.optimizers import optimizer_named
from xlingual.study.robust import methods_of
from xlingual.task_metrics import TaskMetrics
from xlingual.tasks import QUESTION_ANSWERING, Task

CARD = "README.md"
PACKAGES = ("xlingual", "torch", "transformers", "tokenizers")
_ILLEGAL = {
    "questions": (
        "Illegal: the answer is empty or does not occur in the context character for character; normalised: only its "
        "Unicode form or spaces differ; accidental translation: it is in another script than the context."
    ),
    "pairs": "Illegal: what the model wrote is none of the words of the labels; it counts as wrong.",
}
TOY = "This model comes from a toy world of made-up languages: none of its numbers says anything about real languages."
LICENCES = (
    "A licence is what the publisher states; where none is named, none is known here. The licence of this model is for "
    "its author to choose, and to write as `license` in the lines at the top."
)
DECLARED = {
    "model": "pretrained model (what it was pretrained on: see its own card)",
    "train": "training examples",
    "dev": "development examples, never trained on",
    "faq": "question-answer pairs of FAQ pages, as training examples",
    "webfaq_dev": "question-answer pairs of held-out FAQ hosts, never trained on",
    "synonyms": "English synonyms",
}


def write_model_card(
    directory: Path,
    configuration: TrialConfiguration,
    reports: Sequence[Mapping[str, Any]] = (),
    origin: Origin | None = None,
    *,
    toy: bool = False,
    task: Task = QUESTION_ANSWERING,
) -> None:
    """Write a model's card into its directory, whole; one that is there is replaced. Arguments: see `model_card`."""
    write_text(directory / CARD, model_card(configuration, reports, origin, toy=toy, task=task))


def complete_model_card(directory: TrialDirectory, origin: Origin) -> None:
    """Write the card of a replicate's model again, now that its study and its scores are known.

    Nothing is done where the model is there no more.
    """
    if not directory.model.is_dir():
        return
    content = {key: value for key, value in read_json(directory.configuration).items() if key != "fingerprint"}
    configuration = TrialConfiguration.model_validate(content)
    write_model_card(directory.model, configuration, journal.read(directory.reports), origin)


def model_card(
    configuration: TrialConfiguration,
    reports: Sequence[Mapping[str, Any]] = (),
    origin: Origin | None = None,
    *,
    toy: bool = False,
    task: Task = QUESTION_ANSWERING,
) -> str:
    """Put a card together.

    Args:
        configuration: what the model was trained with.
        reports: its training's, the last of which is shown.
        origin: what its study knows; None where that is not known yet.
        toy: whether this is the toy world, as far as is known without the origin.
        task: that the model was trained for, as far as is known without the origin.
    """
    task = origin.task if origin is not None else task
    toy = toy or (origin is not None and origin.toy)
    parts = [
        f"---\n{_front_matter(configuration, origin, task)}\n---",
        f"# {_title(configuration, origin, task)}",
        *([f"**TOY WORLD.** {TOY}"] if toy else []),
        *_about(configuration, origin, task),
        "## Use\n\nWith `transformers` and `torch` alone; it answers as scoring did:",
        f"```python\n{_family(configuration, task).usage(configuration.lengths)}```",
        "## Data\n\n" + "\n".join(_data(configuration, origin)),
        "## Training\n\n" + " ".join(_in_words(configuration, origin, task)),
        _table(("setting", "value"), _settings(configuration)),
        "## Scores on development data",
        *_development(reports, task.metrics),
        "## Scores on the test set",
        *_test(origin),
        "## Versions\n\nOf the process that wrote this card: " + ", ".join(_versions()) + ".",
    ]
    return "\n\n".join(parts) + "\n"


def languages_of(configuration: TrialConfiguration, source: str | None) -> list[str]:
    """Languages that a model was fine-tuned with, the source first: of texts, or of words mixed into texts."""
    mixture, robust = configuration.mixture, configuration.robust
    of_words = {code for method, settings in methods_of(robust, Method) for code in method.languages(settings)}
    others = sorted({*(mixture.names if mixture is not None else ()), *of_words} - {source})
    return [*([source] if source else []), *others]


def _front_matter(configuration: TrialConfiguration, origin: Origin | None, task: Task) -> str:
    from huggingface_hub import ModelCardData

    names, hub = (origin.names, origin.hub) if origin else ({}, frozenset[str]())
    pipeline = _family(configuration, task).pipeline
    results = eval_results(origin, pipeline) if origin else []
    return str(
        ModelCardData(
            base_model=names["model"].split("@")[0] if "model" in hub else None,
            datasets=[names[part] for part in ("train", "faq") if part in hub and part in configuration.sources]
            or None,
            language=languages_of(configuration, origin.source if origin else None) or None,
            library_name="transformers",
            metrics=list(task.metrics.ranked),
            pipeline_tag=pipeline,
            model_name=_title(configuration, origin, task) if results else None,
            eval_results=results or None,
            tags=["xlingual", *(["oracle"] if origin and origin.oracle else [])],
        ).to_yaml()
    )


def _title(configuration: TrialConfiguration, origin: Origin | None, task: Task) -> str:
    if origin is None:
        return f"{_in_plain(task).capitalize()}, {configuration.fingerprint}"
    return f"{origin.study}: arm {origin.arm}, seed {configuration.seed}"


def _family(configuration: TrialConfiguration, task: Task) -> Family:
    return family_for(task, writes=configuration.lengths.writes_answers)


def _in_plain(task: Task) -> str:
    return task.name.replace("_", " ")


def _about(configuration: TrialConfiguration, origin: Origin | None, task: Task) -> Iterator[str]:
    family = _family(configuration, task)
    yield f"A {_in_plain(task)} model that {family.answers_by}. Trial configuration {configuration.fingerprint}."
    if origin is None:
        return
    yield f"The question of its study: {' '.join(origin.question.split())}"
    if origin.chosen:
        yield origin.chosen
    if origin.oracle:
        yield "**ORACLE.** The search saw the test set; its test scores are not zero-shot scores."


def _data(configuration: TrialConfiguration, origin: Origin | None) -> Iterator[str]:
    """All data that was used, with the hashes of its content."""
    names = origin.names if origin else {}
    used = languages_of(configuration, origin.source if origin else None)
    named = ", ".join(f"{name_or_code(code)} ({code})" for code in used) or "of its training data"
    yield (
        "All that the model saw beside what it was pretrained on, as XTREME's authors (arXiv 2003.11080) ask for; "
        f"in the languages {named}."
    )
    yield ""
    licences = origin.licences if origin else {}
    rows = []
    for part, fingerprint in configuration.sources.items():
        what, source = DECLARED.get(part, part), f"`{names[part]}`" if part in names else ""
        rows.append((what, source, licences.get(part, ""), f"`{fingerprint}`"))
    yield _table(("part", "source", "licence", "fingerprint of its content"), rows)
    yield ""
    yield LICENCES


def _in_words(configuration: TrialConfiguration, origin: Origin | None, task: Task) -> Iterator[str]:
    """What the settings mean, in sentences."""
    training, mixture, robust = configuration.training, configuration.mixture, configuration.robust
    optimizer = optimizer_named(training.optimizer).title
    language = name_or_code(origin.source) if origin else "one language"  # which one is not known before the test
    then = "stays there" if training.decay == "constant" else "falls linearly to zero"
    stages = " in each of its two stages" if mixture is not None and mixture.schedule == "then" else ""
    yield (
        f"{training.updates:,} updates of {training.batch_size} {configuration.lengths.unit} each by {optimizer}; "
        f"the learning rate rises to {training.learning_rate:g} over the first {100 * training.warmup_share:g}% of the "
        f"updates{stages} and then {then}."
    )
    if mixture is None:
        yield f"{_family(configuration, task).learns_from} in {language} alone."
    else:
        shares = ", ".join(f"{language} {100 * share:.3g}%" for language, share in (mixture.weights or {}).items())
        how = f"split over {shares}" if shares else f"from {', '.join(mixture.names)} by size^{mixture.temperature:g}"
        what = f"{language} ones" if origin else "others"
        order = f"all before the {what}" if mixture.schedule == "then" else f"mixed with the {what}"
        pairs = "; every question was given another's answer (a control)" if mixture.pairs == "shuffled" else ""
        yield (
            f"{100 * mixture.faq_share:.3g}% of the examples come from FAQ pages ({mixture.recipe.name}), {how}, "
            f"{order}{pairs}."
        )
    methods = [method.title for method, _ in methods_of(robust, Method)]
    if methods:
        yield f"Robust training: {', '.join(methods)}, with the settings in the table below."


def _settings(configuration: TrialConfiguration) -> Iterator[tuple[str, str]]:
    """All settings but the data's, as dotted keys."""
    canonical = {key: value for key, value in configuration.canonical().items() if key != "sources"}
    yield from _leaves(canonical, "")


def _leaves(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping) and value:
        for key, inside in value.items():
            yield from _leaves(inside, f"{path}.{key}" if path else str(key))
    else:
        yield f"`{path}`", value if isinstance(value, str) else json.dumps(value)


def _development(reports: Sequence[Mapping[str, Any]], metrics: TaskMetrics) -> Iterator[str]:
    if not reports:
        yield "None are known."
        return
    last = reports[-1]
    yield f"After {last['updates']:,} updates, in percent. By the objective (`objective`) the configuration was chosen."
    yield _table(("score", "value"), ((f"`{name}`", f"{value:.1f}") for name, value in _scores(last, metrics)))


def _scores(report: Mapping[str, Any], metrics: TaskMetrics, path: str = "") -> Iterator[tuple[str, float]]:
    for name in ("objective", *metrics.ranked, WEBFAQ_DEV, *(f"mean_{metric}" for metric in metrics.ranked)):
        value = report.get(name)
        if name == WEBFAQ_DEV and isinstance(value, Mapping):
            yield from _scores(value, metrics, f"{WEBFAQ_DEV}.")
        elif isinstance(value, int | float):
            yield path + name, float(value)


def _test(origin: Origin | None) -> Iterator[str]:
    if origin is None or not origin.tests:
        yield "Not scored yet."
        return
    for tested in origin.tests:
        yield from _tested(origin, tested)


def _tested(origin: Origin, tested: ScoredSet) -> Iterator[str]:
    """The scores on one test set."""
    metrics, words = tested.benchmark.metrics, tested.benchmark.metrics.words
    part = f" Only {tested.paragraphs} {words.groups} per language were asked." if tested.paragraphs is not None else ""
    name = tested.benchmark.title
    if origin.toy:
        name = "The toy test set" if len(origin.tests) == 1 else f"The toy test set {name}"
    yield f"{name}, in percent; {metrics.described}.{part}"
    columns = _columns(list(tested.scores.values()), metrics)
    if columns.keys() & {*metrics.share_names}:
        yield _ILLEGAL[words.examples]
    if columns.keys() & {*metrics.partial_names}:
        yield "Character F1, in languages written without spaces: over characters, not words; not the official F1."
    yield from (f"{line[0].upper()}{line[1:]}." for line in sentinel_notes(tested.scores))
    yield _table(("language", words.examples, *columns.values()), _rows(origin, tested, columns))


def _rows(origin: Origin, tested: ScoredSet, columns: Iterable[str]) -> Iterator[tuple[str, ...]]:
    """A row a language, their mean without the source, and the mean over pairs of two languages."""
    languages = {key: one for key, one in tested.scores.items() if "-" not in key}
    for code, one in languages.items():
        name = f"{name_or_code(code)} ({code})"
        yield name, f"{one['questions']:.0f}", *(_mean([one], metric) for metric in columns)
    others = [one for code, one in languages.items() if code != origin.source]
    if others:
        differ = [
            f"{'with' if code in languages else 'without'} {name_or_code(code)}" for code in tested.benchmark.optional
        ]
        what = ", ".join([f"mean of {len(others)} {non(origin.source)}", *differ])
        yield what, "", *(_mean(others, metric) for metric in columns)
    pairs = [one for key, one in tested.scores.items() if "-" in key]
    if pairs:
        yield f"mean over pairs of two languages ({len(pairs)})", "", *(_mean(pairs, metric) for metric in columns)


def _columns(scores: Sequence[Mapping[str, float]], metrics: TaskMetrics) -> dict[str, str]:
    """Metrics and shares that every language has, and partial metrics that some language has, with their titles."""
    columns = {metric.name: metric.title for metric in metrics.metrics if all(metric.name in one for one in scores)}
    columns |= {metric.name: metric.title for metric in metrics.partial if any(metric.name in one for one in scores)}
    return columns | {s.name: f"{s.title} %" for s in metrics.shares if all(s.name in one for one in scores)}


def _mean(languages: Sequence[Mapping[str, float]], metric: str) -> str:
    """The mean as a cell; empty where a language lacks the metric."""
    lacking = any(metric not in one for one in languages)
    return "" if lacking else f"{fmean(one[metric] for one in languages):.1f}"


@cache  # a package's version is looked up in its whole description
def _versions() -> tuple[str, ...]:
    found = [f"Python {platform.python_version()}"]
    for package in PACKAGES:
        with suppress(PackageNotFoundError):
            found.append(f"{package} {version(package)}")
    return tuple(found)


def _table(header: Sequence[str], rows: Any) -> str:
    """A table in Markdown."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(str(cell).replace('|', chr(92) + '|') for cell in line)} |" for line in lines)
