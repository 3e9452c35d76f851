from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from xlingual.errors import XlingualError
from xlingual.speed.estimate import Rates, estimate, estimate_work
from xlingual.speed.model_kind import ModelKind
from xlingual.speed.workload import UNKNOWN_QUESTIONS, ArmWork, Workload, workload
from xlingual.study import WindowSettings, load_study

STUDIES = Path(__file__).resolve().parents[2] / "studies"

RATES = Rates(
    model="m",
    max_length=384,
    threads=2,
    cores=4,
    gpus=0,
    windows_per_s={"fp32": 10.0, "bf16": 40.0},
    study_precision="fp32",
    questions_per_s=20.0,
)

# On the measured hardware, a trial of either arm takes 3000 / 10 + 1200 / 20 = 360 seconds.
ARM = ArmWork(
    "plain",
    "m",
    trials=3,
    replicates=2,
    windows=3000,
    development_questions=1200,
    precision="auto",
    kind=ModelKind(WindowSettings()),
)

WORK = Workload(
    arms=(ARM, replace(ARM, name="noise", trials=2)),
    test_questions=7200,
    workers=1,
    cpus_per_trial=2,
    gpus_per_trial=0.0,
    concurrent_trials="auto",
    notes=(),
)


def test_hours_are_rounds_of_trials():
    hours = estimate_work(WORK, RATES)
    assert hours.side_by_side == 2
    assert hours.trial_hours == pytest.approx(0.1)
    assert hours.search_hours == pytest.approx(3 * 0.1)  # five trials, two at a time
    assert hours.replicate_hours == pytest.approx(2 * 0.1)
    assert hours.test_hours == pytest.approx(2 * 7200 / 20 / 3600)
    assert hours.hours == pytest.approx(0.3 + 0.2 + 0.2)
    assert len(hours.notes) == 1


def test_a_trial_is_as_fast_as_its_share_of_the_cores():
    hours = estimate_work(replace(WORK, cpus_per_trial=1), RATES)
    assert hours.side_by_side == 4
    assert hours.trial_hours == pytest.approx(0.2)
    assert hours.search_hours == pytest.approx(2 * 0.2)
    assert any("2 thread(s)" in note for note in hours.notes)


def test_a_number_of_trials_side_by_side_is_kept_unless_the_machine_is_too_small():
    assert estimate_work(replace(WORK, concurrent_trials=1), RATES).search_hours == pytest.approx(0.5)
    assert estimate_work(replace(WORK, concurrent_trials=9), RATES).side_by_side == 2
    large = estimate_work(replace(WORK, cpus_per_trial=8), RATES)
    assert large.side_by_side == 1
    assert large.trial_hours == pytest.approx(0.05)
    assert any("would not start" in note for note in large.notes)


def test_a_gpu_is_shared():
    gpus = replace(RATES, gpus=2)
    hours = estimate_work(replace(WORK, gpus_per_trial=0.5), gpus)
    assert hours.side_by_side == 4
    assert hours.trial_hours == pytest.approx(0.2)
    assert any("asks for none" in note for note in estimate_work(WORK, gpus).notes)


def test_a_test_is_scored_by_one_worker():
    two = estimate_work(replace(WORK, workers=2), RATES)
    assert two.test_hours == pytest.approx(2 * estimate_work(WORK, RATES).test_hours)


def test_the_precision_decides():
    asked = replace(WORK, arms=(replace(ARM, precision="bf16", development_questions=0),))
    assert estimate_work(asked, RATES).trial_hours == pytest.approx(3000 / 40 / 3600)
    assert estimate_work(WORK, replace(RATES, study_precision="bf16")).trial_hours < 0.1


def test_another_model_or_length_is_said():
    notes = estimate_work(
        replace(WORK, arms=(replace(ARM, kind=ModelKind(WindowSettings(max_length=256))),)),
        replace(RATES, model="other"),
    ).notes
    assert any("measured with the model other" in note for note in notes)
    assert any("windows of 384 tokens" in note for note in notes)


def test_the_work_of_a_study_is_counted():
    work = workload(load_study(STUDIES / "quickstart.yaml"))
    assert [arm.trials for arm in work.arms] == [8, 8, 8, 8]
    assert {arm.windows for arm in work.arms} == {150 * 32}
    assert {arm.development_questions for arm in work.arms} == {5 * 150}
    assert work.test_questions == 12 * 120
    assert work.notes == ()
    estimated = estimate(load_study(STUDIES / "quickstart.yaml"), RATES)
    assert estimated.trial_hours == pytest.approx(2 * (4800 / 10 + 750 / 20) / 3600)


def test_sizes_that_a_study_caps_or_leaves_open():
    real = STUDIES / "small_encoder_cpu.yaml"
    work = workload(load_study(real))
    assert work.test_questions == 12 * 119  # 24 of XQuAD's 240 paragraphs
    assert {arm.development_questions for arm in work.arms} == {2 * 100}
    early = workload(load_study(real, ["training.early_dev_questions=30"]))
    assert {arm.development_questions for arm in early.arms} == {30 + 100}
    assert any("1,190" in note for note in work.notes)
    largest = workload(load_study(real, ["training.batch_size={choice: [8, 16]}"]))
    assert {arm.windows for arm in largest.arms} == {40 * 16}
    left_open = workload(load_study(real, ["data.dev_examples=null"]))
    assert {arm.development_questions for arm in left_open.arms} == {2 * 1000}
    assert any("data.dev_examples" in note for note in left_open.notes)


def test_a_window_counts_once_for_every_pass():
    quick = ["arms.dear={robust: {adversarial: {steps: {integer: [2, 4]}, step_size: 0.1}}}"]
    arms = {arm.name: arm for arm in workload(load_study(STUDIES / "quickstart.yaml", quick)).arms}
    assert arms["dear"].windows == 4 * arms["baseline"].windows == 4 * 150 * 32
    equal = workload(load_study(STUDIES / "quickstart.yaml", [*quick, "search.equal=passes"]))
    assert {arm.windows for arm in equal.arms} == {150 * 32}
    (note,) = equal.notes
    assert note.startswith("each pass of dear is counted as a whole update's")


def test_texts_that_are_altered_while_training_are_said_to_take_time():
    altering = [
        "arms.words={robust: {subword_sampling: {choice: {none: null, all: {}}}}}",
        "arms.mean={robust: {averaging: {}}}",
    ]
    (note,) = workload(load_study(STUDIES / "quickstart.yaml", altering)).notes
    assert note.startswith(
        "texts of words are altered on the CPU while training, about 1 to 3 ms a window, which is no"
    )


def test_every_development_set_is_scored():
    study = load_study(STUDIES / "webfaq_recipes.yaml")  # 5 reports; 11 FAQ languages of 200 questions
    questions = {arm.development_questions for arm in workload(study).arms}
    unknown = UNKNOWN_QUESTIONS + 11 * 200
    assert questions == {4 * (500 + 11 * 200) + unknown}
    english = load_study(STUDIES / "webfaq_recipes.yaml", ["search.objective=dev.f1"])
    assert {arm.development_questions for arm in workload(english).arms} == {4 * 500 + UNKNOWN_QUESTIONS}


def test_what_bench_did_not_print_is_refused():
    for wrong in ([], {"model": "m"}, {"train_windows_per_s": 0}):
        with pytest.raises(XlingualError, match=r"speed\.json: not what `xlingual bench --json` prints"):
            Rates.of_json(wrong, "speed.json")
