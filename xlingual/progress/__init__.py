"""What the user sees while a study runs: a live table, plain lines, or one JSON object per event."""

from xlingual.progress.score_names import ScoreNames
from xlingual.progress.views import choose_view, study_shown

__all__ = ["ScoreNames", "choose_view", "study_shown"]
