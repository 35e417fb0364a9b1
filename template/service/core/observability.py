"""Structured logs, traces and metrics. Names and levels come from the function's POWERTOOLS_ variables.

What identifies a person is never logged, at any level: log ids, counts and outcomes.
"""

import warnings

from aws_lambda_powertools import Logger, Metrics, Tracer

# Not every request has a metric to publish.
warnings.filterwarnings("ignore", "No application metrics to publish")

logger = Logger()
tracer = Tracer(patch_modules=("botocore",))
metrics = Metrics()
