"""Recipes: turn question-answer pairs into span examples."""
