"""Augment English training examples by replacing words or sampling segmentations.

    word_replacement.py  find the words of a text and replace some of them
    lexicon.py           alternatives of words: synonyms, translations into one language, and all of a study
    lexicon_files.py     read lexicons from JSON or columns
    word_substitution.py replace words by synonyms
    code_switch.py       replace words by translations
    example.py           the interface of text-altering methods, and replacing words of an example
    lattice.py           all segmentations of a word into pieces, and sampling from them
    subword_sampling.py  tokens of a text with sampled segmentations
    text_arrays.py       texts of training examples as flat arrays

FAQ examples are never augmented: their words are not English.
"""
