"""Recipes: what turns pairs of a question and an answer into span examples."""
