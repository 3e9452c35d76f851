"""A study shown in trackers, from its records: one file a tracker, and the export of its searches to Optuna."""
