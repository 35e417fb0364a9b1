"""Holds the team's files to the blueprint's rules."""
