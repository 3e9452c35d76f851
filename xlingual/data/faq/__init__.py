"""FAQ pages as training data: sources, filters, the division by host, what is kept on disk."""
