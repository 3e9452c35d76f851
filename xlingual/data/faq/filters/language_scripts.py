"""The scripts that languages are written in."""

from __future__ import annotations

import re
from functools import cache

from xlingual.data.scripts import LETTERS, RANGES
from xlingual.data.writing import ENGLISH_CHARACTERS

# Languages not written only in Latin letters.
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

# Languages whose texts always contain letters of a certain script: kana distinguish Japanese from Chinese.
_NEEDED = {"ja": "Kana"}


def scripts_of(language: str) -> tuple[str, ...]:
    """Return the scripts of a language (two-letter code); Latin if it is not in the table."""
    return _SCRIPTS.get(language, ("Latin",))


def script_share(text: str, language: str) -> float:
    """Return the share of a text's letters that belong to the language's scripts; 0 if it has no letters.

    Letters of the language's scripts are weighted by ENGLISH_CHARACTERS, so that a Latin brand name in a Chinese answer
    counts by its meaning, not its length. Marks (vowel signs of Hindi and Thai) are not letters. Japanese without kana
    has share 0. Languages with the same script cannot be told apart: German and English, Russian and Ukrainian, Persian
    and Arabic, or Hindi and Marathi.
    """
    letters = "".join(LETTERS.findall(text))
    own, needed = _classes(language)
    if not letters or (needed is not None and needed.search(text) is None):
        return 0.0
    own_letters = sum(map(len, own.findall(letters)))
    inside = own_letters * ENGLISH_CHARACTERS.get(language, 1.0)
    return inside / (inside + len(letters) - own_letters)


def has_own_letter(text: str, language: str) -> bool:
    """Whether a text has a letter of one of the language's scripts."""
    own, _ = _classes(language)
    return any(LETTERS.search(found[0]) for found in own.finditer(text))


@cache
def _classes(language: str) -> tuple[re.Pattern[str], re.Pattern[str] | None]:
    own = re.compile(f"[{''.join(RANGES[script] for script in scripts_of(language))}]+")
    needed = _NEEDED.get(language)
    return own, None if needed is None else re.compile(f"[{RANGES[needed]}]")
