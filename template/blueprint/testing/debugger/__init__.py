"""Breakpoints in the functions on the local cloud: each of their processes connects to the debugger as it starts."""
