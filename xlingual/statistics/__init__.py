"""Which differences between arms are more than chance: pure functions of arrays of scores."""
