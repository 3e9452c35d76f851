"""Which differences between arms are more than chance: pure functions on arrays of scores."""
