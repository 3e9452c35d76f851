from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny_task
import torch
from torch import nn

from xlingual.errors import ModelError
from xlingual.evaluation.answerer import Answerer, Part, WatchedBatcher, out_of_memory
from xlingual.evaluation.answering import LocalWorker, answer_all
from xlingual.families import EXTRACTIVE, ScoringSet
from xlingual.study import WindowSettings
from xlingual.tasks import Candidate

LENGTHS = WindowSettings(max_length=16, stride=4, max_answer_tokens=3)
PLENTY = 10**9
Asking = Callable[..., tuple[LocalWorker, "Narrow"]]


class Narrow(nn.Module):
    """A model whose memory holds a given number of padded tokens; counts the requested windows."""

    def __init__(self, model: nn.Module, memory: Callable[[int], int]) -> None:
        super().__init__()
        self.model, self.config, self.memory = model, model.config, memory
        self.passes = 0
        self.windows: list[tuple[int, ...]] = []

    def get_input_embeddings(self) -> nn.Module:
        return self.model.get_input_embeddings()

    def forward(self, input_ids: torch.Tensor, **inputs: Any) -> Any:
        self.passes += 1
        if input_ids.numel() > self.memory(self.passes):
            raise torch.OutOfMemoryError("CUDA out of memory.")
        self.windows += [tuple(row) for row in input_ids.tolist()]
        return self.model(input_ids=input_ids, **inputs)


@pytest.fixture(scope="module")
def questions(tiny_checkpoint: Path) -> dict[str, ScoringSet]:
    """Seventy questions in two languages, each context in at least two windows."""
    tokenizer = EXTRACTIVE.tokenizer(tiny_checkpoint)
    sets = {"en": tiny_task.questions(40), "de": tiny_task.questions(30, 30)}
    return {
        language: ScoringSet(part, EXTRACTIVE.inputs(tokenizer, part, LENGTHS, targets=False))
        for language, part in sets.items()
    }


@pytest.fixture
def crew(headed: Path) -> Asking:
    model = EXTRACTIVE.load(headed, seed=0, trained_head=True)

    def made(memory: Callable[[int], int] = lambda passes: PLENTY, tokens: int = 64) -> tuple[LocalWorker, Narrow]:
        narrow = Narrow(model, memory)
        batcher = WatchedBatcher(EXTRACTIVE.batcher(narrow, 0, torch.device("cpu"), packs=False), tokens)
        return LocalWorker(Answerer(EXTRACTIVE, narrow, batcher, LENGTHS)), narrow

    return made


class Heard(list[tuple[int, int]]):
    def __call__(self, done: int, total: int) -> None:
        self.append((done, total))


def texts(found: Mapping[str, Any]) -> dict[str, dict[int, list[str]]]:
    return {lang: {i: [c.text for c in best] for i, best in part.items()} for lang, part in found.items()}


def test_all_questions_are_answered_in_the_batches_of_one_pass_over_them(
    crew: Asking, questions: dict[str, ScoringSet]
) -> None:
    alone, narrow = crew()
    heard = Heard()
    found = answer_all(alone, questions, heard)
    at_once = Answerer(EXTRACTIVE, narrow, EXTRACTIVE.batcher(narrow, 0, torch.device("cpu"), packs=False), LENGTHS)
    asked, narrow.windows = narrow.windows, []
    assert found == at_once.answer(questions, 64, (0, 1)).found
    assert sorted(asked) == sorted(narrow.windows)
    assert {language: set(part) for language, part in found.items()} == {"en": set(range(40)), "de": set(range(30))}
    assert len(heard) > 2
    assert heard == sorted(heard)
    assert heard[-1] == (70, 70)


@pytest.mark.parametrize("memory", [63, 33, 16])
def test_a_batch_that_does_not_fit_is_halved_until_it_does(
    crew: Asking, questions: dict[str, ScoringSet], memory: int
) -> None:
    roomy, _ = crew()
    alone, _ = crew(lambda passes: memory)
    heard, bounds = Heard(), list[int]()
    found = answer_all(alone, questions, heard, bounds.append)
    expected = answer_all(roomy, questions, Heard())
    assert bounds == {63: [64, 32], 33: [64, 32], 16: [64, 32, 16]}[memory]
    assert texts(found) == texts(expected)
    for language, part in expected.items():
        for index, best in part.items():
            scores = [one.score for one in found[language][index]]
            assert scores == pytest.approx([one.score for one in best], abs=1e-5)
    assert heard == sorted(heard)
    assert heard[-1] == (70, 70)


def test_what_is_answered_when_memory_runs_short_is_kept(crew: Asking, questions: dict[str, ScoringSet]) -> None:
    before, heard, kept = 20, Heard(), list[int]()

    def short(passes: int) -> int:
        if passes == before + 1:
            kept.append(heard[-1][0])
        return PLENTY if passes <= before else 32

    alone, narrow = crew(short)
    found = answer_all(alone, questions, heard)
    roomy, free = crew()
    assert texts(found) == texts(answer_all(roomy, questions, Heard()))
    (done,) = kept
    assert done > 0
    assert heard == sorted(heard)
    # windows of questions answered by then (two or more each) are not requested again
    assert len(narrow.windows) <= 4 * before + len(free.windows) - 2 * done


def test_one_input_that_does_not_fit_is_one_line(crew: Asking, questions: dict[str, ScoringSet]) -> None:
    alone, _ = crew(lambda passes: 15)
    with pytest.raises(ModelError, match="one input of 16 tokens does not fit into the memory"):
        answer_all(alone, questions, Heard())


def test_another_error_is_not_taken_for_one_of_memory(crew: Asking, questions: dict[str, ScoringSet]) -> None:
    def broken(passes: int) -> int:
        raise RuntimeError("a bug")

    alone, _ = crew(broken)
    with pytest.raises(RuntimeError, match="a bug"):
        answer_all(alone, questions, Heard())


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes", True),
        ("CUDA error: out of memory\nCUDA kernel errors might be asynchronously reported at some other API call", True),
        ("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`", True),
        ("NCCL error: ncclUnhandledCudaError: Call to CUDA function failed. Cuda failure 2 'out of memory'", True),
        ("CUDA error: device-side assert triggered", False),
        ("CUDA error: CUBLAS_STATUS_EXECUTION_FAILED when calling `cublasGemmEx`", False),
    ],
)
def test_what_says_that_memory_is_too_small(said: str, expected: bool) -> None:
    assert out_of_memory(RuntimeError(said)) == expected


class Many:
    """Workers that finish in another order than they started, each with its own answerer."""

    def __init__(self, alone: LocalWorker, workers: int) -> None:
        self._alone, self.workers = alone, workers
        self.tokens_per_pass = alone.tokens_per_pass

    def answers(
        self, questions: Mapping[str, ScoringSet], tokens: int, shares: int, numbers: Sequence[int]
    ) -> Iterator[Part]:
        parts = [self._alone._answerer.answer(questions, tokens, (number, shares)) for number in numbers]
        yield from reversed(parts)


def test_the_number_of_workers_does_not_count(crew: Asking, questions: dict[str, ScoringSet]) -> None:
    alone, _ = crew()
    expected = answer_all(alone, questions, Heard())
    assert answer_all(Many(alone, 3), questions, Heard()) == expected
    assert answer_all(Many(alone, 40), questions, Heard()) == expected
    tight, _ = crew(lambda passes: 33)
    assert texts(answer_all(Many(tight, 3), questions, Heard())) == texts(expected)


def test_no_question_at_all_is_no_error(crew: Asking, questions: dict[str, ScoringSet]) -> None:
    alone, _ = crew()
    empty = ScoringSet((), questions["en"].inputs.of_examples(np.zeros(0, dtype=np.int64)))
    assert answer_all(alone, {"en": empty}, Heard()) == {"en": {}}


def test_a_token_without_a_word_embedding_is_one_line(crew: Asking, questions: dict[str, ScoringSet]) -> None:
    alone, narrow = crew()
    inputs = questions["de"].inputs
    ids = inputs.input_ids.copy()
    ids[-2] = 777
    beyond = {"en": questions["en"], "de": replace(questions["de"], inputs=replace(inputs, input_ids=ids))}
    with pytest.raises(ModelError, match=r"tokenizer gives token 777, and its word embeddings have \d+ rows"):
        answer_all(alone, beyond, Heard())
    assert narrow.passes == 0


def test_answers_without_a_likelihood_are_one_line(crew: Asking, questions: dict[str, ScoringSet]) -> None:
    class Diverged:
        def answers(self, *_: Any, **__: Any) -> Any:
            return {"en": {0: [Candidate(float("nan"), "red")]}}

    alone, _ = crew()
    alone._answerer._family = Diverged()  # type: ignore[assignment]
    with pytest.raises(ModelError, match="answers have no likelihood"):
        answer_all(alone, questions, Heard())
