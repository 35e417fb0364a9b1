"""What can go wrong in the domain, in its own terms. What a client is told of it is in problems.py."""


class ServiceError(Exception):
    """An outcome that the domain expects; its message is shown to the client."""


class NotFoundError(ServiceError):
    """What was asked for doesn't exist."""


class GoneError(ServiceError):
    """What was asked for existed, and was deleted on purpose."""


class InvalidCursorError(ServiceError):
    """The cursor is malformed or belongs to another query."""

    def __init__(self) -> None:
        super().__init__("next_token is not valid for this query; take it unchanged from the previous page.")


class KeyReusedError(ServiceError):
    """The idempotency key was used before, with another request."""
