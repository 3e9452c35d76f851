"""The records that a study writes to storage, and how they are read."""
