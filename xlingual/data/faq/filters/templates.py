"""Recognise rows that a site never filled in: placeholders, filler text, truncated questions."""

from __future__ import annotations

import re
from collections.abc import Iterable

# Placeholders of template languages, page builders and forms.
_PLACEHOLDERS = re.compile(
    r"""
      \{\{[^{}]{1,60}\}\}                                # {{name}}
    | \{%[^{}%]{1,60}%\} | <%[^<>%]{1,60}%>              # {% block %}, <%= name %>
    | \$\{[\w.\[\]]{1,60}\} | \#\{[\w.]{1,60}\}          # ${name}, #{name}
    | (?<![\w}])\{(?:0|[a-z]+(?:[_.][a-z]+)+|city|name|location|brand|company|product|keyword|service|state|country)\}
    | (?<![\w%])(?<!\d[ ])%(?:\d\$)?[sd](?![\w'’])       # %s, %1$d; not "50 %d'intérêt"
    | %%[a-z_]{3,30}%%                                   # %%sitename%%
    | \[/?(?:(?:vc|et_pb|fusion|av|su|elementor|ux|kc|mk)_[a-z_]+|wpforms|contact-form-7|rev_slider)(?:\s[^\]]*)?\]
    | \[(?:(?:your|my|insert|enter|the|our)[ ]?)?(?:company|business|brand|product|service|website|site|store|location
        |city|state|country|town|region|name|first[ ]name|keyword|phone|email|date|year|price|amount|number|address)
        (?:[ _](?:name|number|address|here))?\]          # [City], [Your Company Name]
    | \[(?:stadt|firma|firmenname|ort|ciudad|empresa|nombre|ville|entreprise|nom|città|azienda|cidade|şehir|firma[ ]adı
        |miasto|stad|bedrijfsnaam|oraș|město|город|компания|название|місто|πόλη|المدينة|شهر|城市|公司名称|公司名|会社名)\]
    | \[object[ ]Object\]
    """,
    re.VERBOSE | re.IGNORECASE,
)

# Words that programs print for a missing value. Case matters.
_MISSING = re.compile(r"(?<![\w'\"`.<(=-])(?:undefined|NaN)(?![\w'\"`.>)=-])")
_NULL = re.compile(r"(?<![\w'\"`.<(=/-])null(?![\w'\"`.>)=/-])")
_NULL_IS_A_WORD = frozenset({"de", "no", "da", "sv", "et", "en", "lb", "id", "ms", "so"})
_CODE = re.compile(
    r"\b(?:java(?:script)?|typescript|sql|python|php|c\+\+|json|excel|api|html|css|pointers?|strings?|booleans?|code"
    r"|programm\w*|variables?|functions?|databases?|typeof|nullable)\b|код|переменн|функци|代码|函数|变量|関数|変数|コード",
    re.IGNORECASE,
)

# Filler text.
_FILLER = re.compile(
    r"lorem ipsum|dolor sit amet|لورم ایپسوم|لوريم إيبسوم|click (?:the )?edit button to change this text"
    r"|\b(?:your |the )?(?:question|answer|text|content|description) goes here\b"
    r"|\b(?:enter|type|write|add|insert|put) (?:your|the) (?:question|answer|text|content)s? here\b",
    re.IGNORECASE,
)

# Each placeholder contains one of _SIGNS, each filler (in lower case) one of _FILLER_SIGNS. These are searched first:
# most rows have none, and searching for the expressions takes many times as long.
_SIGNS = "{%["
_FILLER_SIGNS = ("lorem", "dolor", "لورم", "لوريم", "change", " here")
_VALUES = ("undefined", "NaN", "null")

_CUT = re.compile(r"(?:\.\.\.+|…)[\"'”»\s]*$")
_QUESTION_MARKS = re.compile(r"[?？؟;՞፧]")


def is_unfilled(question: str, answer: str, language: str) -> bool:
    """Whether a row is an unfilled template, has a truncated question, or just repeats the question as answer.

    A question is truncated if it ends in an ellipsis and has no question mark ("How to c..."). `null`, `undefined` and
    `NaN` count as missing values only if the row is not about programming, and `null` only if it is not a word of the
    language (in German, it means zero). The same question on many hosts is fine: all shops say how long delivery takes,
    with different answers.
    """
    both = f"{question}\n{answer}"
    return (
        _is_cut(question)
        or _same(question, answer)
        or (_holds(both, _SIGNS) and _PLACEHOLDERS.search(both) is not None)
        or (_holds(both.lower(), _FILLER_SIGNS) and _FILLER.search(both) is not None)
        or (_holds(both, _VALUES) and _lacks_a_value(both, language))
    )


def _holds(text: str, parts: Iterable[str]) -> bool:
    return any(part in text for part in parts)


def _is_cut(question: str) -> bool:
    return (
        _holds(question, ("...", "…"))
        and _CUT.search(question) is not None
        and _QUESTION_MARKS.search(question) is None
    )


def _same(question: str, answer: str) -> bool:
    if _first_word(question) != _first_word(answer):
        return False
    return " ".join(question.split()).casefold() == " ".join(answer.split()).casefold()


def _first_word(text: str) -> str:
    return "".join(text.split(None, 1)[:1]).casefold()


def _lacks_a_value(text: str, language: str) -> bool:
    lacks = _MISSING.search(text) or (language not in _NULL_IS_A_WORD and _NULL.search(text))
    return bool(lacks) and _CODE.search(text) is None
