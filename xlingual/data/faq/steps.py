"""The steps between source and store for the rows of a study: its filters, then the check against the test set."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from importlib.metadata import version

from xlingual.data.contamination import ContaminationFilter, ContaminationIndex
from xlingual.data.faq.filters import RULES, FaqFilter
from xlingual.data.faq.preparation import Step
from xlingual.study.faq_filters import FaqFilters


def faq_steps(filters: FaqFilters | None, index: ContaminationIndex | None) -> tuple[Step, ...]:
    """The steps of `prepare_faq` for a study's filters and the index of its test set; either may be None.

    Rows that overlap the test set are counted as `dropped_contaminated` and listed (see `Contaminated.as_json`).
    """
    steps = []
    if filters is not None:
        # MinHash comes from datasketch and sentences from sentencex: other versions may keep other rows.
        versions = {"datasketch": version("datasketch"), "sentencex": version("sentencex"), "rules": RULES}
        made_of = {"filters": filters.model_dump(mode="json"), "versions": versions}
        steps.append(Step(made_of, partial(FaqFilter.of, filters)))
    if index is not None:
        steps.append(Step({"test_set": index.fingerprint}, _ContaminationCheck(index)))
    return tuple(steps)


@dataclass(frozen=True)
class _ContaminationCheck:
    index: ContaminationIndex

    def __call__(self, language: str, columns: frozenset[str]) -> ContaminationFilter:
        return ContaminationFilter(self.index)
