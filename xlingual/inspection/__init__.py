"""The answers of a study's replicates, question by question, beside the texts of the test set.

request.py     what is asked for
replicates.py  whose answers: a replicate of each arm
texts.py       the test set's texts, read again and compared with what was scored
answers.py     questions with the answers of one or two replicates
inspection.py  all of it from a study's directory
spans.py       where gold answers and predictions are in a passage
terminal_text.py  text of unknown origin in a terminal: any script, nothing sent
table.py       drawn with rich
"""

from xlingual.inspection.inspection import Inspection, inspect
from xlingual.inspection.request import InspectionRequest
from xlingual.inspection.table import inspection_table

__all__ = ["Inspection", "InspectionRequest", "inspect", "inspection_table"]
