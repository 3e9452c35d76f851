"""Warnings and explanatory notes for the numbers of a study."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from xlingual.languages import name_or_code
from xlingual.records.state import reasons_of
from xlingual.report.arm_summary import ArmSummary, unit_names
from xlingual.report.character_table import character_notes
from xlingual.report.cost_table import cost_notes
from xlingual.report.interval_notes import interval_notes
from xlingual.report.late_arms import MARK
from xlingual.report.power_notes import power_notes
from xlingual.report.published_table import published_notes
from xlingual.report.shares_table import shares_notes
from xlingual.report.summary import Summary
from xlingual.study.dimension import many_more
from xlingual.task_metrics import counted

_SETS = {
    "webfaq_dev": "webfaq_dev: FAQ passages of held-out hosts in the FAQ languages, no human labels",
    "test": "test: the test set itself",
    "dev.": "dev: {source} development {examples}",
}


def warnings(summary: Summary) -> list[str]:
    """Lines above every table that change what its numbers mean."""
    lines = []
    if summary.toy:
        lines.append("TOY WORLD: made-up languages; these numbers tell you nothing about real languages.")
    if summary.oracle:
        seen = summary.headline_title or "the test set"
        lines.append(f"ORACLE: the search saw {seen}; these are not zero-shot scores.")
    if summary.paragraph_cap is not None:
        lines.append(f"PART OF THE TEST SET: {_extent(summary)} only.")
    counts = summary.questions
    if len(set(counts.values())) > 1:
        fewest, most = min(counts, key=counts.__getitem__), max(counts, key=counts.__getitem__)
        least = f"{counted(counts[fewest], summary.words.examples)} in {fewest}"
        lines.append(f"UNEQUAL LANGUAGES: {least} to {counts[most]} in {most}; a mean weighs the languages the same.")
    if any(arm.one_label for arm in summary.arms.values()):
        lines.append(_one_label(summary))
    if summary.changed:
        lines.append(
            f"CHANGED: predictions no longer give the scores recorded at their reading: {_few(summary.changed)}."
        )
    if not summary.complete:
        lines.append(f"INCOMPLETE: {missing(summary)}.")
    else:
        lines += [f"INCOMPLETE on {one.title}: {missing(one)}." for one in summary.others if not one.complete]
    return lines


def _one_label(summary: Summary) -> str:
    """Replicates that gave every example the same label."""
    found = [
        f"{len(arm.one_label)} of {counted(len(arm.seeds), 'replicates')} of {arm.name}"
        for arm in summary.arms.values()
        if arm.one_label
    ]
    return (
        f"ONE LABEL: {', '.join(found)} give all {summary.words.examples} the same label; their score is that label's "
        "share of the test set."
    )


def notes(summary: Summary) -> list[str]:
    """Sentences printed once, under the tables of the headline set."""
    return [*_measured(summary), *_trained(summary), *_read(summary)]


def set_notes(summary: Summary) -> list[str]:
    """Sentences under the tables of another test set than the headline."""
    secondary = (
        f"{summary.title} is a secondary test set: {summary.headline_title} is this study's headline, on which its "
        "verdicts rest. Stars and p values here are adjusted within this set, and not for the number of test sets."
    )
    return [secondary, *_measured(summary), *_read(summary)]


def standing(summary: Summary) -> str:
    """Whether a test set is the headline, in brackets; empty where the study has no other."""
    if summary.headline_title:
        return " (secondary)"
    return " (headline)" if summary.others else ""


def _measured(summary: Summary) -> list[str]:
    """What the scores, means and intervals are."""
    lines = [f"Scored: {_extent(summary)}, in {_times(len(summary.languages), 'language')}."]
    if summary.targets:
        languages = counted(len(summary.targets), f"{summary.non_source} languages")
        lines.append(
            f"The mean is over the {languages}; ± is its standard deviation over {unit_names(summary.arms.values())}."
        )
    lines.append(f"Metrics: {summary.metrics.described}, for every language.")
    lines += character_notes(summary)
    if summary.differences:
        lines += interval_notes(summary)
        lines += power_notes(summary)
    lines += _without_difference(summary)
    lines += published_notes(summary)
    return [*lines, *shares_notes(summary)]


def _trained(summary: Summary) -> list[str]:
    """What the arms' searches chose, and what was trained on."""
    lines = []
    chooser = "Each search" if any(arm.searches > 1 for arm in summary.arms.values()) else "The search of each arm"
    lines.append(f"{chooser} chose its configuration by {objective_in_words(summary)}.")
    lines += without_trials(summary)
    lines += _dimensions(summary)
    lines += cost_notes(summary.equal, summary.costs)
    taught = [arm for arm in summary.arms.values() if arm.scores and _faq_languages(arm)]
    if taught:
        arms = "; ".join(f"{arm.name} ({_recipe(arm)}: {', '.join(_faq_languages(arm))})" for arm in taught)
        lines.append(
            f"Trained on question-answer pairs of other languages than {name_or_code(summary.source_language)}, too: "
            f"{arms}."
        )
    if summary.contamination is not None:
        parts = [f"{count} of {part}" for part, count in summary.contamination.items() if count]
        found = f"{', '.join(parts)} overlapped and were dropped" if parts else "nothing overlapped"
        lines.append(f"Training data was compared with the test set's texts before the first trial: {found}.")
    return lines


def _read(summary: Summary) -> list[str]:
    """What the ledger holds."""
    what = summary.title if standing(summary) else "the test set"
    count = _times(len(summary.readings), "reading")
    return [f"The ledger holds {count} of {what}.", *_about_readings(summary)]


def _dimensions(summary: Summary) -> list[str]:
    """Number of parameters that each arm searched, unless the table of winners has it, and its effect."""
    arms = summary.arms
    more = [name for name, arm in arms.items() if arm.against and many_more(arm.dimension, arms[arm.against].dimension)]
    lines = []
    if any(arm.dimension for arm in arms.values()) and all(arm.searches == 1 for arm in arms.values()):
        lines.append(f"Searched parameters: {', '.join(f'{name} {arm.dimension}' for name, arm in arms.items())}.")
    if more:
        lines.append(
            f"{', '.join(more)}: many more searched parameters than what it is compared with; with equal trials that "
            "is a disadvantage, and a difference below zero may come from it."
        )
    return lines


def missing(summary: Summary) -> str:
    """What is missing in an incomplete study."""
    parts = []
    if summary.trials_ended < summary.trials_planned:
        parts.append(f"{summary.trials_ended} of {summary.trials_planned} search trials ended")
    for arm in summary.arms.values():
        if arm.failed is not None:
            parts.append(f"{arm.name} has no finished trial")
        elif len(arm.seeds) < summary.replicates_per_arm:
            failed = "".join(f"; search {number} has no finished trial" for number in arm.failed_searches)
            failed += "".join(
                f"; seed {seed} failed: {reason.splitlines()[0]}" for seed, reason in arm.failures.items()
            )
            parts.append(f"{arm.name} has {len(arm.seeds)} of {summary.replicates_per_arm} replicates scored{failed}")
    return ", ".join(parts) or "the study has not ended"


def units(summary: Summary) -> str:
    """Repetitions of the scored arms: "4 searches per arm", or "2 to 3 seeds per arm"."""
    counts = sorted({len(arm.units) for arm in summary.arms.values() if arm.units})
    if not counts:
        return "no scores"
    names = unit_names(summary.arms.values())
    if len(counts) > 1:
        return f"{counts[0]} to {counts[-1]} {names} per arm"
    return f"{counts[0]} {names if counts[0] > 1 else _SINGULAR[names]} per arm"


_SINGULAR = {"seeds": "seed", "searches": "search", "searches or seeds": "search or seed"}


def zero_shot(summary: Summary, metric: str) -> str:
    """The kind of a table's scores: zero-shot, except for arms trained on question-answer pairs of tested languages."""
    seen = [arm.name for arm in summary.arms.values() if arm.scores and set(_faq_languages(arm)) & set(summary.targets)]
    if summary.oracle or len(seen) == sum(bool(arm.scores) for arm in summary.arms.values()):
        return metric
    return f"{metric} (zero-shot but for {', '.join(seen)})" if seen else f"zero-shot {metric}"


def readings(summary: Summary) -> str:
    """How often the test set was opened."""
    return f"test set opened {_times(len(summary.readings), 'time')}"


def _without_difference(summary: Summary) -> list[str]:
    """Scored arms whose comparison arm was not scored."""
    lacking: dict[str, list[str]] = {}
    for arm in summary.arms.values():
        if arm.against in summary.unscored and arm.seeds:
            lacking.setdefault(str(arm.against), []).append(arm.name)
    return [
        f"No difference of {', '.join(arms)}: nothing to compare with, because {other} has no score."
        for other, arms in lacking.items()
    ]


def _about_readings(summary: Summary) -> list[str]:
    """Choices made when some scores on the test set were already known."""
    late = [
        arm.name if arm.searches == len(arm.late) else f"{arm.name} ({_searches(arm.late)})"
        for arm in summary.arms.values()
        if arm.late
    ]
    gone = Counter(str(row["arm"]) for row in summary.readings if row["arm"] not in summary.arms)
    lines = []
    if late:
        lines.append(f"{MARK}: chosen after the test set had been read for another choice: {', '.join(late)}.")
    if summary.added_languages:
        added = ", ".join(summary.added_languages)
        lines.append(f"Languages added after the test set had been read in others: {added}.")
    if gone:
        arms = ", ".join(f"{arm} ({_times(count, 'reading')})" for arm, count in gone.items())
        lines.append(f"The test set was read for arms that are no longer in the study, too: {arms}.")
    return lines


def without_trials(summary: Summary) -> list[str]:
    """Arms without a configuration, arms that chose from more trials than others, and trials that do not count."""
    lines = [
        f"{arm.name} has no configuration: none of its trials reached its last update ({arm.failed})."
        for arm in summary.arms.values()
        if arm.failed is not None
    ]
    lines += [
        f"{arm.name} is scored without {_searches(arm.failed_searches)}: no trial there reached its last update "
        f"({reasons_of(arm.failed_searches)}). A mean over the searches that succeeded may flatter the arm."
        for arm in summary.arms.values()
        if arm.failed_searches and arm.failed is None
    ]
    counts = {
        arm.name: sorted({winner.trials for winner in arm.winners}) for arm in summary.arms.values() if arm.winners
    }
    if len({count for found in counts.values() for count in found}) > 1:
        numbers = ", ".join(
            f"{arm} {' to '.join(map(str, (found[0], found[-1])[: len(found)]))}" for arm, found in counts.items()
        )
        lines.append(f"Searches chose from different numbers of trials, and the best of more is better: {numbers}.")
    for arm in summary.arms.values():
        if arm.stopped is not None:
            lines.append(f"{arm.name} was {arm.stopped}: its budget is smaller than that of the others.")
        elif arm.by_request:
            lines.append(
                f"{arm.name}: {_times(arm.by_request, 'trial')} of it ended early by hand, and it went on later."
            )
    aside = {arm.name: arm.set_aside for arm in summary.arms.values() if arm.set_aside}
    if aside:
        trials = "; ".join(f"{arm} {', '.join(map(str, numbers))}" for arm, numbers in aside.items())
        lines.append(f"Trials that are not in the space that their arm searches now, and do not count: {trials}.")
    return lines


def _extent(summary: Summary) -> str:
    """Paragraphs and questions per language."""
    counts = sorted(set(summary.questions.values()))
    words = summary.words
    if not counts:
        return (
            f"at most {summary.paragraph_cap} {words.groups} per language" if summary.paragraph_cap else "nothing yet"
        )
    questions = f"{counts[0]}" if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
    most = "" if summary.parallel else "at most "
    return f"{most}{counted(summary.paragraphs, words.groups)} and {questions} {words.examples} per language"


def _mixtures(arm: ArmSummary) -> list[Mapping[str, Any]]:
    """Mixtures of the winners that have one."""
    return [winner.configuration["mixture"] for winner in arm.winners if winner.configuration.get("mixture")]


def _faq_languages(arm: ArmSummary) -> list[str]:
    found: set[str] = set()
    for mixture in _mixtures(arm):
        weights = mixture.get("weights") or dict.fromkeys(mixture.get("languages", ()), 1.0)
        found |= {language for language, weight in weights.items() if weight > 0}
    return sorted(found)


def _recipe(arm: ArmSummary) -> str:
    """The recipes of an arm's winners, with their unusual settings."""
    source = name_or_code(arm.source)
    return " or ".join(dict.fromkeys(_recipe_of(mixture, source) for mixture in _mixtures(arm)))


def _recipe_of(mixture: Mapping[str, Any], source: str) -> str:
    name = next(iter(mixture.get("recipe", {"passage": {}}))).replace("_", " ")
    words = [name, f"before the {source} data" if mixture.get("schedule") == "then" else "mixed in"]
    return ", ".join([*words, "shuffled pairs"] if mixture.get("pairs") == "shuffled" else words)


def objective_in_words(summary: Summary) -> str:
    """The objective, with an explanation of its names."""
    found = [text for name, text in _SETS.items() if re.search(rf"(^|\s){re.escape(name)}", summary.objective)]
    source = name_or_code(summary.source_language)
    about = [text.format(source=source, examples=summary.words.examples) for text in found]
    return f"{summary.objective} ({'; '.join(about)})" if about else summary.objective


def _searches(numbers: Collection[int]) -> str:
    """Numbers of searches in words: "search 2", "searches 2, 4"."""
    return f"search{'' if len(numbers) == 1 else 'es'} {', '.join(map(str, numbers))}"


def _few(names: Sequence[str]) -> str:
    """The first three, and the number of the others."""
    return "; ".join([*names[:3], *([f"and {len(names) - 3} more"] if len(names) > 3 else [])])


def _times(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
