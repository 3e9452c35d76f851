"""What a study is: its file, its sections, its search spaces and the configurations of its trials."""

from xlingual.study.arms import Arm, Mixture
from xlingual.study.configuration import (
    TrialConfiguration,
    arm_space,
    build_configuration,
    lexicons_of,
    updates_for,
)
from xlingual.study.data import (
    HELD_OUT_ARTICLES,
    TOY,
    DataSettings,
    FaqSettings,
    TestSettings,
    ToySettings,
)
from xlingual.study.family_defaults import FamilyDefaults
from xlingual.study.faq_filters import FaqFilters
from xlingual.study.lengths import Lengths
from xlingual.study.mixture_corners import PossibleMixture, possible_mixtures
from xlingual.study.objectives import objective_text
from xlingual.study.pairs import PairSettings
from xlingual.study.plan import ArmPlan, Plan, plan
from xlingual.study.recipes import ContrastiveSettings, MaskedLanguageModelSettings, PassageSettings, Recipe, variant
from xlingual.study.resolve import resolved
from xlingual.study.robust import Robust, passes_of, plain_robust
from xlingual.study.scaling import ScalingSettings
from xlingual.study.schema import Study, json_schema
from xlingual.study.search import ReplicateSettings, SearchSettings
from xlingual.study.space import (
    Choice,
    Integer,
    LogNormal,
    LogUniform,
    Parameter,
    Simplex,
    Suggest,
    Uniform,
    draw,
    parameters,
)
from xlingual.study.study_file import load_study
from xlingual.study.study_lengths import StudyLengths
from xlingual.study.text_to_text import TextToTextSettings
from xlingual.study.training import TrainingSettings
from xlingual.study.windows import WindowSettings

__all__ = [
    "HELD_OUT_ARTICLES",
    "TOY",
    "Arm",
    "ArmPlan",
    "Choice",
    "ContrastiveSettings",
    "DataSettings",
    "FaqFilters",
    "FaqSettings",
    "Integer",
    "LogNormal",
    "LogUniform",
    "Lengths",
    "MaskedLanguageModelSettings",
    "Mixture",
    "FamilyDefaults",
    "PairSettings",
    "Parameter",
    "PassageSettings",
    "Plan",
    "PossibleMixture",
    "Recipe",
    "ReplicateSettings",
    "Robust",
    "ScalingSettings",
    "SearchSettings",
    "Simplex",
    "Study",
    "StudyLengths",
    "Suggest",
    "TestSettings",
    "TextToTextSettings",
    "ToySettings",
    "TrainingSettings",
    "TrialConfiguration",
    "Uniform",
    "WindowSettings",
    "arm_space",
    "build_configuration",
    "draw",
    "json_schema",
    "lexicons_of",
    "load_study",
    "objective_text",
    "parameters",
    "passes_of",
    "plain_robust",
    "plan",
    "possible_mixtures",
    "resolved",
    "updates_for",
    "variant",
]
