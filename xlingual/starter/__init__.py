"""A first study file: from a few answers, looking at the user's files and at this machine."""

from xlingual.starter.answers import Answers, asked_of, codes
from xlingual.starter.own_files import OwnFiles, look_at
from xlingual.starter.text import SCHEMA_FILE, first_study

__all__ = ["SCHEMA_FILE", "Answers", "OwnFiles", "asked_of", "codes", "first_study", "look_at"]
