"""Remove leftover HTML: unescape entities and strip tags."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import replace

from xlingual.data.faq.filters.tally import Tally
from xlingual.data.faq.rows import FaqRow

_BREAKS = "br|p|div|li|ul|ol|h[1-6]|tr|td|th|table|tbody|thead|section|article|blockquote|hr|dl|dt|dd|pre|figure|iframe"
_INLINE = "a|b|i|u|s|em|strong|span|font|small|big|sup|sub|mark|img|code|abbr|center|label|strike|o:p|svg|path|button"
_BREAK = re.compile(rf"</?(?:{_BREAKS})(?:\s[^<>]*)?/?>", re.IGNORECASE)
_TAG = re.compile(rf"</?(?:{_INLINE})(?:\s[^<>]*)?/?>", re.IGNORECASE)
_SILENT = re.compile(r"<(script|style)\b[^<>]*>.*?</\1\s*>|<!--.*?-->", re.IGNORECASE | re.DOTALL)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z]{2,8}\d{0,2});", re.IGNORECASE)
_SPACES = re.compile(r"[^\S\n]+")


class Html:
    """Repairs rows with tags or entities; drops none."""

    name = "html"
    drops = False
    repairs = True

    def rows(self, rows: Iterator[FaqRow], tally: Tally) -> Iterator[FaqRow]:
        """Yield every row, with texts as a browser would show them."""
        for row in rows:
            question, answer = plain_text(row.question), plain_text(row.answer)
            if (question, answer) != (row.question, row.answer):
                tally.repair(self.name)
                row = replace(row, question=question, answer=answer)
            yield row


def plain_text(text: str) -> str:
    """Return a text without known tags (block tags become spaces) and with entities unescaped.

    Entities are unescaped after tags are removed, so that `&lt;b&gt;` is kept as <b>; doubly escaped ones
    (`&amp;nbsp;`) are unescaped twice. Text without tags and entities is returned unchanged.
    """
    bare = _TAG.sub("", _BREAK.sub(" ", _SILENT.sub(" ", text))) if "<" in text else text
    for _ in range(2):
        if _ENTITY.search(bare):
            bare = html.unescape(bare)
    return text if bare == text else _SPACES.sub(" ", bare.replace("\xa0", " ")).strip()
