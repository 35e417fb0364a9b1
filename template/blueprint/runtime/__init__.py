"""Behind the functions in AWS Lambda: logging, tracing, metrics, configuration, idempotency, errors, AWS clients.

It imports nothing else of the blueprint and nothing of the service, and is the only part of the blueprint in Lambda.
"""
