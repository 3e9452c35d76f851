"""Study files that change between commands, with hand-written records, without Ray or training."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from xlingual.errors import RecordError
from xlingual.records import journal
from xlingual.records.files import read_json, write_json
from xlingual.records.layout import StudyDirectory
from xlingual.records.state import ArmSearch, read_state
from xlingual.search.study_guard import open_directory
from xlingual.study import load_study, resolved

RATES = (1e-4, 1e-3, 1e-2)
Letters = Callable[..., None]


class Records:
    """A study's directory, opened with edited study files."""

    def __init__(self, path: Path, directory: StudyDirectory) -> None:
        self.path, self.directory = path, directory

    def open(self, *overrides: str, arms: Mapping[str, Any] | None = None) -> list[str]:
        definition = yaml.safe_load(self.path.read_text())
        if arms is not None:
            definition["arms"] = {name: {**definition["arms"].get(name, {}), **says} for name, says in arms.items()}
        edited = self.path.with_name("edited.yaml")
        edited.write_text(yaml.safe_dump(definition, sort_keys=False))
        return open_directory(load_study(edited, overrides), self.directory)

    def event(self, kind: str, **content: Any) -> None:
        journal.append(self.directory.journal, {"event": kind, "time": 0.0, **content})

    def trials(self, arm: str) -> None:
        """Three finished trials of an arm, and the choice of the second."""
        magnitude = {"robust.embedding_noise.magnitude": 0.1, "mixture.faq_share": 0.2} if arm == "both" else {}
        for number, rate in enumerate(RATES):
            name = {"arm": arm, "number": number, "fingerprint": f"{arm}{number}"}
            sources = {"model": "a", **({"faq": "b"} if arm == "both" else {})}
            write_json(self.directory.trial(name["fingerprint"]).configuration, {"sources": sources})
            self.event("trial_started", **name, values={"training.learning_rate": rate, **magnitude})
            self.event("trial_ended", **name, state="finished", objective=50.0, updates=12, reason=None, retry=False)
        self.event("chosen", arm=arm, number=1, fingerprint=f"{arm}1", objective=50.0)

    def read(self, arm: str) -> None:
        """A replicate of the chosen trial, for which the test set was read."""
        replicate = {"arm": arm, "seed": 10101, "fingerprint": f"{arm}-seed"}
        self.event("replicate_started", **replicate, chosen=f"{arm}1")
        self.event("replicate_ended", **replicate, state="finished", reason=None, retry=False)
        before = len(journal.read(self.directory.journal))
        reading = {"time": 0.0, "events": before, "purpose": "test", "set": "xquad"}
        journal.append(self.directory.ledger, reading | replicate)

    def numbers(self, arm: str) -> list[int]:
        return [trial.number for trial in read_state(self.directory).arm_trials(arm)]


@pytest.fixture
def records(write_study: Any, tmp_path: Path) -> Records:
    made = Records(write_study("changing"), StudyDirectory(tmp_path / "changing"))
    assert made.open() == []
    made.event("stage_started", stage="search")
    made.trials("plain")
    made.trials("both")
    return made


def test_the_same_file_changes_nothing(records: Records) -> None:
    before = journal.read(records.directory.journal)
    assert records.open() == []
    assert journal.read(records.directory.journal) == before


def test_more_trials_are_no_line_and_what_is_read_afterwards(records: Records) -> None:
    assert records.open("search.trials_per_arm=9", "question=Really?") == []
    assert read_state(records.directory).trials_per_arm == 9


def test_a_narrowed_range_says_by_number_and_reason_what_is_legal(records: Records, by_letter: Letters) -> None:
    lines = records.open("training.learning_rate={log_uniform: [5e-4, 3e-3]}")
    for arm, line in zip(("plain", "both"), lines, strict=True):
        assert line.startswith(f"arm {arm}: 1 of 3 ")
        assert "trial 0 is not (training.learning_rate 0.0001 is below 0.0005)" in line
        assert "trial 2 is not (training.learning_rate 0.01 is above 0.003)" in line
    by_letter("\n".join(lines))
    state = read_state(records.directory)
    assert records.numbers("plain") == [1] and [one.number for one in state.set_aside] == [0, 2, 0, 2]
    assert state.chosen == {} and not state.searched


def test_a_widened_range_keeps_all_and_the_first_file_brings_all_back(records: Records, by_letter: Letters) -> None:
    wide = records.open("training.learning_rate={log_uniform: [1e-5, 1e-1]}")
    assert [line.split(" earlier")[0] for line in wide] == ["arm plain: 3 of 3", "arm both: 3 of 3"]
    by_letter("\n".join(wide))
    records.open("training.learning_rate=1e-3")
    assert records.numbers("both") == [1]
    assert read_state(records.directory).arm_trials("both")[0].values == {
        "robust.embedding_noise.magnitude": 0.1,
        "mixture.faq_share": 0.2,
    }
    records.open()
    assert records.numbers("both") == [0, 1, 2]


def test_another_first_configuration_comes_too_late_for_searches_that_have_begun(
    records: Records, by_letter: Letters
) -> None:
    recipe = {"first": {"training": {"learning_rate": 2e-3}}}
    lines = records.open(arms={"plain": recipe, "both": {}, "third": {"robust": {"embedding_noise": {"magnitude": 1}}}})
    assert [line.split(":")[0] for line in lines] == ["arm third", "arm plain", "arm both"]  # both starts like plain
    assert all("first configuration" in line and "too late" in line for line in lines[1:])
    by_letter("\n".join(lines), "both arms")
    assert records.numbers("plain") == records.numbers("both") == [0, 1, 2]
    assert set(read_state(records.directory).chosen) == {ArmSearch("plain"), ArmSearch("both")}
    lines = records.open(arms={"plain": {"first": {}}, "both": recipe})
    assert [line.split(":")[0] for line in lines] == ["arm third", "arm plain"]
    by_letter("\n".join(lines), "one of them, without the third")


def test_a_smaller_magnitude_leaves_the_other_arm_alone(records: Records, by_letter: Letters) -> None:
    lines = records.open(arms={"plain": {}, "both": {"robust": {"embedding_noise": {"magnitude": 0.05}}}})
    (line,) = lines
    assert line.startswith("arm both: 0 of 3 ")
    for number in range(3):
        assert f"trial {number} is not (robust.embedding_noise.magnitude was 0.1, is now 0.05)" in line
    by_letter(line)
    assert records.numbers("plain") == [0, 1, 2] and set(read_state(records.directory).chosen) == {ArmSearch("plain")}


def test_a_renamed_arm_keeps_its_trials_choice_replicates_readings_and_model(
    records: Records, by_letter: Letters
) -> None:
    records.read("both")
    write_json(records.directory.sources, {"model of both": {"fingerprint": "a"}})
    both = yaml.safe_load(records.path.read_text())["arms"]["both"]
    (line,) = records.open(arms={"plain": {}, "mixed": both})
    assert line.startswith("arm mixed: the arm both ") and "3 trials" in line
    by_letter(line, "mixed")
    state = read_state(records.directory)
    assert records.numbers("mixed") == [0, 1, 2] and state.chosen == {
        ArmSearch("plain"): "plain1",
        ArmSearch("mixed"): "both1",
    }
    assert [(r.arm, r.fingerprint) for r in state.replicates] == [("mixed", "both-seed")]
    assert state.ledger[0]["arm"] == "mixed" and state.tested == {ArmSearch("mixed"): "both1"}
    assert read_json(records.directory.sources)["model of mixed"] == {"fingerprint": "a"}
    (line,) = records.open()
    by_letter(line, "and back")


def test_an_arm_is_taken_out_and_comes_back_with_its_trials(records: Records, by_letter: Letters) -> None:
    (line,) = records.open(arms={"plain": {}})
    assert line.startswith("arm both: ") and "3 trials are kept" in line
    by_letter(line, "taken out")
    assert {trial.arm for trial in read_state(records.directory).trials} == {"plain"}
    third = {"mixture": {"faq_share": 0.3, "weights": {"de": 1.0}}}
    low = {"training": {"learning_rate": {"log_uniform": [1e-4, 3e-3]}}}
    back, new = records.open(arms={"plain": {}, "both": low, "third": third})
    assert (
        back.startswith("arm both: 2 of 3 ") and "trial 2 is not (training.learning_rate 0.01 is above 0.003)" in back
    )
    assert new.startswith("arm third: ")
    by_letter(f"{back}\n{new}", "back, narrowed, beside a new one")
    widened = records.open(arms={"plain": {}, "both": {}, "third": third})[0]
    assert widened.startswith("arm both: 3 of 3 ")
    by_letter(widened, "as it was")


def test_another_arm_of_a_name_that_has_trials_is_asked_for_another_name(records: Records) -> None:
    both = yaml.safe_load(records.path.read_text())["arms"]["both"]
    records.open(arms={"plain": {}})
    with_third = {"plain": {}, "third": both}
    records.open(arms=with_third)
    records.trials("third")
    with pytest.raises(RecordError, match=r"arm third is called both now, .* write a name that no arm had"):
        records.open(arms={"plain": {}, "both": both})
    assert records.open(arms={"plain": {}, "fourth": both})[0].startswith("arm fourth: the arm third under another")


def test_the_baseline_may_be_another_arm(records: Records) -> None:
    lines = records.open(
        arms={"plain": {"baseline": False, "training": {"clip_norm": 1.0}}, "both": {"baseline": True}}
    )
    assert lines == ["the baseline is both now"]
    assert read_state(records.directory).baseline == "both"


def test_what_decides_recorded_numbers_is_refused_with_remedies_that_are_accepted(
    records: Records, by_letter: Letters
) -> None:
    before = journal.read(records.directory.journal), read_json(records.directory.study_json)
    with pytest.raises(RecordError) as refusal:
        records.open("search.seed=1", "training.learning_rate=1e-3", "data.faq.rows_per_language=60")
    told = str(refusal.value)
    for part in ("data.faq.rows_per_language was 2000, is now 60", "search.seed was 0, is now 1", "name=changing_2"):
        assert part in told
    by_letter(told.replace(str(records.directory.path), "STUDY"))
    assert (journal.read(records.directory.journal), read_json(records.directory.study_json)) == before
    assert records.open("search.seed=0", "data.faq.rows_per_language=2000") == []
    assert load_study(records.path, ["search.seed=1", "name=changing_2"]).name == "changing_2"


def test_a_choice_that_read_the_test_set_is_not_taken_away_by_a_changed_space(
    records: Records, by_letter: Letters
) -> None:
    records.read("both")
    with pytest.raises(RecordError) as refusal:
        records.open(arms={"plain": {}, "both": {"training": {"learning_rate": 5e-4}}})
    told = str(refusal.value)
    for part in ("arm both", "trial 1", "test set", "(training.learning_rate was 0.001, is now 0.0005)", "changing_2"):
        assert part in told
    by_letter(told.replace(str(records.directory.path), "STUDY"))


def test_an_arm_that_was_taken_out_comes_back_with_the_choice_that_read_the_test_set(records: Records) -> None:
    """Otherwise, removing an arm for one command would let it choose again with known scores."""
    records.read("both")
    records.open(arms={"plain": {}})
    with pytest.raises(RecordError, match="arm both: its trial 1 was chosen and scored on the test set"):
        records.open(arms={"plain": {}, "both": {"training": {"learning_rate": 5e-4}}})
    assert read_state(records.directory).arms == ("plain",)
    records.open(arms={"plain": {}, "both": {}})
    assert read_state(records.directory).tested == {ArmSearch("both"): "both1"}


def test_an_arm_that_failed_for_good_is_mended_by_a_space_without_its_trials(
    records: Records, by_letter: Letters
) -> None:
    both = yaml.safe_load(records.path.read_text())["arms"]["both"]
    records.open(arms={"plain": {}, "loud": {**both, "training": {"learning_rate": {"log_uniform": [1e-2, 1e-1]}}}})
    for number in range(3):
        name = {"arm": "loud", "number": number, "fingerprint": f"loud{number}"}
        values = {"training.learning_rate": 0.02, "robust.embedding_noise.magnitude": 0.1, "mixture.faq_share": 0.2}
        records.event("trial_started", **name, values=values)
        records.event("trial_ended", **name, state="failed", objective=None, updates=1, reason="diverged", retry=False)
    records.read("plain")
    assert read_state(records.directory).failed == {ArmSearch("loud"): "3 failed; trial 2: diverged"}
    wide = {"plain": {}, "loud": {**both, "training": {"learning_rate": {"log_uniform": [1e-4, 1e-1]}}}}
    legal, none_finished = records.open(arms=wide)
    assert legal.startswith("arm loud: 3 of 3 ") and "search.trials_per_arm" in none_finished
    by_letter(f"{legal}\n{none_finished}", "widened")
    low = {"plain": {}, "loud": {**both, "training": {"learning_rate": {"log_uniform": [1e-4, 1e-2]}}}}
    (line,) = records.open(arms=low)
    assert line.startswith("arm loud: 0 of 3 earlier trials are legal in the changed space; trial 0 is not")
    assert read_state(records.directory).failed == {} and not read_state(records.directory).searched
    (line,) = records.open(arms={"plain": {}})
    by_letter(line, "taken out")
    assert read_state(records.directory).searched


def test_more_trials_than_a_reading_of_the_test_set_rests_on_are_refused(records: Records) -> None:
    records.open("search.trials_per_arm=4")  # nothing was read
    records.open("search.trials_per_arm=3")
    records.read("both")
    before = journal.read(records.directory.journal)
    with pytest.raises(
        RecordError, match=r"trials_per_arm: 4 asked.*what arm both chose from 3 trials.*Write 3, or giv"
    ):
        records.open("search.trials_per_arm=4")
    assert journal.read(records.directory.journal) == before
    records.open("search.trials_per_arm=2")  # fewer remove nothing
    records.open("replicates.seeds=5")


def test_a_command_killed_between_the_journal_and_the_definition_is_caught_up(records: Records) -> None:
    before = read_json(records.directory.study_json)
    records.open("search.trials_per_arm=9")
    write_json(records.directory.study_json, before)
    assert read_state(records.directory).trials_per_arm == 9
    assert records.open("search.trials_per_arm=9") == []
    assert read_json(records.directory.study_json) == read_state(records.directory).study
    assert read_state(records.directory).study == {
        **before,
        "search": {**before["search"], "trials_per_arm": 9},
    }


def test_the_definition_in_the_journal_is_what_a_study_resolves_to(records: Records) -> None:
    records.open("search.trials_per_arm=9")
    study = load_study(records.path, ["search.trials_per_arm=9"])
    assert read_state(records.directory).arms == tuple(resolved(study)["arms"])


def test_test_languages_may_be_left_out_until_the_test_set_was_read_and_added_at_any_time(records: Records) -> None:
    fewer, all_of_them = "data.test.languages=[en, de]", "data.test.languages=[en, de, es]"
    assert records.open(fewer) == [] and records.open(all_of_them, "data.test.paragraphs=3") == []
    assert records.open(fewer) == []
    records.read("plain")
    said = "test set xquad: es added; what was scored in other languages stays"
    assert records.open(all_of_them) == [said]
    with pytest.raises(RecordError, match=r"data\.test\.languages was \['en', 'de', 'es'\], is now \['en', 'de'\]"):
        records.open(fewer)
    assert records.open(all_of_them) == []


def searches(records: Records, count: int) -> None:
    """Open the study with several searches, in each of which arm both has one chosen and scored trial."""
    records.open(f"replicates.searches={count}", f"search.trials_per_arm={count}")
    for number in range(2, count + 1):
        name = {"arm": "both", "search": number, "number": 0, "fingerprint": f"both-{number}"}
        values = {"training.learning_rate": 1e-3, "robust.embedding_noise.magnitude": 0.1, "mixture.faq_share": 0.2}
        records.event("trial_started", **name, values=values)
        records.event("trial_ended", **name, state="finished", objective=50.0, updates=12, reason=None, retry=False)


def test_searches_that_are_left_out_and_trials_of_searches_are_named(records: Records, by_letter: Letters) -> None:
    searches(records, 3)
    lines = records.open("replicates.searches=1", "search.trials_per_arm=3")
    for arm, line in zip(("plain", "both"), lines, strict=True):
        assert line.startswith(f"arm {arm}: 1 search of 3 trials") and "searches 2 to 3" in line
    by_letter("\n".join(lines))
    asked = ("replicates.searches=3", "search.trials_per_arm=3")
    records.open(*asked)
    low = {"plain": {}, "both": {"training": {"learning_rate": {"log_uniform": [1e-4, 5e-4]}}}}
    line = next(line for line in records.open(*asked, arms=low) if "legal" in line)
    assert line.startswith("arm both: 1 of 5 earlier trials is legal in the changed space; search/trial 1/1 is not (")
    assert "search/trial 2/0 is not (" in line and line.endswith("; nor are trials 3/0")


def test_a_searched_arm_that_was_read_for_cannot_be_fixed(records: Records) -> None:
    searches(records, 2)
    records.event("chosen", arm="both", search=2, number=0, fingerprint="both-2", objective=50.0)
    replicate = {"arm": "both", "search": 2, "seed": 10201, "fingerprint": "both-seed"}
    records.event("replicate_started", **replicate, chosen="both-2")
    before = len(journal.read(records.directory.journal))
    reading = {"time": 0.0, "events": before, "purpose": "test", "set": "xquad"}
    journal.append(records.directory.ledger, reading | replicate)
    fixed = {
        "training": {"learning_rate": 1e-3},
        "mixture": {"faq_share": 0.2, "weights": {"de": 1.0}},
        "robust": {"embedding_noise": {"magnitude": 0.1}},
    }
    refused = r"arm both searches nothing now, and .* what its search 2 chose; .* Write what it searched, or give"
    with pytest.raises(RecordError, match=refused):
        records.open("replicates.searches=2", "search.trials_per_arm=2", arms={"plain": {}, "both": fixed})
