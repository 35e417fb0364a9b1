"""What a function may take to start. Yours to edit: raise a limit in the pull request that needs it."""

INSTRUCTIONS_RATIO = 1.5
"""Instructions of the route table's first function until it is ready, to those of boto3 alone."""

LAYER_BYTES = 27_000_000
LAYER_ZIPPED_BYTES = 10_000_000

LATER: frozenset[str] = frozenset()
"""Packages of the layer that a function imports in a request only."""
