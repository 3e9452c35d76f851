"""Write a toy world to disk atomically."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from xlingual.activity import doing
from xlingual.data.toy.articles import SPLITS, Families, draw_families, squad_file
from xlingual.data.toy.dictionary import dictionary_table
from xlingual.data.toy.entailments import entailment_files
from xlingual.data.toy.faq_pages import faq_rows
from xlingual.data.toy.paraphrases import paraphrase_files
from xlingual.data.toy.text_tokenizer import write_text_tokenizer
from xlingual.data.toy.tokenizer import write_tokenizer
from xlingual.data.toy.toy_encoder import POSITIONS, Matrix, word_embeddings, write_encoder
from xlingual.data.toy.toy_text_to_text import write_text_to_text
from xlingual.data.toy.vocabularies import Lexicon, Word, make_lexicon
from xlingual.data.toy.world import ToyWorld
from xlingual.errors import DataError
from xlingual.languages import ISO_639_3, NON_ENGLISH, XQUAD_LANGUAGES
from xlingual.records.files import write_text
from xlingual.records.storage import writing

README = """A toy world for trying xlingual: made-up sentences in made-up words.

The twelve languages have the codes of XQuAD's languages, and little else in common with them. Scores on these files do
not carry over to real languages, to XQuAD or to WebFAQ.

train.json, dev.json        English questions, SQuAD v1.1 format
xquad/xquad.CODE.json       the same test questions in twelve languages, SQuAD v1.1 format
faq/CODE.jsonl              FAQ pairs in eleven languages, JSON Lines
pawsx/CODE/NAME.tsv         sentence pairs that say the same or not, in PAWS-X's layout
xnli/SPLIT-CODE.tsv         premises and hypotheses, in XNLI's layout
dictionary.tsv              words in twelve languages, one column each, without the words shared by all
model/                      a tiny encoder without a span head, and its tokenizer, for `transformers`
text_to_text/               a tiny mT5 and its tokenizer, for `transformers`
world.json                  the settings from which all of this is generated
"""


@dataclass(frozen=True, slots=True)
class ToyPaths:
    """Paths of a toy world; all but `train`, `dev` and `dictionary` are directories.

    `pawsx` and `xnli` have training, development and test data, so each is a source of all three.
    """

    train: Path
    dev: Path
    xquad: Path
    pawsx: Path
    xnli: Path
    faq: Path
    model: Path
    text_to_text: Path
    dictionary: Path


@doing("making the toy world")
def write_toy_world(directory: Path | str, world: ToyWorld) -> ToyPaths:
    """Write a world's files to `directory`, unless this world is already there.

    The directory appears atomically once everything is written; if several processes write it at once, one wins. Raises
    DataError when the directory has other content.
    """
    directory = Path(directory)
    if not _finished(directory, world):
        with writing(directory):
            directory.parent.mkdir(parents=True, exist_ok=True)
        with (
            writing(directory),
            tempfile.TemporaryDirectory(dir=directory.parent, prefix=f".{directory.name}.") as temporary,
        ):
            partial = Path(temporary) / "world"
            _write(partial, world)
            _put_in_place(partial, directory, world)
    dictionary = directory / "dictionary.tsv"
    if not dictionary.exists():  # a world written by a version without it
        write_text(dictionary, dictionary_table(make_lexicon(world)))
    _add_text_to_text(directory, world)
    return ToyPaths(
        train=directory / "train.json",
        dev=directory / "dev.json",
        xquad=directory / "xquad",
        pawsx=directory / "pawsx",
        xnli=directory / "xnli",
        faq=directory / "faq",
        model=directory / "model",
        text_to_text=directory / "text_to_text",
        dictionary=dictionary,
    )


def english_or_translated(paths: ToyPaths, world: ToyWorld, split: Literal["train", "dev"], language: str) -> Path:
    """Path of a split's questions in one language; in another than English they are written beside the world's files.

    Raises DataError for a language that the toy world does not have.
    """
    if language == "en":
        return {"train": paths.train, "dev": paths.dev}[split]
    if language not in XQUAD_LANGUAGES:
        raise DataError(f"the toy world has no {split} data in {language!r}; it has {', '.join(XQUAD_LANGUAGES)}")
    path = paths.train.parent / f"{split}.{language}.json"
    if not path.exists():
        lexicon = make_lexicon(world)
        questions = squad_file(draw_families(world, lexicon, split), split, language, lexicon)
        write_text(path, json.dumps(questions, ensure_ascii=False) + "\n")
    return path


def _finished(directory: Path, world: ToyWorld) -> bool:
    """Whether the world is already there; False if the directory is missing or empty."""
    if not directory.exists() or (directory.is_dir() and not any(directory.iterdir())):
        return False
    try:
        found = json.loads((directory / "world.json").read_bytes())["fingerprint"]
    except (OSError, ValueError, LookupError, TypeError):
        raise DataError(f"{directory}: exists but is not a toy world; name a directory that does not exist") from None
    if found != world.fingerprint:
        raise DataError(
            f"{directory}: expected the toy world {world.fingerprint}, found {found}; name another directory"
        )
    return True


def _put_in_place(partial: Path, directory: Path, world: ToyWorld) -> None:
    try:
        os.rename(partial, directory)
    except OSError:  # another process was faster
        if not _finished(directory, world):
            raise


def _add_text_to_text(directory: Path, world: ToyWorld) -> None:
    """Add the text-to-text model, atomically, to a world written by a version without it."""
    model = directory / "text_to_text"
    if model.exists():
        return
    with writing(model), tempfile.TemporaryDirectory(dir=directory, prefix=".text_to_text.") as temporary:
        partial = Path(temporary) / "model"
        partial.mkdir()
        words = tuple(make_lexicon(world).words())
        _write_text_to_text(partial, world, words, word_embeddings(world, words))
        try:
            os.rename(partial, model)
        except OSError:  # another process was faster
            if not model.exists():
                raise


def _write_text_to_text(directory: Path, world: ToyWorld, words: Sequence[Word], embeddings: Matrix) -> None:
    write_text_to_text(directory, world, embeddings)
    write_text_tokenizer(directory, words)


def _write(directory: Path, world: ToyWorld) -> None:
    lexicon = make_lexicon(world)
    for name in ("xquad", "faq", "model", "text_to_text"):
        (directory / name).mkdir(parents=True)
    families = {split: draw_families(world, lexicon, split) for split in SPLITS}
    _write_questions(directory, families, lexicon)
    for name, files in (("pawsx", paraphrase_files), ("xnli", entailment_files)):
        for file, rows in files(world, lexicon, families):
            _write_rows(directory / name / file, rows)
    for language in NON_ENGLISH:
        _write_lines(directory / "faq" / f"{ISO_639_3[language]}.jsonl", faq_rows(world, lexicon, language))
    words = tuple(lexicon.words())
    embeddings = word_embeddings(world, words)
    write_encoder(directory / "model", world, embeddings)
    write_tokenizer(directory / "model", [word.text for word in words], POSITIONS)
    _write_text_to_text(directory / "text_to_text", world, words, embeddings)
    (directory / "dictionary.tsv").write_bytes(dictionary_table(lexicon).encode())
    (directory / "README.txt").write_bytes(README.encode())
    _write_lines(directory / "world.json", [{"fingerprint": world.fingerprint, **asdict(world)}])


def _write_questions(directory: Path, families: Mapping[str, Families], lexicon: Lexicon) -> None:
    for split in ("train", "dev"):
        _write_lines(directory / f"{split}.json", [squad_file(families[split], split, "en", lexicon)])
    for language in XQUAD_LANGUAGES:
        test = squad_file(families["test"], "test", language, lexicon)
        _write_lines(directory / "xquad" / f"xquad.{language}.json", [test])


def _write_rows(path: Path, rows: Iterable[Sequence[str]]) -> None:
    """Write tab-separated rows without quoting."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes("".join("\t".join(row) + "\n" for row in rows).encode())


def _write_lines(path: Path, values: Iterable[Any]) -> None:
    """Write JSON Lines."""
    path.write_bytes("".join(json.dumps(value, ensure_ascii=False) + "\n" for value in values).encode())
