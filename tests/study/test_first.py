"""First configurations of arms: by default, as given, or impossible."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from xlingual.errors import StudyFileError
from xlingual.study import Choice, Integer, LogNormal, LogUniform, Simplex, Uniform, arm_space, draw, plan, resolved
from xlingual.study.changes import changes
from xlingual.study.first import first_shown, first_values, given_values
from xlingual.study.legality import Recorded
from xlingual.study.neutral import default_values, middle

ARMS = """\
  baseline: {baseline: true}
  webfaq:
    mixture: {faq_share: {uniform: [0.05, 0.5]}, weights: {simplex: all}}
  both:
    against: webfaq
    mixture: {faq_share: {uniform: [0.05, 0.5]}, weights: {simplex: all}}
    robust:
      choice:
        none: null
        noisy: {embedding_noise: {magnitude: {log_uniform: [0.01, 1.0]}, samples: {integer: [1, 3]}}}
  other: {model: google/mt5-small, training: {learning_rate: {log_normal: [5.0e-4, 2]}}}
  fixed: {training: {learning_rate: 2.0e-5}}
"""
RATE, SHARE, NOISE = "training.learning_rate", "mixture.faq_share", "robust.noisy.embedding_noise."


@pytest.fixture
def study(load: Any, study_text: str) -> Any:
    """Make a study of ARMS; each argument replaces a text in them, or in the study."""

    def make(*replacements: tuple[str, str]) -> Any:
        text = study_text[: study_text.index("  baseline:")] + ARMS + study_text[study_text.index("search:") :]
        return load(text, *replacements)

    return make


def tree(study: Any, arm: str) -> Any:
    return draw(arm_space(study, arm), Recorded(first_values(study, arm) or {}))


def test_a_neutral_configuration_is_the_middle_with_the_treatment_at_its_mildest() -> None:
    space = {
        "training": {
            "learning_rate": LogUniform(1e-5, 1e-3),
            "clip_norm": Uniform(1.0, 2.0),
            "warmup_share": LogNormal(0.1, 1.5),
            "reports": Integer(2, 5),
            "batch_size": Choice((32, 16)),
        },
        "mixture": {"faq_share": Choice((0.3, 0.1, 0.2)), "temperature": Uniform(0.0, 1.0)},
        "robust": {
            "embedding_noise": {"magnitude": Choice((Uniform(0.1, 0.2), 0.0), ("some", "none"))},
            "subword_sampling": {"rate": Uniform(0.1, 0.9), "alpha": LogUniform(0.1, 1.0)},
            "adversarial": {"steps": Integer(1, 4), "radius": Choice((None, 0.2, 0.1)), "norm": Choice(("l2", "linf"))},
        },
    }
    assert default_values(space) == pytest.approx(
        {
            "training.learning_rate": 1e-4,
            "training.clip_norm": 1.5,
            "training.warmup_share": 0.1,
            "training.reports": 3,
            "training.batch_size": 32,
            "mixture.faq_share": 0.1,
            "mixture.temperature": 0.5,
            "robust.embedding_noise.magnitude": "some",
            "robust.embedding_noise.magnitude.some": 0.1,
            "robust.subword_sampling.rate": 0.1,
            "robust.subword_sampling.alpha": 1.0,
            "robust.adversarial.steps": 1,
            "robust.adversarial.radius": 0.1,
            "robust.adversarial.norm": "l2",
        }
    )


def test_the_mildest_value_is_that_of_a_setting_whatever_labels_and_other_settings_are_called() -> None:
    noisy = {"embedding_noise": {"magnitude": Uniform(0.1, 0.2)}, "averaging": {"decay": Uniform(0.5, 0.9)}}
    space = {
        "training": {"weight_decay": Uniform(0.0, 0.2), "decay": Choice(("linear", "constant"))},
        "robust": Choice((noisy, {"word_substitution": {"copies": Integer(1, 9)}}), ("alpha", "rate")),
    }
    values = {"training.weight_decay": 0.1, "training.decay": "linear", "robust": "alpha"}
    noise = {"robust.alpha.embedding_noise.magnitude": 0.1, "robust.alpha.averaging.decay": 0.5}
    assert default_values(space) == {**values, **noise}
    assert default_values(space, {"robust": "rate"})["robust.rate.word_substitution.copies"] == 5


def test_the_middle_lies_within_a_range_whatever_its_ends() -> None:
    for low, high in ((5e-324, 1e308), (1.0, 1.0 + 2**-52), (1e-5, 1e-5 + 1e-20)):
        for kind in (Uniform, LogUniform):
            assert low <= middle(kind(low, high)) <= high


def test_weights_begin_equal_and_a_choice_with_its_first_option(study: Any) -> None:
    both = tree(study(), "both")
    assert both["mixture"]["weights"] == pytest.approx(dict.fromkeys(("de", "es", "ru"), 1 / 3))
    assert both["mixture"]["faq_share"] == 0.05 and both["robust"] is None


def test_an_arm_begins_as_what_it_is_compared_with_where_both_have_one_model(study: Any) -> None:
    made = study(
        ("baseline: true}", "baseline: true, first: {training: {learning_rate: 3.0e-5}}}"),
        ("    mixture: {", "    first: {mixture: {faq_share: 0.2}}\n    mixture: {"),
    )
    rates = {arm: (first_values(made, arm) or {}).get(RATE) for arm in made.arms}
    assert rates == {"baseline": 3e-5, "webfaq": 3e-5, "both": 3e-5, "other": 5e-4, "fixed": None}
    assert (first_values(made, "both") or {})[SHARE] == 0.2  # from webfaq, which it is compared with


def test_what_another_arm_has_fixed_is_taken_and_what_it_cannot_have_is_not(study: Any) -> None:
    made = study(("{baseline: true}", "{baseline: true, training: {learning_rate: 2.5e-5}}"))
    assert (first_values(made, "webfaq") or {})[RATE] == 2.5e-5
    made = study(("{baseline: true}", "{baseline: true, training: {learning_rate: 9.0e-3}}"))
    assert (first_values(made, "webfaq") or {})[RATE] == pytest.approx(10**-4.5)


def test_arms_that_are_compared_with_each_other_have_an_end(study: Any) -> None:
    made = study(("  webfaq:\n", "  webfaq:\n    against: both\n"))
    assert first_values(made, "webfaq") is not None and first_values(made, "both") is not None


@pytest.mark.parametrize(
    ("written", "robust"),
    [
        ("none", None),
        ("noisy", {"magnitude": 0.01, "samples": 1}),
        ("{noisy: {embedding_noise: {magnitude: 0.1}}}", {"magnitude": 0.1, "samples": 1}),
    ],
)
def test_an_option_is_named_alone_or_with_values_for_what_it_has(study: Any, written: str, robust: Any) -> None:
    found = tree(study(("    against: webfaq", f"    against: webfaq\n    first: {{robust: {written}}}")), "both")
    noise = None if found["robust"] is None else found["robust"]["embedding_noise"]
    assert (noise and {key: noise[key] for key in robust}) == robust
    assert found["mixture"]["faq_share"] == 0.05


def test_a_label_that_reads_as_a_number_is_a_label() -> None:
    space = {"training": {"reports": Choice((Integer(1, 2), 5), ("1", "true"))}}
    assert given_values(space, {"training": {"reports": True}}) == {"training.reports": "true"}
    found = given_values(space, {"training": {"reports": {"1": 2}}})
    assert found == {"training.reports": "1", "training.reports.1": 2}
    assert given_values(space, {"training": {"reports": 1}}) == {"training.reports": "1"}


def test_weights_are_written_by_language_and_may_leave_some_out(study: Any) -> None:
    made = study(("    against: webfaq", "    against: webfaq\n    first: {mixture: {weights: {deu: 0.75, ru: 0.25}}}"))
    assert tree(made, "both")["mixture"]["weights"] == pytest.approx({"de": 0.75, "es": 0.0, "ru": 0.25})


@pytest.mark.parametrize(
    ("written", "where", "message"),
    [
        ("{training: {learning_rate: 0.2}}", "training.learning_rate", "must be a number from 1e-05 to 0.0001, as the"),
        ("{training: {learning_rate: fast}}", "training.learning_rate", 'found "fast"; write for example learning_rat'),
        ("{training: {learning_rate: true}}", "training.learning_rate", "found true"),
        ("{training: {batch_size: 32}}", "training.batch_size", "batch_size is not searched in this arm; delete this"),
        ("{training: {learnin_rate: 3e-5}}", "training.learnin_rate", "did you mean 'learning_rate'?"),
        ("{model: xlm}", "model", "unknown key 'model'; searched are mixture.faq_share, mixture.weights, robust, rob"),
        ("{training: 3e-5}", "training", "takes a mapping with the keys learning_rate, found 3e-05"),
        ("{mixture: {weights: {de: 0.5}}}", "mixture.weights", "the weights sum to 0.5, not to 1; write for example"),
        ("{mixture: {weights: {de: 1, xx: 0}}}", "mixture.weights", "unknown language 'xx'"),
        ("{mixture: {weights: {de: 2, es: 0}}}", "mixture.weights", "de: must be a number from 0 to 1, found 2"),
        (
            "{mixture: {weights: {fr: 1.0}}}",
            "mixture.weights",
            "must be weights of de, es, ru that sum to one, found",
        ),
        (
            "{mixture: {weights: even}}",
            "mixture.weights",
            'found "even"; write for example weights: {de: 0.5, es: 0.5}',
        ),
        ("{training: {learning_rate: .nan}}", "training.learning_rate", "as the arm searches it, found NaN"),
        ("{robust: nosy}", "robust", "takes one of the labels none, noisy, found \"nosy\"; did you mean 'noisy'?"),
        ("{robust: {embedding_noise: {magnitude: 1}}}", "robust", "write robust: none, or robust: {noisy: {...}} with"),
        ("{robust: [noisy]}", "robust", 'found ["noisy"]; write robust: none, or robust: {noisy: {...}} with values'),
        ("{robust: {none: {}}}", "robust.none", "nothing is searched in none; write robust: none"),
        ("{robust: {noisy: {embedding_noise: {magnitude: 7}}}}", NOISE[:-1] + ".magnitude", "from 0.01 to 1"),
        (
            "{robust: {noisy: {embedding_noise: {samples: 1.5}}}}",
            NOISE[:-1] + ".samples",
            "be a whole number from",
        ),
    ],
)
def test_what_an_arm_cannot_begin_with_is_one_problem_at_its_line(
    study: Any, written: str, where: str, message: str
) -> None:
    with pytest.raises(StudyFileError) as refused:
        study(("    against: webfaq", f"    against: webfaq\n    first: {written}"))
    (problem,) = refused.value.problems
    assert problem.line == 17
    assert problem.message.startswith(f"arms.both.first.{where}: ")
    assert message in problem.message


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("first: {training: {learning_rate: 2.0e-5}}", "nothing is searched in this arm, so it has one"),
        ("first: 3", "must be values for what the arm searches, under its own keys, found 3; write for example first:"),
    ],
)
def test_a_first_of_another_form_or_of_an_arm_that_searches_nothing_is_refused(
    study: Any, written: str, message: str
) -> None:
    with pytest.raises(StudyFileError) as refused:
        study(("{learning_rate: 2.0e-5}}", f"{{learning_rate: 2.0e-5}}, {written}}}"))
    (problem,) = refused.value.problems
    assert message in problem.message


def test_every_fault_of_a_first_is_told_and_may_come_of_the_command_line(load: Any, study_text: str) -> None:
    with pytest.raises(StudyFileError) as refused:
        load(study_text, overrides=["arms.webfaq.first={training: {updates: 1, x: 2}, mixture: {faq_share: 1}}"])
    assert len(refused.value.problems) == 3
    assert all(str(problem).startswith("--set arms.webfaq.first") for problem in refused.value.problems)


def test_random_searches_begin_at_random_unless_a_first_is_written(study: Any) -> None:
    for random in ("sampler: random", "startup: random"):
        search = ("trials_per_arm: 8", f"trials_per_arm: 8\n  {random}")
        assert all(first_values(study(search), arm) is None for arm in ("baseline", "webfaq", "both"))
        said = study(search, ("{baseline: true}", "{baseline: true, first: {}}"))
        assert (first_values(said, "both") or {})[RATE] == pytest.approx(10**-4.5)  # compared with an arm that has one
        assert first_values(said, "other") is None


def test_the_first_trial_is_written_with_the_study_and_is_read_again(study: Any, load: Any) -> None:
    made = study(
        ("    against: webfaq", "    against: webfaq\n    first: {robust: {noisy: {embedding_noise: {samples: 2}}}}")
    )
    plain = resolved(made)
    assert plain["arms"]["both"]["first"]["robust"] == {"noisy": {"embedding_noise": {"magnitude": 0.01, "samples": 2}}}
    assert plain["arms"]["fixed"]["first"] == {}
    again = load(yaml.safe_dump(plain, sort_keys=False))
    assert resolved(again) == plain
    assert tree(again, "both")["robust"] == tree(made, "both")["robust"]


def test_another_first_is_told_and_refuses_nothing(study: Any) -> None:
    before = resolved(study())
    now = resolved(study(("{baseline: true}", "{baseline: true, first: {training: {learning_rate: 3.0e-5}}}")))
    found = changes(before, now)
    assert found.refused == found.respaced == ()
    assert found.refirst == ("baseline", "webfaq", "both")


def test_a_plan_shows_the_first_trial_by_its_parameters(study: Any) -> None:
    made = study(("    against: webfaq", "    against: webfaq\n    first: {robust: noisy}"))
    assert first_shown(made, "both") == {
        RATE: pytest.approx(10**-4.5),
        SHARE: 0.05,
        "mixture.weights": pytest.approx(dict.fromkeys(("de", "es", "ru"), 1 / 3)),
        "robust": "noisy",
        NOISE + "magnitude": 0.01,
        NOISE + "samples": 1,
    }
    assert plan(made).arms[2].first == first_shown(made, "both")
    assert first_shown(made, "fixed") == {}


def test_a_first_says_only_what_it_says() -> None:
    space = {"mixture": {"weights": Simplex(("de", "es")), "faq_share": Uniform(0.0, 1.0)}}
    assert given_values(space, {}) == {}
    assert given_values(space, {"mixture": {"weights": {"es": 0.25, "de": 0.75}}}) == {"mixture.weights.0": 0.75}
