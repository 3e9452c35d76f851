"""Recorded trials trained again, and compared with their records field by field."""
