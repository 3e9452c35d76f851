from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from xlingual.errors import RecordError
from xlingual.records import journal
from xlingual.records.files import read_json, write_json
from xlingual.records.layout import StudyDirectory
from xlingual.search.study_guard import (
    check_sources,
    open_directory,
    recorded_rows,
    unread_test_sets,
    unused_sources,
)
from xlingual.study import load_study


def test_a_study_that_was_refused_before_its_first_event_may_be_mended(write_study: Any, tmp_path: Path) -> None:
    path, directory = write_study("opening"), StudyDirectory(tmp_path / "study")
    open_directory(load_study(path), directory)
    check_sources(directory, {"train": {"fingerprint": "a", "counts": {}}})
    mended = load_study(path, ["search.seed=1"])
    open_directory(mended, directory)
    check_sources(directory, {"train": {"fingerprint": "b", "counts": {}}})
    journal.append(directory.journal, {"event": "stage_started", "stage": "search", "time": 0.0})
    with pytest.raises(RecordError, match=r"search\.seed was 1, is now 2"):
        open_directory(load_study(path, ["search.seed=2"]), directory)
    with pytest.raises(RecordError, match=r"the content of train \(b then, c now\)"):
        check_sources(directory, {"train": {"fingerprint": "c", "counts": {}}})


@pytest.mark.parametrize(
    ("used", "unused"),
    [
        ({"faq": "f"}, {"dictionary of de", "synonyms"}),
        ({"webfaq_dev": "f"}, {"dictionary of de", "synonyms"}),
        ({"dictionary of de": "d"}, {"faq rows of de", "passage", "bitexts of de", "synonyms"}),
        ({}, {"faq rows of de", "passage", "bitexts of de", "dictionary of de", "synonyms"}),
    ],
)
def test_a_source_may_be_mended_in_its_place_until_a_trial_was_made_with_it(
    tmp_path: Path, used: dict[str, str], unused: set[str]
) -> None:
    directory = StudyDirectory(tmp_path / "study")
    write_json(
        directory.study_json,
        {
            "name": "s",
            "arms": {"plain": {}},
            "search": {"trials_per_arm": 1},
            "replicates": {"searches": 1, "seeds": 1},
        },
    )
    names = ("train", "dev", "faq rows of de", "passage", "bitexts of de", "dictionary of de", "synonyms", "model of a")
    check_sources(directory, {name: {"fingerprint": "a"} for name in (*names, "contamination check")})
    assert unused_sources(directory) == {*names, "contamination check", "model of plain"} - {"model of a"}
    write_json(directory.trial("f").configuration, {"sources": {"model": "m", "train": "t", "dev": "d", **used}})
    event = {"event": "trial_started", "arm": "plain", "number": 0, "fingerprint": "f", "values": {}, "time": 0.0}
    journal.append(directory.journal, event)
    assert unused_sources(directory) == {*unused, "model of plain"}
    assert (recorded_rows(directory) == {}) == ("faq rows of de" in unused)


def test_an_unfit_model_may_be_mended_until_a_trial_of_its_arm_has_reported(write_study: Any, tmp_path: Path) -> None:
    directory = StudyDirectory(tmp_path / "study")
    open_directory(load_study(write_study("opening")), directory)
    models = {f"model of {arm}": {"fingerprint": "a", "counts": {}} for arm in ("plain", "both")}
    check_sources(directory, models)
    for arm in ("plain", "both"):
        started = {"event": "trial_started", "arm": arm, "number": 0, "fingerprint": arm, "values": {}, "time": 0.0}
        journal.append(directory.journal, started)
    journal.append(directory.trial("plain").reports, {"updates": 1})
    assert unused_sources(directory) == {"model of both"}
    mended = {**models, "model of both": {"fingerprint": "b", "counts": {}}}
    check_sources(directory, mended, unused_sources(directory))
    with pytest.raises(RecordError, match=r"the content of model of both \(b then, a now\)"):
        check_sources(directory, models)
    with pytest.raises(RecordError, match=r"the content of model of plain \(a then, c now\)"):
        check_sources(directory, {"model of plain": {"fingerprint": "c"}}, unused_sources(directory))


def a_test_set(**languages: str) -> dict[str, Any]:
    return {"fingerprint": " ".join(languages.values()), "counts": {}, "languages": languages}


def test_a_test_set_may_be_corrected_until_it_was_read_and_then_its_languages_are_named(tmp_path: Path) -> None:
    directory = StudyDirectory(tmp_path / "study")
    check_sources(directory, {"test set xquad": a_test_set(de="a", en="b")})
    corrected = {"test set xquad": a_test_set(de="c", en="b")}
    with pytest.raises(RecordError, match="the content of test"):
        check_sources(directory, corrected)
    check_sources(directory, corrected, unread_test_sets(directory))
    journal.append(directory.ledger, {"purpose": "test", "set": "xquad"})
    check_sources(directory, corrected, unread_test_sets(directory))
    with pytest.raises(
        RecordError, match=r"the content of test set xquad in de is not .* Restore it, or give the study another"
    ):
        check_sources(directory, {"test set xquad": a_test_set(de="d", en="b", es="e")}, unread_test_sets(directory))
    check_sources(directory, corrected, unread_test_sets(directory))  # as suggested by the message
    added = a_test_set(de="c", en="b", es="e")
    check_sources(directory, {"test set xquad": added}, unread_test_sets(directory))
    assert read_json(directory.sources)["test set xquad"] == added


def test_another_comparison_with_the_test_set_counts_by_what_it_dropped(tmp_path: Path) -> None:
    directory = StudyDirectory(tmp_path / "study")
    check = {"fingerprint": "a", "counts": {"train": 1}}
    check_sources(directory, {"train": {"fingerprint": "a"}, "contamination check": check})
    again = {"contamination check": {"fingerprint": "b", "counts": {"train": 2}}}
    with pytest.raises(RecordError) as refused:
        check_sources(directory, {"train": {"fingerprint": "b"}, **again})
    assert "the content of train (a then, b now) is not" in str(refused.value)
    assert "The test sets changed, too: what overlaps them is dropped from training data." in str(refused.value)
    with pytest.raises(RecordError) as refused:
        check_sources(directory, {"train": {"fingerprint": "b"}, "contamination check": check})
    assert "The test set" not in str(refused.value)
    check_sources(directory, {"train": {"fingerprint": "a"}, **again})
    assert read_json(directory.sources)["contamination check"] == again["contamination check"]
