"""Sentence pairs with a label: test sets in several languages, and training data.

stated_pairs.py  a pair as its source states it, and the place of it
columns.py       names of columns
row_reader.py    read a tab-separated file, whose layout decides whether it is quoted
hub_pairs.py     read a data set on the hub, or a copy of one
pair_source.py   where the pairs of a test set lie, and how labels are spelled there
pair_files.py    find the local files of a split
checks.py        refuse what cannot be scored, and languages that are not parallel
clusters.py      group pairs that share a sentence
test_pairs.py    load a test set
crossing.py      pairs whose sentences are in two languages
training_pairs.py load training and development data
pair_reader.py   all of this for one test set
pawsx.py         PAWS-X
xnli.py          XNLI
"""
