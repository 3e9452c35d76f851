"""SQuAD's and MLQA's metrics written a second time, from their definitions, in another way than the package's.

A normalised answer is a list of words here, found letter by letter; an overlap is counted by removing matched words.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence

Words = list[str]

ASCII_MARKS = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"

ARTICLES = {
    "en": {"a", "an", "the"},
    "es": {"un", "una", "unos", "unas", "el", "la", "los", "las"},
    "vi": {"của", "là", "cái", "chiếc", "những"},
    "de": {"ein", "eine", "einen", "einem", "eines", "einer", "der", "die", "das", "den", "dem", "des"},
}


def squad_words(text: str) -> Words:
    """SQuAD: lower case, no ASCII punctuation, no English articles."""
    bare = "".join(letter for letter in text.lower() if letter not in ASCII_MARKS)
    return _without_articles(bare, ARTICLES["en"]).split()


def mlqa_words(text: str, language: str) -> Words:
    """MLQA: lower case, no punctuation of Unicode, no articles of the language, Chinese characters one by one."""
    bare = "".join(
        letter for letter in text.lower() if letter not in ASCII_MARKS and unicodedata.category(letter)[0] != "P"
    )
    if language == "ar":
        bare = " ".join(bare.split("\u0627\u0644"))
    elif language in ARTICLES:
        bare = _without_articles(bare, ARTICLES[language])
    words = bare.split()
    return [piece for word in words for piece in _ideographs(word)] if language == "zh" else words


def exact(words: Callable[[str], Words], prediction: str, golds: Sequence[str]) -> float:
    """Whether the words are those of a gold answer."""
    return 1.0 if words(prediction) in [words(gold) for gold in golds] else 0.0


def f1(words: Callable[[str], Words], prediction: str, golds: Sequence[str]) -> float:
    """Twice the words in common by all words of both; the best over the gold answers."""
    found = words(prediction)
    best = 0.0
    for gold in golds:
        left = list(words(gold))
        total, common = len(found) + len(left), 0
        for word in found:
            if word in left:
                left.remove(word)
                common += 1
        if common:
            best = max(best, 2.0 * common / total)
    return best


def _without_articles(text: str, articles: set[str]) -> str:
    """Replace every article that is a whole word by a space; a word is a run of letters, digits and underscores."""
    result, word = "", ""
    for letter in f"{text}\n":
        if letter.isalnum() or letter == "_":
            word += letter
            continue
        result += (" " if word in articles else word) + letter
        word = ""
    return result


def _ideographs(word: str) -> Words:
    pieces, run = [], ""
    for letter in word:
        if 0x4E00 <= ord(letter) <= 0x9FA5:
            pieces += [run] if run else []
            pieces.append(letter)
            run = ""
        else:
            run += letter
    return [*pieces, run] if run else pieces
