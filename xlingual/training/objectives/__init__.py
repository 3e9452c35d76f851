"""What a micro-batch is trained for: spans, question and answer side by side, masked tokens."""
