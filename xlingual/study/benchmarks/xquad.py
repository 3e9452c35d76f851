"""XQuAD: SQuAD paragraphs with their questions, translated (Artetxe et al. 2020, arXiv 1910.11856)."""

from __future__ import annotations

from xlingual.languages import XQUAD_LANGUAGES
from xlingual.study.benchmarks.benchmark import Benchmark
from xlingual.task_metrics import SQUAD

_ELEVEN = tuple(code for code in XQUAD_LANGUAGES if code != "ro")

BENCHMARK = Benchmark(
    name="xquad",
    title="XQuAD",
    metrics=SQUAD,
    task="xlingual.tasks.question_answering:QUESTION_ANSWERING",
    languages=XQUAD_LANGUAGES,
    source="google/xquad",
    file="xquad.{language}.json",
    reader="xlingual.data.test_sets.xquad:load_xquad",
    training_reader="xlingual.data.squad:load_squad",
    stated="xlingual.data.test_sets.xquad:stated_questions",
    available="xlingual.data.test_sets.xquad:languages_of",
    crossed="xlingual.data.test_sets.xquad:load_crossed",
    roles=("context", "question"),
    averages={
        "11 languages with English, without Romanian": _ELEVEN,
        "12 languages with English and Romanian": XQUAD_LANGUAGES,
    },
    published="published_xquad.csv",
    hub_part="xquad.{language}",
    hub_split="validation",
    counts=dict.fromkeys(XQUAD_LANGUAGES, 1190),
)
