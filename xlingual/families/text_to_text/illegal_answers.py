"""Written answers that are not part of their context."""

from __future__ import annotations

import unicodedata
from typing import Any

from xlingual.data.scripts import main_script


def classify_illegal(context: str, prediction: str) -> dict[str, Any]:
    """Classify a written answer: illegal or not, and if so, normalised or an accidental translation.

    These are the kinds of arXiv 2010.11934 section 5. Illegal: it is empty, or is not in the context character
    for character. Normalised: it is illegal, and is there once both are in the form NFKC with single spaces, in
    which T5's tokenizers read every text, so that nothing else can be written (of a perfect writer, too, about one
    answer in thirteen to XQuAD's Thai questions). Accidental translation: it is illegal, and most of its letters are
    of another script than most of the context's. A translation between languages of one script, from German into
    English say, is illegal alone.
    """
    text = prediction.strip()
    illegal = not text or text not in context
    normalised = translated = False
    if illegal and text:
        normalised = _in_one_form(text) in _in_one_form(context)
        script = main_script(text)
        translated = not normalised and script is not None and script != main_script(context)
    return {"illegal": illegal, "normalised": normalised, "accidental_translation": translated}


def _in_one_form(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).split())
