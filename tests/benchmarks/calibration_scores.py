"""Simulated scores on XQuAD's real structure: 1,190 parallel questions of 240 paragraphs of 48 articles.

The F1 of one model on one question is a sum, in percentage points, and is not cut to 0..100, so that true differences
are exact:

- the true score of its configuration, alike in every language;
- the question's difficulty, alike for all arms and in part for all languages, which cancels in differences;
- where arms differ by question, an effect of the arm on each question, 0 in the mean;
- a seed effect: a part alike in all languages, and one of each language's own;
- what this one model makes of each question, in part alike in all languages.

Effects on questions, of arms and of models, are correlated within paragraphs and articles.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from xlingual.languages import NON_ENGLISH, XQUAD_LANGUAGES
from xlingual.report.scores import Questions, TestScores, Unit
from xlingual.task_metrics import SQUAD

# Questions of each paragraph (to base 36), a word for each article, as XQuAD 1.1's English file has them.
STRUCTURE = """
    eghcf 55535 12131 9a533 35244 55545 55553 55555 55555 55554 45555 45555 54554 55434 55455 aa655 f5555 d8452
    55544 44435 45554 45554 55555 55555 44434 55545 55555 94444 aa955 54445 44535 53344 55555 55555 55555 55554
    55554 45444 55443 55543 55554 83555 55445 55555 55555 33434 43333 54444
"""
COUNTS = [[int(letter, 36) for letter in word] for word in STRUCTURE.split()]
PARAGRAPH = np.repeat(np.arange(sum(map(len, COUNTS))), [count for article in COUNTS for count in article])
ARTICLE = np.repeat(np.arange(len(COUNTS)), [sum(article) for article in COUNTS])
QUESTIONS = Questions(
    tuple(f"{number:04}" for number in range(len(ARTICLE))),
    tuple(f"paragraph {number}" for number in PARAGRAPH),
    tuple(f"article {number}" for number in ARTICLE),
)

# Standard deviations of a seed's effect, in points of F1. Together 0.9 in the mean of the eleven languages, 0.6 in
# English and 2.8 in Thai.
ALIKE = np.array([0.45 if language == "en" else 0.79 for language in XQUAD_LANGUAGES])
OWN = {"en": 0.4, "ar": 1.4, "de": 0.9, "el": 1.3, "es": 0.9, "hi": 1.6, "ru": 1.0, "th": 2.7, "tr": 1.3, "vi": 1.1}
OWN_PART = np.array([(OWN | {"zh": 1.4, "ro": 1.0})[language] for language in XQUAD_LANGUAGES])
SEED = 0.9

BASELINE = "baseline"
METRIC = "f1"  # the languages of verdicts; all others are 0
DIFFICULTY, DIFFICULTY_OF_LANGUAGE = 25.0, 20.0
ALIKE_SHARE = 0.3  # of the variance of effects on questions, over languages


@dataclass(frozen=True)
class Nature:
    """How scores arise from the configurations' true scores.

    Attributes:
        article: intra-class correlation of effects on questions within an article.
        paragraph: the same within a paragraph, beyond its article's.
        question: standard deviation of what one model makes of a question, in points.
        arm: standard deviation of an arm's effect on a question, in points; 0: arms are identical.
        seed: standard deviation of a seed's effect in the mean over languages, of the baseline and of other arms.
        shared: correlation of the effects of the seeds with one number in all arms, as a study's arms share seeds.
        gain: points that every arm but the baseline is better by in every language.
    """

    article: float = 0.03
    paragraph: float = 0.035
    question: float = 14.0
    arm: float = 0.0
    seed: tuple[float, float] = (SEED, SEED)
    shared: float = 0.0
    gain: float = 0.0

    def gaining(self, points: float) -> Nature:
        """A copy with another gain."""
        return replace(self, gain=points)


def study_scores(
    truths: Sequence[np.ndarray], seeds: int, nature: Nature, generator: np.random.Generator
) -> TestScores:
    """Scores of a whole study, as a report reads them.

    Args:
        truths: by arm, the baseline first: the true scores of its searches' winners, (searches,), in percent.
        seeds: replicates of each winner. With one search they are the units, else the searches are.
        nature: how scores arise.
        generator: the random generator.
    """
    shape = (len(XQUAD_LANGUAGES), len(ARTICLE))
    difficulty = DIFFICULTY * generator.standard_normal(shape[1])
    difficulty = difficulty + DIFFICULTY_OF_LANGUAGE * generator.standard_normal(shape)
    of_all_arms = _seeds(seeds * max(map(len, truths)), generator) if nature.shared else None
    scores, units = {}, {}
    for number, true in enumerate(truths):
        name, searches = (f"arm {number}" if number else BASELINE), len(true)
        effects = _seeds(seeds * searches, generator)
        if of_all_arms is not None:
            common = of_all_arms[: len(effects)]
            effects = np.sqrt(nature.shared) * common + np.sqrt(1.0 - nature.shared) * effects
        means = np.repeat(true, seeds)[:, None] + nature.seed[number > 0] / SEED * effects + nature.gain * (number > 0)
        models = means[:, :, None] + _answered(len(means), nature, generator) + difficulty
        if searches > 1:
            models = models.reshape(searches, seeds, *shape).mean(axis=1)
        scores[name] = {
            language: dict.fromkeys(SQUAD.names, np.zeros_like(models[:, place])) | {METRIC: models[:, place]}
            for place, language in enumerate(XQUAD_LANGUAGES)
        }
        units[name] = tuple(
            Unit(one, tuple(range(seeds))) if searches > 1 else Unit(None, (one,)) for one in range(len(models))
        )
    return TestScores(dict.fromkeys(XQUAD_LANGUAGES, QUESTIONS), scores, units)


def question_error(nature: Nature) -> float:
    """Standard deviation of an effect of variance 1 on questions in the mean over questions and eleven languages."""
    questions = len(ARTICLE)
    clustered = [
        share * float((np.bincount(labels) ** 2).sum()) / questions**2
        for share, labels in ((nature.article, ARTICLE), (nature.paragraph, PARAGRAPH))
    ]
    variance = (1.0 - nature.article - nature.paragraph) / questions + sum(clustered)
    return float(np.sqrt(variance * (ALIKE_SHARE + (1.0 - ALIKE_SHARE) / len(NON_ENGLISH))))


def _seeds(count: int, generator: np.random.Generator) -> np.ndarray:
    """Effects of seeds with a deviation of `SEED` in the mean over languages, (seeds, languages)."""
    languages = len(XQUAD_LANGUAGES)
    return ALIKE * generator.standard_normal((count, 1)) + OWN_PART * generator.standard_normal((count, languages))


def _answered(models: int, nature: Nature, generator: np.random.Generator) -> np.ndarray:
    """Effects of one arm's models on questions, besides difficulty, (models, languages, questions)."""
    arm = nature.arm * _effects(1, nature, generator) if nature.arm else 0.0
    return np.asarray(arm + nature.question * _effects(models, nature, generator))


def _effects(count: int, nature: Nature, generator: np.random.Generator) -> np.ndarray:
    """Effects of variance 1 on questions, (count, languages, questions), correlated within paragraphs and articles."""
    languages = len(XQUAD_LANGUAGES)
    alike, own = (_clustered((count, part), nature, generator) for part in (1, languages))
    return np.asarray(np.sqrt(ALIKE_SHARE) * alike + np.sqrt(1.0 - ALIKE_SHARE) * own)


def _clustered(shape: tuple[int, int], nature: Nature, generator: np.random.Generator) -> np.ndarray:
    def drawn(share: float, count: int) -> np.ndarray:
        return np.sqrt(share, dtype=np.float32) * generator.standard_normal((*shape, count), dtype=np.float32)

    alone = drawn(1.0 - nature.article - nature.paragraph, len(ARTICLE))
    alone += drawn(nature.article, ARTICLE[-1] + 1)[..., ARTICLE]
    alone += drawn(nature.paragraph, PARAGRAPH[-1] + 1)[..., PARAGRAPH]
    return alone
