from __future__ import annotations

import pytest

from xlingual.study import possible_mixtures

WEIGHTS = "weights: {simplex: all}"
BESIDE = WEIGHTS + "\n      "
FAQ = "languages: [deu, es, ru]"
SHARE = "faq_share: {uniform: [0.1, 0.5]}"
ENOUGH = [("faq_share: {uniform: [0.05, 0.5]}", SHARE)]  # of 32 windows, for two pairs to be contrasted
LAST = "trials_per_arm: 8"

# What is replaced, by what, the line of the problem, and what its message has to say, in this order.
ONE_PROBLEM = [
    (WEIGHTS, "max_repeats: 3", 14, "weights: {simplex: all}"),
    (WEIGHTS, BESIDE + "temperature: 0.3", 17, "weights and temperature exclude"),
    (WEIGHTS, "temperature: 1.5", 16, "found 1.5"),
    (WEIGHTS, "temperature: {simplex: all}", 16, "uniform: [low, high]"),
    (WEIGHTS, BESIDE + "schedule: first", 17, "must be mix or then, found"),
    (WEIGHTS, BESIDE + "pairs: mixed", 17, "must be matched or shuffled"),
    (WEIGHTS, BESIDE + "max_repeats: 0", 17, "must be a number above 0, found 0"),
    (WEIGHTS, BESIDE + "repeated: [xx]", 17, "unknown ... 'xx'"),
    (WEIGHTS, BESIDE + "recipe: {pasage: {}}", 17, "did you mean 'passage'"),
    (WEIGHTS, BESIDE + "recipe: {passage: {}, contrastive: {}}", 17, "found passage"),
    (WEIGHTS, BESIDE + "recipe: {passage: {answers: {integer: [2, 4]}}}", 17, "choice: [100, 200]"),
    (WEIGHTS, BESIDE + "recipe: {contrastive: {temperature: 0}}", 17, "must be a number above 0"),
    (WEIGHTS, BESIDE + "recipe: {contrastive: {bitext_share: 0.5}}", 17, "data.faq.bitexts names none; write"),
    (WEIGHTS, BESIDE + "recipe: {contrastive: }", 17, "contrastive: {}"),
    (WEIGHTS, BESIDE + "repeated: [fr]", 17, "data.faq.languages has no 'fr', it has de, es, ru"),
    (WEIGHTS, BESIDE + "recipe: {passage: {answers: 1}}", 17, "at least two answers; write an"),
    (WEIGHTS, BESIDE + "recipe: {passage: {min_passage_characters: 1300}}", 17, "at least 1300 and at most 1200 char"),
    (FAQ, FAQ + ", bitexts: {source: google/xquad}", 7, "'google/xquad' ... sealed"),
    (WEIGHTS, BESIDE + "recipe: {masked_language_model: {rate: 1}}", 17, "must be a number between 0 and 1"),
    (FAQ, FAQ + ", passages: {min_passage_characters: 2000}", 7, "at least 2000 and at most 1200 characters"),
    (FAQ, FAQ + ", passages: {max_span_characters: 3000}", 7, "do not fit in a passage of at most 1200; write max"),
    (FAQ, FAQ + ", passages: {answers: 1}", 7, "answers: 2"),
    (FAQ, FAQ + ", spread: 0.5", 7, "whole number"),
    (FAQ, FAQ + ", held_out: 0.9", 7, "must be a number above 0 and at most 0.5"),
    ("test: google/xquad", "contamination: ignore\n  test: google/xquad", 6, "must be drop or stop"),
    (LAST, LAST + "\n  objective: {dev.f1: 0.5, webfaq_dev.f1: 0.5}", 29, "unknown ... 'webfaq_dev.f1'"),
    (LAST, LAST + "\n  objective: {dev.f1: 0}", 29, "search.objective.dev.f1 ... found 0"),
    (LAST, LAST + "\n  objective: {dev.f1: true}", 29, "found true"),
    (LAST, LAST + "\n  objective: {}", 29, "must be text or a mapping from scores to weights"),
    (LAST, LAST + "\n  objective: {dev.f1: 0.5, test.f1: 0.5}", 29, "'test.f1'"),
]


@pytest.mark.parametrize(("old", "new", "line", "said"), ONE_PROBLEM)
def test_one_mistake_of_a_mixture_is_one_problem_at_its_line(one_problem, study_text, old, new, line, said):
    one_problem(study_text, (old, new), *ENOUGH, line=line, said=said)


def test_scores_on_faq_hosts_need_faq_data(one_problem, study_text):
    before, after = study_text.split("  webfaq:\n")
    text = before + after[after.index("  noise:") :]
    replacements = [
        ("  faq: {source: PaDaS-Lab/webfaq, languages: [deu, es, ru]}\n", ""),
        (LAST, LAST + "\n  objective: webfaq_dev.mean_f1"),
    ]
    one_problem(text, *replacements, line=24, said="webfaq_dev.mean_f1")


@pytest.mark.parametrize(
    "mixture",
    [
        "temperature: 0.3",
        "temperature: {uniform: [0, 1]}",
        BESIDE + "schedule: {choice: [mix, then]}",
        BESIDE + "recipe: {contrastive: {weight: {log_uniform: [0.01, 1]}, temperature: {uniform: [0.02, 0.2]}}}",
        BESIDE + "recipe: {masked_language_model: {rate: {uniform: [0.1, 0.3]}}}",
        BESIDE + "recipe: {choice: {spans: {passage: {}}, pairs: {contrastive: {}}}}",
        BESIDE + "repeated: [deu]",
        BESIDE + "repeated: []",
    ],
)
def test_mixtures_that_are_right_are_accepted(load, study_text, mixture):
    assert load(study_text, (WEIGHTS, mixture), *ENOUGH).arms["webfaq"].mixture is not None


def test_an_objective_may_be_a_weighted_sum(load, study_text):
    sums = ("{dev.f1: 0.5, webfaq_dev.mean_f1: 1}", "{webfaq_dev.mean_f1: 1, dev.f1: 0.5}")
    one, other = (load(study_text, (LAST, f"{LAST}\n  objective: {text}")) for text in sums)
    assert list(one.search.summands) == list(other.search.summands) and one.uses_webfaq_dev
    assert one.search.summands == {"dev.f1": 0.5, "webfaq_dev.mean_f1": 1.0}
    assert one.search.objective_text == "0.5 dev.f1 + 1 webfaq_dev.mean_f1"


@pytest.mark.parametrize(
    ("share", "recipe", "said"),
    [
        (
            "1",
            "{contrastive: {}}",
            "nothing but contrastive is trained, and no span is learnt; write a share of 0.998 or",
        ),
        (
            "{uniform: [0.5, 1]}",
            "{masked_language_model: {}}\n      schedule: then",
            "with a share of 1 of 500 updates nothing",
        ),
        (
            "0.0009",
            "{passage: {}}\n      schedule: then",
            "0.0009 of 500 updates has no update; write a share of 0.002",
        ),
        (
            "0.06",
            "{contrastive: {}}",
            "0.06 of 32 windows leaves an update with fewer than 2 pairs to contrast; write a sha",
        ),
        ("{choice: [0.03, 0.5]}", "{contrastive: {}}", "schedule: then"),
    ],
)
def test_a_share_has_to_suit_its_recipe(one_problem, study_text, share, recipe, said):
    replacements = [
        ("faq_share: {uniform: [0.05, 0.5]}", f"faq_share: {share}"),
        (WEIGHTS, f"{BESIDE}recipe: {recipe}"),
    ]
    one_problem(study_text, *replacements, line=15, said=said)


def test_the_share_that_is_told_does(load, study_text):
    recipe = (WEIGHTS, BESIDE + "recipe: {contrastive: {}}")
    assert load(study_text, ("faq_share: {uniform: [0.05, 0.5]}", "faq_share: 0.0625"), recipe)
    first_stage = (WEIGHTS, BESIDE + "schedule: then")
    assert load(study_text, ("faq_share: {uniform: [0.05, 0.5]}", "faq_share: 0.002"), first_stage)


def test_a_control_has_no_bitexts(one_problem, study_text):
    recipe = "pairs: shuffled\n      recipe: {contrastive: {bitext_share: 0.5}}"
    changes = ((FAQ, FAQ + ", bitexts: {}"), (WEIGHTS, BESIDE + recipe), *ENOUGH)
    one_problem(study_text, *changes, line=18, said="bitext ... control")


def test_the_weight_of_a_stage_of_its_own_has_no_effect(load, one_problem, study_text):
    recipe = "recipe: {contrastive: {weight: 0.5}}"
    change = (WEIGHTS, BESIDE + "schedule: then\n      " + recipe)
    one_problem(study_text, change, *ENOUGH, line=18, said="weight ... delete this line")
    study = load(study_text, (WEIGHTS, BESIDE + "schedule: {choice: [mix, then]}\n      " + recipe), *ENOUGH)
    found = {
        (one.mixture.schedule, one.mixture.recipe.contrastive.weight) for one in possible_mixtures(study, "webfaq")
    }
    assert found == {("mix", 0.5), ("then", 1.0)}


@pytest.mark.parametrize("change", ["recipe: {passage: {}}", "recipe: {passage: {answers: 6}}", "max_repeats: 8"])
def test_an_arm_that_trains_as_another_is_told(one_problem, study_text, change):
    mixture = "    mixture:\n      faq_share: {uniform: [0.05, 0.5]}\n      weights: {simplex: all}\n"
    twin = f"  twin:\n{mixture}      {change}\n"
    one_problem(study_text, ("  noise:\n", twin + "  noise:\n"), line=17, said="trains exactly like ... 'webfaq'")
