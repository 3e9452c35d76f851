"""Data sources, recipes, the mixture and windows."""
