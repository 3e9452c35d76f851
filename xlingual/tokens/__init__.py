"""Tokens: windows, pairs and sequences as flat arrays, made of examples and kept on disk."""
