"""The blueprint's part, which knows no orders: logging, configuration, idempotency, errors, AWS clients."""
