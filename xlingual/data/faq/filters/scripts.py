"""Writing systems: which letters a language is written in."""

from __future__ import annotations

import re
from functools import cache

from xlingual.data.writing import ENGLISH_CHARACTERS

# Ranges of code points of a script's letters and marks (Unicode 15, Scripts.txt), as a regular expression's class.
_RANGES = {
    "Latin": "A-Za-z\u00aa\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02b8\u1d00-\u1d25\u1d2c-\u1d5c\u1d62-\u1d65"
    "\u1d6b-\u1d77\u1d79-\u1dbe\u1e00-\u1eff\u2071\u207f\u2090-\u209c\u212a\u212b\u2160-\u2188\u2c60-\u2c7f\ua722-\ua7ff"
    "\uab30-\uab64\ufb00-\ufb06\uff21-\uff3a\uff41-\uff5a",
    "Greek": "\u0370-\u03ff\u1f00-\u1fff",
    "Cyrillic": "\u0400-\u052f\u1c80-\u1c8f\u1d2b\u1d78\u2de0-\u2dff\ua640-\ua69f",
    "Armenian": "\u0531-\u058a\ufb13-\ufb17",
    "Hebrew": "\u0591-\u05f4\ufb1d-\ufb4f",
    "Arabic": "\u0600-\u06ff\u0750-\u077f\u0870-\u08ff\ufb50-\ufdff\ufe70-\ufefc",
    "Devanagari": "\u0900-\u0963\u0966-\u097f\ua8e0-\ua8ff",
    "Bengali": "\u0980-\u09ff",
    "Gurmukhi": "\u0a00-\u0a7f",
    "Gujarati": "\u0a80-\u0aff",
    "Tamil": "\u0b80-\u0bff",
    "Telugu": "\u0c00-\u0c7f",
    "Kannada": "\u0c80-\u0cff",
    "Malayalam": "\u0d00-\u0d7f",
    "Sinhala": "\u0d80-\u0dff",
    "Thai": "\u0e01-\u0e3a\u0e40-\u0e5b",
    "Lao": "\u0e80-\u0eff",
    "Myanmar": "\u1000-\u109f\ua9e0-\ua9fe\uaa60-\uaa7f",
    "Georgian": "\u10a0-\u10ff\u1c90-\u1cbf\u2d00-\u2d2d",
    "Ethiopic": "\u1200-\u139f\u2d80-\u2ddf\uab01-\uab2e",
    "Khmer": "\u1780-\u17ff\u19e0-\u19ff",
    "Mongolian": "\u1800-\u18af",
    "Kana": "\u3041-\u309f\u30a1-\u30ff\u31f0-\u31ff\uff66-\uff9f",
    "Hangul": "\u1100-\u11ff\u3131-\u318e\ua960-\ua97f\uac00-\ud7fb\uffa0-\uffdc",
    "Han": "\u2e80-\u2fd5\u3005\u3007\u3021-\u3029\u3038-\u303b\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufad9"
    "\U00020000-\U000323af",
}

# Languages that are not written in Latin letters alone.
_SCRIPTS = {
    "am": ("Ethiopic",),
    "ar": ("Arabic",),
    "az": ("Latin", "Cyrillic"),
    "be": ("Cyrillic", "Latin"),
    "bg": ("Cyrillic",),
    "bn": ("Bengali",),
    "bs": ("Latin", "Cyrillic"),
    "el": ("Greek",),
    "fa": ("Arabic",),
    "gu": ("Gujarati",),
    "he": ("Hebrew",),
    "hi": ("Devanagari",),
    "hy": ("Armenian",),
    "ja": ("Han", "Kana"),
    "ka": ("Georgian",),
    "kk": ("Cyrillic", "Latin"),
    "km": ("Khmer",),
    "kn": ("Kannada",),
    "ko": ("Hangul", "Han"),
    "ky": ("Cyrillic",),
    "lo": ("Lao",),
    "mk": ("Cyrillic",),
    "ml": ("Malayalam",),
    "mn": ("Cyrillic", "Mongolian"),
    "mr": ("Devanagari",),
    "my": ("Myanmar",),
    "ne": ("Devanagari",),
    "pa": ("Gurmukhi", "Arabic"),
    "ru": ("Cyrillic",),
    "si": ("Sinhala",),
    "sr": ("Cyrillic", "Latin"),
    "ta": ("Tamil",),
    "te": ("Telugu",),
    "th": ("Thai",),
    "uk": ("Cyrillic",),
    "ur": ("Arabic",),
    "uz": ("Latin", "Cyrillic"),
    "zh": ("Han",),
}

# A language whose text always holds letters of one of its scripts: kana tell Japanese from Chinese.
_NEEDED = {"ja": "Kana"}

_LETTERS = re.compile(r"[^\W\d_]+")


def scripts_of(language: str) -> tuple[str, ...]:
    """Return the scripts that a language (two letters) is written in; Latin for all that the table does not name."""
    return _SCRIPTS.get(language, ("Latin",))


def script_share(text: str, language: str) -> float:
    """Return the share of a text's letters that belong to the language's scripts, 0 where it has no letter.

    Letters of the language's scripts weigh as much as ENGLISH_CHARACTERS says, so that a Latin brand name in a Chinese
    answer counts by its meaning, not by its length. Marks (vowel signs of Hindi and Thai) are no letters. Japanese
    without kana is none: its share is 0. Languages of one script cannot be told apart by this: not German from English,
    nor Russian from Ukrainian, Persian from Arabic, or Hindi from Marathi.
    """
    letters = "".join(_LETTERS.findall(text))
    own, needed = _classes(language)
    if not letters or (needed is not None and needed.search(text) is None):
        return 0.0
    own_letters = sum(map(len, own.findall(letters)))
    inside = own_letters * ENGLISH_CHARACTERS.get(language, 1.0)
    return inside / (inside + len(letters) - own_letters)


def has_own_letter(text: str, language: str) -> bool:
    """Whether a text holds a letter of one of the language's scripts."""
    own, _ = _classes(language)
    return any(_LETTERS.search(found[0]) for found in own.finditer(text))


@cache
def _classes(language: str) -> tuple[re.Pattern[str], re.Pattern[str] | None]:
    own = re.compile(f"[{''.join(_RANGES[script] for script in scripts_of(language))}]+")
    needed = _NEEDED.get(language)
    return own, None if needed is None else re.compile(f"[{_RANGES[needed]}]")
