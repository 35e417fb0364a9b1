"""The OpenAPI document in docs/: written from the handlers, and compared with the last release's."""
