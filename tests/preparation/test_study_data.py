"""What a study loads: FAQ rows after filters, split and recipes; nothing of the test set."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import tiny_task
import yaml

from xlingual.data.examples import content_fingerprint
from xlingual.data.faq.rows import FaqRow
from xlingual.data.recipes.passage import PassageRecipe
from xlingual.errors import DataError
from xlingual.families import Checkpoint
from xlingual.preparation.faq_sources import FORMAT, PassageExamples, RowPairs
from xlingual.preparation.inputs import StudyData, load_study_data, locate, trial_inputs
from xlingual.preparation.mixture_check import check_mixtures
from xlingual.records import journal
from xlingual.records.layout import StudyDirectory
from xlingual.search.study_guard import check_sources, loaded_lines, write_contamination
from xlingual.study import PassageSettings, Study, load_study

PLANTED = "Sixteen letters tell little, yet a whole paragraph of the test set tells a model what it will be asked. " * 2
PASSAGES = {"span": "answer", "answers": 3, "min_passage_characters": 1}
LANGUAGES = ("de", "es")

GOLDEN = [(6, "72e4832fa37a9ac6"), (6, "fa867948207453dc")]

Load = Callable[..., tuple[Study, StudyData]]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The tiny task's data, with FAQ pages of four hosts in two languages, three of them in both."""
    tiny_task.write_data(tmp_path / "data")
    for code, hosts in (("deu", "abcd"), ("spa", "abce")):
        rows = [
            {
                "origin": f"{host}.example",
                "url": f"https://{host}.example/{n // 6}",
                "question": f"{question.question} of {host} {n}",
                "answer": f"{host} {code} {n} {tiny_task.COLOURS[n % 5]}",
            }
            for host in hosts
            for n, question in enumerate(tiny_task.questions(18))
        ]
        write_rows(tmp_path / "data" / "faq" / f"{code}.jsonl", rows)
    return tmp_path / "data"


@pytest.fixture
def load(data: Path, tmp_path: Path, tiny_checkpoint: Path) -> Load:
    """Load the data of a study; keyword arguments set the mixture of its second arm, or whole sections."""

    def load_one(mixture: Any = None, faq: Any = None, **sections: Any) -> tuple[Study, StudyData]:
        settings = {"source": str(data / "faq"), "languages": list(LANGUAGES), "rows_per_language": 72}
        settings |= {"filters": "off", "passages": PASSAGES} | (faq or {})
        test = {"source": str(data / "xquad"), "languages": ["en", *LANGUAGES]}
        definition = {
            "name": "loaded",
            "question": "What is loaded?",
            "model": str(tiny_checkpoint),
            "data": {"train": str(data / "train.json"), "test": test, "faq": settings},
            "windows": {"max_length": 48, "stride": 8, "max_answer_tokens": 3},
            "training": {"updates": 4, "batch_size": 8, "micro_batch_size": 4, "learning_rate": 0.001, "reports": 1},
            "arms": {
                "plain": {"baseline": True},
                "faq": {"mixture": {"faq_share": 0.5, "temperature": 1.0} | (mixture or {})},
            },
            "search": {"trials_per_arm": 4},
        }
        path = tmp_path / "study.yaml"
        path.write_text(yaml.safe_dump(definition | sections, sort_keys=False))
        study = load_study(path)
        return study, load_study_data(study, locate(study, tmp_path), tmp_path / "faq")

    return load_one


def write_rows(path: Path, rows: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def read_rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def passages(data: StudyData) -> dict[str, PassageExamples]:
    (made,) = data.faq.training.values()
    assert all(isinstance(one, PassageExamples) for one in made.values())
    return dict(made)  # type: ignore[arg-type]


def hosts(data: StudyData) -> set[str]:
    return {example.title for one in passages(data).values() for example in one.examples}


def texts(source: Any) -> Iterator[tuple[str, str]]:
    assert isinstance(source, RowPairs)
    return ((text.question, text.answer) for text in source.texts)


def test_every_row_becomes_an_example_and_is_counted(load: Load, tiny_checkpoint: Path) -> None:
    study, data = load()
    inputs = trial_inputs(Checkpoint.at(tiny_checkpoint), study, data)
    (variant,) = data.faq.training
    assert {language: len(windows) for language, windows in inputs.faq[variant].items()} == {"de": 72, "es": 72}
    assert data.sources()[variant]["counts"]["kept"] == 144
    assert data.sources()["faq rows of de"]["counts"]["kept"] == 72
    assert data.contaminated == () and data.faq.development == {}


def test_what_is_loaded_has_the_same_fingerprint_again(load: Load) -> None:
    one, other = (load(search={"trials_per_arm": 4, "seed": seed})[1].sources() for seed in (0, 0))
    assert {name: source["fingerprint"] for name, source in one.items()} == {
        name: source["fingerprint"] for name, source in other.items()
    }
    changed = load(search={"trials_per_arm": 4, "seed": 1})[1].sources()
    (variant,) = (name for name in one if name.startswith("passage-"))
    assert changed[variant]["fingerprint"] != one[variant]["fingerprint"]
    assert changed["faq rows of de"]["fingerprint"] == one["faq rows of de"]["fingerprint"]


def test_held_out_hosts_are_scored_and_never_trained_on(load: Load) -> None:
    search = {"trials_per_arm": 4, "objective": {"dev.f1": 1, "webfaq_dev.mean_f1": 1}}
    study, data = load(faq={"held_out": 0.25, "dev_questions": 10}, search=search)
    held = {example.title for part in data.faq.development.values() for example in part.examples}
    assert held and hosts(data) and not held & hosts(data)
    assert {language: len(part) for language, part in data.development["webfaq_dev"].items()} == {"de": 10, "es": 10}
    assert all(part.counts["dropped_limit"] > 0 for part in data.faq.development.values())
    assert data.sources()["webfaq_dev"]["counts"]["kept"] == 20
    assert study.search.summands["webfaq_dev.mean_f1"] == 1


def test_hosts_are_held_out_for_their_pairs_too(load: Load) -> None:
    search = {"trials_per_arm": 4, "objective": "webfaq_dev.mean_f1"}
    _, data = load({"recipe": {"contrastive": {}}}, search=search)
    held = {example.title[0] for part in data.faq.development.values() for example in part.examples}
    trained = {question.split()[-2] for one in data.faq.training["pairs"].values() for question, _ in texts(one)}
    assert held and trained and not held & trained


def test_a_control_keeps_the_text_and_no_pair(load: Load, data: Path) -> None:
    _, loaded = load({"recipe": {"masked_language_model": {}}, "pairs": "shuffled"})
    rows = {(row["question"], row["answer"]) for row in read_rows(data / "faq" / "deu.jsonl")}
    shuffled = set(texts(loaded.faq.training["pairs-shuffled"]["de"]))
    assert len(shuffled) == len(rows) == 72 and not shuffled & rows
    assert {answer for _, answer in shuffled} == {answer for _, answer in rows}


def test_a_control_of_passages_asks_other_questions_about_the_same_spans(load: Load) -> None:
    matched, shuffled = (
        {example.id: example for one in passages(load({"pairs": pairs})[1]).values() for example in one.examples}
        for pairs in ("matched", "shuffled")
    )
    assert matched.keys() == shuffled.keys() and len(matched) == 144
    for identity, example in shuffled.items():
        own = matched[identity]
        assert example.question != own.question
        assert (example.context, example.answers, example.answer_starts) == (
            own.context,
            own.answers,
            own.answer_starts,
        )
    assert {example.question for example in shuffled.values()} == {example.question for example in matched.values()}


def test_the_examples_that_recipes_make_have_a_version() -> None:
    """If this fails, recipes make other examples: raise FORMAT, and update the digest."""
    pairs = {
        "How long does the tar on a boat need?": "Tar on a boat needs three days. Rain makes it five.",
        "Where do ships land in winter?": "In winter ships land at the northern pier, as the southern one freezes.",
        "May children steer?": "Yes. Children of ten or more may steer, with a grown-up beside them.",
        "What does a rope cost?": "A rope costs four coins a metre; sold ropes are not taken back.",
        "Who mends sails here?": "Our sailmaker, Mrs Lind, mends sails on Mondays. Bring yours washed.",
        "Can I pay later?": "Paying later is possible within a fortnight. Ask at the desk.",
    }
    rows = [
        FaqRow("a.example", f"https://a.example/{n // 3}", question, answer, "en")
        for n, (question, answer) in enumerate(pairs.items())
    ]
    digests = []
    for settings in (
        PassageSettings(),
        PassageSettings(span="answer", min_passage_characters=1, max_span_characters=300),
    ):
        made = tuple(PassageRecipe(settings, "en", 0).examples([rows]))
        digests.append((len(made), content_fingerprint(made)))
    assert (FORMAT, digests) == (2, GOLDEN)


def test_a_choice_of_recipes_has_all_of_them_ready(load: Load, tiny_checkpoint: Path) -> None:
    recipes = {"spans": {"passage": {"answers": {"choice": [2, 4]}}}, "pairs": {"contrastive": {}}}
    study, data = load({"recipe": {"choice": recipes}})
    assert len(data.faq.training) == 3 and "pairs" in data.faq.training
    inputs = trial_inputs(Checkpoint.at(tiny_checkpoint), study, data)
    assert all(len(examples) == 72 for made in inputs.faq.values() for examples in made.values())


def test_bitexts_stand_beside_the_pairs_without_held_out_hosts_and_the_test_set(
    load: Load, data: Path, tiny_checkpoint: Path
) -> None:
    for code in ("deu-eng", "eng-spa"):
        rows = [
            {"origin": f"{'abcdz'[n % 5]}.example", "labse_similarity": 0.8 + 0.01 * n}
            | {f"{part}{side}": f"{part} {side} {n}" for part in ("question", "answer") for side in (1, 2)}
            for n in range(20)
        ]
        rows[-1]["answer2"] = PLANTED
        write_rows(data / f"{code}.jsonl", rows)
    test = json.loads((data / "xquad" / "xquad.en.json").read_text())
    test["data"][0]["paragraphs"][0]["context"] += PLANTED
    (data / "xquad" / "xquad.en.json").write_text(json.dumps(test))
    study, loaded = load(
        {"recipe": {"contrastive": {"bitext_share": 0.5}}},
        faq={"bitexts": {"source": str(data), "similarity": 0.9}},
        search={"trials_per_arm": 4, "objective": "webfaq_dev.mean_f1"},
    )
    held = {host for part in loaded.faq.development.values() for host in (example.title for example in part.examples)}
    kept = loaded.faq.training["bitexts"]["bitext-de"].rows  # type: ignore[union-attr]
    assert kept and not held & {row.origin for row in kept}
    assert [one["language"] for one in loaded.contaminated if one["part"] == "faq"] == ["de", "es"]
    assert not any(PLANTED in text.answer for text in loaded.faq.training["bitexts"]["bitext-de"].texts)  # type: ignore[union-attr]
    counts = loaded.sources()["bitexts of de"]["counts"]
    assert counts["read"] == 10 == counts["kept"] + counts["dropped_held_out"] + counts["dropped_contaminated"]
    assert counts["short"] == 990 and counts["dropped_contaminated"] == 1
    assert "bitexts of de by 990" in loaded_lines(loaded.sources())[-2]
    inputs = trial_inputs(Checkpoint.at(tiny_checkpoint), study, loaded)
    assert len(inputs.faq["bitexts"]["bitext-de"]) == 2 * len(kept)


def test_training_data_that_overlaps_the_test_set_is_dropped_or_stops_the_study(
    load: Load, data: Path, tmp_path: Path
) -> None:
    for file in sorted((data / "xquad").iterdir()):
        test = json.loads(file.read_text())
        test["data"][0]["paragraphs"][0]["context"] += " " + PLANTED
        file.write_text(json.dumps(test))
    train = json.loads((data / "train.json").read_text())
    train["data"][3]["paragraphs"][1]["context"] += "  " + PLANTED.upper().replace(" ", "  ")
    (data / "train.json").write_text(json.dumps(train))
    rows = read_rows(data / "faq" / "deu.jsonl")
    rows[7]["answer"] = PLANTED
    write_rows(data / "faq" / "deu.jsonl", rows)

    _, loaded = load()
    assert [one["part"] for one in loaded.contaminated] == ["train", "faq"]
    assert loaded.sources()["contamination check"]["counts"] == {"train": 1, "faq": 1}
    assert loaded.train.counts["dropped_contaminated"] == 1
    assert not any(PLANTED[:50].upper() in example.context for example in loaded.train.examples)
    assert loaded.faq.rows["de"].counts["dropped_contaminated"] == 1
    assert loaded_lines(loaded.sources())[-1] == "contamination check: dropped 1 of train, 1 of faq"

    directory = StudyDirectory(tmp_path / "study")
    write_contamination(directory, loaded.contaminated, "drop")
    assert journal.read(directory.contamination) == list(loaded.contaminated)
    with pytest.raises(DataError, match=r"1 of train, 1 of faq, listed in .*contamination.jsonl; take these out"):
        write_contamination(directory, loaded.contaminated, "stop")
    write_contamination(directory, (), "stop")
    assert journal.read(directory.contamination) == []


def test_a_shortage_is_an_error_unless_it_is_allowed(load: Load) -> None:
    with pytest.raises(DataError, match=r"de has 72 \(28 short\), es has 72 \(28 short\); write rows_per_language: 72"):
        load(faq={"rows_per_language": 100})
    _, data = load(faq={"rows_per_language": 100, "allow_shortage": True})
    assert "fewer than asked for: faq rows of de by 28, faq rows of es by 28" in loaded_lines(data.sources())


def test_a_mixture_that_repeats_too_often_is_refused_before_the_first_trial(load: Load, tiny_checkpoint: Path) -> None:
    training = {"updates": 100, "batch_size": 8, "micro_batch_size": 4, "learning_rate": 0.001, "reports": 1}
    weights = {"temperature": None, "weights": {"simplex": "all"}}
    study, data = load(weights, training=training)
    inputs = trial_inputs(Checkpoint.at(tiny_checkpoint), study, data)
    with pytest.raises(DataError, match=r"arms\.faq\.mixture: de has 72 examples .* 5.56 times .* max_repeats: 6"):
        check_mixtures(study, study.arms, inputs)
    study, _ = load(weights | {"max_repeats": 6}, training=training)
    check_mixtures(study, study.arms, inputs)


def test_counts_of_recipes_stay_when_the_windows_are_there_already(
    load: Load, tiny_checkpoint: Path, tmp_path: Path
) -> None:
    directory = StudyDirectory(tmp_path / "studies" / "loaded")
    for _ in range(2):
        study, data = load()
        check_sources(directory, data.sources())
        trial_inputs(Checkpoint.at(tiny_checkpoint), study, data, tmp_path / "features")
        check_sources(directory, data.sources())
        (variant,) = data.faq.training
        assert json.loads(directory.sources.read_text())[variant]["counts"]["kept"] == 144
    known = json.loads(directory.sources.read_text())
    for language in LANGUAGES:
        assert known[f"faq rows of {language}"]["fingerprint"] == data.faq.rows[language].fingerprint


def test_an_arm_with_bitexts_changes_nothing_for_the_others(load: Load, data: Path) -> None:
    rows = [
        {"origin": "z.example", "labse_similarity": 0.95}
        | {f"{part}{side}": f"{part} {side} {n}" for part in ("question", "answer") for side in (1, 2)}
        for n in range(6)
    ]
    for code in ("deu-eng", "eng-spa"):
        write_rows(data / f"{code}.jsonl", rows)
    alone = load({"recipe": {"contrastive": {}}})[1].sources()["pairs"]
    share = {"uniform": [0.0, 0.5]}
    both = load({"recipe": {"contrastive": {"bitext_share": share}}}, faq={"bitexts": {"source": str(data)}})[
        1
    ].sources()
    assert both["pairs"]["fingerprint"] == alone["fingerprint"] != both["bitexts"]["fingerprint"]


def test_bitexts_are_not_repeated_without_bound_either(load: Load, data: Path, tiny_checkpoint: Path) -> None:
    rows = [
        {"origin": "z.example", "labse_similarity": 0.95}
        | {f"{part}{side}": f"{part} {side} {n}" for part in ("question", "answer") for side in (1, 2)}
        for n in range(2)
    ]
    for code in ("deu-eng", "eng-spa"):
        write_rows(data / f"{code}.jsonl", rows)
    training = {"updates": 10, "batch_size": 16, "micro_batch_size": 4, "learning_rate": 0.001, "reports": 1}
    mixture = {"recipe": {"contrastive": {"bitext_share": 1.0}}}
    study, loaded = load(mixture, faq={"bitexts": {"source": str(data)}}, training=training)
    inputs = trial_inputs(Checkpoint.at(tiny_checkpoint), study, loaded)
    with pytest.raises(DataError, match=r"bitext-de has 4 examples .* 10 times .* repeated: \[de\]"):
        check_mixtures(study, study.arms, inputs)
    study, _ = load(mixture | {"repeated": ["de", "es"]}, faq={"bitexts": {"source": str(data)}}, training=training)
    check_mixtures(study, study.arms, inputs)


def test_a_source_without_bitexts_that_are_similar_enough_is_told(load: Load, data: Path) -> None:
    row = {"origin": "z.example", "labse_similarity": 0.5} | dict.fromkeys(("question1", "answer1"), "eins")
    for code in ("deu-eng", "eng-spa"):
        write_rows(data / f"{code}.jsonl", [row | dict.fromkeys(("question2", "answer2"), "one")])
    with pytest.raises(DataError, match=r"no row of de, es and en is left .* \(0 are similar by 0.9 or more"):
        load({"recipe": {"contrastive": {"bitext_share": 0.5}}}, faq={"bitexts": {"source": str(data)}})


def test_an_answer_that_a_training_host_gives_too_is_not_asked_for(load: Load, data: Path) -> None:
    search = {"trials_per_arm": 4, "objective": "webfaq_dev.mean_f1"}
    rows = read_rows(data / "faq" / "deu.jsonl")
    for host in "abcd":
        own = [row for row in rows if row["origin"] == f"{host}.example"]
        own[0]["answer"] = "The same answer everywhere,"
        own[1]["answer"] = "the SAME answer  everywhere!"
    write_rows(data / "faq" / "deu.jsonl", rows)
    _, loaded = load(faq={"dev_questions": 1000}, search=search)
    development = loaded.faq.development["de"]
    trained = {example.answers[0] for example in passages(loaded)["de"].examples}
    assert development.counts["dropped_in_training"] == 2 * len({example.title for example in development.examples})
    assert trained and not trained & {example.answers[0] for example in development.examples}
    assert development.counts["read"] == development.counts["kept"] + sum(
        count for name, count in development.counts.items() if name.startswith("dropped_")
    )


def test_a_language_without_bitexts_refuses_only_what_has_none_at_all(
    load: Load, data: Path, tiny_checkpoint: Path
) -> None:
    rows = [
        {"origin": "z.example", "labse_similarity": 0.95 if code == "deu-eng" else 0.1}
        | {f"{part}{side}": f"{part} {side} {n}" for part in ("question", "answer") for side in (1, 2)}
        for code in ("deu-eng", "eng-spa")
        for n in range(6)
    ]
    write_rows(data / "deu-eng.jsonl", rows[:6])
    write_rows(data / "eng-spa.jsonl", rows[6:])
    recipe = {"contrastive": {"bitext_share": 0.5}}
    faq = {"bitexts": {"source": str(data)}}
    study, loaded = load({"temperature": None, "weights": {"simplex": "all"}, "recipe": recipe}, faq=faq)
    inputs = trial_inputs(Checkpoint.at(tiny_checkpoint), study, loaded)
    check_mixtures(study, study.arms, inputs)
    study, _ = load({"temperature": None, "weights": {"es": 1.0}, "recipe": recipe}, faq=faq)
    with pytest.raises(DataError, match=r"no bitext row of es is left; lower data\.faq\.bitexts\.similarity"):
        check_mixtures(study, study.arms, inputs)
