"""What the checklists of conferences ask of an experiment, answered from a study's records.

questions.py        what is asked, in our words, and what only the authors know
answers.py          parts of an answer: texts and tables, each with the records it comes from
artifacts.py        data and models: sources, licences, statistics
computation.py      parameters, time, hardware, versions
hyperparameters.py  bounds, choices, number of runs, selection
results.py          development and test scores, means and spread
checklist.py        all of it
markdown.py, text.py  drawn
"""

from xlingual.checklist.checklist import Checklist, checklist_from, checklist_of

__all__ = ["Checklist", "checklist_from", "checklist_of"]
