"""FAQ pages as training data: sources, filters, splits by host, storage on disk."""
