"""Tokenised examples as flat arrays, cached on disk: windows, pairs and sequences."""
