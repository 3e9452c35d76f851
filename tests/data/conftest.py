from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

SHARED = Path(__file__).resolve().parents[2] / ".." / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    if not SHARED.is_dir():
        pytest.skip("needs the developers' data folder")
    return SHARED.resolve()


@pytest.fixture
def write_squad() -> Callable[..., Path]:
    """Write a SQuAD file from {title: {context: [(id, question, [(answer, start)])]}}."""

    def write(path: Path, articles: dict[str, dict[str, list[Any]]]) -> Path:
        data = [
            {"title": title, "paragraphs": [_paragraph(*paragraph) for paragraph in paragraphs.items()]}
            for title, paragraphs in articles.items()
        ]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"version": "1.1", "data": data}), encoding="utf-8")
        return path

    return write


def _paragraph(context: str, questions: list[Any]) -> dict[str, Any]:
    return {
        "context": context,
        "qas": [
            {"id": id_, "question": text, "answers": [{"text": t, "answer_start": s} for t, s in answers]}
            for id_, text, answers in questions
        ],
    }


@pytest.fixture
def write_snapshot() -> Callable[..., Path]:
    """Write a local copy of a hub data set from {(configuration, split): rows}: Parquet files and a card."""

    def write(directory: Path, parts: dict[tuple[str, str], list[dict[str, Any]]]) -> Path:
        card = ["---", "configs:"]
        for (configuration, split), rows in parts.items():
            file = directory / configuration / f"{split}.parquet"
            file.parent.mkdir(parents=True, exist_ok=True)
            pq.write_table(pa.Table.from_pylist(rows), file)
            card += [f"- config_name: {configuration}", "  data_files:"]
            card += [f"  - split: {split}", f"    path: {configuration}/{split}.parquet"]
        (directory / "README.md").write_text("\n".join([*card, "---", ""]), encoding="utf-8")
        return directory

    return write


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """The effect of HF_HUB_OFFLINE=1 at import time of the libraries."""
    import datasets
    import huggingface_hub

    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
