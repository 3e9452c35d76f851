"""Text data: questions, contexts and answers from files and the hub; recipes, contamination, mixtures."""
