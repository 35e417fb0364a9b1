"""What a function may take to start: raise a limit in the pull request that needs it."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class StartLimits:
    """The budgets of a start, which the tests hold the service to."""

    instructions_ratio: float = 1.5
    """Instructions until the first function is ready, as a multiple of boto3 alone."""
    layer_bytes: int = 27_000_000
    layer_zipped_bytes: int = 10_000_000
    imported_later: frozenset[str] = frozenset()
    """Packages of the layer that a function imports in a request only."""
