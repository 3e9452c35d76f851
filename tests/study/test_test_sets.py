"""What `data.test` may be written as, what it means, and each mistake in one line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from xlingual.errors import StudyFileError
from xlingual.study.benchmarks import BENCHMARKS
from xlingual.study.resolve import resolved
from xlingual.study.test_sets import TestSet, recorded_test_sets

TEST = "test: google/xquad"
OWN = "sets/{language}.json"


@pytest.fixture
def own_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of a user's own test set in Finnish and Swahili."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sets").mkdir()
    for code in ("fi", "sw"):
        (tmp_path / "sets" / f"{code}.json").write_text("{}")


@pytest.mark.usefixtures("own_files")
@pytest.mark.parametrize(
    ("written", "sets"),
    [
        ("xquad", {"xquad": "google/xquad"}),
        ("google/xquad", {"xquad": "google/xquad"}),
        ("some/directory", {"xquad": "some/directory"}),
        ("mlqa", {"mlqa": BENCHMARKS["mlqa"].source}),
        ("facebook/mlqa", {"mlqa": "facebook/mlqa"}),
        (f'"{OWN}"', {"sets": OWN}),
        ("[xquad, tydiqa_goldp]", {"xquad": "google/xquad", "tydiqa_goldp": BENCHMARKS["tydiqa_goldp"].source}),
        (f'[mlqa, "{OWN}"]', {"mlqa": BENCHMARKS["mlqa"].source, "sets": OWN}),
        ("{set: mlqa}", {"mlqa": BENCHMARKS["mlqa"].source}),
        (f'{{set: mine, source: "{OWN}"}}', {"mine": OWN}),
        ("{source: My tests.json, languages: [fin]}", {"my_tests": "My tests.json{fin}"}),
        ("{set: mine, source: a/b.jsonl.gz, languages: [fi]}", {"mine": "a/b.jsonl.gz{fi}"}),
        (
            "{set: xquad, also: {own: {source: a.json, languages: [fi]}}}",
            {"xquad": "google/xquad", "own": "a.json{fi}"},
        ),
        ("{set: xquad, also: {mlqa: }}", {"xquad": "google/xquad", "mlqa": BENCHMARKS["mlqa"].source}),
        ("{source: a, also: {mlqa: b}}", {"xquad": "a", "mlqa": "b"}),
        ("{source: a, also: {mlqa: {source: mlqa}}}", {"xquad": "a", "mlqa": BENCHMARKS["mlqa"].source}),
        ("{source: a, also: {mlqa: {languages: [de]}}}", {"xquad": "a", "mlqa": BENCHMARKS["mlqa"].source}),
    ],
)
def test_every_form_gives_sets_by_name_and_the_headline_first(
    load: Any, study_text: str, written: str, sets: dict[str, str]
) -> None:
    study = load(study_text, (TEST, f"test: {written}"))
    assert {name: one.source for name, one in study.data.test.sets.items()} == sets
    assert study.data.test.headline.name == next(iter(sets)) == study.data.test.set
    assert all(one.benchmark.name == name for name, one in study.data.test.sets.items())
    recorded = recorded_test_sets(resolved(study))
    assert {name: (one.source, one.languages) for name, one in recorded.items()} == {
        name: (one.source, one.languages) for name, one in study.data.test.sets.items()
    }


@pytest.mark.usefixtures("own_files")
def test_languages_are_those_of_the_set_unless_some_are_named(load: Any, study_text: str) -> None:
    also = f'also: {{tydiqa_goldp: {{languages: [fin, te]}}, mine: "{OWN}", mlqa: {{languages: all}}}}'
    test = load(study_text, (TEST, f"test: {{set: xquad, languages: [de], {also}}}")).data.test
    found = {name: one.languages for name, one in test.sets.items()}
    assert found == {
        "xquad": ("de",),
        "tydiqa_goldp": ("fi", "te"),
        "mine": ("fi", "sw"),
        "mlqa": BENCHMARKS["mlqa"].languages,
    }


def test_pairs_of_languages_have_keys_beside_the_languages() -> None:
    crossed = TestSet("xquad", "google/xquad", ("en", "de", "th"), generalised=True)
    assert crossed.keys == ("en", "de", "th", "en-de", "en-th", "de-en", "de-th", "th-en", "th-de")
    assert TestSet("xquad", "google/xquad", ("en", "de")).keys == ("en", "de")


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("mqla", "data.test: unknown test set 'mqla'; did you mean 'mlqa'?"),
        ("[xquad, mlqaa]", "data.test[1]: unknown test set 'mlqaa'; did you mean 'mlqa'?"),
        ("[]", "data.test: names no test set"),
        ("[3]", "data.test[0]: must be the name or the source of a test set, found 3"),
        ("[xquad, google/xquad]", "data.test[1]: names the test set xquad a second time"),
        ("{set: mlqa, languages: [el]}", "data.test.languages[0]: MLQA has no 'el'; its languages are en, ar, de"),
        ("{set: xquad, languages: [de, fr]}", "data.test.languages[1]: XQuAD has no 'fr'"),
        ("{set: xquad, also: {mlqa: {languages: [th]}}}", "data.test.also.mlqa.languages[0]: MLQA has no 'th'"),
        ("{set: xqaud, source: folder}", "data.test.set: unknown test set 'xqaud'; did you mean 'xquad'; for a set"),
        ("{set: mine, source: folder}", "data.test.set: unknown test set 'mine' ... {language}"),
        ("{set: mine}", "data.test.source: is missing"),
        ("{set: xquad, also: {mine: folder}}", "data.test.also.mine: unknown test set 'mine'"),
        ("{set: xquad, also: {mine: }}", "data.test.also.mine.source: is missing"),
        ("{set: xquad, also: {mlqa: {zzz: 1}}}", "unknown key 'zzz' in data.test.also.mlqa"),
        ('"absent/{language}.json"', "absent/{language}.json: no file is there"),
        ("{set: tydiqa_goldp, generalised: true}", "data.test.generalised: TyDiQA-GoldP does not have the same"),
        (
            "{set: xquad, also: {pawsx: }}",
            "pawsx is a test set of paraphrase identification, and xquad one of question",
        ),
    ],
)
def test_a_mistake_in_the_test_sets_is_one_problem(one_problem: Any, study_text: str, written: str, said: str) -> None:
    one_problem(study_text, (TEST, f"test: {written}"), line=6, said=said)


@pytest.fixture
def directories(own_files: None) -> None:
    """Besides, directories with files of XQuAD, MLQA, TyDiQA-GoldP and PAWS-X, of some languages each."""
    for name in (
        "x/xquad.en.json",
        "m/test-context-de-question-de.json",
        "t/finnish_tydiqa_dev.json",
        "p/de/test_2k.tsv",
    ):
        Path(name).parent.mkdir(parents=True)
        Path(name).write_text("{}")


@pytest.mark.usefixtures("directories")
@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("sets", "data.test.source: sets: no file of XQuAD ... found fi.json, sw.json ... write sets/{language}.json"),
        ("t", "data.test.source: t: no file of XQuAD ... write {set: tydiqa_goldp, source: t}"),
        ("p", "data.test.source: p: no file of XQuAD ... write {set: pawsx, source: p}"),
        ("{set: pawsx, source: m}", "data.test.source: m: no file of PAWS-X ... write {set: mlqa, source: m}"),
        ("{set: mlqa, source: sets}", "data.test.source: sets: no file of MLQA"),
        (
            f'{{set: mine, source: "{OWN}", languages: [fi, de]}}',
            "data.test.languages[1]: no file for 'de' ... de.json",
        ),
        ("sets/fi.json", "data.test.source: sets/fi.json is one file; name its language: {source: sets/fi.json, la"),
        (
            "{source: sets/fi.json, languages: [fi, sw]}",
            "data.test.source: sets/fi.json is one file, and languages: [fi, sw] names 2; name one language, or",
        ),
    ],
)
def test_files_that_are_not_there_are_told_before_anything_runs(
    one_problem: Any, study_text: str, written: str, said: str
) -> None:
    one_problem(study_text, (TEST, f"test: {written}"), line=6, said=said)


@pytest.mark.usefixtures("directories")
@pytest.mark.parametrize("written", ["{source: x, languages: [en, de]}", "{set: tydiqa_goldp, source: t}"])
def test_absent_languages_of_a_benchmark_are_left_to_the_run_whose_records_know_the_remedy(
    load: Any, study_text: str, written: str
) -> None:
    assert len(load(study_text, (TEST, f"test: {written}")).data.test.headline.languages) > 1


@pytest.mark.parametrize(
    ("train", "test", "sealed"),
    [
        ("facebook/mlqa", "[xquad, mlqa]", False),  # read for its training data
        ("mlqa/test-context-de-question-de.json", "[xquad, mlqa]", True),
        ("google/xquad", "[mlqa, xquad]", True),
        ("mine/de.json", '{set: mine, source: "mine/{language}.json", languages: [de]}', True),
        ("mine/test.json", "{source: mine/test.json, languages: [de]}", True),
        ("mine/train.json", "{source: mine/test.json, languages: [de]}", False),
        ("mine/train.tsv", '{set: mine, source: "mine/{language}.json", languages: [de]}', False),
        ("mine/train.json", '{set: mine, source: "mine/{language}.json", languages: [de]}', False),
        ("a/finnish_tydiqa_dev.json", "tydiqa_goldp", True),
        ("a/tydiqa-goldp-v1.1-dev.json", "[xquad, tydiqa_goldp]", True),
        ("a/english_tydiqa_train.json", "tydiqa_goldp", False),
        ("mlqa/dev-context-de-question-de.json", "mlqa", False),
    ],
)
def test_no_file_of_any_set_is_trained_on(load: Any, study_text: str, train: str, test: str, sealed: bool) -> None:
    edits = ((TEST, f"test: {test}"), ("train: rajpurkar/squad", f"train: {train}"))
    if sealed:
        with pytest.raises(StudyFileError, match="is the sealed test set"):
            load(study_text, *edits)
    else:
        assert load(study_text, *edits).data.train == train


@pytest.mark.parametrize(
    ("test", "train", "sealed"),
    [
        ("pawsx", "x-final/en/test_2k.tsv", True),
        ("pawsx", "xtreme/test-de.tsv", True),
        ("pawsx", "x-final/en/dev_2k.tsv", False),
        ("xnli", "XNLI-1.0/xnli.test.tsv", True),
        ("xnli", "multinli_1.0_train.txt", False),
    ],
)
def test_no_test_pairs_of_any_layout_are_trained_on(
    load: Any, study_text: str, test: str, train: str, sealed: bool
) -> None:
    faq = "  faq: {source: PaDaS-Lab/webfaq, languages: [deu, es, ru]}\n"
    mixture = "    mixture:\n      faq_share: {uniform: [0.05, 0.5]}\n      weights: {simplex: all}\n"
    edits = ((TEST, f"test: {test}"), (faq, ""), ("  webfaq:\n" + mixture, ""))
    edits = (*edits, ("train: rajpurkar/squad", f"train: {train}"))
    if sealed:
        with pytest.raises(StudyFileError, match="is the sealed test set"):
            load(study_text, *edits)
    else:
        assert load(study_text, *edits).data.train == train


@pytest.mark.parametrize(
    ("name", "test"),
    [
        ("xquad.de.json", "[mlqa, xquad]"),
        ("de.json", '{set: m, source: "{language}.json"}'),
        ("goldp.json", "{set: tydiqa_goldp, source: goldp.json}"),
    ],
)
def test_a_link_to_a_test_file_is_one(
    load: Any, study_text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, test: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "blob").write_text("{}")
    (tmp_path / name).symlink_to(tmp_path / "blob")  # as the hub's cache has it
    with pytest.raises(StudyFileError, match="is the sealed test set"):
        load(study_text, (TEST, f"test: {test}"), ("train: rajpurkar/squad", f"train: {name}"))


@pytest.mark.usefixtures("own_files")
def test_files_of_ones_own_never_have_a_benchmarks_name(
    load: Any, one_problem: Any, study_text: str, tmp_path: Path
) -> None:
    (tmp_path / "sets").rename(tmp_path / "xquad")
    mine = "xquad/{language}.json"
    sets = load(study_text, (TEST, f'test: ["{mine}", xquad]')).data.test.sets
    assert {name: one.languages[:2] for name, one in sets.items()} == {"own_xquad": ("fi", "sw"), "xquad": ("en", "ar")}
    said = "data.test.set ... xquad is the name of XQuAD, and xquad/{language}.json is a set of your own; name it"
    one_problem(study_text, (TEST, f'test: {{set: xquad, source: "{mine}"}}'), line=6, said=said)


def test_pairs_have_an_objective_and_development_data_of_their_own(load: Any, study_text: str) -> None:
    faq = "  faq: {source: PaDaS-Lab/webfaq, languages: [deu, es, ru]}\n"
    mixture = "    mixture:\n      faq_share: {uniform: [0.05, 0.5]}\n      weights: {simplex: all}\n"
    edits = ((TEST, "test: pawsx"), (faq, ""), ("  webfaq:\n" + mixture, ""))
    study = load(study_text, *edits)
    assert study.search.objective == "dev.accuracy" and study.data.dev == "held-out-pairs"
    assert study.task_benchmark.name == "pawsx"
    with pytest.raises(StudyFileError, match=r"unknown objective 'dev.f1'; .*dev.accuracy"):
        load(study_text, *edits, ("trials_per_arm: 8", "trials_per_arm: 8\n  objective: dev.f1"))
    with pytest.raises(StudyFileError, match=r"held-out-articles does not go with pawsx.*write dev: held-out-pairs"):
        load(study_text, *edits, ("train: rajpurkar/squad", "train: x\n  dev: held-out-articles"))


def test_other_source_languages_are_faq_targets_no_more(load: Any, study_text: str) -> None:
    edits = (
        (TEST, "test: xquad"),
        (", languages: [deu, es, ru]", ""),
        ("train: rajpurkar/squad", "train: x\n  source_language: deu"),
    )
    data = load(study_text, *edits).data
    assert data.source_language == "de"
    assert "de" not in data.faq.languages and "en" in data.faq.languages and len(data.faq.languages) == 11


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("xquad.de.json", ""),
        ("xquad.de/validation-0.parquet", ""),
        ("fi.json", r"for files of your own write .*folder/\{language\}\.json"),
        ("de/test_2k.tsv", r"has files of PAWS-X: write \{set: pawsx, source: .*folder\}"),
        ("de/dev_2k.tsv", r"has files of PAWS-X: write \{set: pawsx, "),
        ("tydiqa.fi.dev.json", r"has files of TyDiQA-GoldP: write \{set: tydiqa_goldp, "),
        ("dev/dev-context-de-question-de.json", r"has files of MLQA: write \{set: mlqa, "),
        ("test-de.tsv", r"PAWS-X or XNLI: write \{set: pawsx, .*\} or \{set: xnli, "),
    ],
)
def test_a_directory_alone_that_is_no_xquad_is_refused(
    load: Any, study_text: str, tmp_path: Path, file: str, said: str
) -> None:
    folder = tmp_path / "folder"
    (folder / file).parent.mkdir(parents=True, exist_ok=True)
    (folder / file).touch()
    if not said:
        written = f"{{source: {folder}, languages: [de]}}"
        assert load(study_text, (TEST, f"test: {written}")).data.test.set == "xquad"
        return
    for written in (f"{folder}", f"{{source: {folder}, languages: [de]}}"):
        with pytest.raises(StudyFileError, match=rf"data\.test\.source: .*folder: no file of XQuAD .*{said}"):
            load(study_text, (TEST, f"test: {written}"))


def test_the_task_of_data_is_checked_beside_another_mistake_in_it(load: Any, study_text: str) -> None:
    wrong = "dev: held-out-pairs\n  train_examples: none"
    with pytest.raises(StudyFileError) as refused:
        load(study_text, (TEST, f"test: xquad\n  {wrong}"))
    assert "held-out-pairs does not go with xquad" in str(refused.value) and "train_examples" in str(refused.value)


def test_a_list_of_claims_is_told_from_a_study(load: Any) -> None:
    with pytest.raises(
        StudyFileError, match=r":3: this is a list of claims, not a study; .*analysis/claims\.py"
    ) as said:
        load("# The claims.\n\nclaims:\n  - name: one\n    gain: 1.0\n")
    assert len(said.value.problems) == 1
