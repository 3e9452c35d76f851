"""A head for masked tokens on an existing encoder of any family."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoConfig, AutoModelForMaskedLM, AutoModelForQuestionAnswering
from transformers.models.bert.modeling_bert import BertOnlyMLMHead

from xlingual.errors import ModelError
from xlingual.models.encoder import quiet_transformers
from xlingual.models.masked_language_model import base_encoder, load_masked_language_model_head
from xlingual.models.vocabulary import REVIEWED

SIZES = {
    "vocab_size": 60,
    "hidden_size": 16,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "max_position_embeddings": 40,
    "embedding_size": 16,
    "pad_token_id": 1,
    "bos_token_id": 0,
    "eos_token_id": 2,
    "cls_token_id": 0,
    "sep_token_id": 2,
}


def write(directory: Path, family: str, kind: Any) -> Any:
    torch.manual_seed(0)
    with quiet_transformers():
        model = kind.from_config(AutoConfig.for_model(family, **SIZES))
        for parameter in model.parameters():
            torch.nn.init.normal_(parameter, std=0.3)
        model.save_pretrained(directory)
    return model.eval()


@pytest.mark.parametrize("family", [family for family in REVIEWED if family != "jina_embeddings_v3"])
def test_logits_are_those_of_the_checkpoints_own_model_at_the_places_asked(family: str, tmp_path: Path) -> None:
    whole = write(tmp_path, family, AutoModelForMaskedLM)
    with quiet_transformers():
        encoder = AutoModelForQuestionAnswering.from_pretrained(tmp_path).eval()
    head = load_masked_language_model_head(tmp_path, encoder, seed=0).eval()
    ids = torch.arange(3, 12)[None]
    places = torch.tensor([2, 5])
    with torch.inference_mode():
        found = head(base_encoder(encoder)(input_ids=ids)[0][0, places])
        expected = whole(input_ids=ids).logits[0, places]
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)
    assert head.model.get_output_embeddings().weight is encoder.get_input_embeddings().weight  # type: ignore[operator, union-attr]


def test_weights_that_the_checkpoint_lacks_follow_from_the_seed(tiny_checkpoint: Path) -> None:
    with quiet_transformers():
        encoder = AutoModelForQuestionAnswering.from_pretrained(tiny_checkpoint)
    torch.manual_seed(5)
    before = torch.get_rng_state()
    dense = [
        load_masked_language_model_head(tiny_checkpoint, encoder, seed).state_dict()[
            "model.cls.predictions.transform.dense.weight"
        ]
        for seed in (1, 1, 2)
    ]
    assert torch.equal(dense[0], dense[1]) and not torch.equal(dense[0], dense[2])
    assert torch.equal(torch.get_rng_state(), before)


def test_a_family_without_such_a_head_is_refused_by_name(tmp_path: Path) -> None:
    encoder = write(tmp_path, "splinter", AutoModelForQuestionAnswering)
    with pytest.raises(ModelError, match=r"masked_language_model cannot train a splinter model \(no masked-.*; write"):
        load_masked_language_model_head(tmp_path, encoder, seed=0)


def test_a_head_that_looks_at_the_whole_text_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is only used at masked places, where it would give other logits than in its own model."""
    plain = BertOnlyMLMHead.forward
    monkeypatch.setattr(BertOnlyMLMHead, "forward", lambda self, states: plain(self, states - states.mean(1, True)))
    write(tmp_path, "bert", AutoModelForMaskedLM)
    with quiet_transformers():
        encoder = AutoModelForQuestionAnswering.from_pretrained(tmp_path)
    with pytest.raises(ModelError, match="its head needs more than hidden states"):
        load_masked_language_model_head(tmp_path, encoder, seed=0)
