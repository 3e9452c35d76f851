"""A tiny encoder with a span head, and the tiny task's test set."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import tiny_task
import torch
from transformers import BertForQuestionAnswering

from xlingual.evaluation.evaluation_request import EvaluationRequest
from xlingual.models.encoder import quiet_transformers
from xlingual.records.files import write_json
from xlingual.study.benchmarks import BENCHMARKS


@pytest.fixture(scope="session")
def headed(tiny_checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny encoder with a random head, for windows of 16 tokens."""
    directory = tmp_path_factory.mktemp("headed") / "tiny"
    shutil.copytree(tiny_checkpoint, directory)
    torch.manual_seed(3)
    with quiet_transformers():
        BertForQuestionAnswering.from_pretrained(tiny_checkpoint).save_pretrained(directory)
    write_json(
        directory / "xlingual.json",
        {"fingerprint": "abc", "windows": {"max_length": 16, "stride": 4, "max_answer_tokens": 3}},
    )
    return directory


@pytest.fixture(scope="session")
def xquad(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("test_set") / "data"
    tiny_task.write_data(directory)
    return directory / "xquad"


@pytest.fixture
def asked(xquad: Path, tmp_path: Path) -> EvaluationRequest:
    """English and German, with results in a folder of the test."""
    return EvaluationRequest(BENCHMARKS["xquad"], str(xquad), "en,de", keep=tmp_path / "kept")
