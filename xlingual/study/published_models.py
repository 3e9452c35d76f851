"""Models with published scores on test sets: the names of their rows, and their ids on the hub."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pydantic import AfterValidator

from xlingual.study.messages import did_you_mean, user_error
from xlingual.study.section import LeafDoc

PUBLISHED_MODELS: dict[str, tuple[str, ...]] = {
    "mBERT": ("google-bert/bert-base-multilingual-cased", "bert-base-multilingual-cased"),
    "XLM-R-base": ("FacebookAI/xlm-roberta-base", "xlm-roberta-base"),
    "XLM-R-large": ("FacebookAI/xlm-roberta-large", "xlm-roberta-large"),
    "mT5-small": ("google/mt5-small",),
    "mT5-base": ("google/mt5-base",),
    "mT5-large": ("google/mt5-large",),
    "mT5-XL": ("google/mt5-xl",),
    "mT5-XXL": ("google/mt5-xxl",),
    "XLM (xlm-mlm-100-1280)": ("FacebookAI/xlm-mlm-100-1280", "xlm-mlm-100-1280"),
    "XLM-Align-base": ("microsoft/xlm-align-base",),
    "RemBERT": ("google/rembert",),
    "X-STILTs (XLM-R-large)": (),
    "VECO (zero-shot)": (),
    "mGTE-MLM-2048": (),
    "mmBERT-small": ("jhu-clsp/mmBERT-small",),
    "mmBERT-base": ("jhu-clsp/mmBERT-base",),
    "mMiniLM": ("microsoft/Multilingual-MiniLM-L12-H384",),
    "mDistilBERT": ("distilbert/distilbert-base-multilingual-cased", "distilbert-base-multilingual-cased"),
}
"""From the name in the published table to the hub ids of that very pretrained model."""


def published_name(model: str) -> str | None:
    """The name of the published rows of a model; None where there are none, as of every local path.

    Args:
        model: a hub id, which may end in @REVISION; letters in any case.
    """
    wanted = model.split("@", 1)[0].lower()
    return next((name for name, ids in PUBLISHED_MODELS.items() if wanted in map(str.lower, ids)), None)


def _known(name: str) -> str:
    if name not in PUBLISHED_MODELS:
        raise user_error(f"no published scores of {name!r}; {did_you_mean(name, tuple(PUBLISHED_MODELS))}")
    return name


PublishedModel: TypeAlias = Annotated[
    str, AfterValidator(_known), LeafDoc("a model with published scores", "mT5-small")
]
