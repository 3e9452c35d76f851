"""MLQA as its authors, XTREME and the hub publish it: a file for each language of contexts and each of questions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from xlingual.activity import doing
from xlingual.data.crossing import pair_key
from xlingual.data.examples import Example, ExampleSet
from xlingual.data.hub import hub_rows
from xlingual.data.location import contents, is_snapshot, local_path
from xlingual.data.squad import Split, load_squad, usable_examples
from xlingual.data.stated_questions import COLUMNS, Question, questions_of_file, questions_of_rows
from xlingual.data.test_sets.questions import asked_codes, examples_by_language, refuse_without_answers
from xlingual.errors import DataError
from xlingual.study.benchmarks.mlqa import LANGUAGES

Part = Literal["test", "dev"]

FOLDERS = ("", "{part}", "MLQA_V1/{part}", "mlqa/MLQA_V1/{part}")
"""Where the files of a part lie below the directory that a user names: the authors' archive, and XTREME's download."""

_HUB_SPLITS = {"test": "test", "dev": "validation"}


@doing("reading MLQA")
def load_mlqa(source: str, languages: Sequence[str], paragraphs: int | None = None) -> dict[str, ExampleSet]:
    """Test examples by two-letter code, in the order of `languages`: every question (see `xlingual.data.scorable`).

    The languages are not parallel: each has questions that others lack.

    Args:
        source: a directory with test-context-XX-question-XX.json or dev-context-XX-question-XX.json (see FOLDERS; the
            test part if it has both), a copy of the hub data set, or a hub id.
        languages: two-letter codes.
        paragraphs: number of paragraphs of each language, spread evenly over its file; None for all.

    Raises:
        DataError: when a language is missing or malformed, or a question cannot be scored.
    """
    return load_crossed(source, [(code, code) for code in asked_codes(source, languages)], paragraphs)


@doing("reading MLQA")
def load_crossed(source: str, pairs: Sequence[tuple[str, str]], paragraphs: int | None = None) -> dict[str, ExampleSet]:
    """Examples by `CONTEXT-QUESTION`, as published; by the code where both are the same.

    Args:
        source: see `load_mlqa`.
        pairs: languages of context and question.
        paragraphs: likewise.

    Raises:
        DataError: see `load_mlqa`.
    """
    unknown = [code for code in dict.fromkeys(code for pair in pairs for code in pair) if code not in LANGUAGES]
    if unknown:
        raise DataError(
            f"{source}: MLQA has no {', '.join(unknown)}; its languages are {', '.join(LANGUAGES)}; for others "
            "name a test set of your own, a path with {language}"
        )
    place = _place(source)
    _refuse_missing(place, pairs)
    questions = {pair_key(*pair): place.questions(pair) for pair in pairs}
    refuse_without_answers(source, questions)
    sets = examples_by_language(source, {pair_key(*pair): place.name(pair) for pair in pairs}, questions, paragraphs)
    english = _english(place, questions)
    return {key: _described(part, key[:2], english, place.note) for key, part in sets.items()}


def languages_of(source: str) -> list[str]:
    """The languages with questions and contexts in the same language; all of MLQA's for a hub id.

    Raises:
        DataError: when a local source has none.
    """
    place = _place(source)
    found = [code for code in LANGUAGES if place.has((code, code))]
    if not found:
        _refuse_missing(place, [(code, code) for code in LANGUAGES])
    return found


def stated_questions(source: str, languages: Sequence[str]) -> dict[str, list[Question]]:
    """Every question by two-letter code, as stated; takes the arguments of `load_mlqa`.

    Raises:
        DataError: when a language is missing or malformed.
    """
    place = _place(source)
    codes = asked_codes(source, languages)
    _refuse_missing(place, [(code, code) for code in codes])
    return {code: place.questions((code, code)) for code in codes}


@doing("reading questions")
def load_training(source: str, *, language: str = "en", split: Split = "train") -> ExampleSet:
    """Training or development examples of one language.

    Args:
        source: MLQA's development part (see `load_mlqa`), `mlqa-translate-train` as published, or anything that
            `load_squad` accepts.
        language: two-letter code.
        split: which half of SQuAD that `mlqa-translate-train` is a translation of.

    Raises:
        DataError: when it is missing, malformed, or has no usable example.
    """
    path = local_path(source)
    if path is None and source.endswith("/mlqa"):
        name = f"mlqa-translate-train.{language}"
        rows = hub_rows(
            source, configuration=name, split="train" if split == "train" else "validation", columns=COLUMNS
        )
        return usable_examples(source, questions_of_rows(rows, f"{source} {name}"), language)
    if path is not None and path.is_dir():
        translated = path / f"{language}_squad-translate-train-{split}-v1.1.json"
        folder = _folder(path, "dev")
        own = None if folder is None else folder / _file("dev", (language, language))
        file = next((one for one in (translated, own) if one is not None and one.is_file()), None)
        return load_squad(str(file or path), language=language, split=split)
    return load_squad(source, language=language, split=split)


@dataclass(frozen=True)
class _Place:
    """Where MLQA is read from.

    Attributes:
        source: as the user named it.
        path: of a local copy of a hub data set, or the folder of the files; None for a hub id.
        part: of MLQA.
        prefix: of the configurations of a hub data set; None for files.
        note: which of several parts is read.
    """

    source: str
    path: Path | None
    part: Part
    prefix: str | None
    note: str = ""

    def name(self, pair: tuple[str, str]) -> str:
        """The file or configuration of a pair."""
        return _file(self.part, pair) if self.prefix is None else f"{self.prefix}.{'.'.join(pair)}"

    def has(self, pair: tuple[str, str]) -> bool:
        """Whether a pair is there; a hub id has them all."""
        if self.path is None:
            return True
        return (self.path / self.name(pair)).exists()

    def questions(self, pair: tuple[str, str]) -> list[Question]:
        """Every question of a pair."""
        if self.prefix is None and self.path is not None:
            return questions_of_file(self.path / self.name(pair))
        source = self.source if self.path is None else str(self.path)
        rows = hub_rows(source, configuration=self.name(pair), split=_HUB_SPLITS[self.part], columns=COLUMNS)
        return questions_of_rows(rows, f"{self.source} {self.name(pair)}")


def _place(source: str) -> _Place:
    path = local_path(source)
    if path is None:
        return _Place(source, None, "test", "MLQA" if source.endswith("xtreme") else "mlqa")
    if path.is_file():
        raise DataError(f"{source}: MLQA is a directory with a file for each language; name that")
    test, dev = _folder(path, "test"), _folder(path, "dev")
    if test is not None:
        read = f"{source}: the test part of MLQA is read, not the dev part beside it; for that name its directory"
        return _Place(source, test, "test", None, read if dev not in (None, test) else "")
    if dev is not None:
        read = f"{source}: there are no test files of MLQA, so its development files are the test set"
        return _Place(source, dev, "dev", None, read)
    if is_snapshot(path):
        return _Place(source, path, "test", "MLQA" if any(path.glob("MLQA.*")) else "mlqa")
    raise DataError(
        f"{source}: no file of MLQA ({_file('test', ('XX', 'YY'))} or {_file('dev', ('XX', 'YY'))}); found "
        f"{contents(path)}; name the directory that holds them"
    )


def _folder(path: Path, part: Part) -> Path | None:
    """The folder with the files of a part."""
    folders = (path / folder.format(part=part) for folder in FOLDERS)
    return next((one for one in folders if next(one.glob(_file(part, ("*", "*"))), None) is not None), None)


def _file(part: str, pair: tuple[str, str]) -> str:
    return f"{part}-context-{pair[0]}-question-{pair[1]}.json"


def _refuse_missing(place: _Place, pairs: Sequence[tuple[str, str]]) -> None:
    missing = [pair for pair in pairs if not place.has(pair)]
    if not missing or place.path is None:
        return
    names = ", ".join(place.name(pair) for pair in missing)
    there = [pair_key(*pair) for pair in _pairs() if place.has(pair)]
    raise DataError(
        f"{place.source}: no {names}; it has {', '.join(there) or 'none of the pairs of MLQA'} (context-question), so "
        "add the files or leave these languages out"
    )


def _pairs() -> list[tuple[str, str]]:
    """All pairs, those of one language first."""
    every = [(context, question) for context in LANGUAGES for question in LANGUAGES]
    return sorted(every, key=lambda pair: pair[0] != pair[1])


def _english(place: _Place, questions: Mapping[str, Sequence[Question]]) -> dict[str, Question]:
    """The English questions by their ids, which every language shares with English; none where English is absent."""
    if not place.has(("en", "en")):
        return {}
    return {one.id: one for one in questions.get("en") or place.questions(("en", "en"))}


def _described(part: ExampleSet, language: str, english: Mapping[str, Question], note: str) -> ExampleSet:
    """Name the language of the answers, which is the context's, the article and the paragraph.

    Articles of several Wikipedias on one subject have the English title, and similar paragraphs of several languages
    are that of the English question, so that statistics resample them together.
    """
    examples = tuple(_like_english(replace(example, language=language), english) for example in part.examples)
    return ExampleSet(examples, part.counts, (*part.notes, *([note] if note else [])))


def _like_english(example: Example, english: Mapping[str, Question]) -> Example:
    same = english.get(example.id)
    return example if same is None else replace(example, title=same.title or example.title, paragraph=same.paragraph)
