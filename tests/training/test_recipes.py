"""Training with pairs: losses, stages, resuming, workers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from xlingual.families import Checkpoint
from xlingual.models.encoder import load_encoder, load_tokenizer
from xlingual.preparation.trial_inputs import TrialInputs
from xlingual.records import journal
from xlingual.records.layout import TrialDirectory
from xlingual.study import TrialConfiguration
from xlingual.tokens.pairs import Pairs, PairText, make_pairs
from xlingual.training.execution import Execution
from xlingual.training.loop import train_trial
from xlingual.training.model import TrainedModel
from xlingual.training.objectives.masked_language_model import masked_count
from xlingual.training.optimizer import learning_rate
from xlingual.training.order import training_order
from xlingual.training.update import Updater
from xlingual.training.worker import Report, SoloWorker

NOISE = {"embedding_noise": {"distribution": "gaussian", "magnitude": 0.1}}
RECIPES: dict[str, dict[str, Any]] = {
    "passage": {"passage": {}},
    "contrastive": {"contrastive": {"bitext_share": 0.25}},
    "masked_language_model": {"masked_language_model": {}},
}
WEIGHTS = {"de": 0.5, "es": 0.5}


class Killed(Exception):
    pass


def mixture(recipe: str, schedule: str = "mix", settings: Any = None, weights: Any = None) -> dict[str, Any]:
    """Half of the examples are from FAQ pages."""
    made = {recipe: settings} if settings is not None else RECIPES[recipe]
    return {"faq_share": 0.5, "weights": weights or WEIGHTS, "schedule": schedule, "recipe": made}


def train(
    configuration: TrialConfiguration,
    inputs: TrialInputs,
    checkpoint: Path,
    path: Path,
    kill_after: int | None = None,
    **execution: bool,
) -> list[Report]:
    def on_report(report: Report) -> None:
        if report["updates"] == kill_after:
            raise Killed

    worker = SoloWorker(on_report=on_report)
    directory, options = TrialDirectory(path), Execution(**execution)
    train_trial(configuration, inputs, Checkpoint.at(checkpoint), directory, worker, keep_model=True, execution=options)
    return [{name: value for name, value in report.items() if name != "seconds"} for report in worker.reports]


def started(configuration: TrialConfiguration, inputs: TrialInputs, checkpoint: Path) -> tuple[TrainedModel, Updater]:
    worker = SoloWorker()
    order = training_order(configuration, inputs.train, inputs.of_mixture(configuration.mixture))
    model = TrainedModel(configuration, inputs, Checkpoint.at(checkpoint), worker, Execution())
    return model, Updater(configuration, order, model, worker)


@pytest.mark.parametrize(
    ("recipe", "schedule"),
    [
        ("passage", "mix"),
        ("contrastive", "then"),
        ("masked_language_model", "then"),
        pytest.param("passage", "then", marks=pytest.mark.real),
        pytest.param("contrastive", "mix", marks=pytest.mark.real),
        pytest.param("masked_language_model", "mix", marks=pytest.mark.real),
    ],
)
def test_a_killed_training_goes_on_exactly(
    recipe: str, schedule: str, tiny_inputs: TrialInputs, mask_checkpoint: Path, tmp_path: Path, configure: Any
) -> None:
    """In the first stage, at the boundary (after update 4), and in the second stage."""
    configuration = configure(updates=8, reports=4, micro_batch_size=8, robust=NOISE, mixture=mixture(recipe, schedule))
    whole = train(configuration, tiny_inputs, mask_checkpoint, tmp_path / "whole")
    expected = load_encoder(tmp_path / "whole" / "model", 0, trained_head=True).state_dict()
    path = tmp_path / "cut"
    for kill_after in (2, 4, 6) if schedule == "then" else (4,):
        with pytest.raises(Killed):
            train(configuration, tiny_inputs, mask_checkpoint, path, kill_after)
    assert train(configuration, tiny_inputs, mask_checkpoint, path) == whole
    found = load_encoder(path / "model", 0, trained_head=True).state_dict()
    assert found.keys() == expected.keys()
    assert all(torch.equal(found[name], expected[name]) for name in expected)
    assert [start["from_update"] for start in journal.read(TrialDirectory(path).environment)] == (
        [0, 2, 4, 6] if schedule == "then" else [0, 4]
    )
    files = {path.name for path in (tmp_path / "whole" / "model").iterdir()}
    assert "model.safetensors" in files and not any("cls.predictions" in name for name in expected)


def fixed_pairs(checkpoint: Path, answers: list[str]) -> Pairs:
    words = ["red", "blue", "green", "black", "white", "house", "car", "tree"]
    texts = [PairText(f"h{n}", f"the {words[n]}", answer) for n, answer in enumerate(answers)]
    return make_pairs(load_tokenizer(checkpoint), texts, max_length=48)


def only(inputs: TrialInputs, pairs: Pairs) -> TrialInputs:
    return replace(inputs, faq={"pairs": {"de": pairs}}, used={})


def test_contrastive_training_tells_eight_answers_apart(
    tiny_inputs: TrialInputs, tiny_checkpoint: Path, configure: Any
) -> None:
    answers = ["cat", "boat", "hat is", "the the", "which has", "colour", "and", "tree cat"]
    inputs = only(tiny_inputs, fixed_pairs(tiny_checkpoint, answers))
    settings = {"faq_share": 1.0, "weights": {"de": 1.0}, "schedule": "then"}
    configuration = configure(
        updates=60, batch_size=8, micro_batch_size=8, mixture=settings | {"recipe": {"contrastive": {}}}
    )
    _, updater = started(configuration, inputs, tiny_checkpoint)
    losses = [float(updater.update(number)) for number in range(60)]
    assert losses[0] > 1 and np.mean(losses[-5:]) < 0.1


def test_masked_language_modelling_learns_an_answer_by_heart(
    tiny_inputs: TrialInputs, mask_checkpoint: Path, configure: Any
) -> None:
    inputs = only(tiny_inputs, fixed_pairs(mask_checkpoint, ["the cat is black"] * 8))
    settings = {"faq_share": 1.0, "weights": {"de": 1.0}, "schedule": "then"}
    recipe = {"masked_language_model": {"rate": 0.25}}
    configuration = configure(updates=60, batch_size=8, micro_batch_size=8, mixture=settings | {"recipe": recipe})
    _, updater = started(configuration, inputs, mask_checkpoint)
    losses = [float(updater.update(number)) for number in range(60)]
    assert losses[0] > 2 and np.mean(losses[-5:]) < 0.7  # just its words, in any order, cost 1.39


def no_dropout(model: TrainedModel) -> None:
    model.plain.eval()


def test_an_updates_loss_is_the_span_loss_and_the_weighted_contrastive_loss(
    tiny_inputs: TrialInputs, tiny_checkpoint: Path, configure: Any
) -> None:
    """Recomputed text by text and pair by pair, with the untrimmed model."""
    drawn = mixture("contrastive", settings={"weight": 0.3, "temperature": 0.2})
    configuration = configure(updates=4, mixture=drawn, micro_batch_tokens=40)
    model, updater = started(configuration, tiny_inputs, tiny_checkpoint)
    no_dropout(model)
    total = float(updater.update(0))
    parts = updater.take_losses()
    order = training_order(configuration, tiny_inputs.train, tiny_inputs.of_mixture(configuration.mixture))
    plain = TrainedModel(
        configuration, tiny_inputs, Checkpoint.at(tiny_checkpoint), SoloWorker(), Execution()
    ).plain.eval()
    whole = load_encoder(tiny_checkpoint, 0).eval()
    head = {name: value for name, value in plain.state_dict().items() if name.startswith("qa_outputs")}
    whole.load_state_dict(head, strict=False)
    spans, contrasts = [], []
    for micro in order.micro_batches(0):
        with torch.no_grad():
            if micro.objective.name == "span":
                spans += [span_of(whole, source, i) for source, i in micro.places]
            else:
                contrasts += contrasts_of(whole, micro.places, 0.2)
    assert (len(spans), len(contrasts)) == (8, 8)
    assert parts == pytest.approx({"span": np.mean(spans), "contrastive": np.mean(contrasts)}, rel=1e-4)
    assert total == pytest.approx(np.mean(spans) + 0.3 * np.mean(contrasts), rel=1e-4)
    assert updater.take_losses() == {}


def span_of(model: Any, windows: Any, i: int) -> float:
    first, stop = (int(windows.pointers[i + place]) for place in (0, 1))
    ids, types = (
        torch.from_numpy(part[first:stop].astype(np.int64))[None] for part in (windows.input_ids, windows.token_types)
    )
    output = model(input_ids=ids, token_type_ids=types)
    starts, ends = (torch.log_softmax(part[0], -1) for part in (output.start_logits, output.end_logits))
    return -float(starts[int(windows.start[i])] + ends[int(windows.end[i])]) / 2


def contrasts_of(model: Any, places: list[Any], temperature: float) -> list[float]:
    def vector(ids: Any) -> Any:
        hidden = model.bert(input_ids=torch.from_numpy(ids.astype(np.int64))[None])[0][0].numpy().mean(0)
        return hidden / np.linalg.norm(hidden)

    questions, answers = (np.stack([vector(source.text(i, part)) for source, i in places]) for part in (0, 1))
    same = np.array(
        [
            [
                a != b and (one.question_key[i] == two.question_key[j] or one.answer_key[i] == two.answer_key[j])
                for b, (two, j) in enumerate(places)
            ]
            for a, (one, i) in enumerate(places)
        ]
    )
    scores = np.where(same, -np.inf, questions @ answers.T / temperature)
    rows, columns = (np.log(np.exp(scores).sum(axis)) - np.diag(scores) for axis in (1, 0))
    return list((rows + columns) / 2)


def test_an_updates_masked_loss_is_the_mean_over_its_masked_tokens(
    tiny_inputs: TrialInputs, mask_checkpoint: Path, configure: Any
) -> None:
    """A head with uniform probabilities: the loss is the logarithm of the vocabulary size."""
    drawn = mixture("masked_language_model", settings={"weight": 0.5, "rate": 0.3})
    configuration = configure(updates=4, mixture=drawn)
    model, updater = started(configuration, tiny_inputs, mask_checkpoint)
    assert model.vocabulary is None
    predictions: Any = model.losses.heads["masked_language_model"].head.model.cls.predictions  # type: ignore[union-attr]
    assert predictions.decoder.weight is model.plain.get_input_embeddings().weight  # type: ignore[operator]
    torch.nn.init.zeros_(predictions.transform.LayerNorm.weight)
    total = float(updater.update(0))
    parts = updater.take_losses()
    rows = float(np.log(model.plain.config.vocab_size))  # type: ignore[arg-type, union-attr]
    assert parts["masked_language_model"] == pytest.approx(rows, rel=1e-5)
    assert total == pytest.approx(parts["span"] + 0.5 * rows, rel=1e-5)


def test_masks_are_of_the_answer_and_drawn_anew(
    tiny_inputs: TrialInputs, mask_checkpoint: Path, configure: Any
) -> None:
    drawn = mixture("masked_language_model", settings={"rate": 0.3}, weights={"de": 1.0})
    one_pair = only(tiny_inputs, fixed_pairs(mask_checkpoint, ["the cat is black and the tree is red and blue"]))
    configuration = configure(updates=40, batch_size=2, mixture=drawn)
    _, updater = started(configuration, one_pair, mask_checkpoint)
    pairs = one_pair.faq["pairs"]["de"]
    assert isinstance(pairs, Pairs)
    seen = set()
    for number in range(40):
        (part,) = [one for one in updater._prepared(number) if one.objective.name == "masked_language_model"]
        places = part.targets["places"].tolist()
        assert part.count == len(places) == masked_count(int(pairs.parts[0, 3] - pairs.parts[0, 2]), 0.3) == 3
        assert all(pairs.parts[0, 2] <= place < pairs.parts[0, 3] for place in places)
        assert part.targets["tokens"].tolist() == pairs.input_ids[places].tolist()
        ids = part.batches[0].inputs["input_ids"][0].numpy()
        unmasked = np.setdiff1d(np.arange(len(ids)), places)
        assert ids[unmasked].tolist() == pairs.input_ids[unmasked].tolist()
        seen.add(tuple(places))
    assert len(seen) > 20
    first, again = (updater._prepared(7)[-1].batches[0].inputs["input_ids"] for _ in range(2))
    assert torch.equal(first, again)


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_stage_begins_afresh_and_leaves_the_other_stages_head_alone(
    recipe: str, tiny_inputs: TrialInputs, mask_checkpoint: Path, configure: Any
) -> None:
    configuration = configure(updates=6, weight_decay=0.5, mixture=mixture(recipe, "then"))
    model, updater = started(configuration, tiny_inputs, mask_checkpoint)
    heads = {"span": model.plain.qa_outputs.weight}  # type: ignore[union-attr]
    for name, one in model.losses.heads.items():
        heads[name] = one.head.model.cls.predictions.transform.dense.weight  # type: ignore[union-attr]
    moved = []
    for number in range(6):
        before = {name: weight.detach().clone() for name, weight in heads.items()}
        updater.update(number)
        moved.append({name for name, weight in heads.items() if not torch.equal(before[name], weight)})
        steps = {int(state["step"]) for state in model.optimizer.state.values()}
        assert steps == {number % 3 + 1}
        assert model.optimizer.param_groups[0]["lr"] == learning_rate(configuration.training, number, 3)
        assert set(updater.take_losses()) == ({"span"} if number >= 3 or recipe == "passage" else {recipe})
    first = {"passage": {"span"}, "contrastive": set(), "masked_language_model": {"masked_language_model"}}[recipe]
    assert moved == [first] * 3 + [{"span"}] * 3


def test_each_stage_has_the_schedule_of_a_training_of_its_length(configure: Any) -> None:
    whole = configure(updates=30, warmup_share=0.2).training
    for length, first in ((10, 0), (20, 10)):
        alone = configure(updates=length, warmup_share=0.2).training
        found = [learning_rate(whole, first + update, 10) for update in range(length)]
        assert found == [learning_rate(alone, update) for update in range(length)]


def test_rows_that_no_window_uses_decay_as_in_both_stages(
    tiny_inputs: TrialInputs, tiny_checkpoint: Path, tmp_path: Path, configure: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {"updates": 5, "reports": 1, "weight_decay": 0.9, "warmup_share": 0.5}  # so that learning rates matter
    configuration = configure(**settings, mixture=mixture("contrastive", "then"))
    tables = []
    for trimmed in (True, False):
        if not trimmed:
            monkeypatch.setattr("xlingual.training.model.can_trim", lambda model: "as a comparison")
        train(configuration, tiny_inputs, tiny_checkpoint, tmp_path / str(trimmed))
        tables.append(load_encoder(tmp_path / str(trimmed) / "model", 0).get_input_embeddings().weight)  # type: ignore[operator]
    torch.testing.assert_close(tables[0], tables[1], rtol=1e-3, atol=1e-5)
    before = load_encoder(tiny_checkpoint, 0).get_input_embeddings().weight  # type: ignore[operator]
    unused = [row for row in range(len(before)) if row not in {0, *tiny_inputs.used_tokens(configuration.mixture)}]
    assert unused and not torch.allclose(tables[0][unused], before[unused], rtol=1e-3)
    torch.testing.assert_close(tables[0][unused], tables[1][unused], rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize("recipe", ["contrastive", "masked_language_model"])
def test_activation_checkpointing_changes_no_number(
    recipe: str, tiny_inputs: TrialInputs, mask_checkpoint: Path, tmp_path: Path, configure: Any
) -> None:
    configuration = configure(updates=4, reports=2, robust=NOISE, mixture=mixture(recipe))
    plain = train(configuration, tiny_inputs, mask_checkpoint, tmp_path / "plain")
    again = train(configuration, tiny_inputs, mask_checkpoint, tmp_path / "again", activation_checkpointing=True)
    for one, other in zip(again, plain, strict=True):
        assert one["loss"] == pytest.approx(other["loss"], rel=1e-6)


@pytest.mark.parametrize("recipe", ["contrastive", "masked_language_model"])
def test_rows_of_their_own_give_the_losses_of_one_row(
    recipe: str, tiny_inputs: TrialInputs, mask_checkpoint: Path, configure: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Like on GPUs: padded rows, one pass per micro-batch."""
    losses = {}
    for packed in (True, False):
        if not packed:
            monkeypatch.setattr("xlingual.families.batches.pack_windows", lambda *_: "not asked")
        tokens = 40 if packed else 10**6
        configuration = configure(
            mixture=mixture(recipe), micro_batch_tokens=tokens if recipe == "contrastive" else None
        )
        model, updater = started(configuration, tiny_inputs, mask_checkpoint)
        no_dropout(model)
        updater.update(0)
        losses[packed] = updater.take_losses()
    assert losses[True] == pytest.approx(losses[False], rel=1e-5)


@pytest.mark.parametrize("recipe", ["contrastive", "masked_language_model"])
def test_mixed_precision_trains_them_too(
    recipe: str, tiny_inputs: TrialInputs, mask_checkpoint: Path, configure: Any
) -> None:
    losses = {}
    for precision in ("fp32", "bf16"):
        model, updater = started(configure(precision=precision, mixture=mixture(recipe)), tiny_inputs, mask_checkpoint)
        no_dropout(model)
        losses[precision] = float(updater.update(0))
    assert losses["bf16"] != losses["fp32"]
    assert losses["bf16"] == pytest.approx(losses["fp32"], rel=0.02)
