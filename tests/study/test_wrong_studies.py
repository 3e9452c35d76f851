from __future__ import annotations

import pickle

import pytest
import yaml

from xlingual.errors import StudyFileError

NOISE = """\
  noise:
    robust:
      embedding_noise:
        magnitude: {log_uniform: [0.01, 1.0]}
"""
EITHER_NOISE = "          embedding_noise: {magnitude: {log_uniform: [0.01, 1.0]}, distribution: uniform}\n"
RATE = "{log_uniform: [1e-5, 1e-4]}"
SHARE = "{uniform: [0.05, 0.5]}"
WEIGHTS = "{simplex: all}"
LAST = "trials_per_arm: 8"

# What is replaced, by what, the line of the problem, and what its message has to say, in this
# order. The study has 28 lines.
ONE_PROBLEM = [
    # keys
    ("name: example", "nam: example\nname: example", 1, "unknown ... 'nam' ... did you mean 'name'"),
    ("  updates: 500", "  updates: 500\n  btch_size: 8", 10, "did you mean 'batch_size'"),
    ("  updates: 500", "  updates: 500\n  CLIP_NORM: 1", 10, "did you mean 'clip_norm'"),
    ("  updates: 500", "  updates: 500\n  zzz: 8", 10, "known here: updates, batch_size, micro_batch_size"),
    ("distribution: uniform", "distributon: uniform", 26, "did you mean 'distribution'"),
    ("  updates: 500\n", "", 8, "training.updates ... is missing ... whole number"),
    ("question: Does it help?\n", "", 1, "question: is missing"),
    ("search:\n  trials_per_arm: 8\n", "", 1, "search: is missing, it takes a mapping with the keys trials_per_arm"),
    (LAST, "seed: 1", 27, "search.trials_per_arm ... is missing"),
    # types
    ("updates: 500", "updates: 500.5", 9, "found 500.5"),
    ("updates: 500", "updates: true", 9, "found true"),
    ("updates: 500", "updates: 1_000", 9, 'found "1_000"'),
    ("updates: 500", "updates: 0", 9, "found 0"),
    ("updates: 500", "updates:", 9, "found nothing"),
    ("updates: 500", "updates: [500]", 9, "found [500]"),
    (RATE, "fast", 10, 'found "fast" ... learning_rate: 3e-5'),
    (RATE, "true", 10, "found true"),
    (RATE, ".nan", 10, "found NaN"),
    (RATE, "'3e-4'", 10, 'found "3e-4"'),
    (RATE, "1" + "0" * 90, 10, "found 1000"),
    ("updates: 500", "updates: 500\n  precision: fp32x", 10, "must be auto, fp32, tf32 or bf16, found"),
    ("updates: 500", "updates: 500\n  precision: fp32x", 10, "did you mean 'fp32'"),
    ("updates: 500", "updates: 500\n  freeze_word_embeddings: yes", 10, 'found "yes"'),
    ("name: example", "name: 2024", 1, "found 2024"),
    ("question: Does it help?", "question: ' '", 2, "must be text"),
    ("test: google/xquad", "test: [3]", 6, "data.test"),
    (LAST, "trials_per_arm: 8\nwindows: 5", 29, "must be a mapping with the keys max_length, stride"),
    (LAST, "trials_per_arm: 8\nreplicates: {searches: 1, seeds: 0}", 29, "whole number ... found 0"),
    (LAST, "trials_per_arm: 8\nscaling: {concurrent_trials: many}", 29, "whole number"),
    (LAST, "trials_per_arm: 8\nscaling: {concurrent_trials: true}", 29, "found true ... concurrent_trials: auto"),
    (LAST, "trials_per_arm: 8\nscaling: {gpus_per_worker: 1.5}", 29, "workers_per_trial: 2 for a trial on 2 GPUs"),
    (LAST, "trials_per_arm: 8\nscaling: {gpus_per_worker: 4}", 29, "found 4 ... write gpus_per_worker: 1"),
    (LAST, "trials_per_arm: 8\nscaling: {gpus_per_worker: -1}", 29, "a number from 0 to 1"),
    (LAST, "trials_per_arm: 8\nscaling: {workers_per_trial: 2, gpus_per_worker: 0.5}", 29, "a GPU of its own"),
    (LAST, "trials_per_arm: 8\nscaling: {gpus_per_worker: 0.5, workers_per_trial: [1, 4]}", 29, "a GPU of its own"),
    (LAST, "trials_per_arm: 8\nscaling: {workers_per_trial: [4, 1]}", 29, "least and the most ... found [4, 1]"),
    (LAST, "trials_per_arm: 8\nscaling: {workers_per_trial: [1, 2, 3]}", 29, "workers_per_trial: [1, 4]"),
    # names
    ("name: example", "name: ../x y", 1, "letters, digits, - and _ only; write for example x_y"),
    ("name: example", "name: ''", 1, "write for example my_name"),
    ("name: example", "name: -rf", 1, "write for example rf"),
    ("name: example", 'name: "a\\n"', 1, "becomes a file name"),
    ("  noise:", "  no/ise:", 17, "'no/ise'"),
    # search spaces
    (RATE, "{log_uniform: [1e-4, 1e-5]}", 10, "swapped ... found [0.0001, 1e-05] ... [1e-05, 0.0001]"),
    (RATE, "{uniform: [0.5, 0.4]}", 10, "swapped ... found [0.5, 0.4] ... [0.4, 0.5]"),
    (RATE, "{uniform: [1e-4, 1e-4]}", 10, "found [0.0001, 0.0001]"),
    (RATE, "{log_uniform: [0, 1e-4]}", 10, "learning_rate.log_uniform[0] ... found 0"),
    (RATE, "\n    log_uniform:\n      - 0\n      - 1e-4", 12, "log_uniform[0]"),
    (RATE, "{log_uniform: [1e-5, 2]}", 10, "learning_rate.log_uniform[1] ... found 2"),
    (RATE, "{log_uniform: 1e-4}", 10, "[low, high] ... found 0.0001"),
    (RATE, "{log_uniform: [1e-5, 1e-4, 1e-3]}", 10, "[low, high]"),
    (RATE, "{log_unifrom: [1e-5, 1e-4]}", 10, "unknown ... 'log_unifrom' ... did you mean 'log_uniform'"),
    (RATE, "{log_normal: 3e-5}", 10, "[median, factor] ... found 3e-05 ... log_normal: [3.0e-5, 2]"),
    (RATE, "{log_normal: [0, 2]}", 10, "learning_rate.log_normal[0] ... found 0"),
    (RATE, "{log_normal: [fast, 2]}", 10, 'log_normal[0] ... found "fast"'),
    (
        RATE,
        "{log_normal: [1e-5, 1e-4]}",
        10,
        "log_normal[1] ... [median, factor] ... found 0.0001 ... [1e-05, 2] ... log_uniform: [1e-05, 0.0001]",
    ),
    (RATE, "\n    log_normal:\n      - 1e-5\n      - 1", 13, "log_normal[1] ... [median, factor]"),
    (RATE, "{log_normal: [1e-5, 1001]}", 10, "found 1001 ... log_normal: [1e-05, 2]"),
    (RATE, "{log_normal: [1e-5, .inf]}", 10, "found Infinity"),
    (RATE, "{log_normal: [1e-5, true]}", 10, "found true"),
    (RATE, "{log_normal: [0.5, 2]}", 10, "log_normal: [0.5, 1.25]"),
    (RATE, "{log_normal: [1, 2]}", 10, "more than this setting allows; write log_uniform"),
    (RATE, "{log_norml: [1e-5, 2]}", 10, "unknown ... 'log_norml' ... did you mean 'log_normal'"),
    (SHARE, "{log_normal: [0, 2]}", 15, "a median must be above 0, found 0"),
    ("updates: 500", "updates: 500\n  reports: {log_normal: [2, 2]}", 10, "the kind log_normal does not fit here"),
    (RATE, "{integer: [1, 2]}", 10, "uniform: [low, high]"),
    (RATE, "{simplex: all}", 10, "the kind simplex does not fit here"),
    (RATE, "{uniform: [1e-5, 1e-4], choice: [1, 2]}", 10, "found uniform"),
    (RATE, "{}", 10, "found none"),
    (RATE, "{choice: []}", 10, "a choice has at least two options, found 0; list two or more"),
    (RATE, "{choice: [1e-5]}", 10, "a choice has at least two options, found 1"),
    (RATE, "{choice: [1e-5, fast]}", 10, 'learning_rate.choice[1] ... found "fast"'),
    (RATE, "{choice: [1, 1.0]}", 10, "is given twice"),
    (RATE, "{choice: [1e-5, {uniform: [0.1, 0.2]}]}", 10, "choice: {label: ..., label: ...}"),
    (RATE, "{choice: {a b: 1e-5, c: 1e-4}}", 10, "found 'a"),
    (RATE, "{choice: {a: 1e-5, b: {uniform: [0.1, 2]}}}", 10, "learning_rate.choice.b.uniform[1]"),
    (RATE, "{choice: 3}", 10, "takes options, found 3"),
    ("updates: 500", "updates: 500\n  reports: {uniform: [1, 2]}", 10, "integer: [low, high]"),
    ("updates: 500", "updates: 500\n  reports: {integer: [1.5, 2]}", 10, "reports.integer[0] ... whole number"),
    ("updates: 500", "updates: 500\n  reports: {choice: [1, '2']}", 10, "reports.choice[1] ... whole number"),
    ("updates: 500", "updates: 500\n  precision: {choice: [fp32, bf61]}", 10, "did you mean 'bf16'"),
    (
        "updates: 500",
        "updates: 500\n  freeze_word_embeddings: {choice: [true, 1]}",
        10,
        "must be true or false, found 1",
    ),
    (SHARE, "{uniform: [0.1, 2.0]}", 15, "faq_share.uniform[1] ... found 2.0"),
    (SHARE, "{log_uniform: [0, 0.5]}", 15, "cannot begin at 0; write a low end above 0, for example 0.005, or uniform"),
    (EITHER_NOISE, EITHER_NOISE.replace("0.01", "-1"), 26, "noisy.embedding_noise.magnitude.log_uniform[0]"),
    ("        none: null\n", "", 23, "a choice has at least two options, found 1; write the option"),
    ("        magnitude: {log", "        magnitude: {lo", 20, "did you mean 'log_uniform'"),
    # weights
    (WEIGHTS, "{simplex: [de, fr]}", 16, "weights.simplex[1] ... 'fr'"),
    (WEIGHTS, "{simplex: [de, xx]}", 16, "weights.simplex[1] ... unknown ... 'xx'"),
    (WEIGHTS, "{simplex: [de, deu]}", 16, "weights.simplex[1] ... 'de' ... twice"),
    (WEIGHTS, "{simplex: []}", 16, "found []"),
    (WEIGHTS, "{simplex: every}", 16, 'found "every" ... simplex: all'),
    (WEIGHTS, "{simplx: all}", 16, "did you mean 'simplex'"),
    (WEIGHTS, "{de: 0.5, es: 0.7}", 16, "de: 0.416667 ... es: 0.583333}"),
    (WEIGHTS, "{de: 0}", 16, "no language has a weight above 0"),
    (WEIGHTS, "{}", 16, "no language has a weight above 0"),
    (WEIGHTS, "{de: -0.5, es: 1}", 16, "found -0.5"),
    (WEIGHTS, "\n        de: 0.5\n        fra: 0.5", 18, "weights.fra ... 'fr'"),
    (WEIGHTS, "\n        de: 0.5\n        deu: 0.5", 18, "weights.deu ... 'de' ... twice"),
    (WEIGHTS, "{german: 1}", 16, "did you mean 'de'"),
    (WEIGHTS, "{choice: [{de: 1}, {es: 1}]}", 16, "takes options with labels"),
    (WEIGHTS, "{choice: {a: {de: 1}, b: {fr: 1}}}", 16, "weights.choice.b.fr ... 'fr'"),
    (WEIGHTS, "all", 16, "simplex: all"),
    # arms
    ("{baseline: true}", "{baseline: false}", 11, "no arm is the baseline that the others are compared with"),
    ("{baseline: true}", "{}", 11, "no arm is the baseline that the others are compared with"),
    ("{baseline: true}", "{baseline: yes}", 12, 'must be true or false, found "yes"'),
    ("  noise:\n", "  noise:\n    baseline: true\n", 18, "'baseline' ... the baseline already"),
    (
        NOISE,
        "  noise: {robust: {freelb: {step_size: 1}}}\n",
        17,
        "unknown key 'freelb' ... known here: embedding_noise",
    ),
    (NOISE, "  noise: {}\n", 17, "the arm is empty, so it would be the baseline again; write what it changes"),
    (NOISE, "  noise:\n", 17, "the arm is empty"),
    (NOISE, "  noise: {training: {}}\n", 17, "trains exactly like ... 'baseline'"),
    (NOISE, "  noise: {training: {batch_size: 32.0}}\n", 17, "trains exactly like ... 'baseline'"),
    (NOISE, "  noise: {model: xlm-roberta-base}\n", 17, "trains exactly like ... 'baseline'"),
    (NOISE, "  noise: {robust: {embedding_noise: null}}\n", 17, "trains exactly like ... 'baseline'"),
    (NOISE, NOISE + NOISE.replace("noise:\n    r", "again:\n    r"), 21, "trains exactly like ... 'noise'"),
    ("  noise:\n", "  noise:\n    training: {updates: 600}\n", 18, "so that none wins by training longer; delete"),
    ("  faq: {source: PaDaS-Lab/webfaq, languages: [deu, es, ru]}\n", "", 13, "data.faq names none; write data.faq:"),
    # languages
    ("test: google/xquad", "test: {source: google/xquad, languages: [de, fr]}", 6, "XQuAD has no 'fr'; its languages"),
    ("test: google/xquad", "test: {source: google/xquad, languages: [de, xx]}", 6, "languages[1] ... unknown ... 'xx'"),
    ("test: google/xquad", "test:\n    source: x\n    languages:\n      - de\n      - DE", 10, "did you mean 'de'"),
    ("test: google/xquad", "test: {source: google/xquad, languages: [de, deu]}", 6, "'de' ... twice"),
    ("test: google/xquad", "test: {source: google/xquad, languages: []}", 6, "must be all, or a list of one or more"),
    ("test: google/xquad", "test: {source: google/xquad, languages: no}", 6, 'found "no"'),
    ("languages: [deu, es, ru]", "languages: [deu, es, ru, xx]", 7, "data.faq.languages[3] ... unknown ... 'xx'"),
    ("languages: [deu, es, ru]", "languages: [de, es, ru, no, 5]", 7, "languages[4]"),
    # batches
    ("updates: 500", "updates: 500\n  batch_size: 40", 10, "batch_size: 32 ... micro_batch_size: 10"),
    ("updates: 500", "updates: 500\n  batch_size: 8", 10, "batch_size: 16 ... micro_batch_size: 8"),
    (
        "updates: 500",
        "updates: 500\n  batch_size: {choice: [16, 40]}",
        10,
        "a batch of 40 windows is not made of whole",
    ),
    ("updates: 500", "updates: 500\n  batch_size: {integer: [16, 64]}", 10, "write the sizes to try"),
    ("updates: 500", "updates: 500\n  micro_batch_size: {integer: [8, 16]}", 10, "write the sizes to try"),
    (
        "updates: 500",
        "updates: 500\n  micro_batch_size: {choice: {a: 8, b: {choice: [16, 5]}}}",
        10,
        "micro-batches of 5",
    ),
    ("  noise:\n", "  noise:\n    training: {batch_size: 24}\n", 18, "batch_size: 16 ... micro_batch_size: 12"),
    (LAST, LAST + "\nscaling: {workers_per_trial: 3}", 29, "workers_per_trial: 2 ... batch_size: 48"),
    (LAST, LAST + "\nscaling: {workers_per_trial: 4}", 29, "workers_per_trial: 2 ... micro_batch_size: 8"),
    (
        LAST,
        LAST + "\nscaling: {workers_per_trial: 3, cpus_per_worker: 1}",
        29,
        "2 micro-batches (batch_size 32 / micro",
    ),
    ("updates: 500", "updates: 4", 9, "reports: 4 ... updates: 5"),
    ("updates: 500", "updates: 500\n  reports: {choice: [5, 501]}", 10, "501 reports do not fit in 500 updates"),
    ("updates: 500", "updates: {choice: [100, 500]}", 9, "one for all trials, found a"),
    ("  noise:\n", "  noise:\n    training: {updates: {integer: [1, 9]}}\n", 18, "one for all trials"),
    ("updates: 500", "updates: 500\n  reports: {integer: [1, 600]}", 10, "600 reports do not fit in 500 updates"),
    # windows
    (LAST, LAST + "\nwindows: {stride: 200}", 29, "stride: 128 ... max_length: 600"),
    (LAST, LAST + "\nwindows: {max_length: 200}", 29, "windows.max_length"),
    (LAST, LAST + "\nwindows: {max_answer_tokens: 384}", 29, "max_answer_tokens: 38"),
    # the seal
    (LAST, LAST + "\n  objective: test.f1", 29, "'test.f1' ... sealed"),
    (LAST, LAST + "\n  objective: XQuAD", 29, "the test set is sealed"),
    (LAST, LAST + "\n  objective: google/xquad:f1", 29, "the test set is sealed"),
    (LAST, LAST + "\n  objective: mean_f1_on_TEST", 29, "objective: dev.f1 ... oracle: true"),
    (LAST, LAST + "\n  objective: dev.f2", 29, "unknown ... 'dev.f2' ... did you mean 'dev.f1'"),
    (LAST, LAST + "\n  objective: 5", 29, "must be text"),
    (LAST, LAST + "\noracle: true", 29, "oracle: opens the test set to the search, but the objective is dev.f1"),
    (LAST, LAST + "\n  objective: xquad.f1\noracle: true", 29, "objective: test.f1"),
    ("train: rajpurkar/squad", "train: google/xquad", 5, "'google/xquad' ... sealed"),
    ("train: rajpurkar/squad", "train: Google/XQuAD", 5, "is the sealed test set"),
    ("train: rajpurkar/squad", "train: a/xquad.de.json", 5, "is the sealed test set"),
    (
        "train: rajpurkar/squad",
        "train: rajpurkar/squad\n  dev: google/xquad/",
        6,
        "it cannot be dev data too; write for",
    ),
    ("test: google/xquad", "dev: ./d/./held_out/en.json\n  test: d/held_out/", 6, "is the sealed test set"),
    ("source: PaDaS-Lab/webfaq", "source: google/xquad", 7, "source: PaD"),
    ("train: rajpurkar/squad", "train: a\n  dev: squad-dev-without-xquad", 6, "nothing is left of SQuAD's dev set"),
    # the toy world
    ("model: xlm", "toy: {seed: 1}\nmodel: xlm", 3, "no source is toy, so this section has no effect; delete it"),
    ("model: xlm-roberta-base", "model: toy", 3, "'toy' ... does not go with ... data.train: rajpurkar/squad"),
    (NOISE, NOISE + "    model: toy\n", 21, "write toy in both places or in neither"),
    (
        "test: google/xquad",
        "test: toy",
        6,
        "data.test.source ... 'toy' ... does not go with ... data.train: rajpurkar/squad",
    ),
    ("source: PaDaS-Lab/webfaq", "source: toy", 7, "'toy' ... does not go with"),
    ("train: rajpurkar/squad", "train: rajpurkar/squad\n  dev: toy", 6, "'toy' ... does not go with"),
]


def problems(load, text, *replacements, overrides=()):
    with pytest.raises(StudyFileError) as caught:
        load(text, *replacements, overrides=overrides)
    return caught.value.problems


@pytest.mark.parametrize(("old", "new", "line", "said"), ONE_PROBLEM)
def test_one_mistake_is_one_problem_at_its_line(one_problem, study_text, old, new, line, said):
    one_problem(study_text, (old, new), line=line, said=said)


def test_the_study_that_the_mistakes_are_made_in_is_right(load, study_text):
    assert load(study_text).name == "example"
    assert study_text.count("\n") == 28


def test_all_mistakes_of_a_file_are_told_in_the_order_of_their_lines(load, study_text):
    found = problems(
        load,
        study_text,
        ("name: example", "name: a/b"),
        ("updates: 500", "updates: few\n  batch_sise: 8"),
        ("faq_share: {uniform: [0.05, 0.5]}", "faq_share: {uniform: [0.5, 0.05]}"),
        (NOISE, "  noise: {}\n"),
        (
            LAST,
            LAST + "\n  sampler: tpee\n  objective: xquad.f1\nwindows: {stride: 300}\nscaling: {workers_per_trial: 0}",
        ),
    )
    assert [problem.line for problem in found] == [1, 9, 10, 16, 18, 27, 28, 29, 30]


def test_a_broken_arm_does_not_hide_the_problems_of_another(load, study_text):
    found = problems(load, study_text, (WEIGHTS, "{simplex: [fr]}"), ("        magnitude:", "        magnitud:"))
    assert [problem.line for problem in found] == [16, 19, 20]


def test_an_unknown_key_does_not_hide_the_problems_beside_it(load, study_text):
    found = problems(
        load, study_text, (WEIGHTS, "{simplex: [fr]}\n      lots: 1"), ("updates: 500", "updates: 4\n  x: 1")
    )
    assert [problem.line for problem in found] == [9, 10, 17, 18]


def test_problems_of_overrides_name_the_override(load, study_text):
    wrong = ["training.batch_size=40", "data.train=google/xquad", "search.trials=3"]
    found = problems(load, study_text, overrides=wrong)
    assert {str(problem).split(": ")[0] for problem in found} == {
        "--set training.batch_size",
        "--set data.train",
        "--set search.trials",
    }
    assert not any(":0:" in str(problem) for problem in found)


def test_problems_of_the_file_come_before_those_of_overrides(load, study_text):
    found = problems(load, study_text, ("updates: 500", "updates: 0"), overrides=["data.train=google/xquad"])
    assert [problem.line for problem in found] == [9, 0]


def test_a_missing_source_is_one_problem_although_others_follow_from_it(load, study_text):
    document = yaml.safe_load(study_text)
    del document["data"]["train"]
    with pytest.raises(StudyFileError) as raised:
        load(yaml.safe_dump(document))
    assert [problem.message.split(":")[0] for problem in raised.value.problems] == ["data.train"]


def test_problems_survive_pickling(load, study_text):
    with pytest.raises(StudyFileError) as caught:
        load(study_text, ("updates: 500", "updates: 0"), overrides=["model=5"])
    again = pickle.loads(pickle.dumps(caught.value))
    assert str(again) == str(caught.value)


@pytest.mark.parametrize(
    "arms",
    ["arms:", "arms: {}", "arms: []", "arms: 5", "arms: {a: 5}", "arms: {a: }", "arms: {a: {training: 5}}", "x: 1"],
)
def test_odd_arms_are_told_and_never_break_the_checks(load, study_text, arms):
    before, after = study_text.split("arms:")[0], study_text[study_text.index("search:") :]
    found = problems(load, f"{before}{arms}\n{after}")
    assert found
    assert all(problem.line in (1, 11) for problem in found)


@pytest.mark.parametrize("section", ["data", "training", "search", "windows", "scaling", "toy", "replicates", "oracle"])
@pytest.mark.parametrize("value", ["5", "[1]", "{}", "text", "null", "{zzz: 1}"])
def test_an_odd_section_is_told_and_never_breaks_the_checks(load, study_text, section, value):
    try:
        load(study_text, overrides=[f"{section}={value}"])
    except StudyFileError as error:
        assert all(problem.file == f"--set {section}" for problem in error.problems)
    else:
        assert (section, value) in {("windows", "{}"), ("scaling", "{}"), ("replicates", "{}")}
