"""Structured logs, traces and metrics. Names and levels come from the function's POWERTOOLS_ variables.

What identifies a person is never logged, at any level: log ids, counts and outcomes.
"""

from aws_lambda_powertools import Logger, Metrics, Tracer

logger = Logger()
tracer = Tracer(patch_modules=("botocore",))
metrics = Metrics()
