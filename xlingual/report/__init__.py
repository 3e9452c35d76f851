"""A study, finished or not, as numbers and tables, from its records alone."""
