"""What the user sees while a study goes on: a live table, plain lines, or one JSON object per event."""

from xlingual.progress.choice import choose_view, study_shown

__all__ = ["choose_view", "study_shown"]
