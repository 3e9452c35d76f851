"""Checks across the sections of a study, each a function from a draft to its findings.

    arms.py          one baseline, no arm twice, the same updates, another arm to compare with
    first_trials.py  first configurations that their arms may draw
    mixtures.py      known languages, one way to weigh them, one recipe, examples to train on
    budget.py        batches and trials that divide evenly, reports, windows
    seal.py          no objective and no training data from the test set
    toy.py           toy data with the toy model, real data with a real one
    robust.py        methods that go together, perturbations that can move, keys that say something
    task.py          lengths and recipes that fit the task of the headline test set
    lexicons.py      synonyms and dictionaries that are named, of languages that fit
    trackers.py      trackers whose libraries are installed

A check yields nothing where a section it needs cannot be read: that problem is reported already.
"""

from __future__ import annotations

from collections.abc import Iterator

from xlingual.errors import Problem
from xlingual.study.checks import arms, budget, first_trials, lexicons, mixtures, robust, seal, task, toy, trackers
from xlingual.study.document import dotted
from xlingual.study.draft import Draft

CHECKS = (
    *arms.CHECKS,
    *first_trials.CHECKS,
    *mixtures.CHECKS,
    *task.CHECKS,
    *robust.CHECKS,
    *lexicons.CHECKS,
    *budget.CHECKS,
    *seal.CHECKS,
    *toy.CHECKS,
    *trackers.CHECKS,
)


def check(draft: Draft) -> Iterator[Problem]:
    """Yield the problems that the checks find, each once."""
    findings = dict.fromkeys(finding for check_one in CHECKS for finding in check_one(draft))
    for finding in findings:
        path = dotted(finding.path)
        yield draft.document.line_of(finding.path).problem(f"{path}: {finding.message}" if path else finding.message)
