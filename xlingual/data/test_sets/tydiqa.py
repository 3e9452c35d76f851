"""TyDiQA-GoldP as its authors, XTREME and the hub publish it: all languages in one file, or a file for each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from xlingual.activity import doing
from xlingual.data.examples import ExampleSet
from xlingual.data.hub import hub_rows
from xlingual.data.location import contents, is_snapshot, local_path
from xlingual.data.squad import Split, load_squad, usable_examples
from xlingual.data.stated_questions import COLUMNS, Question, questions_of_file, questions_of_rows
from xlingual.data.test_sets.questions import asked_codes, examples_by_language, refuse_without_answers
from xlingual.errors import DataError
from xlingual.languages import name
from xlingual.study.benchmarks.tydiqa_goldp import LANGUAGES

FOLDERS = ("", "tydiqa-goldp-v1.1-{split}", "tydiqa", "tydiqa/tydiqa-goldp-v1.1-{split}")
"""Where files lie below the directory that a user names: the authors' archive, and XTREME's download."""

FILES = (
    "tydiqa.{code}.{split}.json",
    "tydiqa.goldp.{code}.{split}.json",
    "tydiqa-goldp-{split}-{name}.json",
    "{name}_tydiqa_{split}.json",
)
"""Names of a language's file."""

WHOLE = "tydiqa-goldp-v1.1-{split}.json"
"""Name of the file of all languages, in which the ids of questions begin with the language's name."""

_HUB_SPLITS = {"train": "train", "dev": "validation"}


@doing("reading TyDiQA-GoldP")
def load_tydiqa(source: str, languages: Sequence[str], paragraphs: int | None = None) -> dict[str, ExampleSet]:
    """Test examples by two-letter code, in the order of `languages`: every question (see `xlingual.data.scorable`).

    They are the development part, which XTREME scores on: the test part is not public.

    Args:
        source: the file of all languages, a directory (see FOLDERS and FILES), a copy of the hub data set, or a hub
            id.
        languages: two-letter codes.
        paragraphs: number of paragraphs of each language, spread evenly over its questions; None for all.

    Raises:
        DataError: when a language is missing or malformed, or a question cannot be scored.
    """
    questions = stated_questions(source, languages)
    refuse_without_answers(source, questions)
    place = _Place.of(source, "dev")
    return examples_by_language(source, {code: place.name(code) for code in questions}, questions, paragraphs)


def languages_of(source: str) -> list[str]:
    """The languages of a source; all nine for a hub id.

    Raises:
        DataError: when a local source has none of them.
    """
    return _Place.of(source, "dev").languages()


def stated_questions(source: str, languages: Sequence[str]) -> dict[str, list[Question]]:
    """Every question by two-letter code, as stated; takes the arguments of `load_tydiqa`.

    Raises:
        DataError: when a language is missing or malformed.
    """
    return _Place.of(source, "dev").questions(asked_codes(source, languages))


@doing("reading questions")
def load_training(source: str, *, language: str = "en", split: Split = "train") -> ExampleSet:
    """Training or development examples of one language.

    Args:
        source: see `load_tydiqa`; or anything else that `load_squad` accepts.
        language: two-letter code.
        split: which part of TyDiQA-GoldP.

    Raises:
        DataError: when it is missing, malformed, or has no usable example.
    """
    path = local_path(source)
    if path is not None and path.is_file():
        return usable_examples(source, _of_language(questions_of_file(path), language), language)
    place = _Place.of(source, split)
    if not place.is_published:
        return load_squad(source, language=language, split=split)
    return usable_examples(source, place.questions([language])[language], language)


@dataclass(frozen=True)
class _Place:
    """Where TyDiQA-GoldP is read from.

    Attributes:
        source: as the user named it.
        path: of a local source; None for a hub id.
        split: `train` or `dev`.
    """

    source: str
    path: Path | None
    split: Split

    @classmethod
    def of(cls, source: str, split: Split) -> _Place:
        return cls(source, local_path(source), split)

    def name(self, code: str) -> str:
        """The file or configuration that a language is read from."""
        if self.path is None or self.path.is_file():
            return Path(self.source).name if self.path else self._configuration
        files = _files(self.path, code, self.split)
        return files[0].name if files else self._configuration

    @property
    def is_published(self) -> bool:
        """Whether it has a layout of TyDiQA-GoldP."""
        if self.path is None:
            return self.source.endswith(("tydiqa", "xtreme"))
        return self._is_by_language() or self._whole_file() is not None or _is_copy(self.path)

    @property
    def _configuration(self) -> str:
        """The configuration of the hub data set, or of its copy."""
        if self.path is not None:
            return "tydiqa" if (self.path / "tydiqa").is_dir() else "secondary_task"
        return "tydiqa" if self.source.endswith("xtreme") else "secondary_task"

    def languages(self) -> list[str]:
        if self.path is None or (self.path.is_dir() and _is_copy(self.path)):
            return list(LANGUAGES)
        if self.path.is_dir() and not self._whole_file():
            found = [code for code in LANGUAGES if _files(self.path, code, self.split)]
        else:
            ids = [question.id for question in self._all()]
            found = [code for code in LANGUAGES if any(one.startswith(_prefix(code)) for one in ids)]
        if not found:
            raise self._missing(LANGUAGES, found)
        return found

    def questions(self, codes: Sequence[str]) -> dict[str, list[Question]]:
        """Every question of some languages."""
        files = {code: _files(self.path, code, self.split) for code in codes} if self._is_by_language() else {}
        missing = [code for code, there in files.items() if not there]
        if missing:
            raise self._missing(missing, self.languages())
        if files:
            return {code: questions_of_file(there[0]) for code, there in files.items()}
        every = self._all()
        if len(codes) > 1 and not _name_languages(every):
            raise DataError(
                f"{self.source}: asked for {', '.join(codes)}, and no id begins with a language's name (such as "
                f"{_prefix('fi')}1), which would say what is in which; ask for one language, or name a directory with "
                "a file for each"
            )
        found = {code: _of_language(every, code) for code in codes}
        missing = [code for code, part in found.items() if not part]
        if missing:
            there = [code for code in LANGUAGES if any(one.id.startswith(_prefix(code)) for one in every)]
            raise self._missing(missing, there)
        return found

    def _is_by_language(self) -> bool:
        return (
            self.path is not None
            and self.path.is_dir()
            and not self._whole_file()
            and any(_files(self.path, code, self.split) for code in LANGUAGES)
        )

    def _whole_file(self) -> Path | None:
        """The file of all languages in a directory, unless each has its own."""
        if self.path is None or any(_files(self.path, code, self.split) for code in LANGUAGES):
            return None
        folders = (self.path / folder.format(split=self.split) for folder in FOLDERS)
        return next((file for one in folders if (file := one / WHOLE.format(split=self.split)).is_file()), None)

    def _all(self) -> list[Question]:
        """Every question of all languages."""
        if self.path is not None and self.path.is_file():
            return questions_of_file(self.path)
        whole = self._whole_file()
        if whole is not None:
            return questions_of_file(whole)
        if self.path is not None and not is_snapshot(self.path):
            raise self._missing(LANGUAGES, [])
        source = self.source if self.path is None else str(self.path)
        configuration = self._configuration
        rows = hub_rows(source, configuration=configuration, split=_HUB_SPLITS[self.split], columns=COLUMNS)
        return questions_of_rows(rows, f"{self.source} {configuration}")

    def _missing(self, codes: Sequence[str], there: Sequence[str]) -> DataError:
        inside = f"found {contents(self.path)}" if self.path is not None and self.path.is_dir() else ""
        found = f"it has {', '.join(there)}" if there else inside or "found no id that begins with a language's name"
        names = ", ".join(FILES[0].format(code=code, split=self.split) for code in codes[:3])
        return DataError(
            f"{self.source}: TyDiQA-GoldP has no questions there in {', '.join(codes)}; {found}; name a directory with "
            f"{names} or {WHOLE.format(split=self.split)}, or leave these languages out"
        )


def _files(path: Path | None, code: str, split: str) -> list[Path]:
    """Files of one language below a directory."""
    if path is None:
        return []
    words = {"code": code, "name": name(code).lower(), "split": split}
    places = (path / folder.format(split=split) / file.format(**words) for folder in FOLDERS for file in FILES)
    return [place for place in places if place.is_file()]


def _of_language(questions: Sequence[Question], code: str) -> list[Question]:
    """The questions of one language of a file of several; all of a file whose ids do not name languages."""
    named = _name_languages(questions)
    return [one for one in questions if not named or one.id.startswith(_prefix(code))]


def _name_languages(questions: Sequence[Question]) -> bool:
    """Whether ids name the languages of questions."""
    return any(question.id.startswith(tuple(map(_prefix, LANGUAGES))) for question in questions)


def _prefix(code: str) -> str:
    """What the ids of a language's questions begin with: `finnish-`."""
    return f"{name(code).lower()}-"


def _is_copy(path: Path) -> bool:
    """Whether a directory is a copy of the hub data set."""
    return any((path / name).is_dir() and is_snapshot(path / name) for name in ("secondary_task", "tydiqa"))
