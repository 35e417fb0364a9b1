"""What every error of the API looks like: a problem document (RFC 9457)."""

from http import HTTPStatus
from typing import Any

import requests

from blueprint.testing.events import Answer


def problem_of(answer: Answer | requests.Response, status: HTTPStatus) -> dict[str, Any]:
    """The answer's problem document, which must be a complete one, of that status."""
    assert (answer.status if isinstance(answer, Answer) else answer.status_code) == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert (problem["type"], problem["title"], problem["status"]) == ("about:blank", status.phrase, status)
    assert problem["detail"]
    return problem
