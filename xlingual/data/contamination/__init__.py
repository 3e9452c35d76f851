"""Find and drop training data that overlaps the sealed test set in text, titles, ids or questions.

letters.py         reduce texts to letters, without case, spaces, punctuation and accents
ngrams.py          hashes of n-grams, and a set of hashes
matches.py         measure how much of a text is in the set, and how much is too much
overlap.py         a piece of training data, and the reasons for an overlap
index.py           the test set as hashes, and the check
joint_index.py     the index of one or several test sets by their directories or hub ids
faq_overlap.py     filter a stream of FAQ rows
sentence_index.py  the sentences of test pairs as hashes
example_filter.py  filter examples in SQuAD format, and sentence pairs
training_files.py  read training files of any kind
file_check.py      check files
"""

from xlingual.data.contamination.example_filter import clean_examples
from xlingual.data.contamination.faq_overlap import ContaminationFilter
from xlingual.data.contamination.index import ContaminationIndex
from xlingual.data.contamination.joint_index import JointIndex, index_of_test_sets
from xlingual.data.contamination.overlap import Contaminated, Overlap, TrainingText

__all__ = [
    "Contaminated",
    "ContaminationFilter",
    "ContaminationIndex",
    "JointIndex",
    "Overlap",
    "TrainingText",
    "clean_examples",
    "index_of_test_sets",
]
