"""A cache of the hub filled by hand, as `hf download` leaves it, with tiny models and data sets."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from tiny_task import questions

from xlingual.data.examples import Example
from xlingual.languages import XQUAD_LANGUAGES

MODEL, SQUAD, XQUAD, WEBFAQ = "intfloat/multilingual-e5-small", "rajpurkar/squad", "google/xquad", "PaDaS-Lab/webfaq"


def fill(cache: Path, model: Path) -> Path:
    """Fill a cache with a model, SQuAD, XQuAD and WebFAQ rows of the tiny task; return it."""
    shutil.copytree(model, snapshot(cache, MODEL, "model"))
    write_data_set(cache, SQUAD, {("plain_text", "train"): rows(questions(150))})
    of_test = {(f"xquad.{code}", "validation"): rows(questions(20, 517)) for code in XQUAD_LANGUAGES}
    write_data_set(cache, XQUAD, of_test)
    pages = [
        {
            "origin": f"faq{n // 5}.example",
            "url": f"https://faq{n // 5}.example/",
            "question": one.question,
            "answer": f"{one.answers[0]} {one.context}",
        }
        for n, one in enumerate(questions(60))
    ]
    write_data_set(cache, WEBFAQ, {("deu", "default"): pages})
    return cache


def commit_of(name: str) -> str:
    """The commit that a repository of these has."""
    return hashlib.sha1(name.encode()).hexdigest()


def snapshot(cache: Path, name: str, kind: str) -> Path:
    """The folder of a repository's only commit, which is its main branch's; not made yet."""
    repository = cache / f"{kind}s--{name.replace('/', '--')}"
    (repository / "refs").mkdir(parents=True)
    (repository / "refs" / "main").write_text(commit_of(name))
    (repository / "snapshots").mkdir()
    return repository / "snapshots" / commit_of(name)


def write_data_set(cache: Path, name: str, parts: Mapping[tuple[str, str], Sequence[Mapping[str, Any]]]) -> None:
    """Write a data set by configuration and split: Parquet files and a card that assigns them."""
    folder, card = snapshot(cache, name, "dataset"), ["---", "configs:"]
    for (configuration, split), content in parts.items():
        file = folder / configuration / f"{split}-00000-of-00001.parquet"
        file.parent.mkdir(parents=True)
        pq.write_table(pa.Table.from_pylist(list(content)), file)
        card += [f"- config_name: {configuration}", "  data_files:"]
        card += [f"  - split: {split}", f"    path: {configuration}/{split}-*"]
    (folder / "README.md").write_text("\n".join([*card, "---", ""]), encoding="utf-8")


def rows(examples: Sequence[Example]) -> list[dict[str, Any]]:
    """Examples as rows of the hub."""
    return [
        {
            "id": one.id,
            "title": f"article {int(one.id) // 5}",
            "context": one.context,
            "question": one.question,
            "answers": {"text": list(one.answers), "answer_start": list(one.answer_starts)},
        }
        for one in examples
    ]
