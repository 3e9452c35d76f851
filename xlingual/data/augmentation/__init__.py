"""English training examples rewritten: words replaced, other segmentations drawn, windows chosen anew.

    words.py             the words of a text, and a text with some of them replaced
    lexicon.py           alternatives of words: synonyms, translations into one language, all that a study reads
    lexicon_files.py     lexicons as JSON or in columns
    word_substitution.py synonyms in place of words
    code_switch.py       translations in place of words
    example.py           what every alteration is; an example with other words, whose answers stay
    lattice.py           all segmentations of a word into pieces, and draws from them
    subword_sampling.py  tokens of a text under drawn segmentations
    texts.py             questions, contexts and answers as flat arrays
    rewritable.py        windows that know what they were cut from

FAQ examples are never rewritten: their words are not English.
"""
