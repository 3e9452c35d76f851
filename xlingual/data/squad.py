"""SQuAD v1.1: training and development examples from a local file or directory, or from the hub."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from xlingual.activity import doing
from xlingual.data.cleaning import clean
from xlingual.data.examples import ExampleSet
from xlingual.data.hub import hub_rows, saved_rows
from xlingual.data.location import contents, is_saved, is_snapshot, local_path
from xlingual.data.stated_questions import COLUMNS, Question, questions_of_file, questions_of_rows
from xlingual.errors import DataError

Split = Literal["train", "dev"]

_NAMES: dict[str, tuple[str, ...]] = {"train": ("train",), "dev": ("dev", "valid")}
"""Prefixes of the file names of each split."""

_ENDINGS = (".json", ".jsonl", ".ndjson", ".json.gz", ".jsonl.gz", ".ndjson.gz")
_ABOUT = ("dataset_info.json", "dataset_infos.json", "dataset_dict.json", "state.json")
"""Metadata files that may lie beside the data."""


@doing("reading questions")
def load_squad(
    source: str,
    *,
    language: str = "en",
    split: Split = "train",
    limit: int | None = None,
    seed: int = 0,
) -> ExampleSet:
    """The usable examples of one split, none of them from XQuAD's 48 articles.

    `source` is one of:

    - a file: SQuAD JSON, v1.1 or v2.0 (whose unanswerable questions are dropped), or flat rows (see questions_of_file);
    - a directory with such files named train* and dev* (or valid*), or with a single one; a copy of a hub data set; or
      a directory written by `save_to_disk`;
    - a hub id with the columns id, context, question, answers and optionally title.

    `limit` samples that many examples by `seed`. Raises DataError when the source is missing, malformed, or has no
    usable example.
    """
    return usable_examples(source, _questions(source, split), language).sample(limit, seed)


def usable_examples(source: str, questions: Sequence[Question], language: str) -> ExampleSet:
    """The questions that a model can be trained on, none of them from XQuAD's 48 articles.

    Raises:
        DataError: when none is left.
    """
    examples = clean(questions, language=language, without_xquad=True, source=source)
    if not examples.examples:
        raise _nothing_left(source, examples)
    return examples


def _questions(source: str, split: Split) -> list[Question]:
    path = local_path(source)
    if path is None:
        return _hub_questions(source, split)
    if path.is_file():
        return questions_of_file(path)
    if is_saved(path):
        rows = saved_rows(
            path, splits=("train",) if split == "train" else ("validation", "dev", "valid"), columns=COLUMNS
        )
        return questions_of_rows(rows, source)
    file = _file_of_split(path, split)
    if file is not None:
        return questions_of_file(file)
    if is_snapshot(path):
        return _hub_questions(str(path), split)
    raise DataError(
        f"{source}: asked for the {split} split; found no matching file ({contents(path)}); "
        f"add a {split}.json in SQuAD format, or name the file itself"
    )


def _hub_questions(source: str, split: Split) -> list[Question]:
    name = "train" if split == "train" else "validation"
    return questions_of_rows(hub_rows(source, split=name, columns=COLUMNS), source)


def _file_of_split(directory: Path, split: Split) -> Path | None:
    """The file of the split: `train.json`, else the only train*.json, else the only file if it names no split.

    Raises DataError when several files fit.
    """
    files = [file for file in sorted(directory.iterdir()) if file.name.lower().endswith(_ENDINGS)]
    files = [file for file in files if file.name not in _ABOUT and file.is_file()]
    fitting = [file for file in files if file.name.lower().startswith(_NAMES[split])]
    exact = [file for file in fitting if file.name.lower().split(".")[0] in _NAMES[split]]
    chosen = exact or fitting
    if len(chosen) == 1:
        return chosen[0]
    if chosen:
        names = ", ".join(file.name for file in chosen)
        raise DataError(f"{directory}: asked for the {split} split; several files match ({names}); name one of them")
    marked = any(file.name.lower().startswith(sum(_NAMES.values(), ())) for file in files)
    return files[0] if len(files) == 1 and not marked else None


def _nothing_left(source: str, examples: ExampleSet) -> DataError:
    counts = examples.counts
    dropped = ", ".join(f"{name} {count}" for name, count in counts.items() if count and name != "read")
    message = f"{source}: read {counts['read']} questions and none is left ({dropped or 'the file is empty'})"
    message += "".join(f"; {note.removeprefix(f'{source}: ')}" for note in examples.notes)
    if counts["dropped_xquad_article"]:
        message += (
            "; SQuAD v1.1's development set consists of exactly XQuAD's 48 articles: "
            "write held-out-articles to develop on held-out training articles, or name another file"
        )
    return DataError(message)
