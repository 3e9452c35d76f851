"""What a machine gives: training and scoring timed by the code that a study runs, and a study's hours from that."""
