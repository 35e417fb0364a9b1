"""Structured logs, traces and metrics. Names and levels come from the function's POWERTOOLS_ variables.

What identifies a person is never logged, at any level: log ids, counts and outcomes.
"""

import logging
import warnings

from aws_lambda_powertools import Logger, Metrics, Tracer

# Not every request has a metric to publish.
warnings.filterwarnings("ignore", "No application metrics to publish")

# Libraries quote requests and answers at DEBUG, which Lambda's application log level can turn on for all of them.
for library in ("aws_xray_sdk", "boto3", "botocore", "urllib3"):
    logging.getLogger(library).setLevel(logging.WARNING)
# Powertools' Tracer logs every exception that passes it, also the expected ones; problems.py logs those that matter.
logging.getLogger("aws_lambda_powertools").setLevel(logging.CRITICAL)

logger = Logger()
tracer = Tracer(auto_patch=False)  # tracing.py traces the calls of AWS services
metrics = Metrics()
