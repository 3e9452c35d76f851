"""Model cards: the front matter parses, the code reproduces the recorded predictions, the data is named."""

from __future__ import annotations

import json
import re
import shutil
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from huggingface_hub import ModelCard
from tiny_encoders import XLM_ROBERTA, write_xlm_roberta
from tiny_task import questions
from tiny_text_to_text import write_byte_to_byte, write_text_to_text
from transformers import GenerationConfig

from xlingual.data.examples import Example
from xlingual.export.export import export_model
from xlingual.export.model_card import CARD, complete_model_card, model_card
from xlingual.export.origin import Origin, ScoredSet, origin_of
from xlingual.families import Checkpoint, ScoringSet, family_of
from xlingual.models.checkpoint_directory import checkpoint_fingerprint
from xlingual.preparation.inputs import Locations
from xlingual.records.files import read_json, write_json, write_lines
from xlingual.records.layout import TrialDirectory
from xlingual.study import TrialConfiguration, load_study
from xlingual.study.benchmarks import BENCHMARKS
from xlingual.study.searches import ArmSearch
from xlingual.tasks.question_answering import answer_rows

QUICKSTART = Path(__file__).resolve().parents[2] / "studies" / "quickstart.yaml"
WINDOWS = {"windows": {"max_length": 24, "stride": 6, "max_answer_tokens": 4}}
TEXTS = {"text_to_text": {"max_input_tokens": 20, "max_target_tokens": 8, "max_answer_tokens": 6}}
BYTES = {"text_to_text": {"max_input_tokens": 70, "max_target_tokens": 20, "max_answer_tokens": 12}}
REPORTS = [
    {"updates": 3, "objective": 10.0, "f1": 10.0, "exact_match": 5.0},
    {"updates": 6, "objective": 41.25, "f1": 42.5, "exact_match": 20.0, "webfaq_dev": {"mean_f1": 40.0, "f1": {}}},
]
SCORES = {
    "en": {"f1": 80.0, "exact_match": 70.0, "questions": 1190},
    "de": {"f1": 60.0, "exact_match": 40.0, "questions": 1190},
    "el": {"f1": 50.0, "exact_match": 30.0, "questions": 1190},
}


def configuration(lengths: dict[str, Any], **more: Any) -> TrialConfiguration:
    sources = {"model": "m0", "train": "t0", "dev": "d0", **more.pop("sources", {})}
    training = {"updates": 6, "learning_rate": 0.001, **more.pop("training", {})}
    return TrialConfiguration.model_validate(
        {"sources": sources, **lengths, "training": training, "seed": 1001, **more}
    )


def on_xquad(scores: dict[str, dict[str, float]], paragraphs: int | None = None) -> ScoredSet:
    return ScoredSet(BENCHMARKS["xquad"], scores, paragraphs)


def long_examples() -> list[Example]:
    """Questions with the contexts of three others combined, too long for one window."""
    plain = questions(12)
    contexts = [
        " ".join(one.context for one in (plain[i], plain[(i + 5) % 12], plain[(i + 7) % 12])) for i in range(12)
    ]
    return [
        Example(one.id, one.question, context, one.answers, one.answer_starts, "en", "", one.id)
        for one, context in zip(plain, contexts, strict=True)
    ]


def recorded(directory: Path, made: TrialConfiguration, examples: list[Example]) -> list[str]:
    """Predictions as made when scoring a checkpoint."""
    family = family_of(directory)
    model, tokenizer = family.load(directory, 0, trained_head=True), family.tokenizer(directory)
    batcher = family.batcher(model, int(tokenizer.pad_token_id), torch.device("cpu"))
    inputs = family.inputs(tokenizer, examples, made.lengths, targets=False)
    found = family.answers(model, {"en": ScoringSet(tuple(examples), inputs)}, batcher, made.lengths)
    return [row["prediction"] for row in answer_rows(examples, found["en"])]


def code_of(card: str) -> str:
    (code,) = re.findall(r"```python\n(.*?)```", card, flags=re.DOTALL)
    return code


def told(directory: Path, file: str, **settings: Any) -> Path:
    """A checkpoint with a changed file."""
    path = directory / file
    path.write_text(json.dumps(json.loads(path.read_text()) | settings))
    return directory


def write_padded_by(directory: Path, id_of_padding: int) -> Path:
    """An XLM-R whose config.json and tokenizer have different padding ids."""
    write_xlm_roberta(directory, [])
    return told(directory, "config.json", pad_token_id=id_of_padding)


def write_typed(directory: Path) -> Path:
    """An XLM-R (one token type) with a tokenizer that uses two for questions and contexts."""
    write_xlm_roberta(directory, [])
    layout = json.loads((directory / "tokenizer.json").read_text())
    for part in layout["post_processor"]["pair"][-2:]:
        next(iter(part.values()))["type_id"] = 1
    (directory / "tokenizer.json").write_text(json.dumps(layout))
    return told(directory, "tokenizer_config.json", model_input_names=["input_ids", "token_type_ids", "attention_mask"])


def write_padded_left(directory: Path, source: Path) -> Path:
    return told(Path(shutil.copytree(source, directory)), "tokenizer_config.json", padding_side="left")


@pytest.mark.parametrize(
    "kind",
    [
        "extractive",
        "padded_by_first",
        "padded_left",
        "typed",
        "text_to_text",
        "texts_padded_by_a_word",
        "sentinels",
        "bytes",
    ],
)
def test_the_code_of_a_card_gives_the_predictions_that_are_recorded(
    kind: str,
    tiny_checkpoint: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    source, lengths = {
        "extractive": lambda: (tiny_checkpoint, WINDOWS),
        "padded_by_first": lambda: (write_padded_by(tmp_path / "source", XLM_ROBERTA.index("<s>")), WINDOWS),
        "typed": lambda: (write_typed(tmp_path / "source"), WINDOWS),
        "padded_left": lambda: (write_padded_left(tmp_path / "source", tiny_checkpoint), WINDOWS),
        "text_to_text": lambda: (write_text_to_text(tmp_path / "source"), TEXTS),
        "texts_padded_by_a_word": lambda: (
            told(write_text_to_text(tmp_path / "source"), "config.json", pad_token_id=5),
            TEXTS,
        ),
        "sentinels": lambda: (write_text_to_text(tmp_path / "source", sentinels=150), TEXTS),
        "bytes": lambda: (write_byte_to_byte(tmp_path / "source"), BYTES),
    }[kind]()
    if kind == "text_to_text":  # plain `generate` would use it by default if it were exported
        GenerationConfig(repetition_penalty=3.0, no_repeat_ngram_size=1, min_new_tokens=3).save_pretrained(source)
    made = configuration(lengths)
    model = family_of(source).load(source, 3)
    noise = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.3 * torch.randn(parameter.shape, generator=noise))  # so that answers differ more
    target = tmp_path / "model"
    export_model(model, Checkpoint.at(source), target, made, REPORTS)
    distinct = sum(one.numel() for one in model.parameters())
    assert read_json(target / "xlingual.json")["parameters"] == distinct > 0
    examples = long_examples()
    predictions = recorded(target, made, examples)
    assert len(set(predictions)) > 3
    monkeypatch.chdir(target)
    names: dict[str, Any] = {}
    exec(compile(code_of(Path(CARD).read_text()), CARD, "exec"), names)
    assert capsys.readouterr().out.endswith("\n")
    assert [names["answer"](one.question, one.context) for one in examples] == predictions


def test_all_files_of_a_model_may_be_read_by_those_whom_the_umask_admits(
    tiny_checkpoint: Path, tmp_path: Path, umask: int
) -> None:
    target = tmp_path / "model"
    export_model(
        family_of(tiny_checkpoint).load(tiny_checkpoint, 0),
        Checkpoint.at(tiny_checkpoint),
        target,
        configuration(WINDOWS),
    )
    found = {path.name: stat.S_IMODE(path.stat().st_mode) for path in target.iterdir()}
    assert {"model.safetensors", "tokenizer.json"} <= found.keys()
    assert found == dict.fromkeys(found, 0o666 & ~umask)


def test_a_card_is_no_part_of_a_checkpoints_identity(tiny_checkpoint: Path, tmp_path: Path) -> None:
    target = tmp_path / "model"
    export_model(
        family_of(tiny_checkpoint).load(tiny_checkpoint, 0),
        Checkpoint.at(tiny_checkpoint),
        target,
        configuration(WINDOWS),
    )
    with_card = checkpoint_fingerprint(target)
    (target / CARD).unlink()
    assert checkpoint_fingerprint(target) == with_card


def test_a_card_says_all_data_with_its_languages_and_fingerprints() -> None:
    mixture = {"faq_share": 0.25, "weights": {"de": 0.75, "ro": 0.25}, "recipe": {"passage": {}}}
    robust = {"code_switch": {"rate": 0.3, "languages": ["el"]}}
    made = configuration(WINDOWS, mixture=mixture, robust=robust, sources={"faq": "f0", "dictionary of el": "x0"})
    origin = Origin(
        "mix",
        "Does it\n  help?",
        "both",
        names={"model": "owner/encoder@main", "train": "rajpurkar/squad", "faq": "pages", "dev": "held-out-articles"},
        hub=frozenset({"model", "train"}),
        licences={"train": "CC BY-SA 4.0"},
    )
    text = model_card(made, REPORTS, origin)
    data = ModelCard(text).data.to_dict()
    assert data["base_model"] == "owner/encoder" and data["datasets"] == ["rajpurkar/squad"]
    assert data["language"] == ["en", "de", "el", "ro"] and data["library_name"] == "transformers"
    assert data["metrics"] == ["f1", "exact_match"] and "license" not in data
    assert "# mix: arm both, seed 1001" in text and "Does it help?" in text
    for line in (
        "| `pages` |  | `f0` |",
        "| `rajpurkar/squad` | CC BY-SA 4.0 | `t0` |",
        "| dictionary of el |  |  | `x0` |",
        "The licence of this model is for its author to choose",
    ):
        assert line in text
    assert "English (en), German (de), Greek (el), Romanian (ro)" in text
    assert "25% of the examples come from FAQ pages (passage), split over de 75%, ro 25%" in text
    assert "Robust training: code switch" in text and "| `robust.code_switch.rate` | 0.3 |" in text
    assert "| `objective` | 41.2 |" in text and "| `webfaq_dev.mean_f1` | 40.0 |" in text
    assert "Not scored yet." in text and "TOY" not in text


def test_a_card_without_a_study_names_no_folder_of_this_machine(tiny_checkpoint: Path, tmp_path: Path) -> None:
    target = tmp_path / "model"
    export_model(
        family_of(tiny_checkpoint).load(tiny_checkpoint, 0),
        Checkpoint.at(tiny_checkpoint),
        target,
        configuration(WINDOWS),
    )
    text = (target / CARD).read_text()
    assert "base_model" not in ModelCard(text).data.to_dict()
    assert str(tmp_path) not in text and str(tiny_checkpoint.parent) not in text
    assert "by AdamW" in text and "falls linearly to zero" in text


def test_text_to_text_is_said_in_its_own_words() -> None:
    text = model_card(configuration(TEXTS, training={"optimizer": "adafactor", "decay": "constant"}))
    assert "writes its answers" in text and "inputs each by Adafactor" in text and "then stays there" in text


def test_the_test_stage_completes_a_card(tiny_checkpoint: Path, tmp_path: Path) -> None:
    made = configuration(WINDOWS)
    directory = TrialDirectory(tmp_path / made.fingerprint)
    write_json(directory.configuration, {"fingerprint": made.fingerprint, **made.canonical()})
    write_lines(directory.reports, REPORTS)
    origin = Origin("mix", "Why?", "plain", toy=True, oracle=True, tests=(on_xquad(SCORES, 24),))
    complete_model_card(directory, origin)  # without a model, nothing is done
    assert not directory.model.exists()
    export_model(
        family_of(tiny_checkpoint).load(tiny_checkpoint, 0), Checkpoint.at(tiny_checkpoint), directory.model, made
    )
    assert "Not scored yet." in (directory.model / CARD).read_text()
    complete_model_card(directory, origin)
    text = (directory.model / CARD).read_text()
    assert "| German (de) | 1190 | 40.0 | 60.0 |" in text
    assert "| mean of 2 non-English, without Romanian |  | 35.0 | 55.0 |" in text
    assert "**TOY WORLD.**" in text and "**ORACLE.**" in text and "Only 24 paragraphs" in text
    assert "After 6 updates" in text


def test_a_card_says_how_many_written_answers_are_illegal() -> None:
    shares = {"illegal": 12.0, "normalised": 2.0, "accidental_translation": 4.0}
    scores = {code: {**one, **shares} for code, one in SCORES.items()} | {"ro": {**SCORES["de"], **shares}}
    origin = Origin("mix", "Why?", "plain", toy=False, oracle=False, tests=(on_xquad(scores),))
    text = model_card(configuration(TEXTS), origin=origin)
    assert "| German (de) | 1190 | 40.0 | 60.0 | 12.0 | 2.0 | 4.0 |" in text
    assert "| mean of 3 non-English, with Romanian |" in text and "character for character" in text
    assert "illegal" not in model_card(configuration(WINDOWS), origin=replace(origin, tests=(on_xquad(SCORES),)))


def test_a_card_says_what_share_of_written_answers_held_sentinels() -> None:
    scores = {**SCORES, "de": {**SCORES["de"], "sentinels": 12.5}}
    text = model_card(configuration(TEXTS), origin=Origin("mix", "Why?", "plain", tests=(on_xquad(scores),)))
    assert "Answers held sentinels (<extra_id_0> and the like), which were left out: de 12.5%; the model looks" in text
    assert "Answers held" not in model_card(
        configuration(TEXTS), origin=Origin("mix", "Why?", "plain", tests=(on_xquad(SCORES),))
    )


def test_a_card_has_every_test_set_the_source_language_and_pairs_of_languages() -> None:
    accuracy = {key: {"accuracy": 80.0 + n, "questions": 2000} for n, key in enumerate(("en", "de", "ja", "en-de"))}
    tests = (on_xquad(SCORES), ScoredSet(BENCHMARKS["pawsx"], accuracy))
    text = model_card(configuration(WINDOWS), origin=Origin("mix", "Why?", "plain", tests=tests, source="de"))
    assert text.index("XQuAD, in percent") < text.index("PAWS-X, in percent; accuracy of the labels")
    assert "| mean of 2 non-German, without Romanian |  | 50.0 | 65.0 |" in text
    assert "| language | pairs | accuracy |" in text and "| German (de) | 2000 | 81.0 |" in text
    assert "| mean of 2 non-German |  | 81.0 |" in text and "| mean over pairs of two languages (1) |  | 83.0 |" in text
    assert ModelCard(text).data.to_dict()["language"] == ["de"] and "in German alone" in text
    assert "English" not in text.split("## Training")[1].split("## Scores on the test set")[0]


def test_a_card_lists_character_f1_where_a_language_has_it() -> None:
    scores = {**SCORES, "zh": {**SCORES["de"], "character_f1": 61.2}}
    origin = Origin("mix", "Why?", "plain", toy=False, oracle=False, tests=(on_xquad(scores),))
    lines = model_card(configuration(WINDOWS), origin=origin).splitlines()
    header = next(line for line in lines if line.startswith("| language"))
    assert [cell.strip() for cell in header.split("|")][1:-1] == [
        "language", "questions", "exact match", "F1", "character F1"
    ]  # fmt: skip
    last = {line.split("|")[1].strip(): line.split("|")[-2].strip() for line in lines if line.startswith("| ")}
    assert (last["Chinese (zh)"], last["German (de)"]) == ("61.2", "")
    assert next(cell for name, cell in last.items() if name.startswith("mean of 3")) == ""
    assert "not the official F1" in "\n".join(lines)
    assert "haracter F1" not in model_card(configuration(WINDOWS), origin=replace(origin, tests=(on_xquad(SCORES),)))


def test_a_model_of_a_toy_world_says_so_before_its_study_does(tiny_checkpoint: Path, tmp_path: Path) -> None:
    import shutil

    source = shutil.copytree(tiny_checkpoint, tmp_path / "toy_worlds" / "model")
    export_model(family_of(source).load(source, 0), Checkpoint.at(source), tmp_path / "model", configuration(WINDOWS))
    assert "**TOY WORLD.**" in (tmp_path / "model" / CARD).read_text()


@pytest.mark.parametrize(
    ("replicates", "search", "chosen"),
    [
        ("{searches: 4}", ArmSearch("webfaq", 3), "what search 3 of 4 found best in 2 trials"),
        (
            "{searches: 1}",
            ArmSearch("webfaq"),
            "what the arm's only search found best in 8 trials",
        ),
    ],
)
def test_a_card_says_which_search_chose(replicates: str, search: ArmSearch, chosen: str) -> None:
    study = load_study(QUICKSTART, [f"replicates={replicates}"])
    places = Locations("toy", "toy", "toy", "toy", dict.fromkeys(study.arms, "toy"))
    origin = origin_of(study, places, search, {"xquad": SCORES})
    assert f"Its configuration is {chosen}, by dev.f1." in model_card(configuration(WINDOWS), origin=origin)


def test_a_card_of_an_arm_that_searched_nothing_speaks_of_no_search() -> None:
    study = load_study(QUICKSTART, ["training.learning_rate=0.003"])
    origin = origin_of(
        study, Locations("toy", "toy", "toy", "toy", {"baseline": "toy"}), ArmSearch("baseline"), {"xquad": SCORES}
    )
    assert origin.chosen == "" and "found best" not in model_card(configuration(WINDOWS), origin=origin)


def test_licences_are_those_of_what_is_published_not_of_folders_with_such_a_name() -> None:
    published = {"model": "xlm-roberta-base@abc", "train": "rajpurkar/squad", "faq": "PaDaS-Lab/webfaq"}
    study = load_study(QUICKSTART.with_name("webfaq_mix.yaml"), ["model=xlm-roberta-base@abc", "data.dev=squad"])
    models = dict.fromkeys(study.arms, published["model"])
    places = Locations(published["train"], "/data/squad", {"xquad": "google/xquad"}, published["faq"], models)
    origin = origin_of(study, places, ArmSearch("xlmr_webfaq"), {})
    faq = "CC BY 4.0; the texts belong to their sites"
    assert origin.licences == {"model": "MIT", "train": "CC BY-SA 4.0", "faq": faq, "webfaq_dev": faq}
