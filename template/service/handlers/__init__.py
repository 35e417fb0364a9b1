"""The HTTP edge: one module a function."""
