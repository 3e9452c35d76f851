"""Adversarial training of a linear model, compared with hand-written algorithms."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from xlingual.robust.adversarial import Adversarial
from xlingual.study import Robust, passes_of
from xlingual.study.methods.adversarial import Adversarial as Settings

Array = NDArray[np.float64]
Trained = Callable[..., float]

VARIANTS: list[dict[str, Any]] = [
    {"norm": "l2", "over": "example", "unit": "rms", "step_size": 0.3, "start": 0.2},
    {"norm": "l2", "over": "example", "unit": "rms", "step_size": 0.3, "start": 0.2, "radius": 0.35},
    {"norm": "l2", "over": "token", "unit": "rms", "step_size": 0.3, "radius": 0.35},
    {"norm": "l2", "over": "example", "unit": "absolute", "step_size": 0.3, "start": 0.1, "radius": 0.5},
    {"norm": "l2", "over": "token", "unit": "absolute", "step_size": 0.3, "start": 0.1},
    {"norm": "linf", "over": None, "unit": "rms", "step_size": 0.3, "start": 0.2, "radius": 0.35},
    {"norm": "linf", "over": None, "unit": "absolute", "step_size": 0.1},
]


def settings_of(**changes: Any) -> Settings:
    return Settings.model_validate({"steps": 3, "weight": None} | changes)


def stepped(perturbation: Array, gradient: Array, settings: Settings, rms: float) -> Array:
    """One example's next perturbation: step, then projection, in double precision."""
    one = rms if settings.unit == "rms" else 1.0
    if settings.norm == "linf":
        moved = perturbation + settings.step_size * one * np.sign(gradient)
        return moved if settings.radius is None else np.clip(moved, -settings.radius * one, settings.radius * one)
    moved = perturbation.copy()
    tokens = len(perturbation)
    for group in [slice(0, tokens)] if settings.over == "example" else [slice(t, t + 1) for t in range(tokens)]:
        root = math.sqrt(moved[group].size) if settings.unit == "rms" else 1.0
        moved[group] += settings.step_size * one * root * gradient[group] / np.linalg.norm(gradient[group])
        if settings.radius is not None:
            moved[group] *= min(1.0, settings.radius * one * root / np.linalg.norm(moved[group]))
    return moved


def by_hand(reader: Any, start: list[Array], settings: Settings, steps: int) -> list[list[Array]]:
    """The perturbation of each example before and after each step of ascent on its loss."""
    found = [start]
    for _ in range(steps):
        following = []
        for vectors, perturbation, label in zip(reader.clean(), found[-1], reader.labels, strict=True):
            gradient = reader.gradient(vectors + perturbation, label)
            following.append(stepped(perturbation, gradient, settings, reader.root_mean_square))
        found.append(following)
    return found


def assert_equal(found: list[Array], expected: list[Array]) -> None:
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=2e-4, atol=2e-6)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("variant", VARIANTS)
def test_freelb_trains_on_the_perturbations_of_algorithm_1_with_the_mean_of_their_gradients(
    reader: Any, trained: Trained, variant: dict[str, Any], packed: bool
) -> None:
    reader.packed = packed
    settings = settings_of(attack="freelb", **variant)
    method = Adversarial(settings, reader)
    loss = trained(method, reader, 5, factor=0.01)
    seen = reader.perturbations()
    assert len(seen) == 3
    if not settings.start:
        assert not any(part.any() for part in seen[0])
    for found, expected in zip(seen, by_hand(reader, seen[0], settings, 2), strict=True):
        assert_equal(found, expected)
    gradients = [
        sum(reader.head_gradient(vectors, label) for vectors, label in zip(run, reader.labels, strict=True))
        for run in reader.seen
    ]
    np.testing.assert_allclose(reader.head.grad.numpy() / 0.01, np.mean(gradients, axis=0), rtol=1e-4, atol=1e-5)
    losses = [
        sum(-np.log(reader.probabilities(v)[y]) for v, y in zip(r, reader.labels, strict=True)) for r in reader.seen
    ]
    assert loss == pytest.approx(np.mean(losses), rel=1e-5)
    assert losses[-1] > losses[0]


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("variant", VARIANTS)
def test_pgd_trains_on_the_last_perturbation_alone(
    reader: Any, trained: Trained, variant: dict[str, Any], packed: bool
) -> None:
    reader.packed = packed
    settings = settings_of(attack="pgd", **variant)
    trained(Adversarial(settings, reader), reader, 5)
    seen = reader.perturbations()
    assert len(seen) == 4
    for found, expected in zip(seen, by_hand(reader, seen[0], settings, 3), strict=True):
        assert_equal(found, expected)
    gradient = sum(reader.head_gradient(v, label) for v, label in zip(reader.seen[-1], reader.labels, strict=True))
    np.testing.assert_allclose(reader.head.grad.numpy(), gradient, rtol=1e-4, atol=1e-5)


def divergence(p: Array, q: Array) -> float:
    return float(((p - q) * (np.log(p) - np.log(q))).sum())


@pytest.mark.parametrize("variant", [VARIANTS[1], VARIANTS[4], VARIANTS[5]])
def test_against_the_prediction_ascends_the_divergence_from_the_clean_one(
    reader: Any, trained: Trained, variant: dict[str, Any]
) -> None:
    settings = settings_of(attack="pgd", against="prediction", weight=2.5, **variant)
    trained(Adversarial(settings, reader), reader, 5)
    clean, *runs = reader.seen
    assert_equal(clean, reader.clean())
    assert len(runs) == 4
    added = reader.perturbations()[1:]
    for before, after, at in zip(added, added[1:], runs, strict=False):
        expected = []
        for vectors, perturbation, clean_vectors in zip(at, before, reader.clean(), strict=True):
            fixed, gradient = reader.probabilities(clean_vectors), np.zeros_like(vectors)
            for place in np.ndindex(*vectors.shape):
                moved = [vectors.copy(), vectors.copy()]
                moved[0][place] += 1e-5
                moved[1][place] -= 1e-5
                up, down = (divergence(fixed, reader.probabilities(part)) for part in moved)
                gradient[place] = (up - down) / 2e-5
            expected.append(stepped(perturbation, gradient, settings, reader.root_mean_square))
        assert_equal(after, expected)


def test_against_the_prediction_trains_on_the_loss_plus_the_weighted_divergence(reader: Any, trained: Trained) -> None:
    settings = settings_of(attack="pgd", against="prediction", weight=2.5, **VARIANTS[1])
    loss = trained(Adversarial(settings, reader), reader, 5)
    last = [torch.tensor(part) for part in reader.perturbations()[-1]]
    table, head = (weight.detach().double().requires_grad_() for weight in (reader.table.weight, reader.head))
    expected = torch.zeros((), dtype=torch.float64)
    for example, label, added in zip(reader.examples, reader.labels, last, strict=True):
        places = torch.arange(1.0, 1 + len(example), dtype=torch.float64)
        clean = places @ table[torch.tensor(example)] @ head
        noised = places @ (table[torch.tensor(example)] + added) @ head
        p, q = clean.log_softmax(0), noised.log_softmax(0)
        expected = expected - p[label] + 2.5 * ((p.exp() - q.exp()) * (p - q)).sum()
    expected.backward()
    assert loss == pytest.approx(float(expected.detach()), rel=1e-5)
    assert head.grad is not None and table.grad is not None
    torch.testing.assert_close(reader.head.grad.double(), head.grad, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(reader.table.weight.grad.double(), table.grad, rtol=1e-4, atol=1e-5)


def test_in_a_small_ball_the_worst_direction_is_fishers_first_eigenvector(make_reader: Any, trained: Trained) -> None:
    """Near the clean prediction the divergence is the quadratic form of W (diag p - p p^T) W^T."""
    reader = make_reader([[7]], [1])
    settings = {"attack": "pgd", "against": "prediction", "unit": "absolute", "steps": 30, "weight": 1.0}
    settings |= {"step_size": 0.1, "radius": 0.01, "start": 0.01}
    trained(Adversarial(settings_of(**settings), reader), reader, 1)
    p, head = reader.probabilities(reader.clean()[0]), reader.head.detach().double().numpy()
    values, vectors = np.linalg.eigh(head @ (np.diag(p) - np.outer(p, p)) @ head.T)
    assert values[-1] > 1.5 * values[-2]
    first, last = reader.perturbations()[1][0], reader.perturbations()[-1][0]
    assert np.linalg.norm(last) == pytest.approx(0.01, rel=1e-3)
    assert abs(first[0] @ vectors[:, -1]) < 0.97 * np.linalg.norm(first)
    assert abs(last[0] @ vectors[:, -1]) == pytest.approx(0.01, rel=1e-3)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [({"attack": "freelb"}, 3), ({"attack": "pgd"}, 4), ({"attack": "pgd", "against": "prediction", "weight": 1.0}, 5)],
)
def test_passes_are_the_runs_that_it_makes_and_those_that_the_study_counts(
    reader: Any, trained: Trained, changes: dict[str, Any], expected: int
) -> None:
    settings = settings_of(**VARIANTS[1], **changes)
    method = Adversarial(settings, reader)
    trained(method, reader)
    assert method.passes == passes_of(Robust(adversarial=settings)) == len(reader.seen) == expected
    assert method.terms == (3 if changes["attack"] == "freelb" else 1)


METHODS: list[dict[str, Any]] = [
    {"attack": "freelb"},
    {"attack": "pgd"},
    {"attack": "pgd", "against": "prediction", "weight": 1.0},
]


@pytest.mark.parametrize("method", METHODS[1:])
def test_the_way_to_the_perturbation_touches_no_parameters_gradient(reader: Any, method: dict[str, Any]) -> None:
    """A hook on a parameter's gradient sees a single backward pass, that of the term."""
    sentinel = torch.full_like(reader.head, 7.0)
    reader.head.grad, reader.table.weight.grad = sentinel.clone(), None
    computed: list[int] = []
    for weight in (reader.head, reader.table.weight):
        weight.register_hook(lambda _: computed.append(len(reader.seen)))
    (term,) = Adversarial(settings_of(**VARIANTS[1], **method), reader).loss_terms(reader.rows(), reader.run, 1)
    loss = term(reader.run)
    assert torch.equal(reader.head.grad, sentinel) and reader.table.weight.grad is None
    assert not computed
    loss.backward()
    assert computed == [len(reader.seen)] * 2


@pytest.mark.parametrize("method", METHODS)
def test_after_a_pass_no_graph_is_alive(reader: Any, trained: Trained, method: dict[str, Any]) -> None:
    adversarial = Adversarial(settings_of(**VARIANTS[1], **method), reader)
    trained(adversarial, reader)
    assert len(reader.alive) == adversarial.passes
    assert all(reference() is None for reference in reader.alive)


@pytest.mark.parametrize("method", METHODS[:2])
def test_an_examples_perturbation_does_not_hang_on_the_others_of_its_pass(
    make_reader: Any, trained: Trained, method: dict[str, Any]
) -> None:
    """Except for the draw of its start, which is 0 here."""
    settings = settings_of(step_size=0.2, radius=0.5, **method)
    alone, among = make_reader([[5, 6]], [1]), make_reader()
    for reader in (alone, among):
        trained(Adversarial(settings, reader), reader)
    for one, other in zip(alone.perturbations(), among.perturbations(), strict=True):
        np.testing.assert_allclose(one[0], other[2], rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("packed", [False, True])
def test_several_calls_of_a_run_have_their_perturbations_by_example(
    make_reader: Any, trained: Trained, variant: dict[str, Any], packed: bool
) -> None:
    """Two calls give the result of one, except for the draw of the start."""
    one, two = make_reader(), make_reader()
    two.calls = [[2, 0], [1]]
    for reader in (one, two):
        reader.packed = packed
        trained(Adversarial(settings_of(**variant | {"start": 0.0}), reader), reader)
    for single, several in zip(one.perturbations(), two.perturbations(), strict=True):
        assert_equal(several, single)


@pytest.mark.parametrize("method", METHODS)
def test_the_seed_decides_the_start_and_touches_no_other_stream(
    reader: Any, trained: Trained, method: dict[str, Any]
) -> None:
    adversarial = Adversarial(settings_of(**VARIANTS[1], **method), reader)
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    losses = [trained(adversarial, reader, seed) for seed in (1, 1, 2)]
    assert torch.equal(torch.rand(3), expected)
    assert losses[0] == losses[1] != losses[2]


@pytest.mark.parametrize("changes", [{"radius": 0.0, "start": 0.3}, {"step_size": 0.0, "start": 0.0}])
@pytest.mark.parametrize("method", METHODS)
def test_a_perturbation_of_zero_is_plain_training(
    reader: Any, trained: Trained, method: dict[str, Any], changes: dict[str, Any]
) -> None:
    plain = reader.run().loss
    plain.backward()
    expected = [weight.grad.clone() for weight in (reader.head, reader.table.weight)]
    reader.zero_grad()
    settings = settings_of(**{"step_size": 0.3, "steps": 4} | method | changes)  # a quarter four times is exact
    assert trained(Adversarial(settings, reader), reader) == float(plain.detach())
    for weight, gradient in zip((reader.head, reader.table.weight), expected, strict=True):
        assert torch.equal(weight.grad, gradient)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("method", METHODS)
def test_the_share_that_is_reported_is_of_what_was_trained_on(
    reader: Any, trained: Trained, method: dict[str, Any], packed: bool
) -> None:
    reader.packed = packed
    adversarial = Adversarial(settings_of(**VARIANTS[1], **method), reader)
    trained(adversarial, reader)
    runs = reader.perturbations()[-adversarial.terms :]
    added, clean = adversarial.pop_squared_norms()
    assert added == pytest.approx(sum((part**2).sum() for run in runs for part in run), rel=1e-4)
    assert clean == pytest.approx(len(runs) * sum((part**2).sum() for part in reader.clean()), rel=1e-5)


def test_a_gradient_that_is_not_finite_is_not_hidden(reader: Any, trained: Trained) -> None:
    with torch.no_grad():
        reader.head[0, 0] = torch.nan
    trained(Adversarial(settings_of(**VARIANTS[1]), reader), reader)
    assert all(np.isnan(part).any() for part in reader.seen[-1])


EXAMPLE, TOKEN = "root mean square of the elements of an example", "L2 norm of a token"
HALF_WIDTH = "half-width of an element"
WIDTH = 4


# Relative and absolute of a magnitude of 1, from the table's root mean square, for step and radius and for the start.
@pytest.mark.parametrize(
    ("changes", "norm", "start"),
    [
        ({}, (EXAMPLE, lambda rms: (1.0, rms)), (HALF_WIDTH, lambda rms: (1.0, rms))),
        ({"over": "token"}, (TOKEN, lambda rms: (1.0, 2 * rms)), (HALF_WIDTH, lambda rms: (1.0, rms))),
        ({"norm": "linf"}, ("largest element", lambda rms: (1.0, rms)), (HALF_WIDTH, lambda rms: (1.0, rms))),
        (
            {"unit": "absolute"},
            ("L2 norm of an example", lambda rms: (None, 1.0)),
            (f"{HALF_WIDTH} times sqrt(elements of an example)", lambda rms: (None, 1.0)),
        ),
        (
            {"unit": "absolute", "over": "token"},
            (TOKEN, lambda rms: (0.5 / rms, 1.0)),
            (f"{HALF_WIDTH} times sqrt(elements of a token)", lambda rms: (0.5 / rms, 1.0)),
        ),
        (
            {"unit": "absolute", "norm": "linf"},
            ("largest element", lambda rms: (1 / rms, 1.0)),
            (HALF_WIDTH, lambda rms: (1 / rms, 1.0)),
        ),
    ],
    ids=lambda value: " ".join(value.values()) or "defaults" if isinstance(value, dict) else "",
)
def test_the_record_holds_every_magnitude_both_ways(reader: Any, changes: Any, norm: Any, start: Any) -> None:
    magnitudes = {"step_size": 0.3, "radius": 0.4, "start": 0.1}
    record = Adversarial(settings_of(**magnitudes, **changes), reader).record()
    assert record.keys() == {"root_mean_square", *magnitudes}
    assert record["root_mean_square"] == pytest.approx(reader.root_mean_square)
    for name, size in magnitudes.items():
        of, expected = start if name == "start" else norm
        relative, absolute = expected(reader.root_mean_square)
        assert record[name] == pytest.approx(
            {"relative": relative and size * relative, "absolute": size * absolute, "of": of}
        )
    assert "radius" not in Adversarial(settings_of(step_size=0.3), reader).record()


@pytest.mark.parametrize("unit", ["rms", "absolute"])
@pytest.mark.parametrize(("norm", "over"), [("l2", "token"), ("l2", "example"), ("linf", None)])
def test_a_step_is_as_large_as_its_record_says(
    make_reader: Any, trained: Trained, norm: str, over: str | None, unit: str
) -> None:
    reader = make_reader([[1, 2, 3]], [0])
    settings = settings_of(attack="pgd", norm=norm, over=over, unit=unit, steps=1, step_size=0.3, start=0.0)
    adversarial = Adversarial(settings, reader)
    trained(adversarial, reader)
    (moved,), record = reader.perturbations()[-1], adversarial.record()["step_size"]
    rms = reader.root_mean_square
    measured = {
        "largest element": np.abs(moved).max(),
        "L2 norm of a token": np.linalg.norm(moved[0]),
        "L2 norm of an example": np.linalg.norm(moved),
        "root mean square of the elements of an example": np.sqrt((moved**2).mean()),
    }
    assert record["absolute"] == pytest.approx(measured[record["of"]], rel=1e-4)
    if record["relative"] is not None:
        assert record["relative"] == pytest.approx(np.sqrt((moved**2).mean()) / rms, rel=1e-4)
