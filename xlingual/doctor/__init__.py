"""What a study would stumble over on this machine, told before it starts: one line a check, with what to do."""

from xlingual.doctor.examination import Asked, examine
from xlingual.doctor.finding import OK, PROBLEM, WARNING, Finding

__all__ = ["OK", "PROBLEM", "WARNING", "Asked", "Finding", "examine"]
