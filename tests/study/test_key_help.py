"""`xlingual schema --field`: one key explained."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from xlingual.errors import XlingualError
from xlingual.study.key_help import explained
from xlingual.study.keys import parts
from xlingual.study.syntax import parse

Call = Callable[..., Any]
ROOT = Path(__file__).resolve().parents[2]


def test_a_key_has_its_range_default_meaning_and_an_example(
    call: Call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert call("schema", "--field", "training.warmup_share").output == (
        "training.warmup_share\n"
        "  takes          a number from 0 to below 1\n"
        "  default        0.1\n"
        "  search spaces  uniform, log_uniform, log_normal, choice\n"
        "\n"
        "  `learning_rate` is the peak: it rises linearly over `warmup_share` of the updates, then follows\n"
        "  `decay`.\n"
        "\n"
        "  training:\n"
        "    warmup_share: 0.1\n"
        "    warmup_share: {uniform: [LOW, HIGH]}    # searched\n"
        "    warmup_share: {log_uniform: [LOW, HIGH]}    # searched\n"
    )


def test_the_same_as_json_names_studies_and_sources(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    (found,) = json.loads(call("schema", "--field", "arms.noisy.robust.adversarial.step_size", "--json").output)
    assert (found["key"], found["required"]) == ("arms.NAME.robust.adversarial.step_size", True)
    assert "arXiv 1909.11764" in found["sources"] and "root mean square" in found["about"]
    assert found["used_in"] == ["studies/robust_xlmr_base.yaml", "studies/toy_noise_magnitude.yaml"]
    assert found["search_spaces"] == ["uniform", "log_uniform", "log_normal", "choice"]


@pytest.mark.parametrize(
    ("pattern", "paths"),
    [
        ("arms.NAME.robust.*.magnitude", ["embedding_noise.magnitude", "consistency.magnitude"]),
        ("arms.webfaq.robust.averaging.*", ["averaging.kind", "averaging.checkpoints", "averaging.decay"]),
        ("arms.x.robust.choice.noisy.embedding_noise.magnitude", ["embedding_noise.magnitude"]),
    ],
)
def test_stars_names_and_options_of_a_choice_are_seen_through(pattern: str, paths: list[str]) -> None:
    assert [one.path for one in explained(pattern)] == [f"arms.NAME.robust.{path}" for path in paths]


def test_a_section_has_its_keys() -> None:
    (found,) = explained("windows")
    assert found.keys == ("max_length", "stride", "max_answer_tokens")
    assert "  keys           max_length, stride, max_answer_tokens" in found.in_words()


@pytest.mark.parametrize(
    "pattern", ["training.learning_rat", "learning_rate", "data.test.sorce", "robust.averaging", "zzz", "data.*.zzz"]
)
def test_a_misspelt_key_has_near_ones(pattern: str, by_letter: Callable[..., None]) -> None:
    with pytest.raises(XlingualError) as refused:
        explained(pattern)
    by_letter(str(refused.value), pattern)


def test_every_key_can_be_explained_and_its_example_is_yaml() -> None:
    every = [part.of(key) for part in parts() for key in part.keys]
    assert len(every) > 150
    by_star = {one.path: one for one in explained("*")}
    assert set(by_star) == set(every)
    for path, found in by_star.items():
        assert found.about, path
        lines = [line for line in found.example if not line.endswith("# searched")]
        value = parse("\n".join(lines).replace("{...}", "{}")).value
        for step in path.split("."):
            value = value[step] if step in value else pytest.fail(f"{path}: {found.example}")
