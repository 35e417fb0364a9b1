"""What every error of the API looks like: a problem document (RFC 9457)."""

from http import HTTPStatus
from typing import Any

import requests

from blueprint.testing.events import Answer

_TITLES = {
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "Content Too Large",
    HTTPStatus.UNPROCESSABLE_ENTITY: "Unprocessable Content",
}
"""RFC 9110's names, where some versions of Python have the older ones."""
_LONGEST = 8 * 1024


def problem_of(answer: Answer | requests.Response, status: HTTPStatus) -> dict[str, Any]:
    """The answer's problem document: a complete one, of that status, short, and kept by no cache."""
    assert (answer.status if isinstance(answer, Answer) else answer.status_code) == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert len(answer.body if isinstance(answer, Answer) else answer.content) < _LONGEST
    problem: dict[str, Any] = answer.json()
    assert (problem["type"], problem["title"], problem["status"]) == (
        "about:blank",
        _TITLES.get(status, status.phrase),
        status,
    )
    assert problem["detail"]
    return problem
