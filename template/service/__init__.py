"""What runs in AWS Lambda."""

from service.core import start

start.begin()
