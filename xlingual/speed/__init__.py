"""Speed of a machine: training and scoring, timed with a study's own code, and a study's hours estimated from it."""
