"""Answers drawn with rich: texts of unknown origin, none of which is read as markup."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rich.cells import set_cell_size
from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

from xlingual.data.examples import Example, SentencePair
from xlingual.inspection.answers import Answer, Question
from xlingual.inspection.inspection import Inspection, LanguageAnswers
from xlingual.inspection.spans import GOLD, Span, left_out, placed, shown_parts, spans_of
from xlingual.inspection.terminal_text import Clusters, lines_of, visible, whole_cluster
from xlingual.languages import name_or_code
from xlingual.report.scores import pair_of
from xlingual.task_metrics import counted

BRACKETS = {GOLD: ("⟦", "⟧"), 0: ("⟨", "⟩"), 1: ("⟪", "⟫")}
"""Around what is marked, by its role: gold answers, the arm's, those of the arm beside it."""

STYLES = {GOLD: "green", 0: "bold cyan", 1: "bold magenta"}
"""The same in colours, for terminals that have them."""

NARROWEST = 24
"""Cells of a line of text, however narrow the terminal is."""

WIDEST_LABEL = 16
"""Cells of the column of labels."""


@dataclass(frozen=True)
class InspectionTable:
    """Draws an inspection at the console's width."""

    inspection: Inspection

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Warnings, whose answers, numbers, then question after question."""
        one = self.inspection
        yield from _warnings(one)
        yield from _arms(one)
        yield Text()
        yield _numbers(one)
        for language in one.languages:
            yield from self._language(options.max_width, language)

    def _language(self, width: int, language: LanguageAnswers) -> Iterator[Text]:
        for number, question in enumerate(language.questions, start=1):
            yield Text()
            place = f"{language.key}: {number} of {language.selected}"
            article = question.row.get("article")
            where = f", {visible(str(article))}" if article else ""
            yield Text(f"{place}   {visible(question.id)} (no. {question.number}{where})", style="bold")
            yield from self._question(width, question)
        yield Text()
        yield Text(_left(self.inspection, language), style="dim")

    def _question(self, width: int, question: Question) -> Iterator[Text]:
        labels = min(WIDEST_LABEL, max(9, *(len(one.arm) for one in self.inspection.arms)))
        for label, style, text, whole in self._parts(question):
            lines = lines_of(text, max(NARROWEST, width - labels - 2), whole)
            for first, line in zip([label, *[""] * len(lines)], lines, strict=False):
                yield Text(set_cell_size(first, labels) + "  ", style=style, no_wrap=True).append_text(line)

    def _parts(self, question: Question) -> Iterator[tuple[str, str, Text, str | None]]:
        """Label, its style, text, and what decides the text's direction, of each part of a question."""
        one, example = self.inspection, question.example
        if isinstance(example, SentencePair):
            for role, sentence in zip(one.roles, (example.first, example.second), strict=True):
                yield role.removesuffix(" sentence"), "", Text(visible(sentence)), None
        elif isinstance(example, Example):
            yield "question", "", Text(visible(example.question)), None
            yield "passage", "", marked(example.context, spans_of(question)), example.context
        golds = [labelled(text, one.words) for text in dict.fromkeys(text for text, _ in question.golds)]
        if golds:
            yield "gold", STYLES[GOLD], Text(" | ").join(Text(whole_cluster(text)) for text in golds), None
        for number, answer in enumerate(question.answers):
            said = Text(whole_cluster(labelled(answer.text, one.words)) or "(empty)")
            yield visible(answer.arm), STYLES[number], said, None
            yield "", "", Text(", ".join(facts_of(answer, example)), style="dim"), None


def inspection_table(inspection: Inspection) -> InspectionTable:
    """Draw an inspection."""
    return InspectionTable(inspection)


def marked(passage: str, spans: Sequence[Span]) -> Text:
    """The shown parts of a passage, with brackets and colours around what is marked; `[…N…]` for N other characters.

    A mark that would fall into a grapheme cluster is moved to its edge.
    """
    clusters, text = Clusters(passage), Text()
    whole = [Span(clusters.before(one.start), clusters.after(one.end), one.role) for one in spans]
    parts = [(clusters.before(start), clusters.after(end)) for start, end in shown_parts(passage, whole)]
    gaps = left_out(len(passage), parts)
    for gap, (start, end) in zip(gaps, parts, strict=False):
        _append_gap(text, gap)
        places = sorted({start, end, *(p for s in whole for p in (s.start, s.end) if start <= p <= end)})
        for place, following in zip(places, [*places[1:], end], strict=True):
            _append_brackets(text, whole, place)
            roles = [span.role for span in whole if span.start <= place < span.end]
            text.append(visible(passage[place:following]), style=STYLES[max(roles)] if roles else "")
    _append_gap(text, gaps[-1])
    return text


def _append_gap(text: Text, gap: int) -> None:
    if gap > 0:
        text.append(f"[…{gap}…]", style="dim")


def _append_brackets(text: Text, spans: Sequence[Span], place: int) -> None:
    """Close what ends at a place, the innermost first, then open what begins there."""
    for one in sorted(spans, key=lambda one: (-one.start, -one.role)):
        if one.end == place:
            text.append(BRACKETS[one.role][1], style=STYLES[one.role])
    for one in sorted(spans, key=lambda one: (-one.end, one.role)):
        if one.start == place:
            text.append(BRACKETS[one.role][0], style=STYLES[one.role])


def labelled(text: str, words: Mapping[str, str]) -> str:
    """An answer, of a label with its word."""
    word = words.get(text)
    return visible(f"{text} ({word})" if word and word != text else text)


def facts_of(answer: Answer, example: Example | SentencePair | None) -> Iterator[str]:
    """Scores of an answer, where it was found, and what is odd about it."""
    for name, score in answer.scores.items():
        yield f"{answer.metrics[name].short or answer.metrics[name].title} {score:.1f}"
    if answer.model_score is not None:
        yield f"model's score {answer.model_score:.2f}"
    if answer.row.get("windows", 1) > 1:
        yield f"window {answer.row['window']} of {answer.row['windows']}"
    if isinstance(example, Example) and answer.text:
        place = placed(answer, example.context)
        if place.start is None:
            yield "not in the passage"
        elif place.occurrences > 1:
            yield f"{place.occurrences} times in the passage, the first is marked"
    for mark in answer.marks:
        if mark != "illegal" or len(answer.marks) == 1:
            yield mark.replace("_", " ")


def _warnings(one: Inspection) -> Iterator[Text]:
    if one.toy:
        yield Text("TOY WORLD: made-up languages; nothing here is about real ones", style="bold yellow")
    if one.oracle:
        yield Text("ORACLE: the search saw the test set", style="bold yellow")
    if one.texts.problem:
        yield Text(visible(one.texts.problem), style="yellow")


def _arms(one: Inspection) -> Iterator[Text]:
    """Title, and the replicate of each arm with its mark."""
    yield Text(f"{visible(one.study)}: answers on {visible(one.title)}", style="bold")
    of_questions = not one.metrics.labels
    for role, shown in enumerate(one.arms):
        which = shown.replicate
        opening, closing = BRACKETS[role]
        name = f"{opening}{visible(shown.arm)}{closing}" if of_questions else visible(shown.arm)
        text = Text(name, style=STYLES[role])
        yield text.append(
            f"  search {which.search}, seed {which.seed}, one of {counted(shown.scored, 'replicates')}", style="default"
        )
    if of_questions:
        yield Text("⟦gold answer⟧", style=STYLES[GOLD])


def _numbers(one: Inspection) -> Table:
    """Questions of each language by whose answer is right."""
    metric, table = one.metrics.headline, Table(box=None, pad_edge=False, header_style="", show_edge=False)
    table.add_column("")
    names = [visible(shown.arm) for shown in one.arms]
    columns = ["both", *(f"{name} alone" for name in names), "neither"] if len(names) > 1 else [*names, "not right"]
    for title in (one.metrics.words.examples, *columns):
        table.add_column(Text(title), justify="right")
    for language in one.languages:
        counts = language.counts
        cells = [counts.both, counts.first, counts.second, counts.neither]
        shown = cells if len(names) > 1 else [counts.first, counts.neither]
        table.add_row(_named(language.key), str(counts.questions), *map(str, shown))
    table.caption = f"right: {metric.title} of 100"
    table.caption_justify = "left"
    return table


def _named(key: str) -> str:
    codes = dict.fromkeys(pair_of(key))
    return f"{key} ({', '.join(name_or_code(code) for code in codes)})"


def _left(one: Inspection, language: LanguageAnswers) -> str:
    """How many are shown, of which, and how to see more."""
    which = {
        "wrong": f" that {one.arm.arm} did not answer fully right",
        "differ": " on which the scores differ",
        None: "",
    }[one.only]
    examples = one.metrics.words.examples
    if not language.selected:
        return f"{language.key}: no {examples.removesuffix('s')}{which}"
    shown = f"{language.key}: {len(language.questions)} of {counted(language.selected, examples)}{which}"
    more = f"; {language.left} more with --limit" if language.left else ""
    return f"{shown}, ordered by the hash of their ids{more}"
