"""Models: encoders with a head and models that write text, loaded from a hub id or a local directory."""
