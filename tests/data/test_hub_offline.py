"""Without network: filled caches suffice, and what is missing is one line at once."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import datasets
import hub_cache
import pytest
import yaml
from huggingface_hub import ModelCard, constants
from huggingface_hub._tree_cache import TreeCacheEntry, write_tree_cache
from studies_here import ONE, run_here

from xlingual.data import hub_connection
from xlingual.data.hub import hub_rows
from xlingual.data.hub_connection import hub_is_reachable, hub_or_caches, why_offline
from xlingual.data.squad import load_squad
from xlingual.errors import DataError, ModelError
from xlingual.models.checkpoint_directory import resolve_checkpoint
from xlingual.records.layout import StudyDirectory
from xlingual.records.state import read_state
from xlingual.report.summary import summarize

NOBODY = "http://127.0.0.1:1"


@pytest.fixture
def unreachable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No network, and nothing is set for it."""
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "ENDPOINT", NOBODY)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "datasets")
    monkeypatch.setattr(hub_connection, "_known", {})


@pytest.fixture
def filled(tmp_path: Path, tiny_checkpoint: Path) -> Path:
    """A cache filled by hand."""
    return hub_cache.fill(tmp_path / "hub", tiny_checkpoint)


@pytest.mark.usefixtures("unreachable")
def test_a_missing_data_set_is_one_line_at_once() -> None:
    began = time.monotonic()
    with pytest.raises(DataError) as refused:
        load_squad("rajpurkar/squad")
    assert str(refused.value) == (
        "data set 'rajpurkar/squad' (split train): not in the caches of this machine, and the hub cannot be reached "
        "from here (no connection to 127.0.0.1 within 1.5 s); run `hf download rajpurkar/squad --repo-type dataset` "
        "where there is network, with HF_HOME in a place that is seen from here, or write the path of a local file or "
        "directory"
    )
    assert time.monotonic() - began < 10.0  # the libraries alone retry for 25 s


@pytest.mark.usefixtures("unreachable")
def test_a_missing_model_is_one_line() -> None:
    with pytest.raises(ModelError) as refused:
        resolve_checkpoint("our/model@v2")
    assert str(refused.value) == (
        "model 'our/model@v2': not a local directory, not in the hub's cache, and the hub cannot be reached from here "
        "(no connection to 127.0.0.1 within 1.5 s); run `hf download our/model --revision v2` where there is network, "
        "with HF_HOME in a place that is seen from here, or write the path of a directory with its files"
    )


@pytest.mark.usefixtures("unreachable", "filled")
def test_downloaded_files_are_read_without_network() -> None:
    assert len(load_squad("rajpurkar/squad")) == 150
    pages = list(hub_rows("PaDaS-Lab/webfaq", configuration="deu", split="default", columns=("url",), streaming=True))
    assert (len(pages), pages[59]["url"]) == (60, "https://faq11.example/")
    assert not constants.HF_HUB_OFFLINE and not datasets.config.HF_HUB_OFFLINE  # as before


@pytest.mark.usefixtures("unreachable")
@pytest.mark.parametrize("is_listed", [True, False])
def test_a_download_that_broke_off_is_not_taken_for_the_whole(is_listed: bool, filled: Path) -> None:
    """By the listing that `hf download` keeps, or by the numbers in the names of shards."""
    (file,) = filled.rglob("plain_text/train-00000-of-00001.parquet")
    if is_listed:
        file.rename(file.with_name("train-a.parquet"))
        files = {f"plain_text/train-{part}.parquet": TreeCacheEntry(1, "b") for part in "ab"}
        write_tree_cache(str(filled / "datasets--rajpurkar--squad"), hub_cache.commit_of(hub_cache.SQUAD), files)
    else:
        file.rename(file.with_name("train-00001-of-00002.parquet"))
    with pytest.raises(DataError, match=r"only in part in the hub's cache, and the hub cannot.*`hf download rajpurkar"):
        load_squad("rajpurkar/squad")


@pytest.mark.usefixtures("unreachable")
def test_other_configurations_may_be_missing(filled: Path) -> None:
    """As after `hf download --include 'xquad.en/*'`, with a listing of all files."""
    data_set = filled / "datasets--google--xquad"
    files = [file.relative_to(file.parents[1]).as_posix() for file in data_set.rglob("*.parquet")]
    listed = {name: TreeCacheEntry(1, "b") for name in ("README.md", *files)}
    write_tree_cache(str(data_set), hub_cache.commit_of(hub_cache.XQUAD), listed)
    for file in data_set.rglob("*.parquet"):
        if file.parent.name != "xquad.en":
            file.unlink()
    assert len(list(hub_rows("google/xquad", configuration="xquad.en", split="validation", columns=()))) == 20
    with pytest.raises(
        DataError, match=r"configuration xquad\.de, split validation\): only in part in the hub's cache"
    ):
        next(hub_rows("google/xquad", configuration="xquad.de", split="validation", columns=()))


@pytest.mark.usefixtures("unreachable", "filled")
def test_a_part_that_was_not_downloaded_is_named_with_what_was() -> None:
    with pytest.raises(
        DataError, match=r"'xquad.sw' not found.*'xquad.en'.*`hf download google/xquad --repo-type data"
    ):
        next(hub_rows("google/xquad", configuration="xquad.sw", split="validation", columns=()))


@pytest.mark.usefixtures("unreachable")
@pytest.mark.parametrize("is_said", [True, False])
def test_a_study_runs_from_a_filled_cache(
    is_said: bool, filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With HF_HUB_OFFLINE, and without network where nothing says so."""
    if is_said:
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
        monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    study = {
        "name": "offline",
        "question": "Does it run?",
        "model": hub_cache.MODEL,
        "data": {
            "train": hub_cache.SQUAD,
            "test": {"source": hub_cache.XQUAD, "languages": ["en", "de"]},
            "faq": {"source": hub_cache.WEBFAQ, "languages": ["deu"], "filters": "off", "allow_shortage": True}
            | {"passages": {"span": "answer", "answers": 4, "min_passage_characters": 1}},
        },
        "windows": {"max_length": 48, "stride": 8, "max_answer_tokens": 3},
        "training": {
            "updates": 2,
            "batch_size": 4,
            "micro_batch_size": 4,
            "learning_rate": 1e-3,
            "precision": "fp32",
            "reports": 1,
        },
        "arms": {"plain": {"baseline": True}, "mixed": {"mixture": {"faq_share": 0.3, "weights": {"de": 1.0}}}},
        "storage": str(tmp_path / "studies"),
        **ONE,
    }
    path = tmp_path / "study.yaml"
    path.write_text(yaml.safe_dump(study))
    directory, notes = run_here(path)
    assert read_state(directory).complete
    assert any(hub_cache.commit_of(hub_cache.MODEL)[:12] in note for note in notes)
    check_cards(directory)


def check_cards(directory: StudyDirectory) -> None:
    """The metadata of the models' cards has the report's numbers, and the commit of the test set."""
    arms = summarize(directory).as_json()["arms"]
    for replicate in read_state(directory).replicates:
        data = ModelCard((directory.trial(replicate.fingerprint).model / "README.md").read_text()).data
        assert {one.dataset_revision for one in data.eval_results} == {hub_cache.commit_of(hub_cache.XQUAD)}
        found = {(one.dataset_config, one.metric_type): one.metric_value for one in data.eval_results}
        assert found == {
            (f"xquad.{code}", metric): arms[replicate.arm]["scores"][code][metric][0]  # of the only replicate
            for code in ("en", "de")
            for metric in ("exact_match", "f1")
        }


@pytest.fixture
def listener() -> Iterator[str]:
    """Something that takes connections."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@pytest.mark.usefixtures("unreachable")
def test_the_hub_is_asked_once_and_through_its_proxy(listener: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, int]] = []
    listens = hub_connection._listens
    monkeypatch.setattr(hub_connection, "_listens", lambda address: asked.append(address) or listens(address))
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    assert not hub_is_reachable() and not hub_is_reachable()
    monkeypatch.setattr(constants, "ENDPOINT", listener)
    assert hub_is_reachable() and hub_is_reachable()
    with hub_or_caches():
        assert not constants.HF_HUB_OFFLINE
    monkeypatch.setattr(constants, "ENDPOINT", "http://hub.invalid")
    monkeypatch.setenv("http_proxy", NOBODY)
    assert not hub_is_reachable()
    assert asked == [("127.0.0.1", 1), ("127.0.0.1", int(listener.rpartition(":")[2]))]  # the proxy is as the first
    assert "no connection to 127.0.0.1" in why_offline()


def test_a_name_that_is_never_answered_takes_the_limit_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looking a name up has no limit in `socket`."""
    released = threading.Event()

    def look_up(address: tuple[str, int], timeout: float) -> None:
        released.wait()
        raise socket.gaierror

    monkeypatch.setattr(socket, "create_connection", look_up)
    monkeypatch.setattr(hub_connection, "LIMIT_S", 0.01)
    monkeypatch.delenv("HF_HUB_ETAG_TIMEOUT", raising=False)
    try:
        assert not hub_connection._listens(("slow.example", 443))
    finally:
        released.set()
