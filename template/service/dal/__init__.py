"""The data access layer."""
