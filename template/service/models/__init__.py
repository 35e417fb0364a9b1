"""Pydantic models: the domain, the API's input and output, the configuration."""
