"""Export: a trained model as a plain `transformers` checkpoint with its card."""
