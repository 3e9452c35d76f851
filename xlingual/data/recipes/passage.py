"""Turn FAQ pairs into span examples: a passage joins several answers of a page, with one question for each.

The model has to tell the answer to its question from the other answers of the page. Every answer of a passage is the
gold answer once, so that nothing visible in the passage alone (lengths, order, style, missing marks between answers)
predicts which one is asked for.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from xlingual.data.answer_spans import occurrences
from xlingual.data.examples import Example
from xlingual.data.faq.rows import FaqRow
from xlingual.data.recipes.evidence import Evidence
from xlingual.data.recipes.host import Host, Passage
from xlingual.data.recipes.prepared_answers import Answer, Preparation
from xlingual.data.recipes.siblings import Grouping
from xlingual.data.writing import characters, fold, joint
from xlingual.errors import DataError
from xlingual.study.recipes import PassageSettings

COUNTS = (
    "read",
    "kept",
    "dropped_duplicate",
    "dropped_empty",
    "dropped_echo",
    "dropped_long_sentence",
    "dropped_no_span",
    "dropped_long_span",
    "dropped_repeated_span",
    "dropped_no_evidence",
    "dropped_no_sibling",
    "dropped_short_passage",
    "siblings_from_site",
    "echoes_stripped",
    "answers_cut",
)


class PassageRecipe:
    """Passages of one language, built host by host; only one host is held in memory.

    How a row becomes an example:

    1. White space of its answer is normalised, and a repetition of the question at its beginning removed (`echo`).
    2. The span is the whole answer or one sentence of it (`span`), if it is likely to answer (`evidence`).
    3. An answer longer than half a passage is cut at sentence boundaries around its span.
    4. The answers of the page that have a span are grouped by length (`siblings`). Each group, in random order, becomes
       a passage, and the question of each member is asked about it.
    5. An answer left over gets a passage with other answers of the page, whose questions are not asked again. If these
       are too few, it is grouped with answers left over from the host's other pages, or else with any of the host.

    Answers without a span are used as siblings only if there are too few others.

    Evidence rejects mostly long answers and mismatched pairs: of rows whose answers were exchanged, fewer become
    examples (17% against 23% on parallel FAQ pages), and those have shorter answers (120 characters against 168). The
    control therefore exchanges the questions of finished examples (`shuffle.exchanged`) and keeps passages and spans.

    A page is the URL without its fragment. Query parameters are kept, because many sites identify pages by them; pages
    split by tracking parameters are reunited within the host. Answers are joined by a space (by nothing in Chinese and
    Japanese after a final mark). No mark is added to answers that end without one: 0 to 9% of them in 26 of 27
    languages of parallel FAQ pages, 18% in Hindi.

    Each example depends only on the seed and its host's rows, not on their order. `counts["read"]` is `counts["kept"]`
    plus all counts that begin with `dropped_`; `siblings_from_site`, `echoes_stripped` and `answers_cut` count kept
    examples.

    Raises DataError when the settings leave no room for a sibling.
    """

    def __init__(self, settings: PassageSettings, language: str, seed: int) -> None:
        longest = characters(settings.max_passage_characters, language)
        room = (longest - 1) // 2
        _check(settings, language, room)
        self.language, self.seed = language, seed
        self.counts: Counter[str] = Counter(dict.fromkeys(COUNTS, 0))
        self._prepare = Preparation(settings, language, room)
        self._grouping = Grouping(
            settings.answers,
            characters(settings.min_passage_characters, language),
            longest,
            settings.sibling_similarity,
        )

    def examples(self, hosts: Iterable[Sequence[FaqRow]]) -> Iterator[Example]:
        """The examples of each host, in the order of its rows; a host must be passed with all of its rows.

        Raises DataError when the rows passed as one host belong to several.
        """
        for rows in hosts:
            yield from self._of_host(rows)

    def _of_host(self, rows: Sequence[FaqRow]) -> Iterator[Example]:
        unique = _unique(rows)
        self.counts.update(read=len(rows), dropped_duplicate=len(rows) - len(unique))
        evidence = Evidence((fold(row.question) for row in unique.values()), self.language)
        prepared = [self._prepare(unique[key], evidence) for key in sorted(unique)]
        answers = [answer for answer in prepared if isinstance(answer, Answer)]
        self.counts.update(answer for answer in prepared if isinstance(answer, str))
        self.counts.update(answer.span for answer in answers if isinstance(answer.span, str))
        host = Host(answers, self._grouping, self.seed)
        made = {key: example for passage in host.passages() for key, example in self._asked(passage)}
        self.counts.update(host.left.values())
        self.counts["kept"] += len(made)
        yield from (made[key] for key in unique if key in made)

    def _asked(self, passage: Passage) -> Iterator[tuple[_Key, Example]]:
        """The examples of one passage, except those whose span occurs in it more than once."""
        text, starts = _joined(passage.members, self.language)
        folded = text.casefold()
        paragraph = ""
        for answer, start in zip(passage.members, starts, strict=True):
            if isinstance(answer.span, str) or answer not in passage.asked:
                continue
            place = start + answer.span[0]
            span = text[place : start + answer.span[1]]
            if len(occurrences(folded, span.casefold())) > 1:
                self.counts["dropped_repeated_span"] += 1
                continue
            identity = _identity(answer.row, self.language)
            paragraph = paragraph or identity
            self.counts["siblings_from_site"] += passage.from_site
            self.counts["echoes_stripped"] += answer.echoed
            self.counts["answers_cut"] += answer.cut
            yield (
                _key(answer.row),
                Example(
                    id=identity,
                    question=" ".join(answer.row.question.split()),
                    context=text,
                    answers=(span,),
                    answer_starts=(place,),
                    language=self.language,
                    title=answer.row.origin,
                    paragraph=paragraph,
                ),
            )


_Key = tuple[str, str, str]


def _key(row: FaqRow) -> _Key:
    return row.url.split("#", 1)[0], row.question, row.answer


def _unique(rows: Sequence[FaqRow]) -> dict[_Key, FaqRow]:
    """Drop duplicate rows (same page, question and answer), keeping the order."""
    origins = sorted({row.origin for row in rows})
    if len(origins) > 1:
        raise DataError(f"passages: expected the rows of one host, found {', '.join(origins[:4])}; group rows by host")
    unique: dict[_Key, FaqRow] = {}
    for row in rows:
        unique[_key(row)] = min(unique.get(_key(row), row), row, key=lambda one: one.url)
    return unique


def _joined(members: Sequence[Answer], language: str) -> tuple[str, list[int]]:
    """The text of a passage, and the offset of each answer."""
    text = ""
    starts = []
    for answer in members:
        text += joint(text, language) if text else ""
        starts.append(len(text))
        text += answer.text
    return text, starts


def _identity(row: FaqRow, language: str) -> str:
    text = "\n".join(_key(row)).encode("utf-8", "surrogatepass")
    return f"faq-{language}-{hashlib.sha256(text).hexdigest()[:16]}"


def _check(settings: PassageSettings, language: str, room: int) -> None:
    if settings.answers < 2:
        raise DataError(f"passages: asked for {settings.answers} answers per passage; write 2 or more")
    if settings.min_passage_characters > settings.max_passage_characters:
        raise DataError(
            f"passages: asked for at least {settings.min_passage_characters} and at most "
            f"{settings.max_passage_characters} characters; write a min_passage_characters that is no larger"
        )
    if characters(settings.max_span_characters, language) > room:
        raise DataError(
            f"passages: spans of up to {settings.max_span_characters} characters leave no room for a sibling in "
            f"passages of up to {settings.max_passage_characters}; write a max_passage_characters of at least "
            f"{2 * settings.max_span_characters + 1}"
        )
