"""Examples of answers: the first questions of each language in an order that favours none, with two arms' answers."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from xlingual.data.examples import Example, SentencePair
from xlingual.inspection.answers import Question
from xlingual.inspection.inspection import Inspection, LanguageAnswers, inspect
from xlingual.inspection.request import InspectionRequest
from xlingual.inspection.spans import GOLD, Span, left_out, shown_parts, spans_of
from xlingual.inspection.table import facts_of, labelled
from xlingual.inspection.terminal_text import Clusters, visible
from xlingual.languages import name_or_code
from xlingual.records.layout import StudyDirectory
from xlingual.report.late_arms import marked
from xlingual.report.wide_table import Column, WideTable

OF_EACH_LANGUAGE = 2
_ROLES = {GOLD: "gold", 0: "first", 1: "second"}


@dataclass(frozen=True, slots=True)
class Piece:
    """Characters of a passage, and whose answers they are part of: `gold`, `first`, `second` arm."""

    text: str
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ShownQuestion:
    """A question, or pair of sentences: its texts, the passage in pieces, and what was answered.

    Attributes:
        title: its place in the test set and its id.
        texts: label and text of the question, or of each sentence.
        passage: pieces; empty where it is unknown or there is none.
        golds: gold answers.
        answers: arm, text, and what is to be said of it.
    """

    title: str
    texts: tuple[tuple[str, str], ...]
    passage: tuple[Piece, ...]
    golds: tuple[str, ...]
    answers: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class ShownLanguage:
    """Examples of one language."""

    code: str
    name: str
    questions: tuple[ShownQuestion, ...]


@dataclass(frozen=True, slots=True)
class Examples:
    """What the page shows of the answers.

    Attributes:
        arms: whose answers these are, in words.
        names: of the arms.
        problem: why texts are absent; None where all are there.
        counts: questions of each language by whose answer is fully right.
        languages: the examples.
    """

    arms: tuple[str, ...]
    names: tuple[str, ...]
    problem: str | None
    counts: WideTable
    languages: tuple[ShownLanguage, ...]


def examples(place: StudyDirectory, flags: Sequence[str] = (), late: Collection[str] = ()) -> Examples:
    """Read the examples of the headline set: the first arm that is compared, beside what it is compared with.

    Args:
        place: of the study.
        flags: lines under the title of the table.
        late: arms to mark as chosen after the test set had been read.

    Raises:
        RecordError: when nothing was scored, or a record is broken or missing.
    """
    found = inspect(place, InspectionRequest(languages="all", limit=OF_EACH_LANGUAGE))
    arms = tuple(
        f"{marked(one.arm, late)}: search {one.replicate.search}, seed {one.replicate.seed}, one of {one.scored} scored"
        for one in found.arms
    )
    names = tuple(marked(one.arm, late) for one in found.arms)
    counts = _counts(found, names, flags)
    return Examples(arms, names, found.texts.problem, counts, tuple(_languages(found, late)))


def _counts(found: Inspection, names: Sequence[str], flags: Sequence[str]) -> WideTable:
    rows = [one.counts for one in found.languages]
    if len(names) > 1:
        columns = [
            Column("both", [str(row.both) for row in rows]),
            Column(f"{names[0]} alone", [str(row.first) for row in rows]),
            Column(f"{names[1]} alone", [str(row.second) for row in rows]),
            Column("neither", [str(row.neither) for row in rows]),
        ]
    else:
        columns = [
            Column(names[0], [str(row.first) for row in rows]),
            Column("not right", [str(row.neither) for row in rows]),
        ]
    examples, metric = found.metrics.words.examples, found.metrics.headline.title
    title = f"{found.study}: {examples} of {found.title} by whose answer is right ({metric} of 100)"
    counts = Column(examples, [str(row.questions) for row in rows])
    return WideTable(title, flags, Column("language", [one.key for one in found.languages]), [[counts, *columns]])


def _languages(found: Inspection, late: Collection[str]) -> Iterator[ShownLanguage]:
    for one in found.languages:
        yield ShownLanguage(one.key, name_or_code(one.key), tuple(_questions(found, one, late)))


def _questions(found: Inspection, language: LanguageAnswers, late: Collection[str]) -> Iterator[ShownQuestion]:
    for one in language.questions:
        yield ShownQuestion(
            f"No. {one.number}: {visible(one.id)}",
            tuple(_texts(found, one)),
            pieces(one.example.context, spans_of(one)) if isinstance(one.example, Example) else (),
            tuple(labelled(text, found.words) for text in dict.fromkeys(text for text, _ in one.golds)),
            tuple(
                (marked(answer.arm, late), labelled(answer.text, found.words), ", ".join(facts_of(answer, one.example)))
                for answer in one.answers
            ),
        )


def _texts(found: Inspection, question: Question) -> Iterator[tuple[str, str]]:
    example = question.example
    if isinstance(example, SentencePair):
        yield from zip(found.roles, map(visible, (example.first, example.second)), strict=True)
    elif isinstance(example, Example):
        yield "question", visible(example.question)


def pieces(passage: str, spans: Sequence[Span]) -> tuple[Piece, ...]:
    """The shown parts of a passage, cut where an answer begins or ends; `[…N…]` for N other characters.

    A cut that would fall into a grapheme cluster is moved to its edge.
    """
    clusters = Clusters(passage)
    whole = [Span(clusters.before(one.start), clusters.after(one.end), one.role) for one in spans]
    parts = [(clusters.before(start), clusters.after(end)) for start, end in shown_parts(passage, whole)]
    gaps = left_out(len(passage), parts)
    found: list[Piece] = []
    for gap, (start, end) in zip(gaps, [*parts, (0, 0)], strict=True):
        if gap > 0:
            found.append(Piece(f"[…{gap}…]"))
        cuts = sorted({start, end, *(at for one in whole for at in (one.start, one.end) if start <= at <= end)})
        for at, following in pairwise(cuts):
            roles = sorted({one.role for one in whole if one.start <= at < one.end})
            found.append(Piece(visible(passage[at:following]), tuple(_ROLES[role] for role in roles)))
    return tuple(found)
