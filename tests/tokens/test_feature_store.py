from __future__ import annotations

import json
import pickle
import shutil
import threading
import tracemalloc
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny_task import questions

from xlingual.data.examples import Example, ExampleSet
from xlingual.models.encoder import load_tokenizer
from xlingual.tokens import feature_store
from xlingual.tokens.feature_store import fingerprint_tokenizer, stored_windows
from xlingual.tokens.windows import Windows, make_windows

LENGTHS = {"max_length": 14, "stride": 4}
EXAMPLES = ExampleSet(questions(40), {})


class Source:
    """Streamed examples that count how often they were requested."""

    def __init__(self, examples: Iterable[Example], fingerprint: str = "source") -> None:
        self.made, self.fingerprint, self.reads = examples, fingerprint, 0

    @property
    def examples(self) -> Iterator[Example]:
        self.reads += 1
        return iter(self.made)


@pytest.fixture(scope="module")
def tokenizer(tiny_checkpoint: Path) -> Any:
    return load_tokenizer(tiny_checkpoint)


def same(one: Windows, other: Windows) -> bool:
    names = [field.name for field in fields(Windows)]
    arrays = [(np.asarray(getattr(one, name)), np.asarray(getattr(other, name))) for name in names]
    return all(left.dtype == right.dtype and np.array_equal(left, right) for left, right in arrays)


def stores(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if not path.name.startswith(".")]


@pytest.mark.parametrize("count", [0, 1, 40])
def test_stored_windows_are_those_that_are_made_in_memory(tmp_path: Path, tokenizer: Any, count: int) -> None:
    examples = ExampleSet(EXAMPLES.examples[:count], {})
    made = make_windows(tokenizer, examples.examples, **LENGTHS)
    for _ in range(2):
        windows = stored_windows(tmp_path, tokenizer, "t", examples, **LENGTHS)
        assert same(windows, made) and len(windows) >= count
    assert len(stores(tmp_path)) == 1


def test_windows_that_are_there_are_not_made_again(tmp_path: Path, tokenizer: Any) -> None:
    source = Source(EXAMPLES.examples)
    for _ in range(3):
        stored_windows(tmp_path, tokenizer, "t", source, **LENGTHS)
    assert source.reads == 1


def test_nobody_can_write_to_stored_windows(tmp_path: Path, tokenizer: Any) -> None:
    windows = stored_windows(tmp_path, tokenizer, "t", EXAMPLES, **LENGTHS)
    with pytest.raises(ValueError, match="read-only"):
        windows.input_ids[0] = 1
    assert not any(getattr(windows, name).flags.writeable for name in feature_store._ARRAYS)


def changed(**values: Any) -> ExampleSet:
    return ExampleSet((replace(EXAMPLES.examples[0], **values), *EXAMPLES.examples[1:]), {})


FIRST = EXAMPLES.examples[0]


@pytest.mark.parametrize(
    "examples",
    [
        changed(question="which colour has the car"),
        changed(context=FIRST.context + " ."),
        changed(answers=(FIRST.answers[0][:1],)),
        changed(answer_starts=(FIRST.answer_starts[0] + 1,)),
        changed(answers=(), answer_starts=()),
        ExampleSet(EXAMPLES.examples[::-1], {}),
        ExampleSet(EXAMPLES.examples[1:], {}),
    ],
)
def test_other_examples_have_other_windows(tmp_path: Path, tokenizer: Any, examples: ExampleSet) -> None:
    stored_windows(tmp_path, tokenizer, "t", EXAMPLES, **LENGTHS)
    found = stored_windows(tmp_path, tokenizer, "t", examples, **LENGTHS)
    assert len(stores(tmp_path)) == 2
    assert same(found, make_windows(tokenizer, examples.examples, **LENGTHS))


def test_all_that_decides_windows_is_in_the_fingerprint(
    tmp_path: Path, tiny_checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokenizer = load_tokenizer(tiny_checkpoint)

    def store(fingerprint: str = "t", **lengths: int) -> int:
        stored_windows(tmp_path, tokenizer, fingerprint, EXAMPLES, **(LENGTHS | lengths))
        return len(stores(tmp_path))

    assert [store(), store()] == [1, 1]
    assert [store("other"), store(max_length=15), store(stride=3)] == [2, 3, 4]
    tokenizer.truncation_side = "left"
    assert store() == 5
    tokenizer.model_input_names = ["input_ids"]
    assert store() == 6
    tokenizer.backend_tokenizer.post_processor = load_post_processor()
    assert store() == 7
    monkeypatch.setattr(feature_store, "FORMAT", feature_store.FORMAT + 1)
    assert store() == 8
    monkeypatch.setattr(feature_store, "QUESTION_SHARE", 0.25)
    assert store() == 9
    monkeypatch.setattr(feature_store, "version", lambda package: "another")
    assert [store(), store()] == [10, 10]


def load_post_processor() -> Any:
    from tokenizers.processors import BertProcessing

    return BertProcessing(("[SEP]", 3), ("[CLS]", 2))


def edit_about(change: Callable[[dict[str, Any]], None]) -> Callable[[Path], None]:
    def edit(store: Path) -> None:
        about = json.loads((store / "features.json").read_text())
        change(about)
        (store / "features.json").write_text(json.dumps(about))

    return edit


def save(name: str, array: np.ndarray[Any, Any]) -> Callable[[Path], None]:
    return lambda store: np.save(store / f"{name}.npy", array)


DAMAGES: dict[str, Callable[[Path], Any]] = {
    "a missing array": lambda store: (store / "start.npy").unlink(),
    "a missing JSON": lambda store: (store / "features.json").unlink(),
    "a JSON cut short": lambda store: (store / "features.json").write_text('{"counts": {"tok'),
    "a JSON of another shape": lambda store: (store / "features.json").write_text("[]"),
    "an array cut short": lambda store: (store / "input_ids.npy").write_bytes(
        (store / "input_ids.npy").read_bytes()[:-1]
    ),
    "an array cut in its header": lambda store: (store / "offsets.npy").write_bytes(b"\x93NUMPY\x01"),
    "an empty file": lambda store: (store / "end.npy").write_bytes(b""),
    "an array that goes on": lambda store: (store / "input_ids.npy").write_bytes(
        (store / "input_ids.npy").read_bytes() + b"\0\0\0\0"
    ),
    "an array of another type": save("input_ids", np.zeros(1, dtype=np.int64)),
    "no rows": save("input_ids", np.zeros(0, dtype=np.int32)),
    "a pickle": save("input_ids", np.asarray([{}], dtype=object)),
    "other counts": edit_about(lambda about: about["counts"].update(windows=3)),
    "counts that are no numbers": edit_about(lambda about: about["counts"].update(tokens=None)),
    "something else under this name": edit_about(lambda about: about["made_of"].update(stride=5)),
    "an archive": lambda store: (store / "end.npy").write_bytes(b"PK\x03\x04" + b"\0" * 200),
}


@pytest.mark.parametrize("damage", list(DAMAGES))
def test_a_damaged_store_is_made_again(tmp_path: Path, tokenizer: Any, damage: str) -> None:
    made = make_windows(tokenizer, EXAMPLES.examples, **LENGTHS)
    source = Source(EXAMPLES.examples)
    stored_windows(tmp_path, tokenizer, "t", source, **LENGTHS)
    (store,) = stores(tmp_path)
    DAMAGES[damage](store)
    for _ in range(2):
        assert same(stored_windows(tmp_path, tokenizer, "t", source, **LENGTHS), made)
    assert source.reads == 2


def test_windows_in_use_outlive_their_files(tmp_path: Path, tokenizer: Any) -> None:
    windows = stored_windows(tmp_path, tokenizer, "t", EXAMPLES, **LENGTHS)
    shutil.rmtree(tmp_path)
    assert same(windows, make_windows(tokenizer, EXAMPLES.examples, **LENGTHS))


def test_a_failure_half_way_leaves_no_store(tmp_path: Path, tokenizer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xlingual.tokens.windows.BATCH", 2)

    def broken() -> Iterator[Example]:
        yield from EXAMPLES.examples
        assert [path for path in tmp_path.glob(".*.partial/input_ids.npy") if path.is_file()]
        raise OSError("the source ends here")

    with pytest.raises(OSError, match="the source ends here"):
        stored_windows(tmp_path, tokenizer, "t", Source(broken()), **LENGTHS)
    assert [path.suffix for path in tmp_path.iterdir()] == [".lock"]
    assert len(stored_windows(tmp_path, tokenizer, "t", Source(EXAMPLES.examples), **LENGTHS)) >= 40


def test_what_a_killed_process_left_is_cleared_away(tmp_path: Path, tokenizer: Any) -> None:
    stored_windows(tmp_path, tokenizer, "t", EXAMPLES, **LENGTHS)
    (store,) = stores(tmp_path)
    partial = store.with_name(f".{store.name}.partial")
    store.rename(partial)
    (partial / "features.json").unlink()
    stored_windows(tmp_path, tokenizer, "t", EXAMPLES, **LENGTHS)
    assert stores(tmp_path) == [store] and not partial.exists()


def test_of_several_that_ask_at_once_one_makes_the_windows(tmp_path: Path, tiny_checkpoint: Path) -> None:
    source, start, found = Source(EXAMPLES.examples), threading.Barrier(3), []
    tokenizers = [load_tokenizer(tiny_checkpoint) for _ in range(3)]

    def ask(tokenizer: Any) -> None:
        start.wait()
        found.append(stored_windows(tmp_path, tokenizer, "t", source, **LENGTHS))

    askers = [threading.Thread(target=ask, args=(tokenizer,)) for tokenizer in tokenizers]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    assert source.reads == 1 and len(found) == 3 and all(same(found[0], each) for each in found)


def peak_while_storing(folder: Path, tokenizer: Any, count: int) -> int:
    """Peak memory of Python and NumPy, in bytes."""
    template = EXAMPLES.examples[0]
    source = Source((replace(template, context=f"{template.context} {n}") for n in range(count)), str(count))
    tracemalloc.start()
    try:
        stored_windows(folder, tokenizer, "t", source, threads=1, **LENGTHS)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_source(tmp_path: Path, tokenizer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xlingual.tokens.windows.BATCH", 16)
    peak_while_storing(tmp_path, tokenizer, 16)  # caches of the first use
    few, many = (peak_while_storing(tmp_path, tokenizer, count) for count in (100, 2000))
    assert many < 1.2 * few
    sizes = [sum(path.stat().st_size for path in store.iterdir()) for store in stores(tmp_path)]
    assert max(sizes) > few


def test_pickling_hands_the_arrays_over_without_a_copy(tmp_path: Path, tokenizer: Any) -> None:
    """Like Ray's object store; a `numpy.memmap` would be copied into the pickle."""
    windows = stored_windows(tmp_path, tokenizer, "t", EXAMPLES, **LENGTHS)
    buffers: list[pickle.PickleBuffer] = []
    data = pickle.dumps(windows, protocol=5, buffer_callback=buffers.append)
    assert len(buffers) == len(feature_store._ARRAYS) and len(data) < 2000
    copy = pickle.loads(data, buffers=buffers)
    for name in feature_store._ARRAYS:
        assert np.shares_memory(getattr(copy, name), getattr(windows, name))
        assert not getattr(copy, name).flags.writeable


def test_the_tokenizer_is_known_by_its_content(tmp_path: Path, tiny_checkpoint: Path) -> None:
    copy = tmp_path / "elsewhere"
    shutil.copytree(tiny_checkpoint, copy)
    before = fingerprint_tokenizer(tiny_checkpoint)
    (copy / "model.safetensors").write_bytes(b"other weights")
    assert fingerprint_tokenizer(copy) == before
    text = (copy / "tokenizer.json").read_text()
    (copy / "tokenizer.json").write_text(text.replace('"red"', '"rod"'))
    assert fingerprint_tokenizer(copy) != before
