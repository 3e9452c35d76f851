"""Preparation: from a study's data to what its trials train on, checked before the first trial."""
