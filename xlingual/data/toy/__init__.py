"""A toy world: made-up data and tiny models, so that a study can run without downloads.

    world.py             settings, distances between languages, random numbers
    alphabets.py         letters of each language
    vocabularies.py      words of every language, and names and numbers shared by all
    sentences.py         facts about people, and how each language states and asks them
    articles.py          training, development and test data in SQuAD format
    statement_pairs.py   labelled pairs of sentences
    paraphrases.py       pairs in PAWS-X's layout
    entailments.py       pairs in XNLI's layout
    faq_pages.py         FAQ pages in WebFAQ's layout
    dictionary.py        a table of words and their translations
    tokenizer.py         a tokenizer with one token per word
    toy_encoder.py       a BERT checkpoint with word embeddings that encode meaning
    text_tokenizer.py    a tokenizer that also decodes tokens to text
    toy_text_to_text.py  an mT5 checkpoint with the same word embeddings
    directory.py         write everything to disk

Its numbers do not carry over to real languages.
"""

from xlingual.data.toy.directory import ToyPaths, english_or_translated, write_toy_world
from xlingual.data.toy.world import DISTANCES, ToyWorld

__all__ = ["DISTANCES", "ToyPaths", "ToyWorld", "english_or_translated", "write_toy_world"]
