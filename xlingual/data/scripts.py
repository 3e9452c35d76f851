"""Writing systems and their letters."""

from __future__ import annotations

import re
from functools import cache

# Letters and marks of each script (Unicode 15, Scripts.txt), as the content of a regular expression class.
RANGES = {
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
    "Tibetan": "\u0f00-\u0fff",
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

UNSPACED_SCRIPTS = frozenset({"Han", "Khmer", "Lao", "Myanmar", "Thai", "Tibetan"})
"""What `main_script` returns for texts in the languages of `xlingual.languages.UNSPACED`."""

LETTERS = re.compile(r"[^\W\d_]+")


def main_script(text: str) -> str | None:
    """The script of most letters of a text, or None if it has no letter of a known script.

    Kana counts as `Han`, because Japanese mixes the two: a Japanese name in kanji is not in another script. Ties go to
    the first script of `RANGES`.
    """
    counts: dict[str, int] = {}
    letters = "".join(LETTERS.findall(text))
    for script, pattern in _patterns().items():
        name = "Han" if script == "Kana" else script
        counts[name] = counts.get(name, 0) + len(pattern.findall(letters))
    best = max(counts, key=counts.__getitem__)
    return best if counts[best] else None


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    return {script: re.compile(f"[{characters}]") for script, characters in RANGES.items()}
