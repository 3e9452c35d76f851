"""Which cases of the contract of robust training the default run has; the others are `real`.

Each family has each method at least once in every check. What takes many updates has each family and each method once.
"""

from __future__ import annotations

from collections.abc import Mapping

EVERYTHING = "consistency and everything else"

QUICK: Mapping[str, set[str]] = {
    "pair_encoder": {
        "noise",
        "noise, gaussian",
        "freelb",
        "pgd, last hidden states",
        "prediction",
        "consistency",
        "averaging, last",
        EVERYTHING,
    },
    "text_to_text": {
        "noise",
        "noise, ball, last hidden states",
        "freelb",
        "prediction",
        "consistency",
        "averaging, running",
        EVERYTHING,
    },
    "pair_text_to_text": {"noise", "freelb", "prediction", "consistency", "averaging, running", EVERYTHING},
}
"""Variants by family; a family that is not named here has all of its own."""

COSTLY: Mapping[str, Mapping[str, set[str]]] = {
    "test_the_seed_decides_all_numbers_whatever_was_drawn_before": {
        "encoder": {
            "noise",
            "freelb",
            "prediction",
            "consistency",
            "word substitution",
            "code switch",
            "subword sampling",
            "averaging, running",
        },
        "xlm_roberta": {"noise, uniform, embeddings"},
        "text_to_text": {"consistency"},
        "pair_encoder": {"freelb"},
        "pair_xlm_roberta": {"prediction, token, last hidden states"},
        "pair_text_to_text": {"noise"},
    },
    "test_nothing_is_perturbed_when_scoring": {
        **QUICK,
        "encoder": {
            "noise",
            "noise, ball, last hidden states",
            "freelb",
            "prediction, linf, embeddings",
            "consistency",
            "word substitution",
            "averaging, last",
            "averaging, running",
            EVERYTHING,
        },
    },
    "test_an_attack_depends_on_its_own_example_alone": {
        "encoder": {
            "pgd, example, word_embeddings",
            "pgd, linf, embeddings",
            "freelb, token, last_hidden_states",
        },
        "pair_encoder": {"freelb, linf, word_embeddings"},
    },
    "test_every_loss_of_a_recipe_is_perturbed": {
        **QUICK,
        "encoder": {"noise, absolute, three samples", "freelb", "consistency, gaussian, embeddings"},
    },
    "test_a_killed_training_goes_on_exactly": {
        "encoder": {"noise and words and averaging"},
        "xlm_roberta": {EVERYTHING},
        "text_to_text": {"averaging, running"},
        "pair_encoder": {"freelb and all texts"},
        "pair_xlm_roberta": {EVERYTHING},
        "pair_text_to_text": {"freelb"},
    },
    "test_a_few_examples_are_learnt_by_heart": {
        "encoder": {"noise and words and averaging"},
        "xlm_roberta": {EVERYTHING},
        "text_to_text": {EVERYTHING},
        "pair_encoder": {"pgd and code switch"},
        "pair_xlm_roberta": {EVERYTHING},
        "pair_text_to_text": {"freelb"},
    },
}
"""The same for tests of their own choice, by their name."""


def in_default_run(test: str, family: str, name: str) -> bool:
    """Whether the default run has a test's case of a family and a variant."""
    chosen = COSTLY.get(test, QUICK).get(family)
    return chosen is None or name in chosen
