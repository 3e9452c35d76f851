"""Classification of sentence pairs by an encoder's own classification head."""
