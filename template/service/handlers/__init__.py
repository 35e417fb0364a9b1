"""The edge, HTTP or events: a module for each function."""
