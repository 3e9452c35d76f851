"""Training: the loop, its batches, its checkpoint; it knows a narrow worker, not Ray."""
