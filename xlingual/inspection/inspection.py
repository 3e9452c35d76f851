"""The answers of a study, from its records and the test set's texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from xlingual.activity import doing
from xlingual.errors import RecordError
from xlingual.inspection.answers import Answer, Counts, Question, selected
from xlingual.inspection.replicates import Shown, chosen_replicates
from xlingual.inspection.request import InspectionRequest, Only
from xlingual.inspection.texts import Texts, read_texts
from xlingual.languages import two_letter
from xlingual.records import journal
from xlingual.records.layout import StudyDirectory
from xlingual.records.state import StudyState, read_state
from xlingual.report.prediction_arrays import read_answers
from xlingual.report.scores import keys_of, pair_of
from xlingual.report.set_reading import title_of
from xlingual.study.benchmarks import Benchmark
from xlingual.study.test_sets import RecordedTestSet
from xlingual.task_metrics import SQUAD, TaskMetrics


@dataclass(frozen=True)
class LanguageAnswers:
    """The answers in one language, or in a pair of two.

    Attributes:
        key: code, or `A-B`.
        counts: of all questions.
        selected: number of those that are asked for.
        questions: the first of them.
    """

    key: str
    counts: Counts
    selected: int
    questions: tuple[Question, ...]

    @property
    def left(self) -> int:
        """Number of questions that are asked for and not shown."""
        return self.selected - len(self.questions)


@dataclass(frozen=True)
class Inspection:
    """What is shown of a study's answers.

    Attributes:
        study: its name.
        test_set: name of the test set.
        title: of the test set, in words.
        metrics: those of the task.
        roles: what the first and the second text of an example are.
        words: of a task with labels, from a label to its word.
        toy: whether this is the toy world.
        oracle: whether the search saw the headline test set.
        arm: whose answers are shown.
        against: whose answers are beside them; None where there are none.
        only: see `InspectionRequest`.
        texts: of the test set.
        languages: the answers of each.
    """

    study: str
    test_set: str
    title: str
    metrics: TaskMetrics
    roles: tuple[str, str]
    words: Mapping[str, str]
    toy: bool
    oracle: bool
    arm: Shown
    against: Shown | None
    only: Only | None
    texts: Texts
    languages: tuple[LanguageAnswers, ...]

    @property
    def arms(self) -> tuple[Shown, ...]:
        """The arm, and the one beside it if there is one."""
        return (self.arm, *([self.against] if self.against else []))

    def as_json(self) -> dict[str, Any]:
        """Plain values for `xlingual inspect --json`."""
        return {
            "study": self.study,
            "test_set": self.test_set,
            "toy": self.toy,
            "oracle": self.oracle,
            "arm": self.arm.as_json(),
            "against": self.against.as_json() if self.against else None,
            "only": self.only,
            "right": {"metric": self.metrics.headline.name, "from": 100.0},
            "texts": {"source": self.texts.source, "problem": self.texts.problem},
            "languages": {one.key: _language_json(one, self.against is not None) for one in self.languages},
        }


def inspect(directory: StudyDirectory, asked: InspectionRequest) -> Inspection:
    """Read the answers that are asked for.

    Raises:
        RecordError: when nothing was scored yet, a name is not the study's, or a record is broken or missing.
    """
    state = read_state(directory)
    test = _test_set(directory, state, asked.test_set)
    metrics = test.benchmark.metrics if test.benchmark else SQUAD
    arm, against = chosen_replicates(directory, state, test.name, asked)
    shown = (arm, *([against] if against else []))
    keys = _keys(directory, state, test, shown, asked.languages)
    rows = {key: _rows(directory, test, metrics, shown, key) for key in keys}
    with doing("reading the test set's texts"):
        texts = read_texts(directory, state, test, keys, asked.data)
    return Inspection(
        study=state.name,
        test_set=test.name,
        title=title_of(state, test),
        metrics=metrics,
        roles=test.benchmark.roles if test.benchmark else ("", ""),
        words=_words(test.benchmark),
        toy=test.source == "toy",
        oracle=state.oracle,
        arm=arm,
        against=against,
        only=asked.only,
        texts=texts,
        languages=tuple(_language(key, found, texts, asked) for key, found in rows.items()),
    )


def _test_set(place: StudyDirectory, state: StudyState, name: str | None) -> RecordedTestSet:
    if name is not None and name not in state.test_sets:
        raise RecordError(f"--on {name}: {place.path} has no such test set; write one of {', '.join(state.test_sets)}")
    return state.test_sets[name] if name else next(iter(state.test_sets.values()))


def _keys(
    place: StudyDirectory, state: StudyState, test: RecordedTestSet, shown: Sequence[Shown], asked: str | None
) -> list[str]:
    """Languages and pairs to show, of those in which all of the replicates have answers.

    Raises:
        RecordError: when a language that is asked for is none of them.
    """
    answered = set.intersection(*(keys_of(place, one.replicate, test.name) for one in shown))
    order = [*test.languages, *sorted(answered)]
    there = sorted(answered, key=lambda key: [order.index(code) if code in order else -1 for code in pair_of(key)])
    languages = [key for key in there if "-" not in key]
    if asked == "all":
        return languages
    if asked is None:
        source = str(state.study["data"].get("source_language", "en"))
        return [next((code for code in languages if code != source), languages[0])]
    wanted = [part.strip() for part in asked.split(",")]
    keys = ["-".join(two_letter(code) for code in part.split("-")) for part in wanted]
    for part, key in zip(wanted, keys, strict=True):
        if key not in answered:
            pair = next((one for one in there if "-" in one), None)
            pairs = f", and pairs of two, as {pair}" if pair else ""
            raise RecordError(f"--language {part}: no answers in it; there are {', '.join(languages)}{pairs}")
    return list(dict.fromkeys(keys))


def _rows(
    place: StudyDirectory, test: RecordedTestSet, metrics: TaskMetrics, shown: Sequence[Shown], key: str
) -> list[tuple[Answer, ...]]:
    """Answers of the replicates to each question, in the order of the first's record.

    Raises:
        RecordError: when a record is broken, or the replicates answered different questions.
    """
    found: list[dict[str, Answer]] = []
    for one in shown:
        path = place.trial(one.replicate.fingerprint).predictions(test.name, key)
        read_answers(path, metrics)  # refuses broken rows
        found.append({row["id"]: Answer(one.arm, row, metrics) for row in journal.read(path)})
        if found[0].keys() != found[-1].keys():
            odd = min(found[0].keys() ^ found[-1].keys())
            raise RecordError(f"{path}: question {odd!r} is answered by one of {shown[0].arm} and {one.arm} alone")
    return [tuple(answers[identifier] for answers in found) for identifier in found[0]]


def _language(key: str, rows: Sequence[tuple[Answer, ...]], texts: Texts, asked: InspectionRequest) -> LanguageAnswers:
    questions = [
        Question(answers[0].row["id"], number, answers, texts.of(key, answers[0].row["id"]))
        for number, answers in enumerate(rows, start=1)
    ]
    kept = selected(questions, asked.only)
    counts = Counts.of([tuple(answer.is_right for answer in answers) for answers in rows])
    return LanguageAnswers(key, counts, len(kept), tuple(kept[: asked.limit]))


def _words(benchmark: Benchmark | None) -> Mapping[str, str]:
    """From each label of a task to its word; none of question answering."""
    words: Mapping[str, str] = getattr(benchmark.load(benchmark.task), "words", {}) if benchmark else {}
    return words


def _language_json(one: LanguageAnswers, pair: bool) -> dict[str, Any]:
    counts = one.counts
    of_two = {"both": counts.both, "arm_alone": counts.first, "against_alone": counts.second, "neither": counts.neither}
    return {
        "questions": counts.questions,
        "right": of_two if pair else {"arm": counts.first, "neither": counts.neither},
        "selected": one.selected,
        "examples": [question.as_json() for question in one.questions],
    }
