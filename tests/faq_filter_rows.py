"""FAQ rows for tests of filters."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from xlingual.data.faq.filters import FaqFilter
from xlingual.data.faq.rows import FaqRow
from xlingual.languages import two_letter
from xlingual.study import FaqFilters

QUESTION = "Wie lange dauert der Versand?"
ANSWER = "Der Versand dauert in der Regel zwei bis drei Werktage innerhalb Deutschlands."


def row(question: str = QUESTION, answer: str = ANSWER, **more: Any) -> FaqRow:
    defaults = {"origin": "shop.example", "url": "https://shop.example/faq", "language": "de"}
    return FaqRow(question=question, answer=answer, **{**defaults, **more})


def only(**settings: Any) -> FaqFilters:
    """All filters off except these."""
    return FaqFilters.model_validate({**FaqFilters.none().model_dump(), **settings})


def kept(rows: Iterable[FaqRow], language: str = "de", columns: Iterable[str] = (), **settings: Any) -> list[FaqRow]:
    return list(FaqFilter.of(only(**settings), language, frozenset(columns)).rows(iter(list(rows))))


def read(path: Path) -> list[FaqRow]:
    """Rows of the developers' data, host by host."""
    records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    rows = [
        FaqRow(r["origin"], r["url"], r["question"], r["answer"], two_letter(r.get("language", "deu"))) for r in records
    ]
    return sorted(rows, key=lambda each: each.origin)
