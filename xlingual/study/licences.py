"""Licences and citations of the data sets and models that studies name: the one table of them.

Each entry is what the publisher states; who uses the data reads the licence itself.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Licence:
    """What the publisher of a data set or model states.

    Attributes:
        title: of the artifact.
        terms: the licence, in a few words.
        cite: authors, year and where it was published.
    """

    title: str
    terms: str
    cite: str


_XLMR = "Conneau et al. 2020, ACL (arXiv 1911.02116)"
_MT5 = "Xue et al. 2021, NAACL (arXiv 2010.11934)"
_DISTILBERT = "Sanh et al. 2019 (arXiv 1910.01108)"

LICENCES: dict[str, Licence] = {
    "xquad": Licence("XQuAD", "CC BY-SA 4.0", "Artetxe et al. 2020, ACL (arXiv 1910.11856)"),
    "mlqa": Licence("MLQA", "CC BY-SA 3.0", "Lewis et al. 2020, ACL (arXiv 1910.07475)"),
    "tydiqa_goldp": Licence("TyDiQA-GoldP", "Apache 2.0", "Clark et al. 2020, TACL (arXiv 2003.05002)"),
    "pawsx": Licence(
        "PAWS-X", "free for any purpose, with acknowledgement of Google", "Yang et al. 2019, EMNLP (arXiv 1908.11828)"
    ),
    "xnli": Licence("XNLI", "CC BY-NC 4.0: no commercial use", "Conneau et al. 2018, EMNLP (arXiv 1809.05053)"),
    "rajpurkar/squad": Licence("SQuAD v1.1", "CC BY-SA 4.0", "Rajpurkar et al. 2016, EMNLP (arXiv 1606.05250)"),
    "padas-lab/webfaq": Licence(
        "WebFAQ", "CC BY 4.0; the texts belong to their sites", "Dinzinger et al. 2025 (arXiv 2502.20936)"
    ),
    "facebookai/xlm-roberta-base": Licence("XLM-R base", "MIT", _XLMR),
    "facebookai/xlm-roberta-large": Licence("XLM-R large", "MIT", _XLMR),
    "google-bert/bert-base-multilingual-cased": Licence(
        "mBERT", "Apache 2.0", "Devlin et al. 2019, NAACL (arXiv 1810.04805)"
    ),
    "google/mt5-small": Licence("mT5 small", "Apache 2.0", _MT5),
    "google/mt5-base": Licence("mT5 base", "Apache 2.0", _MT5),
    "google/mt5-large": Licence("mT5 large", "Apache 2.0", _MT5),
    "google/mt5-xl": Licence("mT5 XL", "Apache 2.0", _MT5),
    "google/mt5-xxl": Licence("mT5 XXL", "Apache 2.0", _MT5),
    "google/rembert": Licence("RemBERT", "Apache 2.0", "Chung et al. 2021, ICLR (arXiv 2010.12821)"),
    "distilbert/distilbert-base-multilingual-cased": Licence("mDistilBERT", "Apache 2.0", _DISTILBERT),
}
"""By name of a test set or hub id, in lower case."""

OTHER_IDS = {
    "xlm-roberta-base": "facebookai/xlm-roberta-base",
    "xlm-roberta-large": "facebookai/xlm-roberta-large",
    "bert-base-multilingual-cased": "google-bert/bert-base-multilingual-cased",
    "distilbert-base-multilingual-cased": "distilbert/distilbert-base-multilingual-cased",
    "squad": "rajpurkar/squad",
}
"""Older hub ids of the same, in lower case."""


def licence_of(name: str) -> Licence | None:
    """The licence of a test set by its name, or of a data set or model by its hub id, with or without @REVISION."""
    known = name.split("@", 1)[0].lower()
    return LICENCES.get(OTHER_IDS.get(known, known))
