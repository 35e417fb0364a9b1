"""The stack and its constructs, one concern in each module."""
