"""TyDiQA-GoldP: questions asked in each language, none of them translated (Clark et al. 2020, arXiv 2003.05002).

It is scored as XTREME scores it: on the development part, in nine languages, with the metrics of SQuAD.
"""

from __future__ import annotations

from xlingual.study.benchmarks.benchmark import Benchmark
from xlingual.task_metrics import SQUAD

LANGUAGES = ("en", "ar", "bn", "fi", "id", "ko", "ru", "sw", "te")

BENCHMARK = Benchmark(
    name="tydiqa_goldp",
    title="TyDiQA-GoldP",
    metrics=SQUAD,
    task="xlingual.tasks.question_answering:QUESTION_ANSWERING",
    languages=LANGUAGES,
    source="google-research-datasets/tydiqa",
    file="tydiqa.{language}.dev.json",
    other_files=(
        "tydiqa.goldp.{language}.dev.json",
        "tydiqa-goldp-dev-{language}.json",
        "{language}_tydiqa_dev.json",
        "tydiqa-goldp-v1.1-dev.json",
    ),
    reader="xlingual.data.test_sets.tydiqa:load_tydiqa",
    training_reader="xlingual.data.test_sets.tydiqa:load_training",
    stated="xlingual.data.test_sets.tydiqa:stated_questions",
    available="xlingual.data.test_sets.tydiqa:languages_of",
    averages={"9 languages with English": LANGUAGES},
    published="published_tydiqa_goldp.csv",
    hub_part="secondary_task",
    hub_split="validation",
    counts={
        **{"en": 440, "ar": 921, "bn": 113, "fi": 782, "id": 565},
        **{"ko": 276, "ru": 812, "sw": 499, "te": 669},
    },
)
