"""Cards of models on sentence pairs: their code gives the labels that are recorded."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import torch
from tiny_encoders import write_bert, write_xlm_roberta
from tiny_pairs import TASK, pairs
from tiny_text_to_text import write_text_to_text

from xlingual.export.export import export_model
from xlingual.export.model_card import CARD, model_card
from xlingual.families import Checkpoint, ScoringSet
from xlingual.study import Lengths, PairSettings, TextToTextSettings, TrialConfiguration
from xlingual.tasks.pawsx import PAWSX

PAIRS = PairSettings(max_length=16)
TEXTS = TextToTextSettings(max_input_tokens=48, max_target_tokens=12, max_answer_tokens=4)


REPORTS = [{"updates": 6, "objective": 62.5, "accuracy": 62.5}]


def configuration(lengths: Lengths) -> TrialConfiguration:
    sources = {"model": "m0", "train": "t0", "dev": "d0"}
    training = {"updates": 6, "learning_rate": 0.001}
    return TrialConfiguration.model_validate({"sources": sources, **lengths.tree, "training": training, "seed": 1001})


def code_of(card: str) -> str:
    (code,) = re.findall(r"```python\n(.*?)```", card, flags=re.DOTALL)
    return str(code)


@pytest.mark.parametrize("kind", ["bert", "xlm_roberta", "text_to_text"])
def test_the_code_of_a_pair_models_card_gives_the_labels_that_are_recorded(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "source"
    if kind == "text_to_text":
        write_text_to_text(source)
    else:
        (write_bert if kind == "bert" else write_xlm_roberta)(source, [])
    made = configuration(TEXTS if kind == "text_to_text" else PAIRS)
    checkpoint = Checkpoint.at(source, TASK)
    model = checkpoint.load(3)
    noise = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.3 * torch.randn(parameter.shape, generator=noise))  # so that answers differ more
    if kind != "text_to_text":
        balance(model, checkpoint)
    export_model(model, checkpoint, tmp_path / "model", made, REPORTS)
    predictions = recorded(tmp_path / "model", made.lengths)
    assert len(set(predictions)) > 1
    monkeypatch.chdir(tmp_path / "model")
    card, names = Path(CARD).read_text(), dict[str, Any]()
    exec(compile(code_of(card), CARD, "exec"), names)
    assert capsys.readouterr().out.endswith("\n")
    assert [names["answer"](one.first, one.second) for one in pairs(30)] == predictions


def balance(model: Any, checkpoint: Checkpoint) -> None:
    """Shift the head's last bias so that half of the pairs get each label."""
    inputs = checkpoint.family.inputs(checkpoint.tokenizer, pairs(30), PAIRS, targets=False)
    batch = checkpoint.family.batcher(model.eval(), 0, torch.device("cpu"), packs=False)(
        [(inputs, i) for i in range(30)]
    )
    with torch.no_grad():
        logits = model(**batch.inputs).logits
        (bias,) = [value for value in model.parameters() if value.shape == (2,)]
        bias[0] -= (logits[:, 0] - logits[:, 1]).quantile(0.5)  # between two pairs: none has a tie


def recorded(directory: Path, lengths: Any) -> list[str]:
    """Predictions as made when scoring a checkpoint."""
    checkpoint, asked = Checkpoint.at(directory, TASK), pairs(30)
    model, family = checkpoint.load(0, trained_head=True), checkpoint.family
    batcher = family.batcher(model, int(checkpoint.tokenizer.pad_token_id), torch.device("cpu"))
    inputs = family.inputs(checkpoint.tokenizer, asked, lengths, targets=False)
    found = family.answers(model, {"en": ScoringSet(asked, inputs)}, batcher, lengths)
    return [row["prediction"] for row in TASK.rows(asked, found["en"], family.row_extras)]


def test_a_card_says_what_its_model_does() -> None:
    encoder, writer = (model_card(configuration(lengths), REPORTS, task=TASK) for lengths in (PAIRS, TEXTS))
    assert "A paraphrase identification model that tells the labels of sentence pairs apart." in encoder
    assert "pipeline_tag: text-classification" in encoder and "Pairs of sentences in " in encoder
    assert "A paraphrase identification model that writes the word of a sentence pair's label." in writer
    assert "| `pairs.max_length` | 16 |" in encoder and "pairs each by" in encoder
    assert "| `accuracy` | 62.5 |" in encoder and "f1" not in encoder


def test_a_card_says_what_a_number_for_a_label_means() -> None:
    assert '# "0" is different_meaning, "1" is paraphrase' in model_card(configuration(PAIRS), REPORTS, task=PAWSX)
    assert '# "' not in model_card(configuration(PAIRS), REPORTS, task=TASK)
