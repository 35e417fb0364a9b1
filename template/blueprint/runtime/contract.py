"""What the functions promise of every answer, and what stands in front of them has to keep to, too."""

BODY_LIMIT_BYTES = 8 * 1024
"""The largest body that is read."""
RESPONSE_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
"""What every answer has: no cache keeps what it holds, and nobody guesses its type."""
CORS_REQUEST_HEADERS = ("Authorization", "Content-Type", "Idempotency-Key", "X-Amz-Date", "X-Amz-Security-Token")
"""What a front end may send."""
CORS_RESPONSE_HEADERS = ("Idempotency-Replayed", "Location", "Retry-After")
"""What a front end may read beside what it always may."""
