"""Structured logs, traces and metrics. Names and levels come from the function's POWERTOOLS_ variables.

What identifies a person is never logged, at any level: log ids, counts and outcomes.
"""

import logging
import traceback
import warnings
from typing import Any

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit, single_metric
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.exceptions import ClientError

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

SERVER_ERRORS = "ServerErrors"
"""What one version of a function failed, for the canary: answers with 5XX, and batches in which a record failed.

Lambda counts neither as an error.
"""


def count_server_error(context: LambdaContext) -> None:
    """Publishes a metric of its own, since its dimensions aren't those of the other metrics."""
    dimensions = {"function": context.function_name, "version": context.function_version}
    with single_metric(name=SERVER_ERRORS, unit=MetricUnit.Count, value=1, default_dimensions=dimensions):
        pass


def causes(error: BaseException | None) -> list[dict[str, Any]]:
    """What the log says of an exception and those that it came from: no message, since that may quote data."""
    found = []
    while error:
        frames = traceback.extract_tb(error.__traceback__)
        stack = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
        cause: dict[str, Any] = {"type": type(error).__name__, "stack": stack}
        if isinstance(error, ClientError):
            cause |= {"operation": error.operation_name, "code": error.response["Error"]["Code"]}
        found.append(cause)
        error = error.__cause__
    return found
