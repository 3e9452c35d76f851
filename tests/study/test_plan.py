from __future__ import annotations

import json

import pytest

from xlingual.study import Choice, Integer, LogUniform, Parameter, PassageSettings, Plan, Simplex, Uniform, draw, plan
from xlingual.study.dimension import coordinates, many_more

RATE = Parameter("training.learning_rate", "log-uniform 1e-05 to 0.0001")
TIMING = "with several trials at a time, tpe draws by which end first; concurrent_trials: 1 gives the same again"

DIMENSIONS = "more parameters are searched than in the arm it is compared with: "


def other_notes(planned: Plan) -> tuple[str, ...]:
    """Notes without the one on unequal dimensions, which the example always has."""
    return tuple(note for note in planned.notes if not note.startswith(DIMENSIONS))


def test_trials_replicates_and_updates_are_counted(load, study_text):
    planned = plan(load(study_text))
    assert (planned.trials, planned.replicates) == (4 * 8, 4 * 4)
    assert planned.updates == (4 * 8 + 4 * 4) * 500
    assert planned.test_readings == {"xquad": 16}
    assert [arm.searches for arm in planned.arms] == [4, 4, 4, 4]
    assert [arm.name for arm in planned.arms] == ["baseline", "webfaq", "noise", "either"]
    assert [arm.baseline for arm in planned.arms] == [True, False, False, False]


def test_arms_tell_what_they_search(load, study_text):
    baseline, webfaq, _, either = plan(load(study_text)).arms
    assert baseline.parameters == (RATE,)
    assert webfaq.parameters == (
        RATE,
        Parameter("mixture.faq_share", "uniform 0.05 to 0.5"),
        Parameter("mixture.weights", "weights of de, es, ru that sum to one"),
    )
    assert either.parameters[1:] == (
        Parameter("robust", "one of none, noisy"),
        Parameter("robust.noisy.embedding_noise.magnitude", "log-uniform 0.01 to 1", "robust is noisy"),
    )


def test_an_arm_that_searches_nothing_trains_one_configuration(load, study_text):
    planned = plan(
        load(study_text, ("baseline: {baseline: true}", "baseline: {baseline: true, training: {learning_rate: 3e-5}}"))
    )
    assert [arm.trials for arm in planned.arms] == [1, 8, 8, 8]
    assert [arm.updates for arm in planned.arms] == [5 * 500, 12 * 500, 12 * 500, 12 * 500]
    assert [(arm.searches, arm.replicates) for arm in planned.arms] == [(1, 4), (4, 4), (4, 4), (4, 4)]
    assert any("nothing is searched in baseline" in note for note in planned.notes)


def test_weights_of_a_single_language_are_not_searched(load, study_text):
    """Otherwise the arm would have a single search with one configuration, which allows no verdict."""
    alone = (
        (", languages: [deu, es, ru]", ", languages: [deu]"),
        ("faq_share: {uniform: [0.05, 0.5]}", "faq_share: 0.3"),
        ("learning_rate: {log_uniform: [1e-5, 1e-4]}", "learning_rate: 3.0e-5"),
    )
    webfaq = plan(load(study_text, *alone)).arms[1]
    assert (webfaq.parameters, webfaq.searches, webfaq.trials, webfaq.dimension) == ((), 1, 1, 0)


def test_an_oracle_search_reads_the_test_set_at_every_report(load, study_text):
    planned = plan(load(study_text, ("trials_per_arm: 8", "trials_per_arm: 8\n  objective: test.f1\noracle: true")))
    assert planned.oracle
    assert planned.test_readings == {"xquad": 16 + 32 * 5}
    assert any(note.startswith("ORACLE") for note in planned.notes)


def test_resources_of_a_trial_are_those_of_its_workers(load, study_text):
    scaling = "\nscaling: {workers_per_trial: 2, cpus_per_worker: 4, gpus_per_worker: 1, concurrent_trials: 3}"
    planned = plan(load(study_text, ("trials_per_arm: 8", "trials_per_arm: 8" + scaling)))
    assert (planned.workers_per_trial, planned.cpus_per_trial, planned.gpus_per_trial) == (2, 8, 2.0)
    assert planned.concurrent_trials == 3


def test_workers_may_be_few_or_many(load, study_text):
    """What a trial needs is what the least need; two equal numbers are one number."""
    scaling = "\nscaling: {workers_per_trial: [2, 4], cpus_per_worker: 3}"
    study = load(study_text, ("trials_per_arm: 8", "trials_per_arm: 8" + scaling))
    assert (study.scaling.least_workers, study.scaling.most_workers) == (2, 4)
    planned = plan(study)
    assert (planned.workers_per_trial, planned.cpus_per_trial) == ((2, 4), 6)
    fixed = load(study_text, ("trials_per_arm: 8", "trials_per_arm: 8" + scaling.replace("[2, 4]", "[2, 2]")))
    assert fixed.scaling.workers_per_trial == 2


def test_defaults_are_what_the_file_leaves_out(load, study_text):
    defaults = dict(plan(load(study_text)).defaults)
    assert defaults["training.batch_size"] == 32
    assert defaults["data.dev"] == "held-out-articles"
    assert defaults["data.test.languages"][0] == "en"
    assert defaults["data.faq.passages.answers"] == PassageSettings().answers
    assert defaults["windows.stride"] == 128
    assert defaults["arms.noise.robust.embedding_noise.distribution"] == "gaussian"
    assert defaults["storage"] == "xlingual_studies"
    for said in ("training.updates", "data.faq.languages", "search.trials_per_arm", "data.test.source", "name"):
        assert said not in defaults
    assert not any(key.startswith(("toy", "arms.baseline")) for key in defaults)
    noisy = "arms.either.robust.choice.noisy.embedding_noise."
    either = {key.removeprefix(noisy) for key in defaults if key.startswith("arms.either")}
    assert either == {"place", "unit", "samples"}


def test_a_default_that_is_said_is_no_default(load, study_text):
    study = load(study_text, ("updates: 500", "updates: 500\n  batch_size: 32"), overrides=["windows.stride=128"])
    keys = [key for key, _ in plan(study).defaults]
    assert "training.batch_size" not in keys
    assert "windows.stride" not in keys
    assert "windows.max_length" in keys


def test_faq_languages_left_out_are_a_default(load, study_text):
    planned = plan(load(study_text, (", languages: [deu, es, ru]", "")))
    assert "de" in dict(planned.defaults)["data.faq.languages"]


def test_notes_tell_what_a_reader_should_know(load, study_text):
    study = load(study_text, ("trials_per_arm: 8", "trials_per_arm: 8\n  startup: random"))
    assert any("tpe never starts: a search has 2 trials" in note for note in plan(study).notes)
    one = load(study_text, ("trials_per_arm: 8", "trials_per_arm: 8\nreplicates: {searches: 1, seeds: 5}"))
    assert any(note.startswith("a single search of each arm: another search could find") for note in plan(one).notes)
    two = load(study_text, ("trials_per_arm: 8", "trials_per_arm: 8\nreplicates: {searches: 2}"))
    told = "2 searches are too few to call anything a difference; write replicates: {searches: 4}"
    assert other_notes(plan(two)) == (told,)
    bare = load(study_text, ("trials_per_arm: 8", "trials_per_arm: 4"))
    told = "a search has one trial, so it chooses nothing; raise trials_per_arm (found 4)"
    assert told in plan(bare).notes
    assert other_notes(plan(load(study_text))) == ()  # a design needs no tpe


def test_long_searches_are_told_of_a_scheduler_that_suits_them(load, study_text):
    def notes(trials, scheduler=""):
        return other_notes(plan(load(study_text, ("trials_per_arm: 8", f"trials_per_arm: {trials}{scheduler}"))))

    assert any("a search has 10 trials, all trained to their end" in note for note in notes(40))
    assert not any("to their end" in note for note in (*notes(36), *notes(40, "\n  scheduler: none")))


def test_what_depends_on_the_moment_is_noted_and_nothing_where_a_study_repeats_itself(load, study_text):
    def notes(search, concurrent="auto"):
        scaling = f"\nscaling: {{concurrent_trials: {concurrent}}}"
        return other_notes(plan(load(study_text, ("trials_per_arm: 8", f"trials_per_arm: 8{search}{scaling}"))))

    assert notes("") == ()
    learning = "\n  startup_trials: 1"
    assert notes("", 1) == notes("\n  sampler: random") == ()
    assert notes(learning) == (TIMING,)
    assert notes("\n  sampler: random\n  scheduler: median\n  grace_share: 1.0") == ()  # stops nothing
    for scheduler in ("asha", "median"):
        (note,) = notes(f"\n  sampler: random\n  scheduler: {scheduler}")
        assert f"{scheduler} stops by" in note and "tpe" not in note
        assert f"tpe draws and {scheduler} stops by" in notes(f"{learning}\n  scheduler: {scheduler}")[0]


@pytest.mark.parametrize(
    ("scheduler", "idle"),
    [("none", ["grace_share", "reduction_factor"]), ("median", ["reduction_factor"]), ("asha", [])],
)
def test_a_key_without_effect_under_the_scheduler_is_noted(load, study_text, scheduler, idle):
    written = f"trials_per_arm: 8\n  scheduler: {scheduler}\n  grace_share: 0.2\n  reduction_factor: 3"
    study = load(study_text, ("trials_per_arm: 8", f"{written}\nscaling: {{concurrent_trials: 1}}"))
    assert [note.split(" has no effect")[0] for note in other_notes(plan(study))] == [f"search.{key}" for key in idle]


def test_a_key_without_effect_under_the_sampler_is_noted(load, study_text, by_letter):
    study = load(study_text, ("trials_per_arm: 8", "trials_per_arm: 8\n  sampler: random\n  startup_trials: 4"))
    (note,) = other_notes(plan(study))
    assert "search.startup_trials" in note and "sampler: random" in note
    by_letter(note)


def test_a_space_that_holds_few_configurations_is_counted_and_noted(load, study_text, by_letter):
    few = "baseline: {baseline: true, training: {learning_rate: {choice: [1e-5, 2e-5]}}}"
    planned = plan(load(study_text, ("baseline: {baseline: true}", few), ("trials_per_arm: 8", "trials_per_arm: 12")))
    assert [arm.trials for arm in planned.arms] == [8, 12, 12, 12]
    assert "baseline holds 2 configurations" in planned.notes[0]
    by_letter(planned.notes[0])


def test_data_that_no_arm_draws_from_is_noted(load, study_text, by_letter):
    text = study_text[: study_text.index("  webfaq:")] + study_text[study_text.index("  noise:") :]
    (note,) = other_notes(plan(load(text)))
    assert "data.faq" in note and "webfaq_dev" in note
    by_letter(note)


def test_a_plan_is_plain_json(load, study_text):
    plain = plan(load(study_text)).as_json()
    assert json.loads(json.dumps(plain)) == plain
    assert plain["arms"][0]["parameters"][0]["name"] == "training.learning_rate"
    assert plain["defaults"][0] == ["data.source_language", "en"]


def test_many_variants_of_passages_are_noted(load, study_text, by_letter):
    recipe = "recipe: {passage: {answers: {choice: [2, 3, 4]}, max_span_characters: {choice: [60, 90, 120]}}}"
    text = study_text.replace("weights: {simplex: all}", "weights: {simplex: all}\n      " + recipe)
    (note,) = other_notes(plan(load(text)))
    assert note.startswith("9 variants")
    by_letter(note)


DEAR = """  dear: {robust: {adversarial: {steps: {integer: [2, 3]}, step_size: 0.1}}}
search:"""


def test_passes_are_planned_beside_updates(load, study_text, by_letter):
    planned = plan(load(study_text.replace("search:", DEAR)))
    arms = {arm.name: arm for arm in planned.arms}
    assert [cost.passes_per_update for cost in arms["dear"].costs] == [2, 3]
    assert (arms["dear"].updates, arms["dear"].passes) == (12 * 500, 3 * 12 * 500)
    assert (arms["noise"].updates, arms["noise"].passes) == (12 * 500, 12 * 500)
    assert (planned.equal, planned.updates, planned.passes) == ("updates", 5 * 6000, 4 * 6000 + 3 * 6000)
    (note,) = other_notes(planned)
    assert "dear takes up to 3 passes" in note and "search.equal: passes" in note
    by_letter(note)
    (told,) = [arm for arm in planned.as_json()["arms"] if arm["name"] == "dear"]
    assert told["costs"][1] == {"passes_per_update": 3, "updates": 500, "passes": 1500}


def test_arms_of_equal_passes_have_fewer_updates(load, study_text, by_letter):
    planned = plan(load(study_text.replace("search:", DEAR + "\n  equal: passes")))
    dear = planned.arms[-1]
    assert (dear.trials, dear.updates, dear.passes) == (8, 12 * 250, 12 * 500)
    assert (planned.equal, planned.trial_budget) == ("passes", 500)
    (note,) = other_notes(planned)
    assert "dear takes up to 3 passes" in note and "166 updates" in note
    by_letter(note)


def test_weights_count_as_the_numbers_that_are_searched_for_them(load, study_text):
    planned = plan(load(study_text))
    assert [arm.dimension for arm in planned.arms] == [1, 4, 2, 3]  # three weights that sum to one are two numbers
    assert json.loads(json.dumps(planned.as_json()))["arms"][1]["dimension"] == 4


def test_a_treatment_that_searches_many_more_parameters_is_warned_of(load, study_text):
    (note,) = [one for one in plan(load(study_text)).notes if one.startswith(DIMENSIONS)]
    assert "webfaq (4, baseline 1), either (3, baseline 1); with equal trials that is a disadvantage" in note
    assert "noise" not in note  # one more, and not more than twice as many
    assert "fix some of them, give the arm the other's recipe as its first: trial, or raise trials_per_arm" in note


def test_it_is_what_an_arm_is_compared_with_that_counts_and_nothing_where_that_searches_nothing(load, study_text):
    fixed = ("baseline: {baseline: true}", "baseline: {baseline: true, training: {learning_rate: 3e-5}}")
    assert not any(note.startswith(DIMENSIONS) for note in plan(load(study_text, fixed)).notes)


@pytest.mark.parametrize(
    ("parameters", "others", "warned"),
    [(2, 1, False), (3, 1, True), (4, 2, False), (5, 2, True), (12, 10, False), (13, 10, True), (1, 13, False)],
)
def test_three_more_or_more_than_twice_as_many_are_many(parameters: int, others: int, warned: bool) -> None:
    assert many_more(parameters, others) is warned


def test_coordinates_are_the_names_under_which_the_tree_is_drawn():
    class Recorder:
        """Takes the first option of every choice, and the middle of every range."""

        def __init__(self) -> None:
            self.names: list[str] = []

        def suggest_float(self, name, low, high, *, log=False):
            self.names.append(name)
            return (low + high) / 2

        def suggest_int(self, name, low, high):
            self.names.append(name)
            return low

        def suggest_categorical(self, name, choices):
            self.names.append(name)
            return choices[0]

    tree = {
        "a": LogUniform(1.0, 2.0),
        "b": {"c": Integer(1, 3), "d": Choice((4, 8)), "e": 5},
        "w": Simplex(("de", "es", "ru")),
        "r": Choice(({"m": Uniform(0.0, 1.0)}, {"n": Uniform(0.0, 1.0)}), ("one", "two")),
    }
    recorder = Recorder()
    draw(tree, recorder)
    assert recorder.names == ["a", "b.c", "b.d", "w.0", "w.1", "r", "r.one.m"]
    assert list(coordinates(tree)) == [*recorder.names, "r.two.n"]
