"""`make bench`: how fast the functions start and answer, and what they take."""
