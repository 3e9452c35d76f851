"""Number of examples of each kind per update, for every schedule and recipe."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xlingual.errors import DataError
from xlingual.preparation.trial_inputs import TrialInputs
from xlingual.tokens.pairs import Pairs
from xlingual.training.order import TrainingOrder, training_order

RECIPES: dict[str, dict[str, Any]] = {
    "passage": {"passage": {}},
    "contrastive": {"contrastive": {}},
    "masked_language_model": {"masked_language_model": {}},
}
OBJECTIVES = {"passage": "span", "contrastive": "contrastive", "masked_language_model": "masked_language_model"}
WEIGHTS = {"de": 0.7, "es": 0.3}


def order_of(configuration: Any, inputs: TrialInputs) -> TrainingOrder:
    return training_order(configuration, inputs.train, inputs.of_mixture(configuration.mixture))


def counts(order: TrainingOrder, update: int, train: Any) -> tuple[int, int]:
    """FAQ and English examples of an update, from its micro-batches."""
    places = [place for micro in order.micro_batches(update) for place in micro.places]
    english = sum(source is train for source, _ in places)
    return len(places) - english, english


@settings(max_examples=60, deadline=None)
@given(
    recipe=st.sampled_from(list(RECIPES)),
    schedule=st.sampled_from(["mix", "then"]),
    share=st.floats(0.01, 1.0),
    updates=st.integers(1, 12),
    batch=st.integers(1, 24),
    micro=st.integers(1, 24),
)
def test_counts_are_exact_in_every_update_and_over_the_run(
    tiny_inputs: TrialInputs,
    configure: Any,
    recipe: str,
    schedule: str,
    share: float,
    updates: int,
    batch: int,
    micro: int,
) -> None:
    configuration = configure(
        updates=updates,
        batch_size=batch,
        micro_batch_size=micro,
        mixture={"faq_share": share, "weights": WEIGHTS, "schedule": schedule, "recipe": RECIPES[recipe]},
    )
    try:
        order = order_of(configuration, tiny_inputs)
    except DataError:
        assert recipe == "contrastive" and (batch < 2 if schedule == "then" else share * batch < 2 + 1e-9)
        return
    found = [counts(order, update, tiny_inputs.train) for update in range(updates)]
    assert all(faq + english == batch for faq, english in found)
    faq_total = sum(faq for faq, _ in found)
    if schedule == "then":
        first = round(share * updates)
        assert [faq for faq, _ in found] == [batch] * first + [0] * (updates - first)
    else:
        assert abs(faq_total - share * batch * updates) < 1 + 1e-6
        if recipe != "passage":
            low, high = (int(np.floor(share * batch + 1e-9)), int(np.ceil(share * batch - 1e-9)))
            assert all(low <= faq <= max(high, low) for faq, _ in found)
    for update in range(updates):
        for group in order.micro_batches(update):
            sources = {id(source) for source, _ in group.places}
            if id(tiny_inputs.train) not in sources:
                assert group.objective.name == OBJECTIVES[recipe]
            assert len(group.places) <= micro or (
                group.objective.name == "contrastive" and len(group.places) <= max(micro, 3)
            )


def test_pairs_of_an_update_are_of_one_language_and_languages_share_the_updates_by_weight(
    tiny_inputs: TrialInputs, configure: Any
) -> None:
    configuration = configure(
        updates=40,
        mixture={
            "faq_share": 0.5,
            "weights": {"de": 0.75, "es": 0.25},
            "recipe": {"contrastive": {"bitext_share": 0.2}},
        },
    )
    order = order_of(configuration, tiny_inputs)
    faq = tiny_inputs.faq["bitexts"]
    names = {id(pairs): name for name, pairs in faq.items()}
    of_update = []
    for update in range(40):
        micro_batches = [micro for micro in order.micro_batches(update) if micro.objective.name == "contrastive"]
        (name,) = {names[id(source)] for micro in micro_batches for source, _ in micro.places}
        of_update.append(name)
        for micro in micro_batches:
            assert len(micro.places) >= 2
            hosts = [source.host[i] for source, i in micro.places if isinstance(source, Pairs)]
            assert np.unique(hosts, return_counts=True)[1].max() <= 2
    assert {name: of_update.count(name) for name in set(of_update)} == {"de": 24, "es": 8, "bitext-de": 8}
    assert of_update != sorted(of_update)


def test_every_pair_of_a_language_comes_once_before_any_twice(tiny_inputs: TrialInputs, configure: Any) -> None:
    mixture = {"faq_share": 0.25, "weights": {"de": 1.0}, "recipe": {"contrastive": {}}}
    order = order_of(configure(updates=15, mixture=mixture), tiny_inputs)
    (pairs,) = [part for part in order.parts if part.objective.name == "contrastive"]
    assert sorted(pairs.item[:30].tolist()) == sorted(pairs.item[30:].tolist()) == list(range(30))


def test_english_windows_come_in_the_order_of_a_plain_trial(tiny_inputs: TrialInputs, configure: Any) -> None:
    plain = order_of(configure(), tiny_inputs).parts[0].item
    mixture = {"faq_share": 0.25, "weights": WEIGHTS, "recipe": {"masked_language_model": {}}}
    mixed = order_of(configure(mixture=mixture), tiny_inputs).parts[0].item
    assert mixed.tolist() == plain[: len(mixed)].tolist() and len(mixed) == 72


@pytest.mark.parametrize(
    ("mixture", "training", "message"),
    [
        (
            {"faq_share": 0.1},
            {},
            r"faq_share: 0\.1 of a batch of 16 leaves an update 1 question .* needs 2; "
            r"write faq_share: 0\.125 or more, or a batch_size of 20 or more",
        ),
        ({"faq_share": 0.5, "schedule": "then"}, {"batch_size": 1}, r"leaves an update 1 .*; write a batch_size of 2"),
        ({"faq_share": 0.5, "bitext": 0.5}, {}, r"bitext_share is 0\.5, but there are no bitext rows in es; lower"),
    ],
)
def test_too_few_pairs_are_refused_with_what_would_do(
    tiny_inputs: TrialInputs, configure: Any, mixture: dict[str, Any], training: dict[str, Any], message: str
) -> None:
    recipe = {"contrastive": {"bitext_share": mixture.pop("bitext", 0.0)}}
    with pytest.raises(DataError, match=message):
        order_of(configure(mixture={"weights": {"es": 1.0}, "recipe": recipe} | mixture, **training), tiny_inputs)
    if not training and mixture["faq_share"] == 0.1:
        order_of(configure(mixture={"weights": {"es": 1.0}, "recipe": recipe, "faq_share": 0.125}), tiny_inputs)
