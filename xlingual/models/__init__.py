"""Models: an encoder with a span head, loaded from a hub id or a local directory."""
