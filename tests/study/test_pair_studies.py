"""Sections and recipes of a study follow the task of its headline test set."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from xlingual.errors import StudyFileError
from xlingual.study import PairSettings, WindowSettings, build_configuration, load_study
from xlingual.study.configuration import arm_space
from xlingual.study.recipes import RECIPES

PAIR_STUDY = """\
name: pairs_study
question: Does it help?
model: FacebookAI/xlm-roberta-base
data:
  {train: data/pawsx, dev: held-out-pairs, test: pawsx, faq: {source: PaDaS-Lab/webfaq}}
pairs: {max_length: 96}
training: {updates: 10, learning_rate: 2e-5}
arms:
  baseline: {baseline: true}
  webfaq: {mixture: {faq_share: 0.25, weights: {simplex: all}, recipe: {contrastive: {}}}}
search: {trials_per_arm: 4}
"""


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        (
            "pairs: {max_length: 96}",
            "windows: {max_length: 96, stride: 8}",
            6,
            "windows ... inputs of question answering, and PAWS-X has pairs of sentences; write pairs",
        ),
        (
            "dev: held-out-pairs, test: pawsx",
            "dev: held-out-articles, test: xquad",
            6,
            "pairs ... inputs of tasks on two sentences, and XQuAD has questions on contexts; write windows",
        ),
        (
            "{contrastive: {}}",
            "{passage: {}}",
            10,
            "recipe ... passage trains answers to questions, and PAWS-X has pairs of sentences; write recipe: "
            "{contrastive: {}} or {masked_language_model: {}}",
        ),
        (
            "{contrastive: {}}",
            "{generation: {}}",
            10,
            "recipe ... generation trains answers to questions, and PAWS-X has pairs of sentences; write recipe: "
            "{contrastive: {}} or {masked_language_model: {}}",
        ),
    ],
)
def test_what_no_study_of_the_task_reads_is_one_problem_at_its_line(
    one_problem: Any, old: str, new: str, line: int, said: str
) -> None:
    one_problem(PAIR_STUDY, (old, new), line=line, said=said)


def test_a_recipe_of_questions_that_is_named_alone_is_refused_for_both_mistakes(tmp_path: Path) -> None:
    path = tmp_path / "study.yaml"
    path.write_text(PAIR_STUDY.replace("recipe: {contrastive: {}}", "recipe: passage"))
    with pytest.raises(StudyFileError) as refused:
        load_study(path)
    shape, task = (problem.message for problem in refused.value.problems)
    assert "must be a mapping" in shape
    assert "recipe: passage trains answers to questions, and PAWS-X has pairs of sentences; write recipe: {" in task


def test_a_mixture_without_a_recipe_says_which_one_would_be_taken(one_problem: Any) -> None:
    change = (", recipe: {contrastive: {}}", "")
    one_problem(PAIR_STUDY, change, line=10, said="passage, which is taken where no recipe is named, trains answers")


@pytest.mark.parametrize("recipe", [name for name, kind in RECIPES.items() if kind.beside_pairs])
def test_trials_of_pairs_record_their_lengths_under_their_key(tmp_path: Path, recipe: str) -> None:
    path = tmp_path / "study.yaml"
    path.write_text(PAIR_STUDY.replace("contrastive", recipe))
    study = load_study(path)
    assert study.encoder_lengths == study.lengths.pairs == PairSettings(max_length=96)
    sources = dict.fromkeys(("model", "train", "dev"), "0" * 16)
    made = build_configuration(study, "baseline", arm_space(study, "baseline"), 0, sources)
    assert made.canonical()["pairs"] == {"max_length": 96} and not {"windows", "text_to_text"} & made.canonical().keys()
    assert made.lengths.answers == "label" and made.lengths.longest_answer is None
    assert made.lengths.in_words == "pairs of at most 96 tokens"


def test_a_study_of_questions_reads_windows(tmp_path: Path) -> None:
    written = yaml.safe_load(PAIR_STUDY)
    written["data"] |= {"train": "rajpurkar/squad", "dev": "held-out-articles", "test": "xquad"}
    del written["pairs"]
    path = tmp_path / "study.yaml"
    path.write_text(yaml.safe_dump(written))
    assert load_study(path).encoder_lengths == WindowSettings()


def test_a_published_recipe_with_copies_and_the_same_matched_in_updates_are_two_study_files(tmp_path: Path) -> None:
    """RS-DA, arXiv 2104.08645: 10 copies of each pair over 3 epochs are ten times the updates of the baseline."""
    written = yaml.safe_load(PAIR_STUDY)
    written["data"] = written["data"] | {"synonyms": "synonyms.json"}
    del written["data"]["faq"]
    (tmp_path / "synonyms.json").write_text("{}")
    released = {"robust": {"word_substitution": {"copies": 10}}, "training": {"updates": 100}}
    written["arms"] = {"baseline": {"baseline": True}, "rs_da": released}
    written["search"] = {"trials_per_arm": 1, "equal": "nothing"}
    path = tmp_path / "released.yaml"
    path.write_text(yaml.safe_dump(written))
    study = load_study(path)
    updates = {arm: arm_space(study, arm)["training"]["updates"] for arm in study.arms}
    assert updates == {"baseline": 10, "rs_da": 100}
    del released["training"]
    written["search"]["equal"] = "updates"
    path.write_text(yaml.safe_dump(written))
    matched = load_study(path)
    assert {arm_space(matched, arm)["training"]["updates"] for arm in matched.arms} == {10}
