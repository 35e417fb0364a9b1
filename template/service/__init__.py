"""What runs in AWS Lambda."""

from blueprint.runtime import start

start.begin()
