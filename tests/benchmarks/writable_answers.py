"""Which answers a tokenizer can express: XQuAD's gold answers, tokenised and decoded, compared with the context.

    python tests/benchmarks/writable_answers.py --model DIR --xquad DIR

A text-to-text model writes tokens. Where its tokenizer changes what it reads (SentencePiece's nmt_nfkc brings text into
the form NFKC), a model that knows every answer cannot write some of them unchanged: they are illegal, and exact
match and F1 cannot pass what is printed here. No model runs.
"""

from __future__ import annotations

import argparse
from statistics import fmean

from rich.console import Console
from rich.table import Table


def main() -> None:
    """Print one row per language, in percent of the questions."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--model", required=True, help="hub id or directory of a checkpoint; its tokenizer alone is read"
    )
    parser.add_argument("--xquad", required=True, help="directory with xquad.LANGUAGE.json, or hub id")
    asked = parser.parse_args()

    from xlingual import metrics
    from xlingual.data.test_sets.xquad import load_xquad
    from xlingual.families.text_to_text.illegal_answers import classify_illegal
    from xlingual.languages import XQUAD_LANGUAGES
    from xlingual.models.checkpoint_directory import resolve_checkpoint
    from xlingual.models.encoder import load_tokenizer

    tokenizer = load_tokenizer(resolve_checkpoint(asked.model))
    table = Table("language", "illegal", "of which normalised", "exact match at most", "F1 at most")
    for language, part in load_xquad(asked.xquad, list(XQUAD_LANGUAGES)).items():
        rows = []
        for example in part.examples:
            tokens = tokenizer(example.answers[0], add_special_tokens=False).input_ids
            text = tokenizer.decode(tokens, skip_special_tokens=True).strip()
            found = classify_illegal(example.context, text)
            scores = metrics.exact_match(text, example.answers), metrics.f1(text, example.answers)
            rows.append((float(found["illegal"]), float(found["normalised"]), *scores))
        table.add_row(language, *(f"{100 * fmean(column):.1f}" for column in zip(*rows, strict=True)))
    Console().print(table)


if __name__ == "__main__":
    main()
