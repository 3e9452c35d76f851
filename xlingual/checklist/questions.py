"""What the checklists ask, in our words, and what only the authors can answer.

ARR: the Responsible NLP Research checklist of ACL Rolling Review, sections B (artifacts) and C (experiments). Sections
A, D and E ask about the paper, people and assistants, of which records know nothing.
NAACL: the reproducibility checklist of NAACL 2021, after Dodge et al. 2019 (arXiv 1909.03004).
"""

from __future__ import annotations

ASKED = {
    "ARR A": "Limitations, risks, and whether abstract and introduction state the claims.",
    "ARR B1": "Who made the data, models and software that are used?",
    "ARR B2": "Under which licence or terms may they be used and passed on?",
    "ARR B3": "Is this use what they were made for?",
    "ARR B4": "Do the data name people or offend, and what was done about it?",
    "ARR B5": "Which domains, languages and groups do they cover?",
    "ARR B6": "How many examples are there, and how are they split?",
    "ARR C1": "How many parameters, how much computation, on what infrastructure?",
    "ARR C2": "Which setup and hyperparameters were searched, and which were best?",
    "ARR C3": "Over how many runs are results, and how do they vary?",
    "ARR C4": "Which packages, in which version and with which settings?",
    "ARR D": "Annotators and participants: instructions, pay, consent.",
    "ARR E": "AI assistants in research, coding or writing.",
    "NAACL 1": "The model and algorithm.",
    "NAACL 2": "The source code, with its dependencies.",
    "NAACL 3": "The computing infrastructure.",
    "NAACL 4": "The average runtime.",
    "NAACL 5": "The number of parameters.",
    "NAACL 6": "The development score of every test score.",
    "NAACL 7": "The measure and how it is computed.",
    "NAACL 8": "The number of training and evaluation runs.",
    "NAACL 9": "The bounds of each hyperparameter.",
    "NAACL 10": "The configurations of the best models.",
    "NAACL 11": "How hyperparameters were drawn and selected.",
    "NAACL 12": "Mean, variation, error bars.",
    "NAACL 13": "Statistics of the data, splits, languages, what was left out, where to get it.",
}
"""By the list and the number of its question, in order."""

YOU = {
    "ARR A": "Write the sections. What this study cannot decide is in the notes of `xlingual report`.",
    "ARR B1": "Cite the papers in the last column, xlingual and the software of C4.",
    "ARR B3": "Say that the data are research benchmarks and used as such; check the terms of the FAQ pages' sites.",
    "ARR B4": "Say what is known of people's names and offensive text in the data; filters are under data.faq.filters.",
    "ARR B5": "Add the domains (Wikipedia, FAQ pages, ...) and the language varieties.",
    "ARR B6": "Say how training and development data were divided if it was not by their publisher.",
    "ARR C1": "Add what was computed outside this study: pilots, studies not reported.",
    "ARR C2": "Say why these bounds, and whether they were changed after a look at results.",
    "ARR D": "Say that no annotators or participants took part, if so.",
    "ARR E": "Say which assistants were used, and for what.",
    "NAACL 1": "Describe the method; each arm's settings are in C2.",
    "NAACL 2": "Link the code and the study file (study.yaml); versions are in C4.",
    "NAACL 13": "Link the data: sources are in B1.",
}
"""What the authors write."""
