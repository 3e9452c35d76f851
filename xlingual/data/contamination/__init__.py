"""Training data that overlaps the sealed test set: found by its text, titles, ids and questions, and dropped.

letters.py         texts without case, spaces, punctuation and accents
ngrams.py          hashes of n-grams, a set of hashes
matches.py         how much of a text a set holds, and how much is too much
overlap.py         a piece of training data, and why it overlaps
index.py           the test set as hashes; the check
test_set.py        the index of a test set by its directory or hub id
faq_filter.py      the check of FAQ rows, as a stream
example_filter.py  the check of examples in SQuAD's format
files.py           the check of any files
"""

from xlingual.data.contamination.example_filter import clean_examples
from xlingual.data.contamination.faq_overlap import ContaminationFilter
from xlingual.data.contamination.index import ContaminationIndex
from xlingual.data.contamination.overlap import Contaminated, Overlap, TrainingText
from xlingual.data.contamination.xquad_index import index_of_test_set

__all__ = [
    "Contaminated",
    "ContaminationFilter",
    "ContaminationIndex",
    "Overlap",
    "TrainingText",
    "clean_examples",
    "index_of_test_set",
]
