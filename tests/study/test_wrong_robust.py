"""Mistakes in robust training: each is one problem at its line, and correct settings are accepted."""

from __future__ import annotations

import pytest

from xlingual.study.plan_notes import unused_lexicons

ROBUST_STUDY = """\
name: example
question: Does it help?
model: xlm-roberta-base
data:
  train: rajpurkar/squad
  test: google/xquad
  synonyms: synonyms.json
  dictionaries: {deu: en-de.txt, es: en-es.txt}
training: {updates: 500, learning_rate: 1e-5, reports: 5}
arms:
  baseline: {baseline: true}
  robust:
    robust:
      averaging: {}
search: {trials_per_arm: 8}
"""
METHOD = "averaging: {}"
NOISE = "embedding_noise: {magnitude: 0.1}"
ATTACK = "adversarial: {step_size: 0.1"
SMART = "adversarial: {attack: pgd, against: prediction, step_size: 0.1"
SYNONYMS, DICTIONARIES = "  synonyms: synonyms.json\n", "  dictionaries: {deu: en-de.txt, es: en-es.txt}\n"


def lines(*texts: str) -> str:
    """Methods on consecutive lines, the first on line 14."""
    return "\n      ".join(texts)


# What is written in place of the method, the line of the problem, and what its message has to say, in this order.
ONE_PROBLEM = [
    (lines(NOISE, ATTACK + "}"), 15, "robust.adversarial"),
    (lines(NOISE, "consistency: {magnitude: 0.1}"), 15, "robust.consistency"),
    (
        lines(ATTACK + "}", "consistency: {magnitude: 0.1}"),
        15,
        "attack: pgd ... against: prediction ... robust: {choice: {adversarial: {adversarial: {...}}, consistency: {",
    ),
    (lines(NOISE, ATTACK + "}", "consistency: {magnitude: 0.1}"), 15, "consistency all perturb the model"),
    (
        lines("choice:", "  none: null", "  both:", f"    {NOISE}", "    consistency: {magnitude: 0.1}"),
        18,
        "arms.robust.robust.choice.both.consistency",
    ),
    (
        lines("embedding_noise: {choice: {off: null, on: {magnitude: 0.1}}}", "consistency: {magnitude: 0.1}"),
        15,
        "both perturb the model",
    ),
    (ATTACK + ", against: prediction, start: 0.01}", 14, "adversarial.against"),
    (SMART.replace("pgd", "{choice: [pgd, freelb]}") + ", start: 0.01}", 14, "attack: pgd ... against: loss"),
    (SMART + "}", 14, "start: 0.01"),
    (SMART + ", start: {choice: [0, 0.1]}}", 14, "adversarial.start"),
    (ATTACK + ", steps: 1}", 14, "steps: 2 ... attack: pgd"),
    (ATTACK + ", steps: {integer: [1, 3]}}", 14, "adversarial.steps"),
    ("adversarial: {step_size: 0}", 14, "a step of 0 moves nothing; write a step_size above 0, or embedding_noise"),
    (ATTACK + ", radius: 0}", 14, "a radius of 0 leaves no room (in FreeLB's code it means no bound); write a"),
    (ATTACK + ", radius: {choice: [0, 0.5]}}", 14, "adversarial.radius"),
    (ATTACK + ", norm: linf, radius: 0.1, start: 0.11}", 14, "a start of 0.11 lies outside the ball of radius 0.1, so"),
    (ATTACK + ", radius: 0.1, start: 0.18}", 14, "start: 0.1"),
    (
        ATTACK + ", norm: linf, radius: {uniform: [0.1, 0.2]}, start: {log_uniform: [0.3, 0.5]}}",
        14,
        "a start of 0.3 lies outside the ball of radius 0.2",
    ),
    (ATTACK + ", weight: 2.0}", 14, "adversarial.weight"),
    (ATTACK + ", norm: linf, over: token}", 14, "adversarial.over"),
    ("averaging: {decay: 0.9}", 14, "averaging.decay"),
    ("averaging: {kind: running, checkpoints: 2}", 14, "averaging.checkpoints"),
    ("averaging: {checkpoints: 6}", 14, "averaging.checkpoints ... checkpoints: 5 ... reports: 6"),
    ("averaging: {checkpoints: {choice: [2, 10]}}", 14, "the last 10 checkpoints are averaged, one a report"),
    (
        lines("averaging: {}", "training_: 1").replace("\n      training_: 1", "\n    training: {reports: 2}"),
        14,
        "2 rep",
    ),
    ("averaging: {checkpoints: 1}", 14, "checkpoints: 2"),
    ("averaging: {kind: running, decay: 0}", 14, "with a decay of 0 the average is the last update's weights"),
    ("embedding_noise: {magnitude: 0}", 14, "embedding_noise.magnitude"),
    ("consistency: {magnitude: 0}", 14, "dropout: drawn"),
    ("consistency: {magnitude: 0, dropout: drawn, place: embeddings}", 14, "consistency.place"),
    ("consistency: {magnitude: 0.1, dropout: both}", 14, "dropout: must be shared or drawn"),
    ("code_switch: {rate: 0}", 14, "code_switch.rate"),
    ("subword_sampling: {rate: 0}", 14, "a rate of 0 changes nothing, so that the arm trains as without subword_sam"),
    ("word_substitution: {rate: 0}", 14, "write a rate above 0, or delete word_substitution"),
    ("code_switch: {languages: [es, fra]}", 14, "languages[1] ... 'fr'"),
    ("choice: {a: {code_switch: {languages: [th]}}, b: null}", 14, "robust.choice.a.code_switch.languages[0] ... 'th'"),
    ("embedding_noise: {magnitude: -1}", 14, "must be a number of at least 0"),
    ("adversarial: {}", 14, "step_size: is missing"),
    ("averaging: {kind: mean}", 14, "must be last or running"),
    ("subword_sampling: {alpha: 11}", 14, "must be a number from 0 to 10"),
]


@pytest.mark.parametrize(("method", "line", "said"), ONE_PROBLEM)
def test_one_mistake_of_robust_training_is_one_problem_at_its_line(one_problem, method, line, said):
    one_problem(ROBUST_STUDY, (METHOD, method), line=line, said=said)


@pytest.mark.parametrize(
    ("replacements", "line", "said"),
    [
        (
            [(SYNONYMS, ""), (METHOD, "word_substitution: {}")],
            13,
            "word_substitution: synonyms ... data.synonyms: FILE.json",
        ),
        (
            [(DICTIONARIES, ""), (METHOD, "code_switch: {}")],
            13,
            "code_switch: translations ... data.dictionaries: {de:",
        ),
        ([("{deu: en-de.txt, es: en-es.txt}", "toy")], 8, "data.dictionaries"),
        ([("deu: en-de.txt", "deu: toy")], 8, "data.dictionaries.deu"),
        ([("deu: en-de.txt", "eng: en.txt")], 8, "data.dictionaries.eng"),
        ([("deu: en-de.txt", "deu: en-de.txt, de: b.txt")], 8, "dictionaries.de ... 'de' ... twice"),
        ([("deu: en-de.txt", "deu: 3")], 8, "dictionaries.deu"),
        ([("{deu: en-de.txt, es: en-es.txt}", "{}")], 8, "data.dictionaries"),
    ],
)
def test_one_mistake_of_the_words_is_one_problem_at_its_line(one_problem, replacements, line, said):
    one_problem(ROBUST_STUDY, *replacements, line=line, said=said)


@pytest.mark.parametrize(
    "method",
    [
        lines(NOISE, "word_substitution: {}", "code_switch: {}", "subword_sampling: {}", "averaging: {}"),
        lines("choice:", f"  noise: {{{NOISE}}}", f"  worst: {{{ATTACK}}}}}", "  kl: {consistency: {magnitude: 0.1}}"),
        "embedding_noise: {magnitude: {choice: [0, 0.1]}}",
        "adversarial: {attack: pgd, steps: 1, step_size: 0.1}",  # the fast gradient method: one step bounds itself
        "adversarial: {attack: pgd, step_size: 0.1, over: token, norm: {choice: [l2, linf]}}",
        "adversarial: {attack: pgd, step_size: 0.1, start: 0.01, weight: 5, against: {choice: [loss, prediction]}}",
        ATTACK + ", radius: 0.1, start: 0.17}",  # of root mean square 0.17 / sqrt(3)
        ATTACK + ", radius: {choice: [null, 0.1]}, start: 1}",
        ATTACK + ", radius: {log_uniform: [0.01, 1]}, start: {log_uniform: [0.01, 1]}}",
        "averaging: {kind: {choice: [last, running]}, checkpoints: 5, decay: 0.9}",
        "consistency: {magnitude: 0, dropout: drawn}",
        "consistency: {magnitude: {choice: [0, 0.1]}, dropout: {choice: [drawn, shared]}, place: embeddings}",
        "averaging: {kind: running}\n    training: {reports: 1}",
        "code_switch: {languages: [deu]}",
        "code_switch: {rate: {uniform: [0, 1]}}",
    ],
)
def test_robust_training_that_is_right_is_accepted(load, method):
    assert load(ROBUST_STUDY, (METHOD, method)).arms["robust"].robust is not None


@pytest.mark.parametrize(
    ("method", "unused"),
    [
        ("averaging: {}", ["synonyms", "dictionaries"]),
        ("code_switch: {}", ["synonyms"]),
        ("choice: {a: {code_switch: {}}, b: {word_substitution: {}}}", []),
        ("word_substitution: {choice: {off: null, on: {rate: 0.1}}}", ["dictionaries"]),
    ],
)
def test_words_that_no_arm_reads_are_noted(load, method, unused):
    notes = list(unused_lexicons(load(ROBUST_STUDY, (METHOD, method))))
    assert [note.rsplit("data.", 1)[1] for note in notes] == [f"{key} is not read" for key in unused]


def test_a_toy_study_has_toy_dictionaries(load, one_problem):
    toy = (
        ROBUST_STUDY.replace("xlm-roberta-base", "toy").replace("rajpurkar/squad", "toy").replace("google/xquad", "toy")
    )
    study = load(toy, (SYNONYMS, ""), ("{deu: en-de.txt, es: en-es.txt}", "toy"), (METHOD, "code_switch: {}"))
    assert "th" in study.data.dictionary_languages and "en" not in study.data.dictionary_languages
    one_problem(toy, (SYNONYMS, ""), (DICTIONARIES, ""), (METHOD, "code_switch: {}"), line=12, said="dictionaries: toy")
