"""A study's records as one file, from which another machine prints the same report."""
