"""A finished or unfinished study as numbers and as tables, from its records alone."""
